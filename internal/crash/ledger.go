package main

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"slipway/internal/sandbox"
	"slipway/internal/sandbox/cloudsql"
)

const (
	// sqlTakes is how long a backup takes.
	sqlTakes = 20 * time.Millisecond
	scripts  = "my-gcp-project-migrations" // bucket
	database = "app"
	// asked bounds a look into a database.
	asked = 10 * time.Second
)

// migrated are the services that have a database.
var migrated = []int{1, 4}

func hasDatabase(i int) bool { return slices.Contains(migrated, i) }

func instanceOf(service string) string { return service + "-db" }

func secretOf(service string) string { return service + "-url" }

// instances are the database servers of the first n services.
func instances(n int) []cloudsql.InstanceSpec {
	all := []cloudsql.InstanceSpec{}
	for _, i := range migrated {
		if i < n {
			all = append(all, cloudsql.InstanceSpec{Name: instanceOf(serviceName(i)), Database: database, User: "app", SQL: beginning})
		}
	}
	return all
}

// ledger is the database of a service: which scripts there are for it, and what has become of them. It is for one
// goroutine at a time.
type ledger struct {
	w       *sandbox.Sandbox
	service string
	scripts []script // in the bucket
	last    int      // version
}

// openLedgers lets the bot log in to the databases.
func (w *world) openLedgers() error {
	for _, i := range instances(w.services) {
		service := strings.TrimSuffix(i.Name, instanceOf(""))
		if err := w.Secrets.Put(secretOf(service), w.CloudSQL.URL(i.Name, database)); err != nil {
			return err
		}
		w.ledgers[service] = &ledger{w: w.Sandbox, service: service}
	}
	return nil
}

// put lays the scripts of the next release into the bucket.
func (l *ledger) put(forms ...form) {
	for _, f := range forms {
		l.last++
		s := script{l.last, f}
		l.scripts = append(l.scripts, s)
		l.w.Storage.Put(scripts, l.service+"/"+s.name(), []byte(s.sql()))
	}
}

// takeBack removes the last script, which was refused: the next has its number.
func (l *ledger) takeBack() script {
	s := l.scripts[len(l.scripts)-1]
	l.scripts, l.last = l.scripts[:len(l.scripts)-1], l.last-1
	l.w.Storage.Remove(scripts, l.service+"/"+s.name())
	return s
}

// trace is what a script has left in the database.
type trace struct {
	done, running int  // rows of the history
	said          int  // rows of the ledger
	made, valid   bool // its index
}

const lookAtTraces = `SELECT version::text, 'done' FROM schema_migrations WHERE state = 'done'
UNION ALL SELECT version::text, 'running' FROM schema_migrations WHERE state <> 'done'
UNION ALL SELECT version::text, 'said' FROM ledger
UNION ALL SELECT split_part(x.relname, '_', 2), CASE WHEN i.indisvalid THEN 'valid' ELSE 'made' END
 FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid WHERE x.relname LIKE 'ledger\_%\_idx'`

// traces are those of all scripts, by version. Before the first script was applied there are none.
func (l *ledger) traces(ctx context.Context) (map[int]trace, error) {
	all := map[int]trace{}
	there, err := l.ask(ctx, "SELECT to_regclass('schema_migrations') IS NOT NULL")
	if err != nil || there[0][0] == "f" {
		return all, err
	}
	rows, err := l.ask(ctx, lookAtTraces)
	if err != nil {
		return nil, err
	}
	for _, row := range rows {
		version, err := strconv.Atoi(row[0])
		if err != nil {
			return nil, fmt.Errorf("read the version of a script: %w", err)
		}
		t := all[version]
		switch row[1] {
		case "done":
			t.done++
		case "running":
			t.running++
		case "said":
			t.said++
		default:
			t.made, t.valid = true, row[1] == "valid"
		}
		all[version] = t
	}
	return all, nil
}

// risky says whether people have to be asked about the scripts that are next.
func (l *ledger) risky(ctx context.Context) (bool, error) {
	all, err := l.traces(ctx)
	return slices.ContainsFunc(l.scripts, func(s script) bool { return s.form == risks && all[s.version].done == 0 }), err
}

func (l *ledger) connect(ctx context.Context) (*pgconn.PgConn, error) {
	return pgconn.Connect(ctx, l.w.CloudSQL.URL(instanceOf(l.service), database))
}

func (l *ledger) ask(ctx context.Context, sql string) ([][]string, error) {
	ctx, cancel := context.WithTimeout(ctx, asked)
	defer cancel()
	conn, err := l.connect(ctx)
	if err != nil {
		return nil, fmt.Errorf("look into the database of %s: %w", l.service, err)
	}
	defer func() { _ = conn.Close(ctx) }()
	results, err := conn.Exec(ctx, sql).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("look into the database of %s: %w", l.service, err)
	}
	var rows [][]string
	for _, row := range results[len(results)-1].Rows {
		var values []string
		for _, v := range row {
			values = append(values, string(v))
		}
		rows = append(rows, values)
	}
	return rows, nil
}

// held is a lock on a ledger, at which a script stops in the middle.
type held struct{ conn *pgconn.PgConn }

// hold takes the lock: in the way of whoever writes, or, for an index that is made concurrently, in such a way that the
// index is there, is not valid, and waits for whoever may be writing.
func (l *ledger) hold(ctx context.Context, index bool) (*held, error) {
	mode := "EXCLUSIVE"
	if index {
		mode = "ROW EXCLUSIVE"
	}
	conn, err := l.connect(ctx)
	if err != nil {
		return nil, err
	}
	h := &held{conn}
	if _, err := conn.Exec(ctx, "BEGIN; LOCK TABLE ledger IN "+mode+" MODE").ReadAll(); err != nil {
		h.release(ctx)
		return nil, err
	}
	return h, nil
}

// stops says whether somebody waits for the lock.
func (h *held) stops(ctx context.Context) (bool, error) {
	results, err := h.conn.Exec(ctx, "SELECT count(*) > 0 FROM pg_locks WHERE NOT granted").ReadAll()
	return err == nil && string(results[0].Rows[0][0]) == "t", err
}

// release may be called again.
func (h *held) release(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), asked)
	defer cancel()
	_ = h.conn.Close(ctx)
}
