package sqlread

import (
	"encoding/json"
	"slices"

	"slipway/internal/deploy"
)

// steady are functions whose value is worked out once for all rows, so that a column with it as a default needs no
// rewrite: PostgreSQL calls them stable or immutable. What is not among them may be volatile, as functions are unless
// they say otherwise.
var steady = []string{
	"now", "transaction_timestamp", "statement_timestamp", "current_setting", "current_schema", "current_database", "version",
	"lower", "upper", "md5", "sha256", "length", "concat", "concat_ws", "format", "replace", "substr", "substring", "trim", "btrim",
	"left", "right", "lpad", "rpad", "repeat", "coalesce", "nullif", "to_char", "to_date", "to_timestamp", "to_json", "to_jsonb",
	"date_trunc", "date_part", "extract", "timezone", "make_date", "make_interval", "age", "json_build_object", "jsonb_build_object",
	"json_build_array", "jsonb_build_array", "array_fill", "int4range", "int8range", "numrange", "tsrange", "tstzrange", "daterange",
	"to_tsvector", "abs", "round", "ceil", "floor", "encode", "decode", "pg_client_encoding", "txid_current", "pg_current_xact_id",
}

// counting are types with a sequence behind them.
var counting = []string{"serial", "bigserial", "smallserial", "serial2", "serial4", "serial8"}

func (s *script) addColumn(table string, c *alterCmd, st *deploy.Statement) deploy.SchemaClass {
	var d columnDef
	c.Def.into("ColumnDef", &d)
	class := deploy.Expand
	filled, required, anew := false, false, ""
	if slices.Contains(counting, d.TypeName.last()) {
		filled, anew = true, "a value for each row from a sequence"
	}
	for _, n := range d.Constraints {
		var k constraintDef
		if !n.into("Constraint", &k) {
			continue
		}
		switch k.Contype {
		case "CONSTR_NOTNULL":
			required = true
		case "CONSTR_PRIMARY":
			required = true
			risksBuild(st, table, "PRIMARY KEY", d.Colname)
		case "CONSTR_UNIQUE":
			risksBuild(st, table, "UNIQUE", d.Colname)
		case "CONSTR_DEFAULT":
			filled = !isNull(k.RawExpr)
			if name := unsteady(k.RawExpr); name != "" {
				anew = "a default that differs from row to row, by " + name + "(),"
			}
		case "CONSTR_IDENTITY":
			filled, anew = true, "a value for each row from a sequence"
		case "CONSTR_GENERATED":
			filled, anew = true, "a value that is worked out for each row"
		case "CONSTR_CHECK":
			risksScan(st, table, "CHECK")
		case "CONSTR_FOREIGN":
			risksForeign(st, table, s.table(k.Pktable))
		}
	}
	if anew != "" {
		risksRewrite(st, table, anew, "add "+d.Colname+" without a default, set the default for new rows, and fill the old ones in batches")
	}
	if required && !filled {
		class = deploy.Contract
		add(st, notNull, table, "give "+d.Colname+" a default, or add it without NOT NULL, fill it, and require it with a later release",
			"it fails as soon as %s has a row; and the version that serves now, which knows nothing of %s, cannot insert any more", table, d.Colname)
	}
	return class
}

func isNull(n node) bool {
	var c struct{ Isnull bool }
	return n.into("A_Const", &c) && c.Isnull
}

// unsteady is a function in a default that may give another value for each row; empty if there is none.
func unsteady(n node) string {
	raw, err := json.Marshal(n)
	if err != nil {
		return ""
	}
	names := functions(raw)
	slices.Sort(names)
	for _, name := range names {
		if !slices.Contains(steady, name) {
			return name
		}
	}
	return ""
}

func (s *script) addConstraint(table string, c *alterCmd, st *deploy.Statement) deploy.SchemaClass {
	var k constraintDef
	c.Def.into("Constraint", &k)
	switch k.Contype {
	case "CONSTR_CHECK", "CONSTR_NOTNULL":
		if !k.SkipValidation {
			risksScan(st, table, "CHECK")
		}
	case "CONSTR_FOREIGN":
		if !k.SkipValidation {
			risksForeign(st, table, s.table(k.Pktable))
		}
	case "CONSTR_PRIMARY":
		if k.Indexname == "" {
			risksBuild(st, table, "PRIMARY KEY", "")
		}
	case "CONSTR_UNIQUE":
		if k.Indexname == "" {
			risksBuild(st, table, "UNIQUE", "")
		}
	case "CONSTR_EXCLUSION":
		add(st, constraintScan, table, ownTime, "nobody can read or write to %s while the index behind the constraint is built", table)
	}
	return deploy.Unsure // the version before may write rows that are refused now
}

func risksScan(st *deploy.Statement, table, what string) {
	add(st, constraintScan, table, "add it with NOT VALID, and VALIDATE CONSTRAINT in the next script, which holds nobody up",
		"all rows of %s are looked at for the %s while nobody can read or write to it", table, what)
}

func risksForeign(st *deploy.Statement, table, other string) {
	add(st, constraintScan, table, "add it with NOT VALID, and VALIDATE CONSTRAINT in the next script, which holds nobody up",
		"all rows of %s are looked up in %s, and nobody can write to either until that is done", table, other)
}

func risksBuild(st *deploy.Statement, table, what, column string) {
	if column == "" {
		column = "…"
	}
	add(st, constraintScan, table, "CREATE UNIQUE INDEX CONCURRENTLY some_name ON "+table+" ("+column+"), alone in a file of its own, then ADD CONSTRAINT … "+what+" USING INDEX some_name",
		"nobody can read or write to %s while the index behind the %s is built", table, what)
}
