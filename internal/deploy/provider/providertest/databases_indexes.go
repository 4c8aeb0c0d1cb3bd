package providertest

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"slipway/internal/deploy"
)

// wantIndex checks whether an index is valid; "" if it is not there.
func (h DatabaseHarness) wantIndex(t *testing.T, name, valid string) {
	t.Helper()
	var want []string
	if valid != "" {
		want = append(want, valid)
	}
	h.wantSQL(t, "SELECT i.indisvalid FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE c.relname = '"+name+"'", want...)
}

// half leaves a script as a crash does: its row says that it runs.
func (h DatabaseHarness) half(t *testing.T, s deploy.Script) {
	t.Helper()
	h.sql(t, "INSERT INTO schema_migrations (version, name, sha256, state) VALUES (2, '"+s.Name+"', '"+s.Sum+"', 'running')")
}

var byEmail = concurrently(2, "002_by_email.sql", "-- why\nCREATE UNIQUE INDEX CONCURRENTLY users_email ON users (email);\n")

var makingIndexes = []databaseFact{
	{"an index is made concurrently, once", func(t *testing.T, h DatabaseHarness, d deploy.Databases) {
		h.apply(t, d, 5, users)
		first := h.apply(t, d, 5, byEmail, deploy.SQLCheck{Name: "two", SQL: "SELECT count(*) = 2 FROM users"})
		if diff := cmp.Diff([]string{"+ unique index users_email on users"}, first.Changes); diff != "" {
			t.Errorf("changes (-want +got):\n%s", diff)
		}
		h.wantIndex(t, "users_email", "t")
		if diff := cmp.Diff(first, h.apply(t, d, 6, byEmail)); diff != "" {
			t.Errorf("the second time (-want +got):\n%s", diff)
		}
		h.wantVersions(t, d, 1, 2)
	}},
	{"an index is dropped concurrently, once", func(t *testing.T, h DatabaseHarness, d deploy.Databases) {
		h.apply(t, d, 5, users)
		h.sql(t, `CREATE INDEX "By Email" ON users (email)`)
		first := h.apply(t, d, 5, concurrently(2, "002_x.sql", `DROP INDEX CONCURRENTLY IF EXISTS public."By Email"`))
		if diff := cmp.Diff([]string{"− index By Email on users"}, first.Changes); diff != "" {
			t.Errorf("changes (-want +got):\n%s", diff)
		}
		h.wantIndex(t, "By Email", "")
	}},
	{"one that was marked and is valid is finished without being made again", func(t *testing.T, h DatabaseHarness, d deploy.Databases) {
		h.apply(t, d, 5, users)
		h.half(t, byEmail)
		h.sql(t, "CREATE UNIQUE INDEX users_email ON users (email)")
		before := h.sql(t, "SELECT 'users_email'::regclass::oid")
		h.wantVersions(t, d, 1)
		h.settle(t, d, 5, 1) // a script that runs is not applied
		first := h.apply(t, d, 5, byEmail)
		h.wantSQL(t, "SELECT 'users_email'::regclass::oid", before...)
		if diff := cmp.Diff([]string{"+ unique index users_email on users"}, first.Changes); diff != "" || first.Release != "coditect-app-42" {
			t.Errorf("by %s, changes (-want +got):\n%s", first.Release, diff)
		}
		h.wantVersions(t, d, 1, 2)
	}},
	{"one that was marked and is half made is made again", func(t *testing.T, h DatabaseHarness, d deploy.Databases) {
		h.apply(t, d, 5, users)
		h.half(t, byEmail)
		h.sql(t, "CREATE UNIQUE INDEX users_email ON users (email); UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'users_email'::regclass")
		h.apply(t, d, 5, byEmail)
		h.wantIndex(t, "users_email", "t")
		h.wantVersions(t, d, 1, 2)
	}},
	{"one that was marked and is not there is made", func(t *testing.T, h DatabaseHarness, d deploy.Databases) {
		h.apply(t, d, 5, users)
		h.half(t, byEmail)
		h.apply(t, d, 5, byEmail)
		h.wantIndex(t, "users_email", "t")
	}},
	{"one that was to be dropped, and is gone, is finished", func(t *testing.T, h DatabaseHarness, d deploy.Databases) {
		h.apply(t, d, 5, users)
		s := concurrently(2, "002_x.sql", "DROP INDEX CONCURRENTLY users_email")
		h.half(t, s)
		h.apply(t, d, 5, s)
		h.wantVersions(t, d, 1, 2)
	}},
	{"one that cannot be made leaves neither an index nor a row", func(t *testing.T, h DatabaseHarness, d deploy.Databases) {
		h.apply(t, d, 5, users)
		h.sql(t, "UPDATE users SET email = 'a'")
		said := h.refused(t, d, 5, byEmail, deploy.Invalid)
		if !strings.Contains(said, "002_by_email.sql line 2: could not create unique index") || !strings.Contains(said, "dropped again") {
			t.Errorf("it says %s", said)
		}
		h.wantIndex(t, "users_email", "")
		h.wantSQL(t, "SELECT count(*) FROM schema_migrations", "1")
		h.sql(t, "UPDATE users SET email = id::text")
		h.apply(t, d, 5, byEmail)
	}},
	{"one whose check is not true is dropped again", func(t *testing.T, h DatabaseHarness, d deploy.Databases) {
		h.apply(t, d, 5, users)
		said := h.refused(t, d, 5, byEmail, deploy.Invalid, deploy.SQLCheck{Name: "three", SQL: "SELECT count(*) = 3 FROM users"})
		if !strings.Contains(said, `check "three" is not true; 002_by_email.sql was undone`) {
			t.Errorf("it says %s", said)
		}
		h.wantIndex(t, "users_email", "")
		h.wantSQL(t, "SELECT count(*) FROM schema_migrations", "1")
	}},
	{"one that is there already is not touched", func(t *testing.T, h DatabaseHarness, d deploy.Databases) {
		h.apply(t, d, 5, users)
		h.sql(t, "CREATE INDEX users_email ON users (id)")
		said := h.refused(t, d, 5, byEmail, deploy.Invalid)
		if !strings.Contains(said, "already exists (42P07)") {
			t.Errorf("it says %s", said)
		}
		h.wantIndex(t, "users_email", "t")
		h.wantSQL(t, "SELECT count(*) FROM schema_migrations", "1")
	}},
	{"one that is being made can be cancelled, and is gone on with", func(t *testing.T, h DatabaseHarness, d deploy.Databases) {
		h.apply(t, d, 5, users)
		h.sql(t, "CREATE FUNCTION slow(text) RETURNS text IMMUTABLE LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(CASE WHEN shut THEN 600 ELSE 0 END) FROM gate; RETURN $1; END'; CREATE TABLE gate AS SELECT true AS shut")
		s := concurrently(2, "002_x.sql", "create index concurrently if not exists users_slow on only users (slow(email))")
		ended, cancel := h.start(t, 5, s)
		h.await(t, asleep, "1")
		cancel()
		h.wantError(t, "a cancelled apply", (<-ended).err, deploy.Unavailable)
		h.await(t, asleep, "0")
		h.wantIndex(t, "users_slow", "f")
		h.wantVersions(t, d, 1)
		report, err := d.Examine(t.Context(), h.Query)
		if diff := cmp.Diff([]string{"index users_slow"}, report.Invalid); err != nil || diff != "" {
			t.Errorf("invalid: %v (-want +got):\n%s", err, diff)
		}
		h.sql(t, "UPDATE gate SET shut = false")
		h.apply(t, d, 6, s)
		h.wantIndex(t, "users_slow", "t")
	}},
	{"what could not be found again after a crash is refused", func(t *testing.T, h DatabaseHarness, d deploy.Databases) {
		h.apply(t, d, 5, users)
		for _, sql := range []string{
			"CREATE INDEX CONCURRENTLY ON users (email)", "CREATE INDEX users_email ON users (email)", "VACUUM users", "REINDEX INDEX CONCURRENTLY users_pkey",
			"CREATE INDEX CONCURRENTLY a ON users (email); CREATE INDEX CONCURRENTLY b ON users (email)", "DROP INDEX CONCURRENTLY a, b",
			"CREATE INDEX CONCURRENTLY " + strings.Repeat("x", 64) + " ON users (email)", "-- nothing",
		} {
			if said := h.refused(t, d, 5, concurrently(2, "002_x.sql", sql), deploy.Invalid); !strings.Contains(said, "002_x.sql") {
				t.Errorf("%s: it says %s", sql, said)
			}
		}
		h.wantSQL(t, "SELECT count(*) FROM schema_migrations", "1")
		h.wantSQL(t, "SELECT count(*) FROM pg_index WHERE indrelid = 'users'::regclass", "1")
	}},
}
