package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"slipway/internal/deploy"
	"slipway/internal/deploy/provider/pgtest"
	"slipway/internal/deploy/provider/postgres"
)

// migrated is how many scripts are timed.
const migrated = 20

// way is one way to carry a script out, in a database of its own.
type way struct {
	name  string
	apply func(context.Context, deploy.Script) error
	took  sample
}

// measureMigrate carries the same scripts out with Slipway, with psql and over a plain transaction of the driver: each in
// a transaction, on a connection of its own, on one real PostgreSQL that keeps what it answers. The ways take turns at
// every script, and another begins each time. The first script is not timed: Slipway makes its tables with it.
func measureMigrate(ctx context.Context, g *ground) (err error) {
	server, err := pgtest.Start(ctx, "fsync=on", "synchronous_commit=on")
	if errors.Is(err, pgtest.ErrNotInstalled) {
		say("the figures of migrate are not measured: %v", err)
		return nil
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.Close()) }()
	ways := []*way{bySlipway(server), byDriver(server)}
	if psql := findPsql(); psql != "" {
		ways = append(ways, byPsql(server, psql, g.dir))
	} else {
		say("there is no psql on PATH: migrate.overhead_ms is over a plain transaction of the driver, which starts no program")
	}
	for _, w := range ways {
		if err := statement(ctx, server.URL("postgres"), "CREATE DATABASE "+w.name); err != nil {
			return err
		}
	}
	for i := range migrated + 1 {
		s, err := benchScript(i + 1)
		if err != nil {
			return err
		}
		for k := range ways {
			w := ways[(i+k)%len(ways)]
			begun := time.Now()
			if err := w.apply(ctx, s); err != nil {
				return fmt.Errorf("carry %s out by %s: %w", s.Name, w.name, err)
			}
			if i > 0 {
				w.took = append(w.took, time.Since(begun))
			}
		}
	}
	tellMigrate(ways)
	return nil
}

// tellMigrate compares the first of the ways with the last, and says what each took.
func tellMigrate(ways []*way) {
	ours, plain := ways[0].took.p50(), ways[len(ways)-1].took.p50()
	figure("migrate.overhead_ms", ms(ours-plain), "ms")
	figure("migrate.overhead_ratio", ratio(ours, plain), "times")
	for _, w := range ways {
		figure("migrate."+w.name+"_p50_ms", ms(w.took.p50()), "ms")
	}
}

// benchScript makes a table, and with the next three gives it a column, rows and an index: what migrations are made of.
func benchScript(n int) (deploy.Script, error) {
	table := fmt.Sprintf("things_%d", (n-1)/4)
	sql := []string{
		"CREATE TABLE " + table + " (id bigint PRIMARY KEY, name text NOT NULL, made timestamptz NOT NULL DEFAULT now());\n",
		"ALTER TABLE " + table + " ADD COLUMN settings jsonb;\nCOMMENT ON COLUMN " + table + ".settings IS 'of a person';\n",
		"INSERT INTO " + table + " (id, name) SELECT n, 'thing ' || n FROM generate_series(1, 500) n;\nUPDATE " + table + " SET settings = '{}';\n",
		"CREATE INDEX " + table + "_made ON " + table + " (made);\n",
	}[(n-1)%4]
	name := fmt.Sprintf("%03d_%s.sql", n, table)
	set, err := deploy.NewScriptSet("bench", map[string][]byte{name: []byte(sql)})
	if err != nil {
		return deploy.Script{}, err
	}
	return set.Scripts[0], nil
}

func bySlipway(server *pgtest.Server) *way {
	databases := postgres.New(nil)
	q := deploy.DatabaseQuery{Database: deploy.DatabaseSpec{
		Instance: deploy.InstanceRef{Kind: deploy.CloudSQL, Project: "bench", Name: "bench"}, Name: "slipway", Login: server.URL("slipway"),
		Migrations: &deploy.MigrationSpec{Table: "schema_migrations", LockTimeout: 5 * time.Second, StatementTimeout: 5 * time.Minute},
	}}
	return &way{name: "slipway", apply: func(ctx context.Context, s deploy.Script) error {
		_, err := databases.Apply(ctx, deploy.ApplyRequest{DatabaseQuery: q, Release: "bench-1", Epoch: 1, Script: s})
		return err
	}}
}

func byDriver(server *pgtest.Server) *way {
	return &way{name: "pgx", apply: func(ctx context.Context, s deploy.Script) error {
		return statement(ctx, server.URL("pgx"), "BEGIN; "+s.SQL+"; COMMIT")
	}}
}

// statement sends SQL as it is, on a connection of its own.
func statement(ctx context.Context, url, sql string) error {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	_, err = conn.Exec(ctx, sql, pgx.QueryExecModeSimpleProtocol)
	return errors.Join(err, conn.Close(ctx))
}

// findPsql is the program itself where Debian keeps it: what PATH has there is a script that looks for it, and takes longer
// than psql does. Else it is that of PATH, and "" if there is none.
func findPsql() string {
	if found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/psql"); len(found) > 0 { // the pattern is good
		return found[len(found)-1]
	}
	psql, _ := exec.LookPath("psql") // "" with an error
	return psql
}

// byPsql is psql with the script as a file, in one transaction, and without anybody's settings.
func byPsql(server *pgtest.Server, psql, dir string) *way {
	args := []string{"-X", "-q", "-v", "ON_ERROR_STOP=1", "-1", "-d", server.URL("psql"), "-f"}
	return &way{name: "psql", apply: func(ctx context.Context, s deploy.Script) error {
		file := filepath.Join(dir, s.Name)
		if err := os.WriteFile(file, []byte(s.SQL), 0o600); err != nil {
			return err
		}
		out, err := exec.CommandContext(ctx, psql, append(slices.Clone(args), file)...).CombinedOutput()
		if err != nil {
			return fmt.Errorf("%w: %s", err, out)
		}
		return nil
	}}
}
