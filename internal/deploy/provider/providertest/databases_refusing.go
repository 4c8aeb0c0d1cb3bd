package providertest

import (
	"context"
	"strings"
	"testing"
	"time"

	"slipway/internal/deploy"
)

var refusing = []databaseFact{
	{"a script that was applied with another content is refused", func(t *testing.T, h DatabaseHarness, d deploy.Databases) {
		h.apply(t, d, 5, users)
		said := h.refused(t, d, 5, script(1, "001_users.sql", users.SQL+"\nCREATE TABLE more (n int);"), deploy.Invalid)
		if !strings.Contains(said, "001_users.sql was applied by coditect-app-42 with another content") {
			t.Errorf("it says %s", said)
		}
		h.wantTables(t, "users")
	}},
	{"a script that comes before one that was applied is refused", func(t *testing.T, h DatabaseHarness, d deploy.Databases) {
		h.apply(t, d, 5, script(3, "003_x.sql", "CREATE TABLE x (n int)"))
		said := h.refused(t, d, 5, script(2, "002_late.sql", "CREATE TABLE late (n int)"), deploy.Invalid)
		if !strings.Contains(said, "002_late.sql") || !strings.Contains(said, "before 3") {
			t.Errorf("it says %s", said)
		}
		h.refused(t, d, 5, concurrently(2, "002_late.sql", "CREATE INDEX CONCURRENTLY xn ON x (n)"), deploy.Invalid)
		h.wantTables(t, "x")
		h.wantVersions(t, d, 3)
	}},
	{"a script is refused when what was applied before it is gone, as after a restore", func(t *testing.T, h DatabaseHarness, d deploy.Databases) {
		h.apply(t, d, 5, users)
		h.apply(t, d, 5, script(2, "002_x.sql", "CREATE TABLE x (n int)"))
		next := h.request(5, script(3, "003_y.sql", "CREATE TABLE y (n int)"))
		index := h.request(5, concurrently(3, "003_xn.sql", "CREATE INDEX CONCURRENTLY xn ON users (email)"))
		next.After, index.After = 2, 2
		h.sql(t, "DELETE FROM schema_migrations WHERE version = 2")
		for _, q := range []deploy.ApplyRequest{next, index} {
			_, err := d.Apply(t.Context(), q)
			h.wantError(t, "apply "+q.Script.Name, err, deploy.Invalid)
			if !strings.Contains(deploy.Message(err), "the schema is at 1, and was at 2") {
				t.Error(err)
			}
		}
		h.wantTables(t, "users", "x")
		h.wantVersions(t, d, 1)
		next.After = 1
		if _, err := d.Apply(t.Context(), next); err != nil {
			t.Error(err)
		}
		next.After = 2
		if _, err := d.Apply(t.Context(), next); err != nil { // it was applied, whatever is there now
			t.Error(err)
		}
	}},
	{"a script that would end its transaction is refused, and nothing of it is done", func(t *testing.T, h DatabaseHarness, d deploy.Databases) {
		for _, sql := range []string{
			"CREATE TABLE x (n int);\nCOMMIT;\nCREATE TABLE y (n int);", "CREATE TABLE x (n int);\n/* a */ end;", "CREATE TABLE x (n int);\nRollback And Chain;",
			"CREATE TABLE x (n int);\nPREPARE TRANSACTION 'a'", "CREATE TABLE x (n int);\nDO $$ BEGIN COMMIT; END $$;", "CREATE TABLE x (n int);\nstart transaction;",
			"CREATE TABLE x (n int);\nBEGIN;", "CREATE TABLE x (n int);\nABORT;", "CREATE TABLE x (n int);\nCREATE PROCEDURE p() LANGUAGE plpgsql AS 'BEGIN COMMIT; END'; CALL p();",
			"CREATE TABLE x (n int);\nCOPY x FROM STDIN;\n1\n\\.",
		} {
			if said := h.refused(t, d, 5, script(1, "001_x.sql", sql), deploy.Invalid); !strings.Contains(said, "001_x.sql line 2") {
				t.Errorf("%s: it says %s", sql, said)
			}
			h.wantTables(t)
		}
		h.wantVersions(t, d)
	}},
	{"a statement that takes longer than it may is ended, and the limit said", func(t *testing.T, h DatabaseHarness, d deploy.Databases) {
		h.Query.Database.Migrations.StatementTimeout = 200 * time.Millisecond
		said := h.refused(t, d, 5, script(1, "001_x.sql", "CREATE TABLE x (n int);\nSELECT pg_sleep(600);"), deploy.Invalid)
		if !strings.Contains(said, "001_x.sql line 2: ") || !strings.Contains(said, "0.2 s") {
			t.Errorf("it says %s", said)
		}
		h.wantTables(t)
	}},
	{"a table that somebody holds is a conflict, and nothing of the script is done", func(t *testing.T, h DatabaseHarness, d deploy.Databases) {
		h.apply(t, d, 5, users)
		h.Query.Database.Migrations.LockTimeout = 200 * time.Millisecond
		ctx, cancel := context.WithCancel(t.Context())
		held := make(chan struct{})
		go func() {
			defer close(held)
			_, _ = h.SQL(ctx, "BEGIN; LOCK TABLE users; SELECT pg_sleep(600)")
		}()
		h.await(t, asleep, "1")
		s := script(2, "002_x.sql", "CREATE TABLE x (n int);\nALTER TABLE users ADD a int;")
		if said := h.refused(t, d, 5, s, deploy.Conflict); !strings.Contains(said, "002_x.sql line 2") {
			t.Errorf("it says %s", said)
		}
		h.wantTables(t, "users")
		cancel()
		<-held
		h.await(t, asleep, "0")
		h.apply(t, d, 5, s)
	}},
	{"another migration in progress is a conflict that says whose, and nothing is done", func(t *testing.T, h DatabaseHarness, d deploy.Databases) {
		ended, cancel := h.start(t, 5, h.gated(t, 1, "001_x.sql"))
		h.await(t, asleep, "1")
		h.Query.Database.Migrations.LockTimeout = 100 * time.Millisecond
		for _, s := range []deploy.Script{script(2, "002_y.sql", "CREATE TABLE y (n int)"), concurrently(2, "002_y.sql", "DROP INDEX CONCURRENTLY y")} {
			said := h.refused(t, d, 6, s, deploy.Conflict)
			for _, want := range []string{"another migration of ", h.Query.Database.Name, "pid ", "since ", "application slipway"} {
				if !strings.Contains(said, want) {
					t.Errorf("it says %q, want it to have %q", said, want)
				}
			}
		}
		cancel()
		<-ended
		h.wantTables(t, "gate")
	}},
	{"migrations that are written down elsewhere are not in the way, the same ones by another name are", func(t *testing.T, h DatabaseHarness, d deploy.Databases) {
		ended, cancel := h.start(t, 5, h.gated(t, 1, "001_x.sql"))
		h.await(t, asleep, "1")
		h.Query.Database.Migrations.Table = "others"
		h.apply(t, d, 5, script(1, "001_y.sql", "CREATE TABLE y (n int)"))
		h.Query.Database.Migrations.Table = "public.schema_migrations"
		h.Query.Database.Migrations.LockTimeout = 100 * time.Millisecond
		h.refused(t, d, 6, script(2, "002_z.sql", "CREATE TABLE z (n int)"), deploy.Conflict)
		cancel()
		<-ended
	}},
	{"a name that is no table's is refused before anything is asked", func(t *testing.T, h DatabaseHarness, d deploy.Databases) {
		for _, name := range []string{"a.b.c", "a.", ".b", strings.Repeat("x", 60), "a\x00b"} {
			h.Query.Database.Migrations.Table = name
			h.refused(t, d, 5, users, deploy.Invalid)
		}
	}},
}
