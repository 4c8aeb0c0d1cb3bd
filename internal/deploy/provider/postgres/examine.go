package postgres

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"slipway/internal/deploy"
)

const (
	mostSized   = 10
	mostSlow    = 5
	mostText    = 200
	mostInvalid = 20
)

// lookForTrouble is one row: tables, foreign keys, sessions that wait for a lock. Those of others may be seen in pg_locks
// by everybody.
const lookForTrouble = `SELECT (SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'),
 (SELECT count(*) FROM pg_constraint k JOIN pg_namespace n ON n.oid = k.connamespace WHERE k.contype = 'f' AND k.conparentid = 0),
 (SELECT count(DISTINCT l.pid) FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid WHERE NOT l.granted AND a.datname = current_database())`

const lookForInvalid = `SELECT 'index', n.nspname::text, x.relname::text, '', '' FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid JOIN pg_namespace n ON n.oid = x.relnamespace
 WHERE NOT i.indisvalid AND n.nspname !~ '^pg_'
UNION ALL SELECT 'constraint', n.nspname::text, k.conname::text, coalesce(r.relname::text, ''), 'on' FROM pg_constraint k JOIN pg_namespace n ON n.oid = k.connamespace
 LEFT JOIN pg_class r ON r.oid = k.conrelid WHERE NOT k.convalidated AND n.nspname !~ '^pg_' ORDER BY 1, 2, 3 LIMIT $1`

// Examine looks. Slow are statements that read or write rows: what pg_stat_statements keeps of others still has their
// values in it. Names are without public.
func (d *Databases) Examine(ctx context.Context, q deploy.DatabaseQuery) (deploy.DatabaseReport, error) {
	none := deploy.DatabaseReport{}
	s, err := d.begin(ctx, &q, "examine")
	if err != nil {
		return none, err
	}
	defer s.close(ctx)
	if err := s.bounded(ctx); err != nil {
		return none, s.explain(ctx, err)
	}
	v, err := s.server(ctx)
	if err != nil {
		return none, err
	}
	report := deploy.DatabaseReport{Size: v.size, Replicas: v.replicas, Lag: v.lag, Connections: v.connections, MaxConnections: v.most}
	if err := s.row(ctx, lookForTrouble, nil, &report.TableCount, &report.ForeignKeys, &report.Blocked); err != nil {
		return none, s.explain(ctx, err)
	}
	tables, err := s.sizes(ctx, mostSized)
	if err != nil {
		return none, err
	}
	for _, t := range tables {
		report.Tables = append(report.Tables, deploy.TableSize{Name: thing{schema: t.schema, table: t.table}.of(), Bytes: t.bytes})
	}
	if report.Invalid, err = s.invalid(ctx); err != nil {
		return none, err
	}
	report.Slow, report.Statements, err = s.slow(ctx)
	return report, err
}

// invalid lists indexes and constraints that are not valid, at most 20.
func (s *session) invalid(ctx context.Context) ([]string, error) {
	rows, err := s.Query(ctx, lookForInvalid, mostInvalid)
	if err != nil {
		return nil, s.explain(ctx, err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (string, error) {
		var kind, schema, name, table, on string
		if err := row.Scan(&kind, &schema, &name, &table, &on); err != nil {
			return "", err
		}
		if on == "" {
			return kind + " " + thing{schema: schema, table: name}.of(), nil
		}
		return kind + " " + name + " on " + thing{schema: schema, table: table}.of(), nil
	})
	return list, s.explain(ctx, err)
}

// slow asks pg_stat_statements. there is false if it is not installed, not loaded, or not for us.
func (s *session) slow(ctx context.Context) (list []deploy.SlowQuery, there bool, err error) {
	var schema, column string
	err = s.row(ctx, `SELECT n.nspname::text, CASE WHEN EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'mean_exec_time') THEN 'mean_exec_time' ELSE 'mean_time' END
 FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = 'pg_stat_statements'
 WHERE e.extname = 'pg_stat_statements' AND has_table_privilege(c.oid, 'SELECT')`, nil, &schema, &column)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, s.explain(ctx, err)
	}
	rows, err := s.Query(ctx, `SELECT left(regexp_replace(query, '[[:space:]]+', ' ', 'g'), $1), calls, (`+column+` * 1000)::bigint FROM `+pgx.Identifier{schema, "pg_stat_statements"}.Sanitize()+
		` WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database()) AND query ~* '^[[:space:]]*(select|insert|update|delete|merge|with)([^a-z_]|$)'
 ORDER BY `+column+` DESC LIMIT $2`, mostText, mostSlow)
	if err == nil {
		list, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (deploy.SlowQuery, error) {
			var q deploy.SlowQuery
			var mean int64
			err := row.Scan(&q.Text, &q.Calls, &mean)
			q.Text, q.Mean = strings.TrimSpace(q.Text), time.Duration(mean)*time.Microsecond
			return q, err
		})
	}
	if said := (*pgconn.PgError)(nil); errors.As(err, &said) && (said.Code == "55000" || said.Code == "42501") {
		return nil, false, nil // it is not in shared_preload_libraries, or not for us
	}
	return list, err == nil, s.explain(ctx, err)
}
