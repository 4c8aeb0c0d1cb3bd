package phase_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"slipway/internal/deploy"
)

func TestADatabaseThatIsNotFitIsNotMigrated(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		before func(*keeper)
		says   string
	}{
		"connections":   {func(k *keeper) { k.state.Connections = 93 }, "93 of 100 connections (93 %), limit 80 %"},
		"a transaction": {func(k *keeper) { k.state.Transaction = 11*time.Minute + 5*time.Second }, "a transaction is open since 11:05 min, limit 5 min"},
		"a replica":     {func(k *keeper) { k.state.Replicas, k.state.Lag = 2, 90*time.Second }, "a replica is 1:30 min behind, limit 30 s"},
		"the size":      {func(k *keeper) { k.state.Size = 600 << 30 }, "it has 600 GB, limit 500 GB"},
		"two at once":   {func(k *keeper) { k.state.Connections, k.state.Size = 93, 600<<30 }, "93 of 100 connections (93 %), limit 80 %; it has 600 GB, limit 500 GB"},
		"the server":    {func(k *keeper) { k.instances[instance] = deploy.Instance{Unrest: "MAINTENANCE"} }, "the database server " + instance + " does not run: MAINTENANCE"},
	} {
		for _, recovers := range []bool{true, false} {
			t.Run(name+map[bool]string{true: ", for a while", false: ", for good"}[recovers], func(t *testing.T) {
				t.Parallel()
				k := newKept(newWorld(t))
				p := k.ask(k.migrating(func(s *deploy.Spec) { s.Database.Limits.Size, s.Database.Validate = 500<<30, false })).until("migrate/measure")
				before, server := k.db.state, k.db.instances[instance]
				c.before(k.db)
				left := 4
				k.around = func(s deploy.Step) bool {
					if left--; recovers && left == 0 {
						k.db.state, k.db.instances[instance] = before, server
					}
					return false
				}
				if recovers {
					p.end().is(deploy.Succeeded).tells(c.says).notes("migrate/measure", "schema 13, 2.1 GB, 14 of 100 connections, oldest transaction 2.0 s")
					return
				}
				p.end().is(deploy.Failed, "migrate/measure: not finished after 5 min: ", c.says)
				if k.db.count("Apply ") > 0 || len(p.r.Back) == 0 || p.r.Back[0].Status != deploy.Pending {
					t.Errorf("it went on: %v", k.db.calls)
				}
			})
		}
	}
}

func TestWhatWasApprovedIsWhatIsApplied(t *testing.T) {
	t.Parallel()
	foreign := deploy.AppliedScript{Version: 14, Name: "014_user_prefs.sql", Release: "coditect-app-7"}
	for name, c := range map[string]struct {
		before func(*kept)
		state  deploy.State
		says   string
		own    int // scripts that the release applied
	}{
		"another file": {func(k *kept) { k.db.scripts("014_user_prefs.sql", dropPlan, "015_users_email.sql", indexEmail) }, deploy.Failed,
			"the scripts of " + scriptsAt + " have changed since they were approved", 0},
		"one more": {func(k *kept) {
			k.db.scripts("014_user_prefs.sql", tablePrefs, "015_users_email.sql", indexEmail, "016_drop.sql", dropPlan)
		}, deploy.Failed, "have changed since they were approved", 0},
		"somebody else has applied the first": {func(k *kept) {
			row := foreign
			row.Sum = k.db.set.Scripts[1].Sum
			k.db.rows = append(k.db.rows, row)
		}, deploy.Succeeded, "running 015_users_email.sql (2 of 2)", 1},
		"somebody else has applied another with its number": {func(k *kept) {
			row := foreign
			row.Sum = "other"
			k.db.rows = append(k.db.rows, row)
		}, deploy.Failed, "014_user_prefs.sql was applied by coditect-app-7 meanwhile, with another content", 0},
		"somebody else has gone past it": {func(k *kept) { k.db.rows = append(k.db.rows, deploy.AppliedScript{Version: 15, Name: "015_x.sql"}) }, deploy.Failed,
			"the schema is at 15, and 014_user_prefs.sql was never applied", 0},
		"the bucket does not answer at first": {func(k *kept) { k.db.fails["Fetch"] = []error{ends(deploy.Unavailable, "no answer")} }, deploy.Succeeded, "no answer; attempt 1", 2},
		"a lock cannot be had at first":       {func(k *kept) { k.db.fails["Apply"] = []error{ends(deploy.Conflict, "lock_timeout after 5 s")} }, deploy.Succeeded, "lock_timeout after 5 s; attempt 1", 2},
		"a lock cannot be had at all": {func(k *kept) {
			k.db.fails["Apply"] = slices.Repeat([]error{ends(deploy.Conflict, "lock_timeout after 5 s")}, 500)
		}, deploy.Failed, "not finished after 30 min: lock_timeout after 5 s", 0},
		"the connection is lost": {func(k *kept) { k.db.loses["Apply"] = 2 }, deploy.Succeeded, "connection lost; attempt 1", 2},
		"a check is not true": {func(k *kept) {
			k.db.fails["Apply"] = []error{ends(deploy.Invalid, "check “Every user has an address” is not true")}
		}, deploy.Failed, "is not true", 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := newKept(newWorld(t))
			k.db.scripts("014_user_prefs.sql", tablePrefs, "015_users_email.sql", indexEmail)
			p := k.ask(k.migrating()).until("migrate/apply")
			c.before(k)
			p.end().is(c.state).tells(c.says)
			if len(p.r.Schema.Applied) != c.own || p.r.Schema.Done != (c.state == deploy.Succeeded) {
				t.Errorf("schema %+v", p.r.Schema)
			}
			if c.state == deploy.Succeeded && (k.db.version() != 15 || p.r.Schema.After != 15) {
				t.Errorf("the database is at %d, known is %+v", k.db.version(), p.r.Schema)
			}
		})
	}
}

func TestAMigrationThatIsParkedGoesOnWhereItWas(t *testing.T) {
	t.Parallel()
	k := newKept(newWorld(t))
	k.db.scripts("014_user_prefs.sql", tablePrefs, "015_users_email.sql", indexEmail)
	p := k.ask(k.migrating()).until("migrate/apply")
	p.act()
	p.act()
	k.db.fails["Apply"] = []error{ends(deploy.Internal, "a defect")}
	p.end().is(deploy.Parked, "a defect")
	p.say(deploy.Signal{Kind: deploy.SignalResume, By: "U0BOB"}).end().is(deploy.Succeeded).tells("running 015_users_email.sql (2 of 2)")
	if len(p.r.Schema.Applied) != 2 || k.db.count("Apply 014") != 1 {
		t.Errorf("schema %+v, calls %v", p.r.Schema, k.db.calls)
	}
}

func TestAJobMigrates(t *testing.T) {
	t.Parallel()
	byJob := func(s *deploy.Spec) {
		s.Database.Migrations = &deploy.MigrationSpec{Job: "coditect-migrate", Args: []string{"migrate", "up"}, Within: 20 * time.Minute}
	}
	job := []deploy.AppliedScript{{Name: "job coditect-migrate", Release: "coditect-app-1", Took: 12 * time.Second}}
	for name, c := range map[string]struct {
		before func(*kept)
		spec   func(*deploy.Spec)
		note   string
		want   deploy.Schema
	}{
		"it raises the version": {nil, nil, "\nschema 13 → 14 (unknown: whether v1.2.3 works with it cannot be told)", deploy.Schema{Before: 13, After: 14, Class: deploy.Unsure, Applied: job, Done: true}},
		"its answer is lost":    {func(k *kept) { k.db.loses["Run"] = 1 }, nil, "\nschema 13 → 14 (unknown: whether v1.2.3 works with it cannot be told)", deploy.Schema{Before: 13, After: 14, Class: deploy.Unsure, Applied: job, Done: true}},
		"the version stays": {func(k *kept) { k.db.jobs = []deploy.JobRequest{{Key: "coditect-app-1/migrate/job"}} }, nil, "\nschema 13, as before",
			deploy.Schema{Before: 13, After: 13, Done: true}},
		"nobody may look": {nil, func(s *deploy.Spec) { s.Database.Login = "" }, "\nwhat it did to the schema is not known (unknown: whether v1.2.3 works with it cannot be told)",
			deploy.Schema{Class: deploy.Unsure, Applied: job, Done: true}},
		"it writes nothing down": {func(k *kept) { k.db.rows, k.db.jobs = nil, []deploy.JobRequest{{Key: "coditect-app-1/migrate/job"}} }, nil,
			"\nit writes no version of the schema down (unknown: whether v1.2.3 works with it cannot be told)", deploy.Schema{Class: deploy.Unsure, Applied: job, Done: true}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := newKept(newWorld(t))
			k.db.said = "connecting to postgres://slipway:" + hushHush + "@10.1.2.2/coditect\nmigrated postgres://slipway:" + hushHush + "@10.1.2.2/coditect to v14\n"
			if c.before != nil {
				c.before(k)
			}
			known := len(k.db.jobs)
			p := k.ask(k.migrating(byJob, func(s *deploy.Spec) {
				if c.spec != nil {
					c.spec(s)
				}
			})).end().is(deploy.Succeeded).notes("migrate/job", "job coditect-migrate done in 12 s: migrated postgres://…@10.1.2.2/coditect to v14"+c.note)
			if strings.Contains(p.story(), hushHush) {
				t.Errorf("the journal shows a password:\n%s", p.story())
			}
			if diff := cmp.Diff(&c.want, p.r.Schema); diff != "" {
				t.Errorf("schema (-want +got):\n%s", diff)
			}
			q := k.db.jobs[known]
			want := deploy.JobRequest{Service: p.r.Spec.Platform.Service, Job: "coditect-migrate", Args: []string{"migrate", "up"}, Env: map[string]string{"VERSION": "v1.2.4", "ENVIRONMENT": "production"},
				Image: p.r.Facts.Image.Ref(), Key: "coditect-app-1/migrate/job", Within: q.Within}
			if diff := cmp.Diff(want, q); diff != "" || q.Within <= 19*time.Minute || q.Within > 20*time.Minute {
				t.Errorf("asked for (-want +got), within %s:\n%s", q.Within, diff)
			}
		})
	}
	t.Run("it fails: what it did is not known, and is said to be so", func(t *testing.T) {
		t.Parallel()
		k := newKept(newWorld(t))
		k.db.fails["Run"] = []error{ends(deploy.Invalid, "the execution ended with 1")}
		p := k.ask(k.migrating(byJob)).end().is(deploy.Failed, "migrate/job: the execution ended with 1")
		if !p.r.Schema.Changed() || p.r.Schema.Class != deploy.Unsure || p.r.Schema.Done {
			t.Errorf("schema %+v", p.r.Schema)
		}
	})
}

func TestWhatSomebodyElseAppliesMeanwhileIsNotOurs(t *testing.T) {
	t.Parallel()
	k := newKept(newWorld(t))
	k.db.scripts("014_user_prefs.sql", tablePrefs, "015_users_email.sql", indexEmail)
	p := k.ask(k.migrating()).until("migrate/apply")
	p.act() // names the first
	k.db.rows = append(k.db.rows, deploy.AppliedScript{Version: 14, Name: "014_user_prefs.sql", Sum: k.db.set.Scripts[1].Sum, Release: "coditect-app-7"})
	p.end().is(deploy.Succeeded).tells("014_user_prefs.sql was applied before by coditect-app-7; running 015_users_email.sql (2 of 2)")
	if s := p.r.Schema; len(s.Applied) != 1 || s.Applied[0].Version != 15 || s.After != 15 {
		t.Errorf("schema %+v", s)
	}
}

// A first migration may have hundreds of files: the journal is not filled with them, and the release knows them all.
func TestANoteIsNoLongerThanPeopleRead(t *testing.T) {
	t.Parallel()
	k := newKept(newWorld(t))
	var files []string
	for i := range 80 {
		files = append(files, fmt.Sprintf("%03d_prefs.sql", 14+i), tablePrefs)
	}
	k.db.scripts(files...)
	p := k.ask(k.migrating()).end().is(deploy.Succeeded).tells("\n+ table user_prefs (3 columns)\nand 60 more lines\n")
	for _, s := range p.r.Steps {
		if n := strings.Count(s.Note, "\n"); n > 101 {
			t.Errorf("%s has %d lines", s.Name, n)
		}
	}
	if len(p.r.Schema.Applied) != 80 {
		t.Errorf("%d are known", len(p.r.Schema.Applied))
	}
}
