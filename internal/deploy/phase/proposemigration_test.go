package phase_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"slipway/internal/deploy"
	"slipway/internal/deploy/phase"
)

func TestThePlanSaysWhatBecomesOfTheSchema(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		before func(*kept)
		spec   func(*deploy.Spec)
		lines  string // of the note, after the first
	}{
		"it adds":        {nil, nil, "schema 13 → 14, 1 file (expand: safe to roll back)\n014_user_prefs.sql, 1 statement"},
		"it takes away":  {func(k *kept) { k.db.scripts("014_drop_plan.sql", dropPlan) }, nil, "schema 13 → 14, 1 file (contract: v1.2.3 may not work with it)\n014_drop_plan.sql, 1 statement\nrisky: 014_drop_plan.sql line 1, public.users (3.0 GB, large): the version that runs may read it; safer: drop it one release later"},
		"all is applied": {func(k *kept) { k.db.scripts() }, nil, "schema stays at 13: nothing to apply"},
		"a job":          {nil, func(s *deploy.Spec) { s.Database.Migrations = &deploy.MigrationSpec{Job: "coditect-migrate"} }, "schema: job coditect-migrate migrates (unknown: whether v1.2.3 works with it cannot be told)"},
		"left alone":     {nil, func(s *deploy.Spec) { s.Database.Off = "no PostgreSQL here" }, ""},
		"no migrations":  {nil, func(s *deploy.Spec) { s.Database.Migrations = nil }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := newKept(newWorld(t))
			if c.before != nil {
				c.before(k)
			}
			p := k.ask(k.migrating(func(s *deploy.Spec) {
				if c.spec != nil {
					c.spec(s)
				}
			}))
			p.while(func() bool { return p.r.Proposal == nil })
			_, lines, _ := strings.Cut(p.note("preflight/plan"), "\n")
			if lines != c.lines {
				t.Errorf("says\n%s\nwant\n%s\n%s", lines, c.lines, p.story())
			}
			if k.db.count("Read") > 1 || (p.r.Proposal.Migration == nil) != (c.lines == "") {
				t.Errorf("calls %v, migration %+v", k.db.calls, p.r.Proposal.Migration)
			}
			looked, err := k.ports.Look(t.Context(), p.r)
			if err != nil {
				t.Fatal(err)
			}
			r := p.r.Clone()
			r.Facts = looked.Facts
			again, err := k.ports.Propose(t.Context(), r)
			if err != nil || again.Hash != p.r.Proposal.Hash {
				t.Errorf("worked out again %+v, %v\nbefore %+v", again, err, p.r.Proposal)
			}
		})
	}
}

func TestWhatCannotBePlannedIsRefused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		before func(*kept)
		says   []string
	}{
		"files that cannot be read, all of them": {func(k *kept) {
			k.db.scripts("014_a.sql", "oops", "015_user_prefs.sql", tablePrefs, "016_b.sql", "oops")
		},
			[]string{`014_a.sql: line 1: syntax error at or near "oops"; 016_b.sql: line 1: syntax error`, "mend the files of " + scriptsAt}},
		"a number below what was applied": {func(k *kept) { k.db.scripts("012_user_prefs.sql", tablePrefs) }, []string{"012_user_prefs.sql was not applied and comes before 13"}},
		"a file that has changed since":   {func(k *kept) { k.db.rows[0].Sum, k.db.rows[0].Release = "other", "coditect-app-7" }, []string{"013_users.sql was applied by coditect-app-7 with another content"}},
		"no such bucket": {func(k *kept) {
			k.db.fails["Fetch"] = []error{ends(deploy.NotFound, "there is no bucket my-gcp-project-migrations")}
		}, []string{"there is no bucket"}},
		"a wrong password": {func(k *kept) {
			k.db.fails["Applied"] = []error{ends(deploy.Forbidden, "password authentication failed for slipway")}
		}, []string{"password authentication failed"}},
		"nobody who speaks SQL": {func(k *kept) { k.with(func(p *phase.Ports) { p.Databases = nil }) }, []string{"this Slipway has no client for databases"}},
		"nobody who fetches":    {func(k *kept) { k.with(func(p *phase.Ports) { p.Scripts = nil }) }, []string{"this Slipway applies no migrations"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := newKept(newWorld(t))
			c.before(k)
			k.ask(k.migrating()).end().is(deploy.Failed, append(c.says, "preflight/plan: ")...)
			if k.db.count("Apply ")+k.db.count("Backup ") > 0 {
				t.Errorf("calls %v", k.db.calls)
			}
		})
	}
}

func TestRiskyStatementsTakePeopleAndAreWorkedOutAgain(t *testing.T) {
	t.Parallel()
	k := newKept(newWorld(t))
	k.db.scripts("014_drop_plan.sql", dropPlan)
	p := k.ask(k.migrating()).agrees("preflight/approve", "U0ALICE").is(deploy.Waiting).agrees("preflight/approve", "U0BOB").is(deploy.Waiting)
	k.db.state.Tables["public.users"] += 1 << 20 // it grows, which is no news
	p.agrees("preflight/approve", "U0CAROL").until("backup/create").is(deploy.Running).tells("outcome preflight/confirm  it is still what was approved")

	late := newKept(newWorld(t))
	late.db.scripts("014_drop_plan.sql", dropPlan)
	p = late.ask(late.migrating()).agrees("preflight/approve", "U0BOB").agrees("preflight/approve", "U0CAROL").until("preflight/confirm")
	late.db.scripts("014_drop_plan.sql", dropPlan, "015_user_prefs.sql", tablePrefs)
	p.waits("preflight/approve").is(deploy.Waiting).tells("the approval is void: the scripts of " + scriptsAt + " are others")
}

// Without what it takes, a step says so, and the release goes no further.
func TestAStepWithoutItsPortSaysSo(t *testing.T) {
	t.Parallel()
	k := newKept(newWorld(t))
	r := k.ask(k.migrating()).until("migrate/apply").r
	restore := k.ask(k.restoring(false)).r
	bare := phase.Runners(phase.Ports{Platforms: k.ports.Platforms})
	got := map[deploy.StepKind]string{}
	for _, kind := range []deploy.StepKind{deploy.KindBackup, deploy.KindMeasure, deploy.KindMigrate, deploy.KindRunJob, deploy.KindExamine, deploy.KindSettle, deploy.KindRestorable, deploy.KindClone, deploy.KindRestore, deploy.KindRestored} {
		of := r
		if strings.HasPrefix(string(kind), "restore.") {
			of = restore
		}
		_, err := bare[kind].Run(t.Context(), of.Clone(), deploy.Step{Kind: kind, Begun: k.clock.Now(), Looks: 1})
		if deploy.CodeOf(err) != deploy.Invalid {
			t.Errorf("%s ends in %v", kind, err)
		}
		got[kind] = deploy.Message(err)
	}
	noServers, noDatabases := "this Slipway has no client for database servers of cloudsql", "this Slipway has no client for databases"
	want := map[deploy.StepKind]string{
		deploy.KindBackup: noServers, deploy.KindMeasure: noServers, deploy.KindMigrate: noDatabases, deploy.KindRunJob: "this Slipway runs no jobs", deploy.KindExamine: noDatabases,
		deploy.KindSettle: noDatabases, deploy.KindRestorable: noServers, deploy.KindClone: noServers, deploy.KindRestore: noServers, deploy.KindRestored: noServers,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
