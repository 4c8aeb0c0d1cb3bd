package pgserver_test

import (
	"net"
	"os"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	"go.uber.org/goleak"

	"slipway/internal/pgserver"
)

func TestMain(m *testing.M) {
	if os.Getenv(asHelper) != "" {
		os.Exit(helper())
	}
	goleak.VerifyTestMain(m)
}

// asHelper is the environment variable that has this program start a server and be killed.
const asHelper = "PGSERVER_TEST_HELPER"

func start(t *testing.T) *pgserver.Server {
	t.Helper()
	s, err := pgserver.Start(t.Context(), pgserver.Options{User: "owner", Password: "p:/@ %", Settings: []string{"work_mem=5MB"}, Initdb: []string{"--wal-segsize=1"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// ask runs SQL and gives the first value of the answer.
func ask(t *testing.T, s *pgserver.Server, sql string) string {
	t.Helper()
	conn, err := pgconn.Connect(t.Context(), s.URL("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(t.Context()) }()
	results, err := conn.Exec(t.Context(), sql).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if last := results[len(results)-1]; len(last.Rows) > 0 {
		return string(last.Rows[0][0])
	}
	return ""
}

func TestItStopsInOrderAndStartsWhereItWas(t *testing.T) {
	t.Parallel()
	if !pgserver.Installed() {
		t.Fatal(pgserver.ErrNotInstalled)
	}
	s := start(t)
	addr := s.Addr
	if got := ask(t, s, "CREATE TABLE kept AS SELECT 42 AS n; SELECT current_setting('work_mem') || ' ' || current_setting('wal_segment_size')"); got != "5MB 1MB" {
		t.Errorf("settings %s", got)
	}
	for range 2 { // the second time there is nothing to stop
		if err := s.Stop(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if c, err := net.Dial("tcp", addr); err == nil {
		_ = c.Close()
		t.Error("a stopped server answers")
	}
	if err := s.Start(t.Context(), "work_mem=6MB"); err != nil {
		t.Fatal(err)
	}
	if got := ask(t, s, "SELECT n || ' ' || current_setting('work_mem') FROM kept"); got != "42 6MB" || s.Addr != addr {
		t.Errorf("at %s it has %s; it was at %s", s.Addr, got, addr)
	}
}

func TestAStartThatCannotSucceedSaysWhy(t *testing.T) {
	t.Parallel()
	s := start(t)
	if err := s.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := s.Start(t.Context(), "no_such_setting=1"); err == nil || !strings.Contains(err.Error(), "no_such_setting") {
		t.Errorf("%v", err)
	}
	if err := s.Start(t.Context()); err != nil {
		t.Errorf("it does not start any more: %v", err)
	}
}
