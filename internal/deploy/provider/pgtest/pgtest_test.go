package pgtest_test

import (
	"context"
	"errors"
	"net"
	"os"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	"go.uber.org/goleak"

	"slipway/internal/deploy/provider/pgtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// ask runs SQL and gives the first value of the answer.
func ask(t *testing.T, s *pgtest.Server, sql string) string {
	t.Helper()
	conn, err := pgconn.Connect(t.Context(), s.URL("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	results, err := conn.Exec(t.Context(), sql).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if last := results[len(results)-1]; len(last.Rows) > 0 {
		return string(last.Rows[0][0])
	}
	return ""
}

func TestAServerOfOnesOwn(t *testing.T) {
	t.Parallel()
	s, err := pgtest.Start(t.Context(), "max_connections=7")
	if err != nil {
		t.Fatal(err)
	}
	closed := false
	defer func() {
		if !closed {
			_ = s.Close()
		}
	}()
	if got := ask(t, s, "SELECT current_setting('max_connections')"); got != "7" {
		t.Errorf("max_connections is %s", got)
	}
	ask(t, s, "CREATE TABLE kept AS SELECT 42 AS n")
	s.Kill()
	if c, err := net.Dial("tcp", s.Addr); err == nil {
		_ = c.Close()
		t.Error("a killed server answers")
	}
	if err := s.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := ask(t, s, "SELECT n FROM kept"); got != "42" {
		t.Errorf("after a crash it has %q", got)
	}
	// Who is connected does not keep it.
	conn, err := pgconn.Connect(t.Context(), s.URL("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	closed = true
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	_ = conn.Close(context.Background())
	if _, err := os.Stat(s.Dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("its folder: %v", err)
	}
}
