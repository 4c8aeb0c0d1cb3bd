package sqlread

import (
	"encoding/json"
	"strings"

	"slipway/internal/deploy"
)

const public = "public"

// script is what is known of a script up to a statement.
type script struct {
	sql    string
	schema string          // of names without one
	made   map[string]bool // tables that did not exist before it
	temp   map[string]bool // names of temporary tables
	secret bool            // the statement may have credentials in its texts
}

// table is the full name of one.
func (s *script) table(r rangeVar) string {
	if r.Relname == "" {
		return ""
	}
	return s.name(r.Schemaname, r.Relname, r.Relpersistence == "t")
}

func (s *script) name(schema, name string, temporary bool) string {
	switch {
	case schema != "":
		return schema + "." + name
	case temporary || s.temp[name]:
		return "pg_temp." + name
	}
	return s.schema + "." + name
}

// path is the full name of a table in parts.
func (s *script) path(parts []string) string {
	switch n := len(parts); n {
	case 0:
		return ""
	case 1:
		return s.name("", parts[0], false)
	default:
		return parts[n-2] + "." + parts[n-1]
	}
}

// fresh says whether nobody but this script can know a table.
func (s *script) fresh(table string) bool {
	return s.made[table] || strings.HasPrefix(table, "pg_temp.")
}

// forget takes down that a table is gone, or called something else.
func (s *script) forget(table string) {
	delete(s.made, table)
	if name, temporary := strings.CutPrefix(table, "pg_temp."); temporary {
		delete(s.temp, name)
	}
}

// discard ends the temporary tables: what is called like one is another from then on.
func (s *script) discard(json.RawMessage, *deploy.Statement) error {
	clear(s.temp)
	return nil
}

// make takes down that the statement creates a table. One that may have been there before is not fresh.
func (s *script) make(st *deploy.Statement, r rangeVar, perhaps bool) {
	if r.Relpersistence == "t" {
		s.temp[r.Relname] = true
	}
	st.Makes = s.table(r)
	if !perhaps {
		s.made[st.Makes] = true
	}
	st.Class = deploy.Expand
	if strings.HasPrefix(st.Makes, "pg_temp.") {
		st.Class = deploy.Unchanged
	}
}

// on is the class of a change of a table: nobody before can use one that is fresh.
func (s *script) on(table string, class deploy.SchemaClass) deploy.SchemaClass {
	if strings.HasPrefix(table, "pg_temp.") {
		return deploy.Unchanged
	}
	if s.made[table] {
		return deploy.Expand
	}
	return class
}
