package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"slipway/internal/deploy"
	"slipway/internal/sandbox"
	"slipway/internal/sandbox/cloudsql"
	"slipway/internal/sandbox/workspace"
)

// withDatabase is what a service with the guide's database has in the catalog. The example has it too, so that what was
// applied is written down elsewhere. The bake at 10 % lasts as long as a test.
const (
	withDatabase = `database:
  instance: coditect-postgres-production
  name: coditect
  login: ${secret:migrations-url}
  migrations: {from: "gs://my-gcp-project-migrations/${VERSION}/", table: app_migrations, lock_timeout: 1m}
`
	bakesLong = `[{percent: 10, bake: 100h}, {percent: 100}]`
)

// newDatabaseYard has a service app whose release to v1.3.0 brings two scripts, one of them risky.
func newDatabaseYard(t *testing.T, bot string) *yard {
	t.Helper()
	y := newYardWith(t, sandbox.Options{Databases: true}, withDatabase, bakesLong, "app")
	y.bot = bot
	return y
}

// plainBot builds the bot without the race detector, with which each replica would take half a minute to start PostgreSQL's
// parser.
func plainBot(t *testing.T) string {
	t.Helper()
	bot := filepath.Join(t.TempDir(), "bot")
	build := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-buildvcs=false", "-o", bot, ".") // as make build does, for its cache
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build the bot: %v\n%s", err, out)
	}
	return bot
}

// ask gives the first column of what the practice database answers; it does not change anything.
func (y *yard) ask(sql string) (answers []string) {
	y.t.Helper()
	ctx, cancel := context.WithTimeout(y.t.Context(), patience)
	defer cancel()
	conn := y.connect(ctx)
	defer func() { _ = conn.Close(ctx) }()
	rows, err := conn.Query(ctx, sql)
	if err != nil {
		y.t.Fatal(err)
	}
	if answers, err = pgx.CollectRows(rows, pgx.RowTo[string]); err != nil {
		y.t.Fatal(err)
	}
	return answers
}

func (y *yard) connect(ctx context.Context) *pgx.Conn {
	y.t.Helper()
	conn, err := pgx.Connect(ctx, y.CloudSQL.URL(cloudsql.GuideInstance, cloudsql.GuideDatabase))
	if err != nil {
		y.t.Fatal(err)
	}
	return conn
}

// asksForPlan has alice ask for v1.3.0 and bob agree to what is risky about it.
func (y *yard) asksForPlan() {
	y.t.Helper()
	typed, err := y.Workspace.Type(y.t.Context(), "alice", workspace.DefaultChannel, "/deploy app v1.3.0")
	if err != nil || typed.Ack != workspace.Acked {
		y.t.Fatalf("alice sees %+v, %v", typed, err)
	}
	y.await("the question about the plan", y.shows("wants the plan"))
	y.clicks("Approve the plan")
}

// wantOnce checks that a database was backed up, and each of the two scripts applied, exactly once by app-1.
func (y *yard) wantOnce() {
	y.t.Helper()
	var backups []string
	for _, c := range y.CloudSQL.Calls() {
		if c.Changed {
			backups = append(backups, c.Method+" "+c.Asked)
		}
	}
	described := deploy.BackupDescription("app-1", "v1.3.0", "backup/create")
	if len(backups) != 1 || !strings.HasPrefix(backups[0], "BackupRuns.Insert ") || !strings.Contains(backups[0], described) {
		y.t.Errorf("asked of Cloud SQL: %q; want one backup called %q", backups, described)
	}
	want := []string{"014_add_user_preferences.sql app-1 done", "015_index_users_created_at.sql app-1 done"}
	if diff := cmp.Diff(want, y.ask("SELECT name || ' ' || release || ' ' || state FROM app_migrations ORDER BY version")); diff != "" {
		y.t.Errorf("what is written down (-want +got):\n%s", diff)
	}
	made := y.ask("SELECT relname::text FROM pg_class WHERE relname IN ('user_preferences', 'users_created_at_idx') ORDER BY relname")
	if diff := cmp.Diff([]string{"user_preferences", "users_created_at_idx"}, made); diff != "" {
		y.t.Errorf("what is there (-want +got):\n%s", diff)
	}
}

func (y *yard) baking(r deploy.Release) bool {
	s := r.Current()
	return r.State == deploy.Running && s != nil && s.Kind == deploy.KindBake
}

func TestADatabaseGoesWithItsRelease(t *testing.T) {
	t.Parallel()
	bot := plainBot(t)
	for name, is := range map[string]func(*yard){
		"backed up and migrated once, and its schema stays":               schemaStays,
		"migrated once when the bot is killed in the middle":              func(y *yard) { replaced(y, killed) },
		"migrated once when the bot is asked to stop in the middle of it": func(y *yard) { replaced(y, askedToStop) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			is(newDatabaseYard(t, bot))
		})
	}
}

func schemaStays(y *yard) {
	t := y.t
	t.Helper()
	y.run()
	y.asksForPlan()
	y.release("app-1", "bakes", y.baking)
	y.wantOnce()
	r, err := y.store.Get(t.Context(), "app-1")
	if err != nil {
		t.Fatal(err)
	}
	if s := r.Schema; s == nil || s.Before != 0 || s.After != 15 || s.Class != deploy.Expand || !s.Done || len(s.Applied) != 2 {
		t.Errorf("what the release says of the schema: %+v", s)
	}
	if r.Backup == nil || r.Backup.State != deploy.RunDone || len(r.Snapshot) == 0 {
		t.Errorf("what it kept: backup %+v, %d bytes of configuration", r.Backup, len(r.Snapshot))
	}
	if typed, err := y.Workspace.Type(t.Context(), "bob", workspace.DefaultChannel, `/rollback app --reason "the search is slow"`); err != nil || typed.Ack != workspace.Acked {
		t.Fatalf("bob sees %+v, %v", typed, err)
	}
	y.release("app-1", "is back", func(r deploy.Release) bool { return r.State == deploy.RolledBack })
	y.await("what becomes of the schema", y.tells("schema stays at 15 (expand: v1.2.3 works with it)"))
	y.wantOnce()
}

// tells says whether a thread of the channel has a text in it.
func (y *yard) tells(text string) func() bool {
	return func() bool {
		posts, err := y.Workspace.Channel(workspace.DefaultChannel)
		return err == nil && slices.ContainsFunc(posts.Posts, func(p workspace.Post) bool {
			thread, err := y.Workspace.Thread(workspace.DefaultChannel, p.TS)
			return err == nil && slices.ContainsFunc(thread.Posts, func(p workspace.Post) bool { return strings.Contains(p.Text, text) })
		})
	}
}

// replaced puts a second replica in the place of the first, while a script of that waits for a lock.
func replaced(y *yard, end func(y *yard, first *replica, backend string)) {
	y.t.Helper()
	first, _ := y.run("SLIPWAY_LEASE=2s")
	free := y.holdsUsers()
	y.asksForPlan()
	var waiting []string
	y.await("a script that waits for a lock", func() bool {
		waiting = y.ask(atWork + " AND wait_event_type = 'Lock' AND wait_event <> 'advisory'")
		return len(waiting) == 1
	})
	y.run("SLIPWAY_LEASE=2s")
	end(y, first, waiting[0])
	free()
	y.release("app-1", "bakes", y.baking)
	y.wantOnce()
	y.wantToldOnce()
}

// killed ends a replica as a crash would, and waits until the other has begun to look.
func killed(y *yard, first *replica, backend string) {
	y.t.Helper()
	first.kill()
	y.await("a connection of the other", func() bool { return len(y.ask(atWork+" AND pid <> "+backend)) > 0 })
}

// askedToStop leaves a replica a while to finish what it is doing.
func askedToStop(y *yard, first *replica, _ string) {
	y.t.Helper()
	if err := first.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		y.t.Fatal(err)
	}
	y.await("it to take no commands any more", func() bool { return len(y.connections()) == 2 })
}

// atWork asks for the connections on which a bot is doing something.
const atWork = "SELECT pid::text FROM pg_stat_activity WHERE application_name = 'slipway'"

// wantToldOnce checks that the release and its journal tell of each script, and of the whole, exactly once.
func (y *yard) wantToldOnce() {
	y.t.Helper()
	r, err := y.store.Get(y.t.Context(), "app-1")
	if err != nil {
		y.t.Fatal(err)
	}
	var names []string
	for _, a := range r.Schema.Applied {
		names = append(names, a.Name)
	}
	if diff := cmp.Diff([]string{"014_add_user_preferences.sql", "015_index_users_created_at.sql"}, names); diff != "" {
		y.t.Errorf("what the release has applied (-want +got):\n%s", diff)
	}
	entries, err := y.store.Journal(y.t.Context(), "app-1", 0)
	if err != nil {
		y.t.Fatal(err)
	}
	outcomes := map[deploy.StepName]int{}
	for _, e := range entries {
		if e.Kind == deploy.EntryOutcome {
			outcomes[e.Step]++
		}
	}
	if outcomes["migrate/apply"] != 1 || outcomes["backup/create"] != 1 {
		y.t.Errorf("outcomes in the journal: %v", outcomes)
	}
}

// holdsUsers is somebody who writes to the table of users and takes their time: no script can have its lock until free.
func (y *yard) holdsUsers() (free func()) {
	y.t.Helper()
	conn := y.connect(y.t.Context())
	y.t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		_ = conn.Close(ctx)
	})
	run := func(sql string) {
		if _, err := conn.Exec(y.t.Context(), sql); err != nil {
			y.t.Fatal(err)
		}
	}
	run("BEGIN")
	run("LOCK TABLE users IN ROW EXCLUSIVE MODE")
	return func() { run("COMMIT") }
}
