package providertest

import (
	"context"
	"strings"
	"testing"
	"time"

	"slipway/internal/deploy"
)

var looking = []databaseFact{
	{"a database is measured", func(t *testing.T, h DatabaseHarness, d deploy.Databases) {
		h.apply(t, d, 5, users)
		h.sql(t, "CREATE SCHEMA app; CREATE TABLE app.big AS SELECT repeat('x', 1000) AS x FROM generate_series(1, 500); CREATE TABLE empty (n int)")
		s, err := d.Measure(t.Context(), h.Query)
		if err != nil {
			t.Fatal(err)
		}
		if s.Version != 1 || s.Size < 1<<20 || s.MaxConnections < 1 || s.Connections < 0 || s.Connections >= s.MaxConnections || s.Replicas != 0 || s.Lag != 0 {
			t.Errorf("%+v", s)
		}
		if s.Tables["app.big"] < 500_000 || s.Tables["public.users"] < 1 || s.Tables["public.users"] > 100_000 {
			t.Errorf("tables %v", s.Tables)
		}
		if _, is := s.Tables["public.empty"]; is {
			t.Error("a table without a row is worth mentioning")
		}
		if !strings.HasPrefix(s.Server, "PostgreSQL 1") {
			t.Errorf("server %q", s.Server)
		}
		if s.Transaction != 0 {
			t.Errorf("its own transaction counts: %s", s.Transaction)
		}
	}},
	{"a table that somebody holds cannot be measured now", func(t *testing.T, h DatabaseHarness, d deploy.Databases) {
		h.apply(t, d, 5, users)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			_, _ = h.SQL(ctx, "BEGIN; LOCK TABLE users; SELECT pg_sleep(600)")
		}()
		h.await(t, asleep, "1")
		h.Query.Database.Migrations.LockTimeout = 100 * time.Millisecond
		_, err := d.Measure(t.Context(), h.Query)
		cancel()
		<-ended
		h.wantError(t, "measure", err, deploy.Conflict)
	}},
	{"an open transaction counts with its age, and a session that is blocked", func(t *testing.T, h DatabaseHarness, d deploy.Databases) {
		h.apply(t, d, 5, users)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{}, 2)
		beside := func(sql string) {
			_, _ = h.SQL(ctx, sql)
			ended <- struct{}{}
		}
		go beside("BEGIN; UPDATE users SET email = 'x' WHERE id = 1; SELECT pg_sleep(600)")
		h.await(t, asleep, "1")
		go beside("UPDATE users SET email = 'y' WHERE id = 1")
		h.await(t, "SELECT count(*) FROM pg_locks l JOIN pg_stat_activity a USING (pid) WHERE NOT granted AND datname = current_database()", "1")
		h.await(t, "SELECT max(clock_timestamp() - xact_start) > interval '50 ms' FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()", "t")
		s, err := d.Measure(t.Context(), h.Query)
		report, err2 := d.Examine(t.Context(), h.Query)
		cancel()
		<-ended
		<-ended
		if err != nil || s.Transaction < 50*time.Millisecond || s.Transaction > time.Hour || s.Connections < 2 {
			t.Errorf("%+v, %v", s, err)
		}
		if err2 != nil || report.Blocked < 1 || report.Connections < 2 {
			t.Errorf("%+v, %v", report, err2)
		}
	}},
	{"a database is examined", func(t *testing.T, h DatabaseHarness, d deploy.Databases) {
		h.apply(t, d, 5, users)
		h.sql(t, `CREATE SCHEMA app; CREATE TABLE app.big AS SELECT repeat('x', 1000) AS x, 1::bigint AS u FROM generate_series(1, 500);
ALTER TABLE app.big ADD CONSTRAINT big_u FOREIGN KEY (u) REFERENCES users NOT VALID; CREATE INDEX big_x ON app.big (x);
UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'app.big_x'::regclass`)
		r, err := d.Examine(t.Context(), h.Query)
		if err != nil {
			t.Fatal(err)
		}
		if len(r.Tables) < 2 || r.Tables[0].Name != "app.big" || r.Tables[0].Bytes < 500_000 || r.TableCount < 2 || r.ForeignKeys != 1 || r.Size < 1<<20 || r.MaxConnections < 1 {
			t.Errorf("%+v", r)
		}
		if got := strings.Join(r.Invalid, "; "); got != "constraint big_u on app.big; index app.big_x" {
			t.Errorf("invalid are %s", got)
		}
	}},
}

var writtenByOthers = []databaseFact{
	{"a table of others with whole numbers counts, and is gone on with", func(t *testing.T, h DatabaseHarness, d deploy.Databases) {
		h.sql(t, "CREATE TABLE schema_migrations (version integer NOT NULL, dirty boolean NOT NULL DEFAULT false); INSERT INTO schema_migrations VALUES (1), (2)")
		list, err := d.Applied(t.Context(), h.Query)
		if err != nil || len(list) != 2 || list[1].Version != 2 || list[1].Sum != "" || list[1].Name != "" || !list[1].At.IsZero() {
			t.Errorf("%+v, %v", list, err)
		}
		h.wantSQL(t, "SELECT count(*) FROM pg_attribute WHERE attrelid = 'schema_migrations'::regclass AND attnum > 0", "2") // to look changes nothing
		h.apply(t, d, 5, script(3, "003_x.sql", "CREATE TABLE x (n int)"))
		if a := h.apply(t, d, 5, script(2, "002_y.sql", "CREATE TABLE y (n int)")); a.Version != 2 || a.Sum != "" {
			t.Errorf("what others have applied is applied: %+v", a)
		}
		h.wantTables(t, "x")
		h.wantVersions(t, d, 1, 2, 3)
		h.apply(t, d, 5, concurrently(4, "004_x.sql", "CREATE INDEX CONCURRENTLY xn ON x (n)"))
		h.wantVersions(t, d, 1, 2, 3, 4)
	}},
	{"a table of others that cannot be it is refused, with what to do", func(t *testing.T, h DatabaseHarness, d deploy.Databases) {
		for name, columns := range map[string]string{
			"words for numbers": "version varchar PRIMARY KEY", "no version": "id bigint", "something that has to be known": "version bigint, dirty boolean NOT NULL",
			"another name": "version bigint, name boolean",
		} {
			h.sql(t, "DROP TABLE IF EXISTS schema_migrations; CREATE TABLE schema_migrations ("+columns+")")
			_, err := d.Applied(t.Context(), h.Query)
			h.wantError(t, name, err, deploy.Invalid)
			_, err = d.Apply(t.Context(), h.request(5, users))
			h.wantError(t, name, err, deploy.Invalid)
			if !strings.Contains(deploy.Hint(err), "another table") {
				t.Errorf("%s: the hint is %s", name, deploy.Hint(err))
			}
			h.wantTables(t)
		}
	}},
	{"names of any kind are names", func(t *testing.T, h DatabaseHarness, d deploy.Databases) {
		h.sql(t, `CREATE SCHEMA "we""ird S"; CREATE TABLE kept (n int)`)
		h.Query.Database.Migrations.Table = `we"ird S.ta"ble; DROP TABLE kept; --`
		h.apply(t, d, 5, users)
		h.wantVersions(t, d, 1)
		h.settle(t, d, 6, 1)
		h.refused(t, d, 5, script(2, "002_x.sql", "CREATE TABLE x (n int)"), deploy.Fenced)
		h.apply(t, d, 6, concurrently(2, "002_x.sql", `CREATE INDEX CONCURRENTLY "a ""b"" c" ON "users" (email)`))
		h.wantIndex(t, `a "b" c`, "t")
		h.wantTables(t, "kept", "users")
		h.wantSQL(t, `SELECT count(*) FROM "we""ird S"."ta""ble; DROP TABLE kept; --"`, "2")
	}},
}
