package postgres_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"slipway/internal/deploy"
)

func TestWhatAScriptChanged(t *testing.T) {
	t.Parallel()
	const before = `CREATE SCHEMA app;
CREATE TABLE users (id bigint PRIMARY KEY, email text, nick varchar(20) NOT NULL DEFAULT 'x', seen timestamp with time zone);
CREATE TABLE app.orders (id int PRIMARY KEY, u bigint);
ALTER TABLE app.orders ADD CONSTRAINT u_positive CHECK (u > 0) NOT VALID;
CREATE INDEX orders_u ON app.orders (u); CREATE INDEX users_seen ON users (seen);
CREATE VIEW active AS SELECT id FROM users;`
	for name, tc := range map[string]struct {
		sql  string
		want []string
	}{
		"nothing": {"UPDATE users SET nick = 'y'; SELECT 1; CREATE TEMP TABLE t (n int)", nil},
		"a table with what belongs to it": {`CREATE TABLE prefs (id int PRIMARY KEY, u bigint REFERENCES users, k text UNIQUE, v text CHECK (v <> ''));
CREATE INDEX prefs_v ON prefs (v); CREATE INDEX prefs_u ON prefs (u)`, []string{"+ table prefs (4 columns, 2 indexes, 1 foreign key, 2 constraints)"}},
		"other relations": {"CREATE VIEW app.v AS SELECT 1 AS a, 2 AS b; CREATE MATERIALIZED VIEW m AS SELECT 1 AS a; CREATE TABLE none ()",
			[]string{"+ materialized view m (1 column)", "+ table none (0 columns)", "+ view app.v (2 columns)"}},
		"columns": {"ALTER TABLE users ADD a text, ADD b int NOT NULL DEFAULT 1; ALTER TABLE app.orders ADD c timestamptz",
			[]string{"+ column app.orders.c (timestamptz)", "+ column users.a (text)", "+ column users.b (integer, NOT NULL, with a default)"}},
		"columns that are otherwise": {`ALTER TABLE users ALTER email TYPE varchar(320), ALTER nick DROP NOT NULL, ALTER nick DROP DEFAULT, ALTER seen SET NOT NULL, ALTER seen SET DEFAULT now()`,
			[]string{"~ column users.email: text → varchar(320)", "~ column users.nick: may be NULL, without a default", "~ column users.seen: NOT NULL, with a default"}},
		"what is gone": {"DROP VIEW active; ALTER TABLE users DROP nick; DROP TABLE app.orders; DROP INDEX users_seen",
			[]string{"− column users.nick", "− index users_seen on users", "− table app.orders", "− view active"}},
		"constraints": {`ALTER TABLE app.orders VALIDATE CONSTRAINT u_positive; ALTER TABLE app.orders ADD CONSTRAINT orders_u_fkey FOREIGN KEY (u) REFERENCES users;
ALTER TABLE users ADD CONSTRAINT once UNIQUE (email); ALTER TABLE app.orders DROP CONSTRAINT orders_pkey`,
			[]string{"+ constraint once on users (unique)", "+ constraint orders_u_fkey on app.orders (foreign key)", "~ constraint u_positive on app.orders: valid", "− constraint orders_pkey on app.orders"}},
		"indexes": {"CREATE UNIQUE INDEX users_email ON users (email); DROP INDEX users_seen; CREATE INDEX users_seen ON users (seen, id)",
			[]string{"+ unique index users_email on users", "~ index users_seen on users: on other columns"}},
		"another kind of relation": {"DROP VIEW active; CREATE MATERIALIZED VIEW active AS SELECT id FROM users", []string{"~ view active: now a materialized view"}},
		"a name in quotes":         {`CREATE TABLE "A b" ("C d" int); ALTER TABLE users RENAME nick TO "Nick N"`, []string{"+ column users.Nick N (varchar(20), NOT NULL, with a default)", "+ table A b (1 column)", "− column users.nick"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			q := database(t, shared)
			if _, err := run(t.Context(), shared, q.Database.Name, before); err != nil {
				t.Fatal(err)
			}
			a, err := connect().Apply(t.Context(), deploy.ApplyRequest{DatabaseQuery: q, Release: "a-1", Epoch: 5, Script: deploy.Script{Version: 1, Name: "001_x.sql", SQL: tc.sql, Sum: "s"}})
			if diff := cmp.Diff(tc.want, a.Changes); err != nil || diff != "" {
				t.Errorf("%v (-want +got):\n%s", err, diff)
			}
		})
	}
}

func TestManyChanges(t *testing.T) {
	t.Parallel()
	q := database(t, shared)
	var sql strings.Builder
	for i := range 45 {
		fmt.Fprintf(&sql, "CREATE TABLE t%02d (n int);\n", i)
	}
	a, err := connect().Apply(t.Context(), deploy.ApplyRequest{DatabaseQuery: q, Release: "a-1", Epoch: 5, Script: deploy.Script{Version: 1, Name: "001_x.sql", SQL: sql.String(), Sum: "s"}})
	if err != nil || len(a.Changes) != 41 || a.Changes[40] != "and 5 more" || a.Changes[0] != "+ table t00 (1 column)" || !slices.IsSorted(a.Changes[:40]) {
		t.Errorf("%v, %v", a.Changes, err)
	}
}
