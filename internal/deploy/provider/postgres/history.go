package postgres

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"slipway/internal/deploy"
)

// column is one of the table in which is written down what was applied.
type column struct {
	name, kind string
	like       []string // kinds of a column that others have made and that will do
}

var (
	whole   = []string{"smallint", "integer", "bigint"}
	text    = []string{"text", "character varying"}
	columns = []column{
		{"version", "bigint PRIMARY KEY", whole},
		{"name", "text", text},
		{"sha256", "text", text},
		{"applied_at", "timestamptz", []string{"timestamp with time zone", "timestamp without time zone"}},
		{"release", "text", text},
		{"took_ms", "bigint", whole},
		{"changes", "text[]", []string{"text[]"}},
		{"state", "text", text}, // done or running; nothing in the rows of others, which are done
	}
)

// history is how the two tables are: where they are, and what others have made of them.
type history struct {
	names

	database string
	there    bool
	fenced   bool // the fence is there
	kinds    map[string]string
	needs    []string // columns that a row cannot do without, and which are not ours
}

const lookAtTables = `SELECT current_database(), coalesce(n.nspname, current_schema(), ''), c.oid IS NOT NULL, coalesce(c.relkind::text, ''),
 coalesce((SELECT array_agg(a.attname::text ORDER BY a.attnum) FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped), '{}'),
 coalesce((SELECT array_agg(regexp_replace(format_type(a.atttypid, a.atttypmod), '[(].*[)]', '') ORDER BY a.attnum) FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped), '{}'),
 coalesce((SELECT array_agg(a.attname::text ORDER BY a.attnum) FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
   AND a.attnotnull AND NOT a.atthasdef AND a.attidentity = ''), '{}')
 FROM (SELECT to_regclass($1) AS oid) t LEFT JOIN pg_class c ON c.oid = t.oid LEFT JOIN pg_namespace n ON n.oid = c.relnamespace`

// look finds the tables; it changes nothing. Invalid if somebody else's is in the way.
func (s *session) look(ctx context.Context) (*history, error) {
	h := &history{names: s.names, kinds: map[string]string{}}
	var kind string
	var all, kinds, needed []string
	err := s.row(ctx, lookAtTables, []any{s.names.quoted()}, &h.database, &h.schema, &h.there, &kind, &all, &kinds, &needed)
	if err != nil {
		return nil, s.explain(ctx, err)
	}
	if s.names.schema != "" {
		h.schema = s.names.schema
	}
	if h.schema == "" {
		return nil, s.error(deploy.Invalid, "the search_path of the login leads to no schema", "write database.migrations.table as schema.table")
	}
	if err := s.row(ctx, "SELECT to_regclass($1) IS NOT NULL", []any{h.fence()}, &h.fenced); err != nil {
		return nil, s.explain(ctx, err)
	}
	for i, name := range all {
		h.kinds[name] = kinds[i]
	}
	for _, name := range needed {
		if !slices.ContainsFunc(columns, func(c column) bool { return c.name == name }) {
			h.needs = append(h.needs, name)
		}
	}
	return h, s.usable(h, kind)
}

// usable says whether a table that others have made will do.
func (s *session) usable(h *history, kind string) error {
	if !h.there {
		return nil
	}
	wrong := func(why string) error {
		return s.error(deploy.Invalid, h.plain()+" is there and "+why, "name another table in database.migrations.table")
	}
	switch {
	case kind != "r" && kind != "p":
		return wrong("is no table")
	case h.kinds["version"] == "":
		return wrong("has no column version")
	case len(h.needs) > 0:
		return wrong("wants a value for " + strings.Join(h.needs, ", "))
	}
	for _, c := range columns {
		if has := h.kinds[c.name]; has != "" && !slices.Contains(c.like, has) {
			return wrong("its column " + c.name + " is of type " + has)
		}
	}
	return nil
}

// ensure makes the tables, or adds what is missing. The caller holds the lock.
func (s *session) ensure(ctx context.Context, h *history) error {
	table := h.quoted()
	var list []string
	if !h.there {
		var all []string
		for _, c := range columns {
			def := c.name + " " + c.kind
			switch c.name {
			case "applied_at":
				def += " DEFAULT now()"
			case "state":
				def += " NOT NULL DEFAULT 'done' CHECK (state IN ('done', 'running'))"
			}
			all = append(all, def)
		}
		list = append(list, "CREATE TABLE IF NOT EXISTS "+table+" ("+strings.Join(all, ", ")+")")
	}
	for _, c := range columns {
		if h.there && h.kinds[c.name] == "" {
			list = append(list, "ALTER TABLE "+table+" ADD COLUMN IF NOT EXISTS "+c.name+" "+c.kind)
		}
	}
	if !h.fenced {
		list = append(list, "CREATE TABLE IF NOT EXISTS "+h.fence()+" (one boolean PRIMARY KEY DEFAULT true CHECK (one), epoch bigint NOT NULL)")
	}
	if len(list) == 0 {
		return nil
	}
	// Together they are one transaction.
	return s.explain(ctx, s.do(ctx, append(s.local(), list...)...))
}

// picked is what is read of a row: NULL where others have no such column. Times are microseconds, whatever the session's
// DateStyle is.
func (h *history) picked() string {
	or := func(name, expression, otherwise string) string {
		if h.kinds[name] == "" {
			return otherwise
		}
		return "coalesce(" + expression + ", " + otherwise + ")"
	}
	return "version::bigint, " + or("name", "name::text", "''") + ", " + or("sha256", "sha256::text", "''") + ", " +
		or("release", "release::text", "''") + ", " + or("applied_at", "(extract(epoch FROM applied_at) * 1000000)::bigint", "0::bigint") + ", " +
		or("took_ms", "took_ms::bigint", "0::bigint") + ", " + or("changes", "changes", "'{}'::text[]") + ", " + or("state", "state", "'done'::text")
}

// complete is a history once ensure has been there.
func (h *history) complete() *history {
	c := *h
	c.kinds = map[string]string{}
	for _, column := range columns {
		c.kinds[column.name] = column.kind
	}
	c.there, c.fenced = true, true
	return &c
}

// entry is a row.
type entry struct {
	deploy.AppliedScript

	running bool
}

func scanEntry(row pgx.CollectableRow) (entry, error) {
	var e entry
	var at, took int64
	var state string
	err := row.Scan(&e.Version, &e.Name, &e.Sum, &e.Release, &at, &took, &e.Changes, &state)
	e.Took, e.running = time.Duration(took)*time.Millisecond, state == "running"
	if at != 0 {
		e.At = time.UnixMicro(at).UTC()
	}
	if len(e.Changes) == 0 {
		e.Changes = nil
	}
	return e, err
}

// isDone is a condition on rows.
func (h *history) isDone() string {
	if h.kinds["state"] == "" {
		return "true"
	}
	return "state IS DISTINCT FROM 'running'"
}

// version is that of the schema.
func (s *session) version(ctx context.Context, h *history) (version int64, err error) {
	if !h.there {
		return 0, nil
	}
	err = s.row(ctx, "SELECT coalesce(max(version), 0)::bigint FROM "+h.quoted()+" WHERE "+h.isDone(), nil, &version)
	return version, s.explain(ctx, err)
}

// Applied reads the table that the catalog names. Invalid if there is one that cannot be it.
func (d *Databases) Applied(ctx context.Context, q deploy.DatabaseQuery) ([]deploy.AppliedScript, error) {
	s, err := d.begin(ctx, &q, "read what was applied to")
	if err != nil {
		return nil, err
	}
	defer s.close(ctx)
	if err := s.bounded(ctx); err != nil {
		return nil, s.explain(ctx, err)
	}
	h, err := s.look(ctx)
	if err != nil || !h.there {
		return nil, err
	}
	rows, err := s.Query(ctx, "SELECT "+h.picked()+" FROM "+h.quoted()+" WHERE "+h.isDone()+" ORDER BY version")
	if err != nil {
		return nil, s.explain(ctx, err)
	}
	list, err := pgx.CollectRows(rows, scanEntry)
	if err != nil {
		return nil, s.explain(ctx, err)
	}
	applied := make([]deploy.AppliedScript, 0, len(list))
	for _, e := range list {
		applied = append(applied, e.AppliedScript)
	}
	return applied, nil
}
