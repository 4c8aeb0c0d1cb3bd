package postgres

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"slipway/internal/deploy"
)

// index is a statement that makes or drops one concurrently.
type index struct {
	drop  bool
	index pgx.Identifier // as it is written; without a schema if it is made
	table pgx.Identifier // that it is made on
}

// found is an index as it is in the database.
type found struct {
	schema, table, name string
	valid, unique       bool
}

// line says what happened to it.
func (f *found) line(sign string) string {
	t := thing{kind: anIndex, schema: f.schema, table: f.table, name: f.name}
	if sign == "+" {
		return sign + " " + added(t, traits{a: map[bool]string{true: "true"}[f.unique], b: "true"})
	}
	return sign + " " + removed(t, traits{})
}

// readIndex reads the one statement of a script that is run alone:
//
//	CREATE [UNIQUE] INDEX CONCURRENTLY [IF NOT EXISTS] name ON [ONLY] table …
//	DROP INDEX CONCURRENTLY [IF EXISTS] name [CASCADE | RESTRICT]
//
// Invalid if it is another, or the index has no name: it could not be found again after a crash.
func (m *migration) readIndex() (index, error) {
	wrong := func(why, hint string) (index, error) {
		return index{}, m.error(deploy.Invalid, m.q.Script.Name+" "+why, hint)
	}
	all := split(m.q.Script.SQL)
	if len(all) != 1 {
		return wrong("is to be run alone, and has not one statement", "put each such statement into a file of its own")
	}
	var ix index
	st := all[0]
	switch {
	case st.skip("create", "unique", "index", "concurrently"), st.skip("create", "index", "concurrently"):
		st.skip("if", "not", "exists")
		if len(st) > 0 && st[0].is("on") {
			return wrong("makes an index without a name, which could not be found again after a crash", "give the index a name")
		}
		ix.index = st.identifier()
		if !st.skip("on", "only") && !st.skip("on") {
			return wrong("makes an index on nothing", "write CREATE INDEX CONCURRENTLY name ON table (…)")
		}
		ix.table = st.identifier()
		if len(ix.index) != 1 || len(ix.table) == 0 {
			return wrong("makes an index whose name cannot be read", "write CREATE INDEX CONCURRENTLY name ON table (…)")
		}
	case st.skip("drop", "index", "concurrently"):
		st.skip("if", "exists")
		ix.drop, ix.index = true, st.identifier()
		if len(ix.index) == 0 || len(st) > 0 && !st[0].is("cascade") && !st[0].is("restrict") {
			return wrong("does not drop one index", "write DROP INDEX CONCURRENTLY name")
		}
	default:
		return wrong("is to be run alone, and neither makes nor drops an index concurrently", "run it by hand, or in a job")
	}
	for _, part := range append(ix.index, ix.table...) {
		if len(part) > mostName {
			return wrong("has a name of more than 63 bytes, which PostgreSQL would cut", "give it a shorter name")
		}
	}
	return ix, nil
}

// skip passes over words, if these are next.
func (st *statement) skip(words ...string) bool {
	if len(*st) < len(words) {
		return false
	}
	for i, w := range words {
		if !(*st)[i].is(w) {
			return false
		}
	}
	*st = (*st)[len(words):]
	return true
}

// identifier reads a name with what qualifies it; nil if there is none.
func (st *statement) identifier() pgx.Identifier {
	var id pgx.Identifier
	for len(*st) > 0 && ((*st)[0].kind == word || (*st)[0].kind == name) {
		id = append(id, (*st)[0].text)
		*st = (*st)[1:]
		if len(*st) == 0 || (*st)[0].kind != symbol || (*st)[0].text != "." {
			break
		}
		*st = (*st)[1:]
	}
	return id
}

const lookAtIndex = `SELECT n.nspname::text, t.relname::text, x.relname::text, i.indisvalid AND i.indisready, i.indisunique FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid
 JOIN pg_class t ON t.oid = i.indrelid JOIN pg_namespace n ON n.oid = t.relnamespace WHERE `

// find looks for the index; nil if it is not there.
func (m *migration) find(ctx context.Context, ix index) (*found, error) {
	where, args := "i.indrelid = to_regclass($1) AND x.relname = $2", []any{ix.table.Sanitize(), ix.index[0]}
	if ix.drop {
		where, args = "i.indexrelid = to_regclass($1)", []any{ix.index.Sanitize()}
	}
	var f found
	err := m.row(ctx, lookAtIndex+where, args, &f.schema, &f.table, &f.name, &f.valid, &f.unique)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return nil, nil
	case err != nil:
		return nil, m.explain(ctx, err)
	}
	return &f, nil
}
