package postgres

import (
	"github.com/jackc/pgx/v5"
)

// lookAtSchema lists tables, columns, constraints and indexes, without those of the system, those that are only for a
// session, and our own two tables. $1 is the schema of these, $2 and $3 their names.
const lookAtSchema = `WITH rel AS (
 SELECT c.oid, n.nspname::text AS schema, c.relname::text AS name, c.relkind::text AS kind FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND NOT (n.nspname = $1 AND c.relname IN ($2, $3)))
SELECT 't', schema, name, '', kind, '', '' FROM rel
UNION ALL SELECT 'c', r.schema, r.name, a.attname::text, format_type(a.atttypid, a.atttypmod), a.attnotnull::text, a.atthasdef::text
 FROM pg_attribute a JOIN rel r ON r.oid = a.attrelid WHERE a.attnum > 0 AND NOT a.attisdropped
UNION ALL SELECT 'k', r.schema, r.name, k.conname::text, k.contype::text, k.convalidated::text, coalesce(k.conkey::text, '')
 FROM pg_constraint k JOIN rel r ON r.oid = k.conrelid WHERE k.contype IN ('p', 'u', 'f', 'c', 'x')
UNION ALL SELECT 'i', r.schema, r.name, x.relname::text, i.indisunique::text, i.indisvalid::text, i.indkey::text
 FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid JOIN rel r ON r.oid = i.indrelid
 WHERE NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x'))`

// Kinds of things in a schema.
const (
	aTable      = "t" // a: relkind
	aColumn     = "c" // a: type, b: NOT NULL, c: it has a default
	aConstraint = "k" // a: contype, b: valid, c: columns
	anIndex     = "i" // a: unique, b: valid, c: columns
)

// thing is one thing in a schema; name is empty for a table.
type thing struct{ kind, schema, table, name string }

// traits are what is to be known of it.
type traits struct{ a, b, c string }

// snapshot is a schema at one moment.
type snapshot map[thing]traits

func readSchema(rows pgx.Rows, err error) (snapshot, error) {
	if err != nil {
		return nil, err
	}
	all := snapshot{}
	var t thing
	var is traits
	_, err = pgx.ForEachRow(rows, []any{&t.kind, &t.schema, &t.table, &t.name, &is.a, &is.b, &is.c}, func() error {
		all[t] = is
		return nil
	})
	return all, err
}
