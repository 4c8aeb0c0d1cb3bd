package providertest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"testing"
	"time"

	"slipway/internal/deploy"
)

// DatabaseHarness is a database made for one case, with nothing in it.
type DatabaseHarness struct {
	// Connect makes a new client, as another process would have.
	Connect func() deploy.Databases
	// Query names it. Its Migrations are there, with the table schema_migrations, and limits that nobody reaches by accident.
	Query deploy.DatabaseQuery
	// SQL runs statements as somebody beside, and gives the first column of what the last of them answers.
	SQL func(ctx context.Context, sql string) ([]string, error)
	// Crash ends the server as a loss of power does, and starts it again. Only for RunDatabaseCrashes, where it is the
	// case's own.
	Crash func()
	// Secrets are in no error.
	Secrets []string
}

// databaseFact is one case.
type databaseFact struct {
	name string
	run  func(t *testing.T, h DatabaseHarness, d deploy.Databases)
}

// RunDatabases is the suite of the databases port: what the phases rely on. It speaks PostgreSQL beside the port.
func RunDatabases(t *testing.T, begin func(t *testing.T) DatabaseHarness) {
	t.Helper()
	for _, list := range [][]databaseFact{applying, refusing, fencing, makingIndexes, looking, writtenByOthers} {
		runFacts(t, list, begin)
	}
}

// RunDatabaseCrashes is the part of the suite in which the server goes down; begin starts one for each case.
func RunDatabaseCrashes(t *testing.T, begin func(t *testing.T) DatabaseHarness) {
	t.Helper()
	runFacts(t, crashing, begin)
}

func runFacts(t *testing.T, list []databaseFact, begin func(t *testing.T) DatabaseHarness) {
	t.Helper()
	for _, f := range list {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			h := begin(t)
			m := *h.Query.Database.Migrations
			h.Query.Database.Migrations = &m // a case may change it
			f.run(t, h, h.Connect())
		})
	}
}

// script is a file.
func script(version int64, name, sql string) deploy.Script {
	sum := sha256.Sum256([]byte(sql))
	return deploy.Script{Version: version, Name: name, SQL: sql, Sum: hex.EncodeToString(sum[:])}
}

// concurrently is a file with a statement that is run alone.
func concurrently(version int64, name, sql string) deploy.Script {
	s := script(version, name, sql)
	s.Alone = true
	return s
}

func (h DatabaseHarness) request(epoch deploy.Epoch, s deploy.Script, checks ...deploy.SQLCheck) deploy.ApplyRequest {
	return deploy.ApplyRequest{DatabaseQuery: h.Query, Release: "coditect-app-42", Epoch: epoch, Script: s, Checks: checks}
}

// apply applies a script that has to be.
func (h DatabaseHarness) apply(t *testing.T, d deploy.Databases, epoch deploy.Epoch, s deploy.Script, checks ...deploy.SQLCheck) deploy.AppliedScript {
	t.Helper()
	a, err := d.Apply(t.Context(), h.request(epoch, s, checks...))
	if err != nil {
		t.Fatalf("apply %s: %v", s.Name, err)
	}
	return a
}

// refused applies a script that may not be, and gives what is said.
func (h DatabaseHarness) refused(t *testing.T, d deploy.Databases, epoch deploy.Epoch, s deploy.Script, code deploy.Code, checks ...deploy.SQLCheck) string {
	t.Helper()
	_, err := d.Apply(t.Context(), h.request(epoch, s, checks...))
	h.wantError(t, "apply "+s.Name, err, code)
	return deploy.Message(err)
}

// wantError checks the code of an error, and that it keeps what nobody may read.
func (h DatabaseHarness) wantError(t *testing.T, doing string, err error, code deploy.Code) {
	t.Helper()
	wantCode(t, doing, err, code)
	if err == nil {
		return
	}
	said := err.Error() + deploy.Message(err) + deploy.Hint(err)
	for _, secret := range append(h.Secrets, "postgres://") {
		if strings.Contains(said, secret) {
			t.Errorf("%s: the error has what nobody may read in it: %v", doing, err)
		}
	}
}

// sql runs statements beside.
func (h DatabaseHarness) sql(t *testing.T, statements string) []string {
	t.Helper()
	rows, err := h.SQL(t.Context(), statements)
	if err != nil {
		t.Fatalf("%s: %v", statements, err)
	}
	return rows
}

// wantSQL compares the first column of an answer.
func (h DatabaseHarness) wantSQL(t *testing.T, query string, want ...string) {
	t.Helper()
	if got := strings.Join(h.sql(t, query), ","); got != strings.Join(want, ",") {
		t.Errorf("%s gives %q, want %q", query, got, strings.Join(want, ","))
	}
}

// wantTables checks that the schema public has only these tables besides those in which is written down what was applied.
func (h DatabaseHarness) wantTables(t *testing.T, want ...string) {
	t.Helper()
	h.wantSQL(t, "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname NOT LIKE 'schema\\_migrations%' ORDER BY 1", want...)
}

// wantVersions checks what is written down as applied.
func (h DatabaseHarness) wantVersions(t *testing.T, d deploy.Databases, want ...int64) {
	t.Helper()
	list, err := d.Applied(t.Context(), h.Query)
	if err != nil {
		t.Fatalf("what was applied: %v", err)
	}
	var got []int64
	for _, a := range list {
		got = append(got, a.Version)
	}
	if len(got) != len(want) {
		t.Fatalf("applied are %v, want %v", got, want)
	}
	for i := range got {
		if got[i] != want[i] {
			t.Fatalf("applied are %v, want %v", got, want)
		}
	}
}

// await looks until a query gives a value.
func (h DatabaseHarness) await(t *testing.T, query, want string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		rows, err := h.SQL(ctx, query)
		if err == nil && len(rows) == 1 && rows[0] == want {
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("%s gives %v, %v; it does not become %s", query, rows, err, want)
		}
	}
}

// asleep is the number of sessions that are in pg_sleep.
const asleep = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'"

// gated is a script that sleeps for as long as the gate is shut, which is a table beside.
func (h DatabaseHarness) gated(t *testing.T, version int64, name string) deploy.Script {
	t.Helper()
	h.sql(t, "CREATE TABLE gate AS SELECT true AS shut")
	return script(version, name, "CREATE TABLE made (n int);\nINSERT INTO made VALUES (1);\nSELECT pg_sleep(CASE WHEN shut THEN 600 ELSE 0 END) FROM gate;")
}

// outcome is how an Apply that ran beside has ended.
type outcome struct {
	applied deploy.AppliedScript
	err     error
}

// start applies beside, until it is done or cancelled.
func (h DatabaseHarness) start(t *testing.T, epoch deploy.Epoch, s deploy.Script) (ended <-chan outcome, cancel context.CancelFunc) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	c := make(chan outcome, 1)
	d := h.Connect()
	go func() {
		a, err := d.Apply(ctx, h.request(epoch, s))
		c <- outcome{a, err}
	}()
	t.Cleanup(cancel)
	return c, cancel
}
