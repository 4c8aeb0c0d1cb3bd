package providertest

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"slipway/internal/deploy"
)

var users = script(1, "001_users.sql", "CREATE TABLE users (id bigint PRIMARY KEY, email text NOT NULL);\nINSERT INTO users VALUES (1, 'a'), (2, 'b');")

var applying = []databaseFact{
	{"a script is applied once, and asking again gives the same", func(t *testing.T, h DatabaseHarness, d deploy.Databases) {
		s := script(14, "014_prefs.sql", "CREATE TABLE prefs (id int PRIMARY KEY, a text, b text);\nINSERT INTO prefs VALUES (1);")
		first := h.apply(t, d, 5, s, deploy.SQLCheck{Name: "one row", SQL: "SELECT count(*) = 1 FROM prefs"})
		if first.At.IsZero() || time.Since(first.At).Abs() > time.Hour || first.Took < 0 {
			t.Errorf("applied at %s, took %s", first.At, first.Took)
		}
		want := deploy.AppliedScript{Version: 14, Name: s.Name, Sum: s.Sum, Release: "coditect-app-42", At: first.At, Took: first.Took, Changes: []string{"+ table prefs (3 columns)"}}
		if diff := cmp.Diff(want, first); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(first, h.apply(t, h.Connect(), 6, s)); diff != "" {
			t.Errorf("the second time (-want +got):\n%s", diff)
		}
		list, err := d.Applied(t.Context(), h.Query)
		if diff := cmp.Diff([]deploy.AppliedScript{first}, list); err != nil || diff != "" {
			t.Errorf("written down: %v (-want +got):\n%s", err, diff)
		}
		h.wantSQL(t, "SELECT count(*) FROM prefs", "1")
	}},
	{"before anything is applied nothing is written down, and looking makes nothing", func(t *testing.T, h DatabaseHarness, d deploy.Databases) {
		h.wantVersions(t, d)
		state, err := d.Measure(t.Context(), h.Query)
		if err != nil || state.Version != 0 {
			t.Errorf("version %d, %v", state.Version, err)
		}
		h.wantSQL(t, "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace", "0")
	}},
	{"a check that is not true leaves nothing", func(t *testing.T, h DatabaseHarness, d deploy.Databases) {
		h.apply(t, d, 5, users)
		s := script(2, "002_more.sql", "CREATE TABLE more (n int);\nDELETE FROM users;")
		for name, tc := range map[string]struct{ sql, want string }{
			"false":           {"SELECT count(*) > 0 FROM users", "is not true; 002_more.sql was undone"},
			"null":            {"SELECT NULL::boolean", "is not true"},
			"two rows":        {"SELECT true FROM generate_series(1, 2)", "one row"},
			"no row":          {"SELECT true WHERE false", "one row"},
			"a number":        {"SELECT 1", "true or false"},
			"an error":        {"SELECT nothing", "does not exist (42703)"},
			"a division by 0": {"SELECT 1 / (count(*) - count(*)) = 1 FROM users", "division by zero (22012)"},
			"an end":          {"COMMIT", "would end the transaction"},
			"a change":        {"INSERT INTO users VALUES (9, 'x') RETURNING true", "would change something"},
			"two statements":  {"SELECT true; SELECT true", "(42601)"},
		} {
			said := h.refused(t, d, 5, s, deploy.Invalid, deploy.SQLCheck{Name: "fine", SQL: "SELECT true"}, deploy.SQLCheck{Name: name, SQL: tc.sql})
			if !strings.Contains(said, tc.want) || !strings.Contains(said, name) {
				t.Errorf("%s: it says %q, want %q", name, said, tc.want)
			}
			h.wantTables(t, "users")
			h.wantSQL(t, "SELECT count(*) FROM users", "2")
		}
		h.wantVersions(t, d, 1)
	}},
	{"a statement that fails leaves nothing, and is named with its line and the server's words", func(t *testing.T, h DatabaseHarness, d deploy.Databases) {
		h.apply(t, d, 5, users)
		for want, sql := range map[string]string{
			`002_x.sql line 3: column "a" does not exist (42703)`:                                                  "CREATE TABLE x (n int);\n-- ä;\nUPDATE users SET email = a;\nSELECT 1;",
			`002_x.sql line 4: duplicate key value violates unique constraint "users_pkey" (23505)`:                "CREATE TABLE x (n int);\n\n\n  INSERT INTO users\n VALUES (1, 'secret');",
			`002_x.sql line 2: invalid input syntax for type integer: "…" (22P02)`:                                 "CREATE TABLE x (n int);\nALTER TABLE users ALTER email TYPE integer USING email::int",
			`002_x.sql line 1: syntax error at or near "…" (42601)`:                                                "CREATE 'hush' TABLE x",
			`002_x.sql line 2: null value in column "id" of relation "users" violates not-null constraint (23502)`: "SET CONSTRAINTS ALL DEFERRED;\nINSERT INTO users VALUES (NULL, '');",
			`002_x.sql line 1: CREATE INDEX CONCURRENTLY cannot run inside a transaction block (25001)`:            "CREATE INDEX CONCURRENTLY x ON users (email)",
		} {
			if said := h.refused(t, d, 5, script(2, "002_x.sql", sql), deploy.Invalid); said != want {
				t.Errorf("it says %s\nwant    %s", said, want)
			}
		}
		h.wantTables(t, "users")
		h.wantVersions(t, d, 1)
	}},
	{"what is put off until the end is looked at before it", func(t *testing.T, h DatabaseHarness, d deploy.Databases) {
		h.apply(t, d, 5, users)
		said := h.refused(t, d, 5, script(2, "002_x.sql", "CREATE TABLE x (u bigint REFERENCES users DEFERRABLE INITIALLY DEFERRED);\nINSERT INTO x VALUES (77);"), deploy.Invalid)
		if !strings.Contains(said, "x_u_fkey") || !strings.Contains(said, "23503") {
			t.Errorf("it says %s", said)
		}
		h.wantTables(t, "users")
	}},
	{"what a script sets for its session harms nobody", func(t *testing.T, h DatabaseHarness, d deploy.Databases) {
		s := script(1, "001_x.sql", "CREATE ROLE ROLE_NAME;\nCREATE TABLE x (n int);\nSELECT set_config('search_path', '', false);\nSET DateStyle = 'German';\nSET ROLE ROLE_NAME;\nSET statement_timeout = '1min';")
		s.SQL = strings.ReplaceAll(s.SQL, "ROLE_NAME", "nobody_"+strings.ReplaceAll(strings.ToLower(h.Query.Database.Name), "-", "_"))
		a := h.apply(t, d, 5, s, deploy.SQLCheck{Name: "the path is back", SQL: "SELECT count(*) = 0 FROM x"})
		if time.Since(a.At).Abs() > time.Hour {
			t.Errorf("at %s", a.At)
		}
		h.wantVersions(t, d, 1)
	}},
	{"savepoints and functions are none of the transaction's ends", func(t *testing.T, h DatabaseHarness, d deploy.Databases) {
		h.apply(t, d, 5, script(1, "001_x.sql", `/* COMMIT; /* in */ one */ -- ROLLBACK;
CREATE TABLE x (n int, "commit" text DEFAULT 'a;COMMIT;');
SAVEPOINT a; INSERT INTO x VALUES (1); ROLLBACK TO SAVEPOINT a; RELEASE a;
CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $body$ BEGIN RETURN 1; END $body$;
CREATE FUNCTION g(a int) RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT CASE WHEN a > 0 THEN 1 ELSE 2 END; SELECT 3; END;
DO $$ BEGIN PERFORM f(); END $$;
SELECT E'it\'s;COMMIT;', $t1$ no; COMMIT; $t2$ $t1$;`))
		h.wantSQL(t, "SELECT count(*) FROM x", "0")
		h.wantSQL(t, "SELECT f() + g(1)", "4")
	}},
	{"to cancel ends the statement at the server, and leaves nothing", func(t *testing.T, h DatabaseHarness, d deploy.Databases) {
		s := h.gated(t, 1, "001_x.sql")
		ended, cancel := h.start(t, 5, s)
		h.await(t, asleep, "1")
		cancel()
		o := <-ended
		h.wantError(t, "a cancelled apply", o.err, deploy.Unavailable)
		if !errors.Is(o.err, context.Canceled) {
			t.Errorf("context.Canceled is not in the chain of %v", o.err)
		}
		h.await(t, asleep, "0")
		h.wantTables(t, "gate")
		h.sql(t, "UPDATE gate SET shut = false")
		h.apply(t, d, 5, s)
		h.wantVersions(t, d, 1)
	}},
	{"a session that is terminated in the middle leaves nothing", func(t *testing.T, h DatabaseHarness, d deploy.Databases) {
		s := h.gated(t, 1, "001_x.sql")
		ended, _ := h.start(t, 5, s)
		h.await(t, asleep, "1")
		h.sql(t, terminate)
		o := <-ended
		h.wantError(t, "a terminated apply", o.err, deploy.Unavailable)
		h.wantTables(t, "gate")
		h.wantVersions(t, d)
		h.sql(t, "UPDATE gate SET shut = false")
		h.apply(t, d, 5, s)
		h.wantSQL(t, "SELECT count(*) FROM made", "1")
	}},
	{"a session that is terminated at any moment leaves nothing or all", func(t *testing.T, h DatabaseHarness, d deploy.Databases) {
		for i := range 12 {
			table := "t" + string(rune('a'+i))
			s := script(int64(i+1), "x.sql", "CREATE TABLE "+table+" (n int); SELECT pg_sleep(0.003)")
			ended, _ := h.start(t, 5, s)
			for going := true; going; {
				h.sql(t, terminate)
				select {
				case o := <-ended:
					going = false
					if o.err != nil {
						h.wantError(t, "a terminated apply", o.err, deploy.Unavailable)
					}
				default:
				}
			}
			h.await(t, "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'slipway'", "0")
			list, err := d.Applied(t.Context(), h.Query)
			if err != nil {
				t.Fatal(err)
			}
			made := h.sql(t, "SELECT to_regclass('"+table+"') IS NOT NULL")[0] == "t"
			if written := len(list) == i+1; made != written {
				t.Errorf("round %d: the table is there: %v; it is written down: %v", i, made, written)
			}
			h.apply(t, d, 5, s)
		}
	}},
}

// terminate ends the sessions of Slipway in this database.
const terminate = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'slipway'"
