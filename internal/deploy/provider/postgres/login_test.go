package postgres_test

import (
	"context"
	"net"
	"strings"
	"testing"

	"slipway/internal/deploy"
	"slipway/internal/deploy/provider/pgtest"
	"slipway/internal/deploy/provider/postgres"
)

func TestLogins(t *testing.T) {
	t.Parallel()
	q := database(t, shared)
	at := shared.Addr + "/" + q.Database.Name
	d := postgres.New(&postgres.Options{Secrets: secrets{
		"my-gcp-project/migrations": pgtest.Password, "my-gcp-project/whole": shared.URL(q.Database.Name) + "\n", "my-gcp-project/wrong": "hunter2", "my-gcp-project/empty": "\n",
		"my-gcp-project/half": "postgres://slipway:hunter2%zz@127.0.0.1/x", "my-gcp-project/host": "127.0.0.1/x?hunter2",
	}})
	gone, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := gone.Addr().String()
	if err := gone.Close(); err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		login string
		code  deploy.Code
		word  string
	}{
		"a password that is a secret":        {"postgres://slipway:${secret:migrations}@" + at + "?sslmode=disable", "", ""},
		"all of it a secret":                 {"${secret:whole}", "", ""},
		"settings of an application's own":   {"postgresql://slipway:${secret:migrations}@" + at + "?sslmode=disable&pgbouncer=true&passfile=/etc/passwd&options=-crole%3Dnobody", "", ""},
		"the password in the settings":       {"postgres://" + at + "?sslmode=disable&user=slipway&password=${secret:migrations}", "", ""},
		"a wrong password":                   {"postgres://slipway:${secret:wrong}@" + at + "?sslmode=disable", deploy.Forbidden, "does not let us in (28P01)"},
		"a password in clear, and wrong":     {"postgres://slipway:hunter2@" + at + "?sslmode=disable", deploy.Forbidden, "28P01"},
		"no password":                        {"postgres://slipway@" + at + "?sslmode=disable", deploy.Forbidden, "28P01"},
		"no such database":                   {"postgres://slipway:${secret:migrations}@" + shared.Addr + "/nowhere?sslmode=disable", deploy.NotFound, "no database of that name"},
		"no such secret":                     {"postgres://slipway:${secret:other}@" + at, deploy.NotFound, "no secret other"},
		"an empty secret":                    {"postgres://slipway:${secret:empty}@" + at, deploy.Invalid, "is empty"},
		"nobody there":                       {"postgres://slipway:${secret:migrations}@" + nobody + "/x?sslmode=disable", deploy.Unavailable, "does not answer"},
		"no TLS there":                       {"postgres://slipway:${secret:migrations}@" + at + "?sslmode=require", deploy.Unavailable, "does not speak TLS"},
		"another scheme":                     {"mysql://slipway:hunter2@" + at, deploy.Invalid, "is not a postgres:// URL"},
		"half an escape":                     {"${secret:half}", deploy.Invalid, "is not a postgres:// URL"},
		"no user":                            {"postgres://" + at, deploy.Invalid, "names no user"},
		"no host":                            {"postgres://slipway:hunter2@/x", deploy.Invalid, "names no host"},
		"no database":                        {"postgres://slipway:hunter2@" + shared.Addr, deploy.Invalid, "names no database"},
		"a secret that cannot end its place": {"postgres://slipway:hunter2@${secret:host}/x?sslmode=disable", deploy.Unavailable, ""},
		"a placeholder that is none":         {"postgres://slipway:hunter2@${x y}/x", deploy.Invalid, "has a placeholder that is none"},
		"a placeholder that is no secret":    {"postgres://slipway:hunter2@${HOST}/x", deploy.Invalid, "no secret"},
		"a metadata server":                  {"postgres://slipway:hunter2@169.254.169.254/x?sslmode=disable", deploy.Invalid, "an address that is not connected to"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			q := q
			q.Database.Login = tc.login
			_, err := d.Applied(t.Context(), q)
			wantClean(t, err, tc.code, tc.word)
		})
	}
	_, err = postgres.New(nil).Applied(t.Context(), q)
	wantClean(t, err, deploy.Invalid, "nothing to read secrets from")
}

func TestWithoutALogin(t *testing.T) {
	t.Parallel()
	q := database(t, shared)
	if _, err := run(t.Context(), shared, q.Database.Name, "CREATE TABLE gate AS SELECT true AS shut"); err != nil {
		t.Fatal(err)
	}
	q.Database.Login, q.Database.Region = "", "europe-west1"
	_, err := connect().Measure(t.Context(), q)
	wantClean(t, err, deploy.Invalid, "has no login")
	var asked []string
	d := postgres.New(&postgres.Options{Dial: func(ctx context.Context, i deploy.InstanceRef, region string) (net.Conn, error) {
		asked = append(asked, i.String()+" "+region)
		return nil, &deploy.Error{Code: deploy.NotFound, Msg: "there is no such instance"}
	}})
	_, err = d.Measure(t.Context(), q)
	wantClean(t, err, deploy.Invalid, "neither a login nor a user")
	q.Database.User = "slipway@my-gcp-project.iam"
	_, err = d.Measure(t.Context(), q)
	wantClean(t, err, deploy.NotFound, "no such instance")
	if got := strings.Join(asked, ","); got != "cloudsql:my-gcp-project/coditect-postgres europe-west1" {
		t.Errorf("asked for %s", got)
	}
	// No password is sent: a server that wants one says so.
	q.Database.User = pgtest.User
	d = postgres.New(&postgres.Options{Dial: func(ctx context.Context, _ deploy.InstanceRef, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "tcp", shared.Addr)
	}})
	_, err = d.Measure(t.Context(), q)
	wantClean(t, err, deploy.Forbidden, "28P01")
}

func TestAServerThatIsFull(t *testing.T) {
	t.Parallel()
	s, err := pgtest.Start(t.Context(), "max_connections=5", "superuser_reserved_connections=0", "max_wal_senders=0")
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	q := database(t, s)
	// It does not load pg_stat_statements: the extension can be made, and not read.
	if _, err := run(t.Context(), s, q.Database.Name, "CREATE EXTENSION pg_stat_statements"); err != nil {
		t.Fatal(err)
	}
	if r, err := connect().Examine(t.Context(), q); err != nil || r.Statements || r.Slow != nil {
		t.Errorf("%+v, %v", r, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{}, 5)
	for range 5 {
		go func() {
			for ctx.Err() == nil {
				_, _ = run(ctx, s, "postgres", "SELECT pg_sleep(600)")
			}
			ended <- struct{}{}
		}()
	}
	for {
		if _, err = connect().Applied(t.Context(), q); err != nil {
			break
		}
	}
	wantClean(t, err, deploy.Unavailable, "takes no more connections")
	cancel()
	for range 5 {
		<-ended
	}
}

func TestWhoMayDoNothing(t *testing.T) {
	t.Parallel()
	q := database(t, shared)
	name := q.Database.Name
	if _, err := run(t.Context(), shared, name, "CREATE ROLE low_"+name+" LOGIN PASSWORD 'hunter2'"); err != nil {
		t.Fatal(err)
	}
	q.Database.Login = "postgres://low_" + name + ":hunter2@" + shared.Addr + "/" + name + "?sslmode=disable"
	d := connect()
	s := deploy.Script{Version: 1, Name: "001_x.sql", SQL: "CREATE TABLE x (n int)", Sum: "a"}
	_, err := d.Apply(t.Context(), deploy.ApplyRequest{DatabaseQuery: q, Release: "a-1", Epoch: 5, Script: s})
	wantClean(t, err, deploy.Forbidden, "permission denied for schema public (42501)")
	// Nothing can be on its way, so there is nothing to fence.
	if version, err := d.Settle(t.Context(), q, 6); err != nil || version != 0 {
		t.Errorf("version %d, %v", version, err)
	}
	if _, err := d.Measure(t.Context(), q); err != nil {
		t.Error(err)
	}
	if _, err := d.Examine(t.Context(), q); err != nil {
		t.Error(err)
	}
}

// A login may have a role that owns everything; a script that takes another gives it back.
func TestALoginThatTakesARole(t *testing.T) {
	t.Parallel()
	q := database(t, shared)
	name := q.Database.Name
	if _, err := run(t.Context(), shared, name, "CREATE ROLE owner_"+name+"; CREATE ROLE in_"+name+" LOGIN NOINHERIT PASSWORD 'hunter2' IN ROLE owner_"+name+
		"; ALTER ROLE in_"+name+" SET role = owner_"+name+"; CREATE SCHEMA app AUTHORIZATION owner_"+name); err != nil {
		t.Fatal(err)
	}
	q.Database.Login = "postgres://in_" + name + ":hunter2@" + shared.Addr + "/" + name + "?sslmode=disable&search_path=app"
	d := connect()
	s := deploy.Script{Version: 1, Name: "001_x.sql", SQL: "CREATE TABLE x (n int); SET ROLE none;", Sum: "a"}
	if _, err := d.Apply(t.Context(), deploy.ApplyRequest{DatabaseQuery: q, Release: "a-1", Epoch: 5, Script: s}); err != nil {
		t.Fatal(err)
	}
	owners, err := run(t.Context(), shared, name, "SELECT DISTINCT relowner::regrole::text || ' ' || relnamespace::regnamespace FROM pg_class WHERE relname IN ('x', 'schema_migrations', 'schema_migrations_fence')")
	if err != nil || strings.Join(owners, ",") != "owner_"+name+" app" {
		t.Errorf("%v, %v", owners, err)
	}
}

// What the lexer does not see is noticed by the transaction.
func TestATransactionThatIsGone(t *testing.T) {
	t.Parallel()
	for name, sql := range map[string]string{
		"ended":           `CREATE TABLE x (n int); CREATE FUNCTION f() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT 1 AS case; END; COMMIT`,
		"ended and begun": `CREATE TABLE x (n int); CREATE FUNCTION f() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT 1 AS case; END; COMMIT; BEGIN; CREATE TABLE y (n int)`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			q := database(t, shared)
			d := connect()
			_, err := d.Apply(t.Context(), deploy.ApplyRequest{DatabaseQuery: q, Release: "a-1", Epoch: 5, Script: deploy.Script{Version: 1, Name: "001_x.sql", SQL: sql, Sum: "s"}})
			wantClean(t, err, deploy.Invalid, "001_x.sql ended the transaction that it was run in")
			if list, err := d.Applied(t.Context(), q); err != nil || len(list) > 0 {
				t.Errorf("written down: %v, %v", list, err)
			}
			if y, err := run(t.Context(), shared, q.Database.Name, "SELECT to_regclass('y') IS NULL"); err != nil || y[0] != "t" {
				t.Errorf("what came after it has stayed: %v, %v", y, err)
			}
		})
	}
}

// A script means the same whatever the database has as a default: people have agreed to what the parser has read.
func TestAScriptIsReadAsTheParserReadsIt(t *testing.T) {
	t.Parallel()
	q := database(t, shared)
	name := q.Database.Name + "_latin"
	if _, err := run(t.Context(), shared, "postgres", "CREATE DATABASE "+name+" TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'"); err != nil {
		t.Fatal(err)
	}
	if _, err := run(t.Context(), shared, "postgres", "ALTER DATABASE "+name+" SET standard_conforming_strings = off"); err != nil {
		t.Fatal(err)
	}
	q.Database.Login, q.Database.Name = strings.Replace(q.Database.Login, "/"+q.Database.Name+"?", "/"+name+"?", 1), name
	a, err := connect().Apply(t.Context(), deploy.ApplyRequest{DatabaseQuery: q, Release: "a-1", Epoch: 5, Script: deploy.Script{Version: 1, Name: "001_x.sql", Sum: "s",
		SQL: `CREATE TABLE x AS SELECT 'é' AS e; SELECT '\', '; DROP TABLE x; --'`},
		Checks: []deploy.SQLCheck{{Name: "one letter", SQL: "SELECT length(e) = 1 FROM x"}}})
	if err != nil || len(a.Changes) != 1 {
		t.Errorf("%+v, %v", a, err)
	}
}

// A replica that stands still in the middle of a script, or whose machine is gone, does not keep its locks for hours: the
// limit holds while the script runs, and again after whatever it has set.
func TestWhoStandsStillLetsGoOfTheLocks(t *testing.T) {
	t.Parallel()
	q := database(t, shared)
	_, err := connect().Apply(t.Context(), deploy.ApplyRequest{DatabaseQuery: q, Release: "a-1", Epoch: 5, Script: deploy.Script{Version: 1, Name: "001_x.sql", Sum: "s",
		SQL: "CREATE TABLE x AS SELECT current_setting('idle_in_transaction_session_timeout') AS v; SET idle_in_transaction_session_timeout = 0"},
		Checks: []deploy.SQLCheck{{Name: "while it ran", SQL: "SELECT v = '30s' FROM x"}, {Name: "afterwards", SQL: "SELECT current_setting('idle_in_transaction_session_timeout') = '30s'"}}})
	if err != nil {
		t.Error(err)
	}
	index := deploy.Script{Version: 2, Name: "002_y.sql", SQL: "CREATE INDEX CONCURRENTLY y ON x (v)", Sum: "s", Alone: true}
	if _, err := connect().Apply(t.Context(), deploy.ApplyRequest{DatabaseQuery: q, Release: "a-1", Epoch: 5, Script: index,
		Checks: []deploy.SQLCheck{{Name: "outside of a transaction", SQL: "SELECT current_setting('idle_session_timeout') = '30s'"}}}); err != nil {
		t.Error(err)
	}
}

func TestWhatIsSlow(t *testing.T) {
	t.Parallel()
	q := database(t, shared)
	d := connect()
	if r, err := d.Examine(t.Context(), q); err != nil || r.Statements || r.Slow != nil {
		t.Errorf("without pg_stat_statements: %v, %v, %v", r.Statements, r.Slow, err)
	}
	for _, sql := range []string{
		"CREATE SCHEMA stats; CREATE EXTENSION pg_stat_statements SCHEMA stats", "SELECT  pg_sleep(0.05),\n 'hunter2'", "SELECT pg_sleep(0.05), 'hunter3'",
		"DO $$ BEGIN PERFORM pg_sleep(0.1), 'hunter2'; END $$", "SELECT 1 AS " + strings.Repeat("x", 60) + strings.Repeat(", 1", 200) + ", pg_sleep(0.02)",
	} {
		if _, err := run(t.Context(), shared, q.Database.Name, sql); err != nil {
			t.Fatal(err)
		}
	}
	r, err := d.Examine(t.Context(), q)
	if err != nil || !r.Statements || len(r.Slow) < 2 || len(r.Slow) > 5 {
		t.Fatalf("%+v, %v", r, err)
	}
	found := false
	for _, s := range r.Slow {
		if len(s.Text) > 200 || strings.Contains(s.Text, "hunter") || strings.HasPrefix(s.Text, "DO") {
			t.Errorf("%+v", s)
		}
		found = found || s.Text == "SELECT pg_sleep($1), $2" && s.Calls == 2 && s.Mean.Milliseconds() >= 50
	}
	if !found {
		t.Errorf("%+v", r.Slow)
	}
}
