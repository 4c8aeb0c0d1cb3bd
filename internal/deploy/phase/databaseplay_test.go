package phase_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"slipway/internal/deploy"
)

func TestTheDatabaseGoesWithTheRelease(t *testing.T) {
	t.Parallel()
	k := newKept(newWorld(t))
	k.db.scripts("014_user_prefs.sql", tablePrefs, "015_users_email.sql", indexEmail)
	k.release("v1.2.5").end().is(deploy.Succeeded) // whose image is known by digest
	p := k.ask(k.migrating(func(s *deploy.Spec) {
		s.Database.Migrations.Checks = []deploy.SQLCheck{{Name: "all", SQL: "SELECT true"}, {Name: "own", SQL: "SELECT true", After: 14}}
	}))
	p.r.Epoch = 7
	base := p.until("backup/configuration").r.Facts.Baseline
	p.end().is(deploy.Succeeded).
		notes("backup/configuration", "configuration of "+serviceID+" kept (77 bytes); image of v1.2.5 tagged rollback-coditect-app-2").
		notes("backup/create", "backup 1718 (2.1 GB)").
		notes("migrate/measure", "schema 13, 2.1 GB, 14 of 100 connections, oldest transaction 2.0 s").
		notes("migrate/apply", "2 files, schema 13 → 15 (expand: safe to roll back)\n014_user_prefs.sql, 1.2 s\n+ table user_prefs (3 columns)\n015_users_email.sql, 1.2 s\n+ index users_email on users").
		notes("validate/database", "2.1 GB in 14 tables (largest: resources 1.2 GB), 3 foreign keys, 14 of 100 connections, no invalid index; slowest: SELECT * FROM resources WHERE id = $1, mean 12 ms (4,118 calls)").
		tells("\nschema 13 → 15, 2 files (expand: safe to roll back)\n014_user_prefs.sql, 1 statement\n015_users_email.sql, 1 statement, outside of a transaction",
			"backing up "+instance+"\n", "nothing in the plan needs an approval", "running 014_user_prefs.sql (1 of 2)\n",
			"014_user_prefs.sql applied in 1.2 s; running 015_users_email.sql (2 of 2), outside of a transaction\n")
	want := &deploy.Schema{Before: 13, After: 15, Class: deploy.Expand, Hash: k.db.set.Hash, Applied: k.db.rows[1:], Done: true}
	if diff := cmp.Diff(want, p.r.Schema); diff != "" {
		t.Errorf("schema (-want +got):\n%s", diff)
	}
	if b := p.r.Backup; b == nil || b.ID != "1718" || b.Size != 2254857830 || b.Description != "slipway coditect-app-2 backup/create, before v1.2.4" {
		t.Errorf("backup %+v", b)
	}
	if got := k.db.tags["rollback-coditect-app-2"]; got != base.Image {
		t.Errorf("the tag leads to %s, not to %s", got, base.Image)
	}
	var asked []string
	for _, q := range k.db.requests {
		if q.Epoch != 7 || q.Release != p.r.ID {
			t.Errorf("asked as %s, epoch %d", q.Release, q.Epoch)
		}
		asked = append(asked, q.Script.Name)
		for _, c := range q.Checks {
			asked = append(asked, c.Name)
		}
		if q.Script.Alone {
			asked = append(asked, "alone")
		}
	}
	if diff := cmp.Diff([]string{"014_user_prefs.sql", "own", "015_users_email.sql", "all", "alone"}, asked); diff != "" {
		t.Errorf("asked of the database (-want +got):\n%s", diff)
	}
	if back, apply := slices.IndexFunc(k.db.calls, func(c string) bool { return strings.HasPrefix(c, "Backup ") }), slices.Index(k.db.calls, "Apply 014_user_prefs.sql"); back < 0 || apply < back {
		t.Errorf("not backed up before it was changed: %v", k.db.calls)
	}
	z, err := gzip.NewReader(bytes.NewReader(p.r.Snapshot))
	if err != nil {
		t.Fatal(err)
	}
	if config, err := io.ReadAll(z); err != nil || !strings.Contains(string(config), "metadata: {name: "+serviceID+"}") {
		t.Errorf("snapshot %q, %v", config, err)
	}
}

// Whatever is done, is done once, also if each step is run again as after a crash between its effect and its outcome;
// and what is said of it is the same.
func TestACrashAfterAnyCallChangesNothing(t *testing.T) {
	t.Parallel()
	story := func(twice bool, loses string) (*kept, *play) {
		k := newKept(newWorld(t))
		k.db.scripts("014_user_prefs.sql", tablePrefs, "015_users_email.sql", indexEmail)
		if loses != "" {
			k.db.loses[loses] = 1
		}
		k.around = func(deploy.Step) bool { return twice }
		return k, k.ask(k.migrating()).end().is(deploy.Succeeded)
	}
	_, once := story(false, "")
	for name, c := range map[string]struct {
		twice bool
		loses string
	}{
		"each call is made twice": {twice: true}, "a backup's answer is lost": {loses: "Backup"}, "a script's answer is lost": {loses: "Apply"},
		"a tag's answer is lost": {loses: "Tag"}, "a backup's answer is lost, and each call made twice": {true, "Backup"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k, p := story(c.twice, c.loses)
			if len(k.db.backups) != 1 || len(k.db.rows) != 3 {
				t.Errorf("%d backups, %d scripts in the database", len(k.db.backups), len(k.db.rows))
			}
			for _, s := range once.r.Steps {
				if s.Phase == deploy.Backup || s.Phase == deploy.Migrate {
					p.notes(s.Name, s.Note)
				}
			}
			if diff := cmp.Diff(once.r.Schema, p.r.Schema, cmpopts.IgnoreFields(deploy.AppliedScript{}, "At")); diff != "" {
				t.Errorf("schema (-once +again):\n%s", diff)
			}
		})
	}
}

func TestNothingToApplyIsQuick(t *testing.T) {
	t.Parallel()
	k := newKept(newWorld(t))
	k.db.scripts()
	k.db.state.Connections = 99 // which would hold a migration up
	p := k.ask(k.migrating(func(s *deploy.Spec) { s.Database.Validate = false })).end().is(deploy.Succeeded).
		notes("migrate/measure", "not measured: nothing is to be applied").notes("migrate/apply", "nothing to apply, schema 13").
		tells("\nschema stays at 13: nothing to apply")
	if k.db.count("Apply ") > 0 || p.r.Schema.Changed() || !p.r.Schema.Done {
		t.Errorf("calls %v, schema %+v", k.db.calls, p.r.Schema)
	}
}

func TestAMigrationThatFailsLeavesWhatWasAppliedAndUsersWhereTheyWere(t *testing.T) {
	t.Parallel()
	for name, twice := range map[string]bool{"in one go": false, "with each call made twice": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := newKept(newWorld(t))
			k.db.scripts("014_user_prefs.sql", tablePrefs, "015_drop_plan.sql", dropPlan)
			k.around = func(deploy.Step) bool {
				if k.db.version() == 14 { // from here on
					k.db.fails["Apply"] = []error{ends(deploy.Invalid, "015_drop_plan.sql line 1: disk full"), ends(deploy.Invalid, "015_drop_plan.sql line 1: disk full")}
				}
				return twice
			}
			p := k.ask(k.migrating()).agrees("preflight/approve", "U0BOB").agrees("preflight/approve", "U0CAROL").end().is(deploy.Failed, "migrate/apply: 015_drop_plan.sql line 1: disk full").
				notes("rollback/database", "schema stays at 14, 1 of 2 files applied (expand: v1.2.3 works with it)").
				tells("the deployment failed: the schema could not be brought to what this version needs (“migrate/apply: 015_drop_plan.sql line 1: disk full”)")
			k.wantServes("LATEST=100")
			if p.r.Schema.After != 14 || len(p.r.Schema.Applied) != 1 || p.r.Schema.Done || p.r.Facts.MaxShare != 0 {
				t.Errorf("schema %+v", p.r.Schema)
			}
			if in := p.r.Incident; in == nil || len(in.Missing) > 0 || len(in.Database) == 0 || in.Database[0] != "schema at 14 after 014_user_prefs.sql (expand: safe to roll back)" {
				t.Errorf("evidence %+v", in)
			}
		})
	}
}

func TestTheWayBackSettlesTheDatabase(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		at     deploy.StepName
		before func(*kept)
		note   string
		after  int64
	}{
		"before any script":  {"migrate/apply", nil, "schema at 13, as before: nothing of the migration is left behind", 13},
		"after all of them":  {"health/checks", nil, "schema stays at 14 (expand: v1.2.3 works with it)", 14},
		"one takes a column": {"health/checks", func(k *kept) { k.db.scripts("014_drop_plan.sql", dropPlan) }, "schema stays at 14 (contract: v1.2.3 may not work with it)", 14},
		"it cannot be told": {"health/checks", func(k *kept) {
			k.db.fails["Settle"] = []error{ends(deploy.Forbidden, "password authentication failed")}
		}, "what became of the schema is not known: password authentication failed", 14},
		"its answer is lost": {"health/checks", func(k *kept) { k.db.loses["Settle"] = 1 }, "schema stays at 14 (expand: v1.2.3 works with it)", 14},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := newKept(newWorld(t))
			if c.before != nil {
				c.before(k)
			}
			p := k.ask(k.migrating())
			p.r.Epoch = 7
			if name == "one takes a column" {
				p.agrees("preflight/approve", "U0BOB").agrees("preflight/approve", "U0CAROL")
			}
			p.until(c.at).say(deploy.Signal{Kind: deploy.SignalRollBack, By: "U0BOB", Reason: "stop"}).end().is(deploy.Failed, "stop").notes("rollback/database", c.note)
			if p.r.Schema.After != c.after {
				t.Errorf("schema %+v", p.r.Schema)
			}
			if c.at == "health/checks" && name != "it cannot be told" && k.db.fence != 7 {
				t.Errorf("the epoch that is left is %d", k.db.fence)
			}
		})
	}
}

// A script that was committed while the answer was lost belongs to the release, also when its way back is what finds that.
func TestSettlingFindsWhatWasCommittedUnseen(t *testing.T) {
	t.Parallel()
	k := newKept(newWorld(t))
	k.db.loses["Apply"] = 1
	p := k.ask(k.migrating()).until("migrate/apply")
	for len(k.db.rows) == 1 {
		p.act()
	}
	if p.r.Schema.Changed() {
		t.Fatalf("it knows already: %+v", p.r.Schema)
	}
	p.say(deploy.Signal{Kind: deploy.SignalRollBack, By: "U0BOB", Reason: "stop"}).end().is(deploy.Failed).
		notes("rollback/database", "schema stays at 14 (expand: v1.2.3 works with it)")
	if diff := cmp.Diff(k.db.rows[1:], p.r.Schema.Applied); diff != "" {
		t.Errorf("applied (-in the database +known):\n%s", diff)
	}
}

// A script that takes something away may have been committed while its answer was lost. If the way back cannot find that
// out either, a later rollback counts it.
func TestWhatIsNotFoundOutIsNotTakenForUnchanged(t *testing.T) {
	t.Parallel()
	for settles, want := range map[bool]int{true: 0, false: 1} {
		k := newKept(newWorld(t))
		k.db.scripts("014_drop_plan.sql", dropPlan)
		k.db.fails["Apply"] = []error{ends(deploy.Unavailable, "connection lost")}
		p := k.ask(k.migrating()).agrees("preflight/approve", "U0BOB").agrees("preflight/approve", "U0CAROL").until("migrate/apply")
		p.act()
		p.act()
		if !settles {
			k.db.fails["Settle"] = []error{ends(deploy.Forbidden, "permission denied")}
		}
		p.say(deploy.Signal{Kind: deploy.SignalRollBack, By: "U0BOB", Reason: "stop"}).end().is(deploy.Failed)
		across := deploy.Crossed([]deploy.Release{p.r}, "older")
		if len(across) != want || want > 0 && (across[0].After != 14 || across[0].Class != deploy.Contract) || p.r.Schema.Open == settles {
			t.Errorf("settled %v: crossed %+v, schema %+v", settles, across, p.r.Schema)
		}
	}
}

// An index that was being made when somebody stopped the release is left half made: nobody is told that nothing is left.
func TestTheWayBackTellsOfAnIndexThatIsHalfMade(t *testing.T) {
	t.Parallel()
	k := newKept(newWorld(t))
	k.db.scripts("014_users_email.sql", indexEmail)
	p := k.ask(k.migrating()).until("migrate/apply")
	p.act()
	k.db.report.Invalid = []string{"constraint c on users", "index users_email"}
	p.say(deploy.Signal{Kind: deploy.SignalRollBack, By: "U0BOB", Reason: "stop"}).end().is(deploy.Failed).
		notes("rollback/database", "schema at 13, as before; not valid: index users_email, which 014_users_email.sql may have left half made: its next run goes on with it")
}

// Another target with the same database may have been there a moment before, with a later epoch: that is no reason to
// leave the release to people.
func TestAnotherReleaseAtTheSameDatabaseIsWaitedFor(t *testing.T) {
	t.Parallel()
	k := newKept(newWorld(t))
	k.db.fails["Apply"] = []error{ends(deploy.Fenced, "a later owner was there")}
	k.ask(k.migrating()).end().is(deploy.Succeeded).tells("another release was at the same database meanwhile; attempt 1")
}

func TestAHoldStopsBetweenTwoScripts(t *testing.T) {
	t.Parallel()
	k := newKept(newWorld(t))
	k.db.scripts("014_user_prefs.sql", tablePrefs, "015_users_email.sql", indexEmail)
	p := k.ask(k.migrating()).until("migrate/apply")
	p.act()
	p.act()
	p.say(deploy.Signal{Kind: deploy.SignalPause, By: "U0BOB"}).end().is(deploy.Paused)
	if v := k.db.version(); v != 14 {
		t.Fatalf("the schema is at %d", v)
	}
	k.clock.Advance(26 * time.Hour) // its time stands still
	p.say(deploy.Signal{Kind: deploy.SignalResume, By: "U0BOB"}).end().is(deploy.Succeeded)
	if v := k.db.version(); v != 15 {
		t.Errorf("the schema is at %d", v)
	}
}

func TestAReleaseThatNeverMigratedAsksNothingOfTheDatabaseOnItsWayBack(t *testing.T) {
	t.Parallel()
	k := newKept(newWorld(t))
	a := k.migrating()
	a.Kind, a.Version, a.Baseline, a.Reason = deploy.Rollback, "v1.2.3", deploy.Revision{Name: baseline, Version: "v1.2.3"}, "errors"
	k.ask(a).end().is(deploy.RolledBack).notes("rollback/database", "the schema was not touched")
	if k.db.count("Settle") > 0 {
		t.Errorf("calls %v", k.db.calls)
	}
}

// Two people have agreed to go back across it; what stays is said once more when it is done.
func TestARollbackAcrossAChangeSaysWhatStays(t *testing.T) {
	t.Parallel()
	k := newKept(newWorld(t))
	a := k.migrating()
	a.Kind, a.Version, a.Baseline, a.Reason = deploy.Rollback, "v1.2.3", deploy.Revision{Name: baseline, Version: "v1.2.3"}, "errors"
	a.Across = []deploy.Crossing{{Release: "coditect-app-9", Class: deploy.Contract, Before: 15, After: 16}, {Release: "coditect-app-8", Class: deploy.Unsure, Before: 14, After: 15}}
	k.ask(a).agrees("rollback/agree", "U0BOB").end().is(deploy.RolledBack).
		notes("rollback/database", "schema stays at 16 (contract: v1.2.3 may not work with it)")
}
