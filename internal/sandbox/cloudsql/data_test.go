package cloudsql_test

import (
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cloud.google.com/go/sql/apiv1/sqlpb"
	"github.com/jackc/pgx/v5/pgconn"

	"slipway/internal/sandbox/cloudsql"
)

func TestARestoreInPlaceBringsTheOldRowsBack(t *testing.T) {
	t.Parallel()
	p := withData(t)
	address := p.URL(instance, "orders")
	p.add(instance, "2")
	first := p.backup("before 3")
	p.add(instance, "3")
	second := p.backup("before 4")
	p.add(instance, "4")

	// Who is connected is cut off.
	conn, err := pgconn.Connect(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	p.done(p.restore(first))
	if _, err := conn.Exec(t.Context(), "SELECT 1").ReadAll(); err == nil {
		t.Error("a connection of before lives on")
	}
	if p.URL(instance, "orders") != address {
		t.Error("the address is another one")
	}
	if got := p.numbers(instance); got != "1 2" {
		t.Errorf("after the restore: %s", got)
	}

	// Forward again, to a backup of what was left; then one of what was written since; then the night before.
	p.add(instance, "5")
	third := p.backup("with 5")
	p.done(p.restore(second))
	if got := p.numbers(instance); got != "1 2 3" {
		t.Errorf("after the second restore: %s", got)
	}
	p.done(p.restore(third))
	if got := p.numbers(instance); got != "1 2 5" {
		t.Errorf("after the third restore: %s", got)
	}
	p.done(p.restore(p.nightly()))
	if got := p.numbers(instance); got != "1" {
		t.Errorf("after the restore of the night before: %s", got)
	}
	if state := p.get(instance).GetState(); state != sqlpb.DatabaseInstance_RUNNABLE {
		t.Errorf("state %s", state)
	}
}

// nightly is the id of the oldest backup, which the cloud made by itself.
func (p *practice) nightly() int64 {
	p.t.Helper()
	list := p.list()
	oldest := list[len(list)-1]
	if oldest.GetType() != sqlpb.SqlBackupRunType_AUTOMATED {
		p.t.Fatalf("the oldest backup is %v", oldest)
	}
	return oldest.GetId()
}

func TestACloneHasTheRowsOfItsMoment(t *testing.T) {
	t.Parallel()
	p := withData(t)
	begun := p.add(instance, "2")
	p.add(instance, "3")
	p.done(p.clone(instance, "then", begun))
	if got := p.numbers("then"); got != "1 2" {
		t.Errorf("the clone of a moment: %s", got)
	}
	p.done(p.clone(instance, "now", time.Time{}))
	if got := p.numbers("now"); got != "1 2 3" {
		t.Errorf("the clone of what is: %s", got)
	}
	p.done(p.clone(instance, "this-moment", time.Now()))
	if got := p.numbers("this-moment"); got != "1 2 3" {
		t.Errorf("the clone of a moment after everything: %s", got)
	}

	// They are apart from one another.
	p.add("then", "7")
	p.add(instance, "4")
	for name, want := range map[string]string{instance: "1 2 3 4", "then": "1 2 7", "now": "1 2 3"} {
		if got := p.numbers(name); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
	if _, err := p.clone("then", "before-it-was", begun); err == nil || !strings.Contains(err.Error(), "before the earliest recovery time") {
		t.Errorf("a clone of a clone, of before it was made: %v", err)
	}
	p.done(p.clone("then", "then-again", time.Time{}))
	if got := p.numbers("then-again"); got != "1 2 7" {
		t.Errorf("a clone of a clone: %s", got)
	}
}

func TestACloneOfARestoredInstanceHasWhatWasThere(t *testing.T) {
	t.Parallel()
	p := withData(t)
	id := p.backup("with 1")
	lost := p.add(instance, "2")
	p.done(p.restore(id))
	while := time.Now()
	p.add(instance, "3")
	p.done(p.clone(instance, "as-it-is", time.Time{}))
	p.done(p.clone(instance, "what-was-lost", lost))
	p.done(p.clone(instance, "just-restored", while))
	for name, want := range map[string]string{"as-it-is": "1 3", "what-was-lost": "1 2", "just-restored": "1"} {
		if got := p.numbers(name); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}

func TestAMomentInTheMiddleOfARestoreGivesWhatWasLast(t *testing.T) {
	t.Parallel()
	p := withData(t)
	id := p.backup("with 1")
	p.add(instance, "2")
	asked := time.Now()
	op := p.done(p.restore(id))
	middle := asked.Add(op.GetEndTime().AsTime().Sub(asked) / 2)
	p.done(p.clone(instance, "middle", middle))
	if got := p.numbers("middle"); got != "1 2" && got != "1" {
		t.Errorf("it has %q", got)
	}
}

func TestCloseLeavesNothing(t *testing.T) {
	t.Parallel()
	p := withData(t)
	p.done(p.clone(instance, "other", time.Time{}))
	var hosts, folders []string
	for _, name := range []string{instance, "other"} {
		u, err := url.Parse(p.URL(name, "postgres"))
		if err != nil {
			t.Fatal(err)
		}
		hosts = append(hosts, u.Host)
		folders = append(folders, filepath.Dir(ask(t, p.URL(name, "postgres"), "SHOW data_directory")))
	}
	// A restore that is under way does not keep it.
	if _, err := p.restore(p.nightly()); err != nil {
		t.Fatal(err)
	}
	if err := p.Close(); err != nil {
		t.Error(err)
	}
	for _, host := range hosts {
		if c, err := net.Dial("tcp", host); err == nil {
			_ = c.Close()
			t.Errorf("%s answers", host)
		}
	}
	for _, folder := range folders {
		if _, err := os.Stat(folder); !os.IsNotExist(err) {
			t.Errorf("%s: %v", folder, err)
		}
	}
	if err := p.Close(); err != nil {
		t.Errorf("closed twice: %v", err)
	}
}

func TestADeletedInstanceIsGone(t *testing.T) {
	t.Parallel()
	p := withData(t)
	folder := filepath.Dir(ask(t, p.URL(instance, "postgres"), "SHOW data_directory"))
	p.done(p.instances.Delete(p.ctx(), &sqlpb.SqlInstancesDeleteRequest{Project: project, Instance: instance}))
	if p.URL(instance, "orders") != "" {
		t.Error("it has an address")
	}
	if _, err := os.Stat(folder); !os.IsNotExist(err) {
		t.Errorf("%s: %v", folder, err)
	}
}

func TestWhoSeedsWrongSQLIsTold(t *testing.T) {
	t.Parallel()
	s := cloudsql.New(nil)
	t.Cleanup(func() { _ = s.Close() })
	if err := s.Seed(cloudsql.InstanceSpec{Name: instance, Database: "orders", SQL: "CREATE TABEL numbers (n int)"}); err != nil {
		t.Fatal(err)
	}
	if err := s.Ready(t.Context()); err == nil || !strings.Contains(err.Error(), `"TABEL"`) {
		t.Errorf("it is ready: %v", err)
	}
}
