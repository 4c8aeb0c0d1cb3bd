package providertest

import (
	"sync"
	"testing"

	"slipway/internal/deploy"
)

// settle settles, which has to go well.
func (h DatabaseHarness) settle(t *testing.T, d deploy.Databases, epoch deploy.Epoch, want int64) {
	t.Helper()
	if got, err := d.Settle(t.Context(), h.Query, epoch); err != nil || got != want {
		t.Errorf("settle by %d gives version %d, %v; want %d", epoch, got, err, want)
	}
}

var fencing = []databaseFact{
	{"an earlier epoch is fenced, and does nothing", func(t *testing.T, h DatabaseHarness, d deploy.Databases) {
		h.apply(t, d, 7, users)
		h.refused(t, d, 6, script(2, "002_x.sql", "CREATE TABLE x (n int)"), deploy.Fenced)
		h.refused(t, d, 6, users, deploy.Fenced)
		h.refused(t, d, 6, concurrently(2, "002_x.sql", "CREATE INDEX CONCURRENTLY x ON users (email)"), deploy.Fenced)
		h.wantTables(t, "users")
		h.wantSQL(t, "SELECT count(*) FROM schema_migrations", "1")
		h.apply(t, d, 7, script(2, "002_x.sql", "CREATE TABLE x (n int)"))
	}},
	{"what failed leaves no epoch behind that would keep its own out", func(t *testing.T, h DatabaseHarness, d deploy.Databases) {
		h.apply(t, d, 5, users)
		h.refused(t, d, 9, script(2, "002_x.sql", "SELECT nothing"), deploy.Invalid)
		h.apply(t, d, 9, script(2, "002_x.sql", "CREATE TABLE x (n int)"))
		h.refused(t, d, 8, script(3, "003_y.sql", "CREATE TABLE y (n int)"), deploy.Fenced)
	}},
	{"to settle ends an earlier one in the middle, and refuses what is still on its way", func(t *testing.T, h DatabaseHarness, d deploy.Databases) {
		h.apply(t, d, 5, users)
		s := h.gated(t, 2, "002_x.sql")
		ended, _ := h.start(t, 5, s)
		h.await(t, asleep, "1")
		waiting, _ := h.start(t, 5, s) // for the lock
		h.settle(t, d, 6, 1)
		for _, o := range []outcome{<-ended, <-waiting} {
			if code := deploy.CodeOf(o.err); code != deploy.Unavailable && code != deploy.Fenced {
				t.Errorf("it ended with %v, want it unavailable or fenced", o.err)
			}
		}
		h.await(t, asleep, "0")
		h.sql(t, "UPDATE gate SET shut = false")
		h.refused(t, d, 5, s, deploy.Fenced)
		h.wantTables(t, "gate", "users")
		h.wantVersions(t, d, 1)
		h.settle(t, h.Connect(), 6, 1) // as often as one likes
		h.apply(t, d, 7, s)
		_, err := d.Settle(t.Context(), h.Query, 6)
		h.wantError(t, "settle by an earlier one", err, deploy.Fenced)
	}},
	{"to settle before anything was applied refuses the first, and writes no history", func(t *testing.T, h DatabaseHarness, d deploy.Databases) {
		h.settle(t, d, 6, 0)
		h.wantSQL(t, "SELECT to_regclass('schema_migrations') IS NULL", "t")
		h.wantTables(t)
		h.refused(t, d, 5, users, deploy.Fenced)
		h.wantTables(t)
		h.wantVersions(t, d)
		h.apply(t, d, 6, users)
	}},
	{"to settle while the first script runs ends it", func(t *testing.T, h DatabaseHarness, d deploy.Databases) {
		ended, _ := h.start(t, 5, h.gated(t, 1, "001_x.sql"))
		h.await(t, asleep, "1")
		h.settle(t, d, 6, 0)
		h.wantError(t, "what ran", (<-ended).err, deploy.Unavailable)
		h.wantTables(t, "gate")
	}},
	{"two owners at the same moment apply it once", func(t *testing.T, h DatabaseHarness, _ deploy.Databases) {
		for i := range 5 {
			s := script(int64(i+1), "x.sql", "CREATE TABLE IF NOT EXISTS x (n int); INSERT INTO x VALUES (1); SELECT pg_sleep(0.01)")
			var all sync.WaitGroup
			results := make([]outcome, 4)
			for j := range results {
				d := h.Connect()
				all.Go(func() {
					a, err := d.Apply(t.Context(), h.request(deploy.Epoch(10*i+j%2), s))
					results[j] = outcome{a, err}
				})
			}
			all.Wait()
			done := 0
			for _, o := range results {
				switch deploy.CodeOf(o.err) {
				case "":
					done++
				case deploy.Fenced, deploy.Conflict:
				default:
					t.Errorf("round %d: %v", i, o.err)
				}
			}
			if done == 0 {
				t.Errorf("round %d: nobody has applied it", i)
			}
			h.wantSQL(t, "SELECT (SELECT count(*) FROM x) = max(version) AND count(*) = max(version) FROM schema_migrations", "t")
		}
	}},
}

var crashing = []databaseFact{
	{"a server that goes down in the middle leaves nothing, and the script is applied when it is back", func(t *testing.T, h DatabaseHarness, d deploy.Databases) {
		h.apply(t, d, 5, users)
		s := h.gated(t, 2, "002_x.sql")
		ended, _ := h.start(t, 5, s)
		h.await(t, asleep, "1")
		h.Crash()
		h.wantError(t, "what ran", (<-ended).err, deploy.Unavailable)
		h.wantTables(t, "gate", "users")
		h.wantVersions(t, d, 1)
		h.sql(t, "UPDATE gate SET shut = false")
		h.apply(t, d, 5, s)
		h.wantSQL(t, "SELECT count(*) FROM made", "1")
	}},
	{"an index that was being made when the server went down is made when it is back", func(t *testing.T, h DatabaseHarness, d deploy.Databases) {
		h.apply(t, d, 5, users)
		s := concurrently(2, "002_x.sql", "CREATE INDEX CONCURRENTLY users_email ON users (email)")
		done := make(chan struct{})
		go func() {
			defer close(done)
			_, _ = h.SQL(t.Context(), "BEGIN; UPDATE users SET email = 'c'; SELECT pg_sleep(600)")
		}()
		h.await(t, asleep, "1")
		ended, _ := h.start(t, 5, s) // waits for the one who sleeps
		h.await(t, "SELECT count(*) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE c.relname = 'users_email' AND NOT i.indisvalid", "1")
		h.Crash()
		<-done
		h.wantError(t, "what ran", (<-ended).err, deploy.Unavailable)
		h.wantVersions(t, d, 1)
		h.apply(t, d, 5, s)
		h.wantIndex(t, "users_email", "t")
	}},
}
