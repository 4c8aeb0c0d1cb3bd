package sqlread

import (
	"encoding/json"
	"strings"

	"slipway/internal/deploy"
)

// shareLock is the first mode of a lock, in PostgreSQL's count, that writers wait for; readers wait for the last.
const (
	shareLock       = 5
	accessExclusive = 8
)

func (s *script) lock(raw json.RawMessage, st *deploy.Statement) error {
	var l struct {
		Relations []node
		Mode      int
	}
	if err := json.Unmarshal(raw, &l); err != nil {
		return err
	}
	st.Class = deploy.Unchanged
	who := "write to"
	if l.Mode >= accessExclusive {
		who = "read or write to"
	}
	for _, n := range l.Relations {
		var r rangeVar
		if n.into("RangeVar", &r); l.Mode >= shareLock {
			add(st, lockTable, s.table(r), "leave it out: each statement takes the lock that it needs", "nobody can %s %s from here to the end of the script", who, s.table(r))
		}
	}
	return nil
}

// options of a statement by name: VACUUM (FULL), REINDEX (CONCURRENTLY).
type options []node

func (o options) has(name string) bool {
	for _, n := range o {
		var d struct{ Defname string }
		if n.into("DefElem", &d) && strings.EqualFold(d.Defname, name) {
			return true
		}
	}
	return false
}

func (s *script) vacuum(raw json.RawMessage, st *deploy.Statement) error {
	var v struct {
		Options options
		Rels    []node
		Vacuum  bool `json:"is_vacuumcmd"`
	}
	if err := json.Unmarshal(raw, &v); err != nil {
		return err
	}
	st.Class, st.Alone = deploy.Unchanged, v.Vacuum // ANALYZE is let into a transaction
	if !v.Vacuum || !v.Options.has("full") {
		return nil
	}
	for _, n := range v.Rels {
		var r struct{ Relation rangeVar }
		n.into("VacuumRelation", &r)
		risksRewrite(st, s.table(r.Relation), "VACUUM FULL", "VACUUM without FULL, by hand, which nobody waits for")
	}
	if len(v.Rels) == 0 {
		risksRewrite(st, "", "VACUUM FULL", "VACUUM without FULL, by hand, which nobody waits for")
	}
	return nil
}

func (s *script) cluster(raw json.RawMessage, st *deploy.Statement) error {
	var c struct{ Relation *rangeVar }
	if err := json.Unmarshal(raw, &c); err != nil {
		return err
	}
	st.Class = deploy.Unchanged
	if c.Relation == nil {
		st.Alone = true
		add(st, rewrite, "", ownTime, "CLUSTER writes every table anew that was clustered before: nobody can read or change a row of one until that is done")
		return nil
	}
	risksRewrite(st, s.table(*c.Relation), "CLUSTER", ownTime)
	return nil
}

func (s *script) reindex(raw json.RawMessage, st *deploy.Statement) error {
	var r struct {
		Kind     string
		Relation rangeVar
		Params   options
	}
	if err := json.Unmarshal(raw, &r); err != nil {
		return err
	}
	st.Class = deploy.Unchanged
	concurrently := r.Params.has("concurrently")
	many := r.Kind != "REINDEX_OBJECT_INDEX" && r.Kind != "REINDEX_OBJECT_TABLE"
	st.Alone = concurrently || many
	if concurrently {
		return nil
	}
	table, what := "", "tables"
	if r.Kind == "REINDEX_OBJECT_TABLE" {
		table = s.table(r.Relation)
		what = table
	} else if !many {
		what = "the table of " + r.Relation.Relname
	}
	add(st, indexLock, table, "REINDEX … CONCURRENTLY, by hand", "nobody can write to %s while its indexes are built anew, and queries that need them wait too", what)
	return nil
}

func (s *script) refresh(raw json.RawMessage, st *deploy.Statement) error {
	var r struct {
		Relation   rangeVar
		Concurrent bool
	}
	if err := json.Unmarshal(raw, &r); err != nil {
		return err
	}
	st.Class = deploy.Unchanged
	if table := s.table(r.Relation); !r.Concurrent {
		add(st, lockTable, table, "REFRESH MATERIALIZED VIEW CONCURRENTLY "+table+", which needs a unique index on it", "nobody can read %s until it is filled anew", table)
	}
	return nil
}
