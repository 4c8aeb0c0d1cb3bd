package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"slipway/internal/deploy"
)

// run sends a script as it is. An error names its line.
func (m *migration) run(ctx context.Context, sql string) error {
	results := m.PgConn().Exec(ctx, sql)
	finished := 0
	for results.NextResult() {
		if _, err := results.ResultReader().Close(); err == nil {
			finished++
		}
	}
	err := results.Close()
	if said := (*pgconn.PgError)(nil); errors.As(err, &said) {
		return m.explainAt(ctx, err, m.q.Script.Name+lineOf(sql, said, finished))
	}
	return m.explain(ctx, err)
}

// lineOf finds the line that an error is about: where the server points, or where the statement begins. Empty if unknown.
func lineOf(sql string, said *pgconn.PgError, finished int) string {
	line := 0
	if said.Position > 0 {
		line = 1
		at := int32(0)
		for _, r := range sql { // the server counts characters
			if at++; at >= said.Position {
				break
			}
			if r == '\n' {
				line++
			}
		}
	} else if all := split(sql); finished < len(all) {
		line = all[finished][0].line
	}
	if line == 0 {
		return ""
	}
	return fmt.Sprintf(" line %d", line)
}

// restore takes back what the script may have set for the session, has the server look at what it has put off, and reads
// the schema. Invalid if the transaction is not ours any more.
func (m *migration) restore(ctx context.Context) (after snapshot, err error) {
	b := &pgx.Batch{}
	b.Queue("RESET ALL") // first: a time limit of the script would be that of the others
	b.Queue("RESET SESSION AUTHORIZATION")
	b.Queue("RESET ROLE") // servers before 2024-11 leave it at none
	for _, limit := range m.local() {
		b.Queue(limit)
	}
	b.Queue("SET CONSTRAINTS ALL IMMEDIATE")
	plain := b.Len()
	b.Queue("SELECT txid_current()::bigint")
	b.Queue(lookAtSchema, m.h.schema, m.h.table, m.h.table+fenceSuffix)
	r := m.SendBatch(ctx, b)
	defer r.Close()
	for range plain {
		if _, err := r.Exec(); err != nil {
			return nil, m.explainAt(ctx, err, m.q.Script.Name)
		}
	}
	var tx int64
	if err := r.QueryRow().Scan(&tx); err != nil {
		return nil, m.explain(ctx, err)
	}
	if tx != m.tx {
		return nil, m.gone()
	}
	if after, err = readSchema(r.Query()); err != nil {
		return nil, m.explain(ctx, err)
	}
	return after, m.explain(ctx, r.Close())
}

func (m *migration) gone() error {
	return m.error(deploy.Invalid, m.q.Script.Name+" ended the transaction that it was run in: what it did before that has stayed, and is not written down",
		"look at the schema, and take what ends the transaction out of the script")
}
