package postgres_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"go.uber.org/goleak"

	"slipway/internal/deploy"
	"slipway/internal/deploy/provider/pgtest"
	"slipway/internal/deploy/provider/postgres"
	"slipway/internal/deploy/provider/providertest"
)

// shared is the server of all tests but those that end it.
var shared *pgtest.Server

func TestMain(m *testing.M) {
	var err error
	if shared, err = pgtest.Start(context.Background(), "max_connections=60", "shared_preload_libraries=pg_stat_statements"); err != nil {
		log.Print(err)
		os.Exit(1)
	}
	code := m.Run()
	err = shared.Close()
	if err == nil && code == 0 {
		err = goleak.Find()
	}
	if err != nil {
		log.Print(err)
		code = 1
	}
	os.Exit(code)
}

// databases counts those that tests have made.
var databases atomic.Int64

// secrets are what the secrets of a project are.
type secrets map[string]string

func (s secrets) Value(_ context.Context, project, name string) (string, error) {
	if v, is := s[project+"/"+name]; is {
		return v, nil
	}
	return "", &deploy.Error{Code: deploy.NotFound, Msg: "there is no secret " + name, Hint: "create it"}
}

// run runs SQL in a database as somebody else.
func run(ctx context.Context, s *pgtest.Server, database, sql string) ([]string, error) {
	conn, err := pgconn.Connect(ctx, s.URL(database))
	if err != nil {
		return nil, err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	results, err := conn.Exec(ctx, sql).ReadAll()
	if err != nil {
		return nil, err
	}
	var first []string
	for _, row := range results[len(results)-1].Rows {
		first = append(first, string(row[0]))
	}
	return first, nil
}

// database makes one, and says how it is reached.
func database(t *testing.T, s *pgtest.Server) deploy.DatabaseQuery {
	t.Helper()
	name := fmt.Sprintf("db%d", databases.Add(1))
	if _, err := run(t.Context(), s, "postgres", "CREATE DATABASE "+name); err != nil {
		t.Fatal(err)
	}
	return deploy.DatabaseQuery{Project: "my-gcp-project", Database: deploy.DatabaseSpec{
		Instance: deploy.InstanceRef{Kind: deploy.CloudSQL, Project: "my-gcp-project", Name: "coditect-postgres"}, Name: name,
		Login:      "postgres://" + pgtest.User + ":${secret:migrations}@" + s.Addr + "/" + name + "?sslmode=disable",
		Migrations: &deploy.MigrationSpec{Table: "schema_migrations", LockTimeout: 30 * time.Second, StatementTimeout: 10 * time.Minute},
	}}
}

func connect() *postgres.Databases {
	return postgres.New(&postgres.Options{Secrets: secrets{"my-gcp-project/migrations": pgtest.Password + "\n"}})
}

func harness(t *testing.T, s *pgtest.Server) providertest.DatabaseHarness {
	t.Helper()
	q := database(t, s)
	return providertest.DatabaseHarness{
		Connect: func() deploy.Databases { return connect() }, Query: q,
		SQL:     func(ctx context.Context, sql string) ([]string, error) { return run(ctx, s, q.Database.Name, sql) },
		Secrets: []string{pgtest.Password, "p%40ss", s.Addr},
	}
}

func TestConformance(t *testing.T) {
	t.Parallel()
	providertest.RunDatabases(t, func(t *testing.T) providertest.DatabaseHarness {
		t.Helper()
		return harness(t, shared)
	})
}

func TestConformanceWhenTheServerGoesDown(t *testing.T) {
	t.Parallel()
	providertest.RunDatabaseCrashes(t, func(t *testing.T) providertest.DatabaseHarness {
		t.Helper()
		s, err := pgtest.Start(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
		h := harness(t, s)
		h.Crash = func() {
			s.Kill()
			if err := s.Restart(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		return h
	})
}

// wantClean checks an error: its code, a word, and that nothing in it logs in.
func wantClean(t *testing.T, err error, code deploy.Code, word string) {
	t.Helper()
	if deploy.CodeOf(err) != code || !strings.Contains(deploy.Message(err), word) {
		t.Errorf("code %q, %v; want %q with %q", deploy.CodeOf(err), err, code, word)
	}
	if err == nil {
		return
	}
	for _, secret := range []string{pgtest.Password, "p%40ss", "hunter2", "postgres://slipway", "127.0.0.1"} {
		if strings.Contains(err.Error()+deploy.Hint(err), secret) {
			t.Errorf("it has %q in it: %v", secret, err)
		}
	}
}
