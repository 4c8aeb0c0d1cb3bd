package postgres

import (
	"context"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"slipway/internal/deploy"
)

// lookAtServer is one row: how large the database is, who is connected, and how far replicas are behind. Our own session
// does not count. Times are microseconds. A login that is no member of pg_read_all_stats sees the transactions of its own
// role only, and no lag.
const lookAtServer = `SELECT pg_database_size(current_database()),
 (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()),
 current_setting('max_connections')::bigint,
 (SELECT coalesce(max((extract(epoch FROM clock_timestamp() - xact_start) * 1000000)::bigint), 0) FROM pg_stat_activity
  WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()),
 (SELECT count(*) FROM pg_stat_replication WHERE state IS DISTINCT FROM 'backup'),
 CASE WHEN NOT pg_is_in_recovery() THEN (SELECT coalesce(max((extract(epoch FROM replay_lag) * 1000000)::bigint), 0) FROM pg_stat_replication)
  WHEN pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() THEN 0
  ELSE coalesce((extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp()) * 1000000)::bigint, 0) END`

// mostTables is how many tables are measured, the largest.
const mostTables = 1000

// lookAtTablesOf lists tables with their indexes; a partitioned one is as large as its partitions.
const lookAtTablesOf = `SELECT n.nspname::text, c.relname::text, s.bytes FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace,
 LATERAL (SELECT CASE WHEN c.relkind = 'p' THEN (SELECT coalesce(sum(pg_total_relation_size(relid)), 0)::bigint FROM pg_partition_tree(c.oid))
  ELSE pg_total_relation_size(c.oid) END AS bytes) s
 WHERE c.relkind IN ('r', 'p', 'm') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND s.bytes > 0
 ORDER BY s.bytes DESC, 1, 2 LIMIT $1`

// server is what lookAtServer gives.
type server struct {
	size                            int64
	connections, most, replicas     int
	transaction, lag                time.Duration
	transactionMicros, replayMicros int64
}

func (s *session) server(ctx context.Context) (v server, err error) {
	err = s.row(ctx, lookAtServer, nil, &v.size, &v.connections, &v.most, &v.transactionMicros, &v.replicas, &v.replayMicros)
	v.transaction = time.Duration(max(v.transactionMicros, 0)) * time.Microsecond
	v.lag = time.Duration(max(v.replayMicros, 0)) * time.Microsecond
	return v, s.explain(ctx, err)
}

type sized struct {
	schema, table string
	bytes         int64
}

func (s *session) sizes(ctx context.Context, most int) ([]sized, error) {
	rows, err := s.Query(ctx, lookAtTablesOf, most)
	if err != nil {
		return nil, s.explain(ctx, err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (sized, error) {
		var t sized
		err := row.Scan(&t.schema, &t.table, &t.bytes)
		return t, err
	})
	return list, s.explain(ctx, err)
}

// Measure gives the 1,000 largest tables. Where a job migrates, a table of versions that cannot be read leaves the
// version at 0.
func (d *Databases) Measure(ctx context.Context, q deploy.DatabaseQuery) (deploy.DatabaseState, error) {
	s, err := d.begin(ctx, &q, "measure")
	if err != nil {
		return deploy.DatabaseState{}, err
	}
	defer s.close(ctx)
	if err := s.bounded(ctx); err != nil {
		return deploy.DatabaseState{}, s.explain(ctx, err)
	}
	v, err := s.server(ctx)
	if err != nil {
		return deploy.DatabaseState{}, err
	}
	state := deploy.DatabaseState{
		Size: v.size, Connections: v.connections, MaxConnections: v.most, Transaction: v.transaction, Replicas: v.replicas, Lag: v.lag,
		Tables: map[string]int64{}, Server: s.product(),
	}
	h, err := s.look(ctx)
	if err == nil {
		state.Version, err = s.version(ctx, h)
	}
	if m := q.Database.Migrations; deploy.CodeOf(err) == deploy.Invalid && (m == nil || m.Job != "") {
		err = nil
	}
	if err != nil {
		return deploy.DatabaseState{}, err
	}
	tables, err := s.sizes(ctx, mostTables)
	for _, t := range tables {
		state.Tables[t.schema+"."+t.table] = t.bytes
	}
	return state, err
}

// product is the server as it calls itself: PostgreSQL 16.3.
func (s *session) product() string {
	version, _, _ := strings.Cut(s.PgConn().ParameterStatus("server_version"), " ")
	if version == "" || len(version) > 20 || strings.Trim(version, "0123456789.abcdefghijklmnopqrstuvwxyz") != "" {
		return "PostgreSQL"
	}
	return "PostgreSQL " + version
}
