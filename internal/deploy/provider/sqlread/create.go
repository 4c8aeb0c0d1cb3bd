package sqlread

import (
	"encoding/json"
	"fmt"
	"strings"

	"slipway/internal/deploy"
)

func (s *script) createTable(raw json.RawMessage, st *deploy.Statement) error {
	var c struct {
		Relation    rangeVar
		IfNotExists bool `json:"if_not_exists"`
	}
	if err := json.Unmarshal(raw, &c); err != nil {
		return err
	}
	s.make(st, c.Relation, c.IfNotExists)
	return nil
}

func (s *script) createForeign(raw json.RawMessage, st *deploy.Statement) error {
	var c struct{ Base json.RawMessage }
	if err := json.Unmarshal(raw, &c); err != nil {
		return err
	}
	return s.createTable(c.Base, st)
}

func (s *script) createTableAs(raw json.RawMessage, st *deploy.Statement) error {
	var c struct {
		Into        struct{ Rel rangeVar }
		IfNotExists bool `json:"if_not_exists"`
	}
	if err := json.Unmarshal(raw, &c); err != nil {
		return err
	}
	s.make(st, c.Into.Rel, c.IfNotExists)
	s.within(raw, st)
	return nil
}

func (s *script) createSchema(raw json.RawMessage, st *deploy.Statement) error {
	st.Class = deploy.Expand
	if holds(raw, "schemaElts") {
		st.Class = deploy.Unsure // what is made along with it is not looked at
	}
	return nil
}

// replaceable is what CREATE OR REPLACE may change under the version that serves.
func (s *script) replaceable(raw json.RawMessage, st *deploy.Statement) error {
	var c struct{ Replace bool }
	if err := json.Unmarshal(raw, &c); err != nil {
		return err
	}
	st.Class = deploy.Expand
	if c.Replace {
		st.Class = deploy.Unsure
	}
	return nil
}

func (s *script) index(raw json.RawMessage, st *deploy.Statement) error {
	var c struct {
		Idxname    string
		Relation   rangeVar
		Unique     bool
		Concurrent bool
	}
	if err := json.Unmarshal(raw, &c); err != nil {
		return err
	}
	table := s.table(c.Relation)
	st.Class = deploy.Expand
	if c.Unique { // rows that the version before may write are refused
		st.Class = s.on(table, deploy.Unsure)
	}
	if c.Concurrent {
		st.Alone, st.Handed = true, c.Idxname != ""
		return nil
	}
	if c.Relation.Inh { // ON ONLY builds nothing
		unique := ""
		if c.Unique {
			unique = "UNIQUE "
		}
		add(st, indexLock, table, fmt.Sprintf("CREATE %sINDEX CONCURRENTLY %s ON %s …, alone in a file of its own", unique, cmpName(c.Idxname), table),
			"nobody can write to %s while the index is built: inserts, updates and deletes wait", table)
	}
	return nil
}

func cmpName(name string) string {
	if name == "" {
		return "some_name"
	}
	return name
}

func (s *script) trigger(raw json.RawMessage, st *deploy.Statement) error {
	var c struct {
		Trigname string
		Relation rangeVar
	}
	if err := json.Unmarshal(raw, &c); err != nil {
		return err
	}
	table := s.table(c.Relation)
	st.Class = s.on(table, deploy.Unsure)
	add(st, triggers, table, "try it on a copy with the version that serves now; or do it in the application",
		"%s runs within every write to %s, also those of the version that serves now: what it refuses or delays, users feel", c.Trigname, table)
	return nil
}

func (s *script) alterEnum(raw json.RawMessage, st *deploy.Statement) error {
	var c struct {
		TypeName []node
		OldVal   string
		NewVal   string
	}
	if err := json.Unmarshal(raw, &c); err != nil {
		return err
	}
	st.Class = deploy.Expand
	if c.OldVal != "" {
		st.Class = deploy.Contract
		add(st, renames, "", "add the new value, let a release write it, and leave the old one where it is",
			"the version that serves now does not know the new name of this value of %s, and its queries with the old one fail", strings.Join(strs(c.TypeName), "."))
	}
	return nil
}
