package sqlread

import (
	"encoding/json"
	"strings"

	"slipway/internal/deploy"
)

func (s *script) drop(raw json.RawMessage, st *deploy.Statement) error {
	var d struct {
		Objects    []node
		RemoveType string
		Behavior   string
		Concurrent bool
	}
	if err := json.Unmarshal(raw, &d); err != nil {
		return err
	}
	st.Class = deploy.Contract
	what := words(d.RemoveType)
	fresh := true
	table := ""
	for _, o := range d.Objects {
		path := o.path()
		name := strings.Join(path, ".")
		switch d.RemoveType {
		case "OBJECT_TABLE", "OBJECT_FOREIGN_TABLE":
			table = s.path(path)
			fresh = fresh && s.fresh(table)
			s.forget(table)
			add(st, dropTable, table, laterRelease, "every query that names %s fails from then on, also those of the version that serves now, and its rows are gone", table)
		case "OBJECT_INDEX":
			fresh = false
			st.Class = deploy.Unsure
			if d.Concurrent {
				st.Alone, st.Handed = true, len(d.Objects) == 1
				continue
			}
			add(st, indexLock, "", "DROP INDEX CONCURRENTLY "+name+", alone in a file of its own",
				"its table is locked: the drop waits for whoever reads it, and everybody else waits behind the drop; queries that need %s get slow", name)
		case "OBJECT_TRIGGER", "OBJECT_POLICY", "OBJECT_RULE":
			on := ""
			if len(path) > 1 {
				on = s.path(path[:len(path)-1])
			}
			fresh = fresh && s.fresh(on)
			add(st, dropObject, on, laterRelease, "what the %s %s does for %s stops at once, also for the version that serves now", what, path[len(path)-1], on)
		default:
			fresh = false
			add(st, dropObject, "", laterRelease, "every query that uses the %s %s fails from then on, also those of the version that serves now", what, name)
		}
	}
	if d.Behavior == "DROP_CASCADE" {
		fresh = false
		risksCascade(st, "")
	}
	if fresh {
		st.Class = deploy.Expand
	}
	return nil
}

// words makes materialized view of OBJECT_MATVIEW, and so on.
func words(object string) string {
	w := strings.ToLower(strings.ReplaceAll(strings.TrimPrefix(object, "OBJECT_"), "_", " "))
	switch w {
	case "matview":
		return "materialized view"
	case "tabconstraint", "domconstraint":
		return "constraint"
	}
	return w
}

func (s *script) dropRole(_ json.RawMessage, st *deploy.Statement) error {
	st.Class = deploy.Contract
	add(st, dropObject, "", laterRelease, "whoever logs in as this role cannot any more, be it the version that serves now")
	return nil
}

func (s *script) dropOwned(raw json.RawMessage, st *deploy.Statement) error {
	st.Class = deploy.Contract
	add(st, dropObject, "", "drop what is meant by its name", "everything that belongs to the role goes, tables with their rows, and all that was granted to it")
	if strings.Contains(string(raw), "DROP_CASCADE") {
		risksCascade(st, "")
	}
	return nil
}

func (s *script) dropDatabase(_ json.RawMessage, st *deploy.Statement) error {
	st.Class, st.Alone = deploy.Contract, true
	add(st, dropObject, "", "take a backup, and drop it by hand", "everything that is in the database is gone")
	return nil
}

func (s *script) truncate(raw json.RawMessage, st *deploy.Statement) error {
	var t struct {
		Relations []node
		Behavior  string
	}
	if err := json.Unmarshal(raw, &t); err != nil {
		return err
	}
	st.Class = deploy.Expand
	for _, n := range t.Relations {
		var r rangeVar
		n.into("RangeVar", &r)
		table := s.table(r)
		st.Class = st.Class.Worse(s.on(table, deploy.Contract))
		add(st, truncates, table, "deploy a version that does not need the rows, then delete them in batches with a job", "all rows of %s are gone, and while it waits for its lock nobody can read the table", table)
	}
	if t.Behavior == "DROP_CASCADE" {
		st.Class = deploy.Contract
		add(st, cascade, "", "name the tables that are meant", "CASCADE also empties every table with a foreign key to it, and those with one to these")
	}
	return nil
}

func (s *script) grant(raw json.RawMessage, st *deploy.Statement) error {
	var g struct {
		IsGrant bool `json:"is_grant"`
	}
	if err := json.Unmarshal(raw, &g); err != nil {
		return err
	}
	st.Class = deploy.Expand
	if !g.IsGrant {
		st.Class = deploy.Contract
		add(st, revokes, "", "look who uses it first (pg_stat_activity, the logs), deploy what does not need it, then revoke it", "what the version that serves now may do ends at once: its queries are refused with \"permission denied\"")
	}
	return nil
}

func (s *script) rename(raw json.RawMessage, st *deploy.Statement) error {
	var r struct {
		RenameType string
		Relation   rangeVar
		Object     node
		Subname    string
		Newname    string
	}
	if err := json.Unmarshal(raw, &r); err != nil {
		return err
	}
	table := s.table(r.Relation)
	switch r.RenameType {
	case "OBJECT_TABLE", "OBJECT_FOREIGN_TABLE":
		st.Class = s.on(table, deploy.Contract)
		add(st, renames, table, "make a view with the old name in the same script, and drop that with a later release",
			"every query that names %s fails at once, also those of the version that serves now", table)
		if s.made[table] {
			s.forget(table)
			s.made[strings.TrimSuffix(table, r.Relation.Relname)+r.Newname] = true
			if strings.HasPrefix(table, "pg_temp.") {
				s.temp[r.Newname] = true
			}
		}
	case "OBJECT_COLUMN", "OBJECT_ATTRIBUTE":
		st.Class = s.on(table, deploy.Contract)
		add(st, renames, table, "add "+r.Newname+" beside it, let a release write both, move the rows over, and drop "+r.Subname+" with a later release",
			"every query that names %s of %s fails at once, also those of the version that serves now", r.Subname, table)
	case "OBJECT_INDEX":
		st.Class = deploy.Expand // nothing names an index but its own statements
	case "OBJECT_TABCONSTRAINT":
		st.Class = s.on(table, deploy.Unsure)
	default:
		name := strings.Join(r.Object.path(), ".")
		if name == "" {
			name = strings.TrimPrefix(table+"."+r.Subname, ".")
		}
		st.Class = deploy.Contract
		add(st, renames, "", "make another with the new name, and drop the old one with a later release",
			"every query that uses the %s %s fails at once, also those of the version that serves now", words(r.RenameType), strings.TrimSuffix(name, "."))
	}
	return nil
}

func (s *script) moveSchema(raw json.RawMessage, st *deploy.Statement) error {
	var r struct {
		Relation  rangeVar
		Newschema string
	}
	if err := json.Unmarshal(raw, &r); err != nil {
		return err
	}
	table := s.table(r.Relation)
	st.Class = s.on(table, deploy.Contract)
	s.forget(table)
	add(st, renames, table, "make a view with the old name in the same script, and drop that with a later release",
		"whoever names it as it was, or looks in other schemas than %s, does not find it any more, be it the version that serves now", r.Newschema)
	return nil
}
