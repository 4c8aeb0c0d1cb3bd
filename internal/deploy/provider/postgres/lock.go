package postgres

import (
	"context"
	"fmt"
	"strings"
	"time"

	"slipway/internal/deploy"
)

// lock takes the advisory lock for the session. It is asked for again and again rather than waited for: a session that
// waits in the server would hold up an index that another makes concurrently, which waits for all who were there before.
// between is called before each new try; it may be nil. Conflict if it cannot be had.
func (s *session) lock(ctx context.Context, key int64, within time.Duration, between func() error) error {
	begun := s.d.clock.Now()
	for wait := 5 * time.Millisecond; ; wait = min(2*wait, 200*time.Millisecond) {
		var got bool
		if err := s.row(ctx, "SELECT pg_try_advisory_lock($1)", []any{key}, &got); err != nil {
			return s.explain(ctx, err)
		}
		if got {
			return nil
		}
		if s.d.clock.Now().Sub(begun) >= within {
			return s.taken(ctx, key)
		}
		if between != nil {
			if err := between(); err != nil {
				return err
			}
		}
		if err := s.d.pause(ctx, wait); err != nil {
			return s.stopped(ctx)
		}
	}
}

// holders is how the lock is found at the server: of one bigint, in this database.
const holders = `FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
 AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
 AND (l.classid::bigint << 32 | l.objid::bigint) = $1 AND l.pid <> pg_backend_pid()`

// taken says who has the lock.
func (s *session) taken(ctx context.Context, key int64) error {
	msg := "another migration of " + place(s.spec) + " is in progress"
	var pid int64
	var since *int64
	var name string
	err := s.row(ctx, "SELECT a.pid::bigint, extract(epoch FROM a.backend_start)::bigint, coalesce(a.application_name, '') "+holders+" LIMIT 1", []any{key}, &pid, &since, &name)
	if err == nil {
		who := []string{fmt.Sprintf("pid %d", pid)}
		if since != nil {
			who = append(who, "since "+time.Unix(*since, 0).UTC().Format("15:04:05 UTC"))
		}
		if name = strings.Join(strings.Fields(name), " "); name != "" {
			who = append(who, fmt.Sprintf("application %.40s", name))
		}
		msg += ": " + strings.Join(who, ", ")
	}
	return s.error(deploy.Conflict, msg, "wait for it, or look at it in pg_stat_activity")
}
