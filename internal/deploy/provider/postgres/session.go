package postgres

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"slipway/internal/deploy"
)

// session is one connection, for one call of the port.
type session struct {
	*pgx.Conn

	d     *Databases
	spec  *deploy.DatabaseSpec
	doing string
	names names
}

// begin connects. The session has to be closed.
func (d *Databases) begin(ctx context.Context, q *deploy.DatabaseQuery, doing string) (*session, error) {
	s := &session{d: d, spec: &q.Database, doing: doing + " " + place(&q.Database)}
	var err error
	if s.names, err = namesOf(s.spec); err != nil {
		return nil, s.because(err)
	}
	config, err := d.config(ctx, q)
	if err != nil {
		return nil, s.because(err)
	}
	if s.Conn, err = pgx.ConnectConfig(ctx, config); err != nil {
		return nil, s.explainConnect(ctx, err)
	}
	return s, nil
}

// close says goodbye, which takes no time to speak of; what was not committed is undone by the server.
func (s *session) close(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cancelWithin)
	defer cancel()
	_ = s.Close(ctx)
}

// do runs statements of our own that have no values and give none.
func (s *session) do(ctx context.Context, sql ...string) error {
	return s.PgConn().Exec(ctx, strings.Join(sql, "; ")).Close()
}

// row asks for one row.
func (s *session) row(ctx context.Context, sql string, args []any, into ...any) error {
	return s.QueryRow(ctx, sql, args...).Scan(into...)
}

// bounded lets statements that only look neither wait nor take long.
func (s *session) bounded(ctx context.Context) error {
	lock, _ := limits(s.spec)
	if lock == 0 {
		lock = lockWithin
	}
	return s.do(ctx, set("", "lock_timeout", lock), set("", "statement_timeout", lookWithin))
}

// set is a statement that sets a time limit; how is LOCAL or empty.
func set(how, name string, to time.Duration) string {
	return "SET " + how + " " + name + " = " + strconv.FormatInt(to.Milliseconds(), 10)
}

// local are the limits of a transaction; those that are 0 stay as the server has them. A client that stands still in the
// middle, or whose machine is gone, keeps its locks no longer than idleWithin: everybody waits for them.
func (s *session) local() []string {
	lock, statement := limits(s.spec)
	list := []string{set("LOCAL", "idle_in_transaction_session_timeout", idleWithin)}
	if lock > 0 {
		list = append(list, set("LOCAL", "lock_timeout", lock))
	}
	if statement > 0 {
		list = append(list, set("LOCAL", "statement_timeout", statement))
	}
	return list
}

// noticed lets the server end a statement whose client is gone, instead of finishing it for nobody with the lock in its
// hands, and a session that stands still with the advisory lock. Servers before 14, and the former on some systems, cannot:
// there the network's own time applies.
func (s *session) noticed(ctx context.Context) {
	version, _, _ := strings.Cut(s.PgConn().ParameterStatus("server_version"), ".")
	if n, err := strconv.Atoi(version); err == nil && n < 14 {
		return
	}
	_ = s.do(ctx, set("", "idle_session_timeout", idleWithin))
	_ = s.do(ctx, "SET client_connection_check_interval = '1s'")
}
