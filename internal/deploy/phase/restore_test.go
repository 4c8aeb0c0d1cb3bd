package phase_test

import (
	"strings"
	"testing"
	"time"

	"slipway/internal/deploy"
)

func TestANewInstanceIsMadeAsTheDatabaseWasAtAMoment(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		twice bool
		loses int
		fails map[string][]error
	}{
		"once": {}, "each call made twice": {twice: true}, "the answer is lost": {loses: 1},
		"throttled, and the operation forgotten": {fails: map[string][]error{"Clone": {ends(deploy.Unavailable, "quota exceeded")}, "Wait": {ends(deploy.NotFound, "no such operation")}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := newKept(newWorld(t))
			a := k.restoring(false)
			k.db.loses["Clone"] = c.loses
			for call, list := range c.fails {
				k.db.fails[call] = list
			}
			k.around = func(deploy.Step) bool { return c.twice }
			p := k.ask(a).end().is(deploy.Succeeded, "restored to a new instance "+cloneName).
				notes("restore/look", instance+" can be had as it was at 13:22:11 UTC, 37 min ago; nothing that runs is touched").
				notes("restore/clone", cloneName+" is there, as "+instance+" was at 13:22:11 UTC").
				notes("restore/check", cloneName+" runs at 10.1.2.3, as "+instance+` was at 13:22:11 UTC; nothing uses it yet
To look into it:
gcloud sql connect coditect-postgres-rollback-1 --project=my-gcp-project --database=coditect --user=USER
To switch to it:
gcloud secrets versions access latest --secret=database-url --project=my-gcp-project | sed 's|@[^/]*/|@10.1.2.3:5432/|' | gcloud secrets versions add database-url --data-file=- --project=my-gcp-project
gcloud run services update coditect-app-production --project=my-gcp-project --region=us-central1 --update-secrets=DATABASE_URL=database-url:latest --revision-suffix=restored-1 --no-traffic
gcloud run services update-traffic coditect-app-production --project=my-gcp-project --region=us-central1 --to-revisions=coditect-app-production-restored-1=100
and in the catalog: database.instance: coditect-postgres-rollback-1
To be rid of it:
gcloud sql instances delete coditect-postgres-rollback-1 --project=my-gcp-project`)
			if len(k.db.instances) != 2 || len(k.db.ops) != 1 || p.r.Facts.Operation != "" {
				t.Errorf("%d instances, %d operations, facts %+v", len(k.db.instances), len(k.db.ops), p.r.Facts)
			}
			k.wantServes("LATEST=100")
		})
	}
}

// The next migrations go where the service goes.
func TestTheLoginOfMigrationsIsSwitchedToo(t *testing.T) {
	t.Parallel()
	for login, want := range map[string]int{"${secret:migrations-url}": 1, "${secret:database-url}": 0, "postgres://slipway:${secret:migrations-url}@10.1.2.2/coditect": 0} {
		k := newKept(newWorld(t))
		a := k.restoring(false)
		a.Spec.Database.Login = login
		note := k.ask(a).end().is(deploy.Succeeded).note("restore/check")
		switched := "gcloud secrets versions access latest --secret=migrations-url --project=my-gcp-project | sed 's|@[^/]*/|@10.1.2.3:5432/|' | gcloud secrets versions add migrations-url"
		if n := strings.Count(note, switched); n != want || strings.Count(note, "versions add database-url") != 1 {
			t.Errorf("%s is switched %d times, want %d:\n%s", login, n, want, note)
		}
	}
}

func TestANewInstanceWithoutASecretThatNamesIt(t *testing.T) {
	t.Parallel()
	k := newKept(newWorld(t))
	a := k.restoring(false)
	a.Spec.Platform.Settings.Secrets = map[string]string{"API_KEY": "api-key:latest"}
	p := k.ask(a).end().is(deploy.Succeeded)
	if note := p.note("restore/check"); strings.Contains(note, "gcloud secrets") || !strings.Contains(note, "The catalog names no secret with the address of the database.") || !strings.Contains(note, "instances delete "+cloneName) {
		t.Error(note)
	}
}

func TestABackupIsRestoredInPlaceOnceTwoPeopleAgree(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		twice bool
		loses int
	}{"once": {}, "each call made twice": {twice: true}, "the answer is lost": {loses: 1}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := newKept(newWorld(t))
			a := k.restoring(true)
			k.db.rows = append(k.db.rows, deploy.AppliedScript{Version: 14, Name: "014_drop_plan.sql"})
			k.db.loses["Restore"] = c.loses
			k.around = func(deploy.Step) bool { return c.twice }
			p := k.ask(a).agrees("restore/agree", "U0BOB").end().is(deploy.Succeeded, "restored to "+instance+", in place").
				notes("restore/look", instance+" runs, backup 1600 (2.1 GB) is there; everything written since 13:21:11 UTC, 38 min ago, is lost").
				notes("restore/backup", "backup 1719 (2.1 GB)").
				notes("restore/restore", "backup 1600 is in place of what was in "+instance).
				notes("restore/check", instance+" runs with what was in backup 1600: schema 13, 2.1 GB")
			if len(k.db.backups) != 2 || len(k.db.ops) != 2 || p.r.Backup == nil {
				t.Errorf("%d backups, %d operations", len(k.db.backups), len(k.db.ops))
			}
		})
	}
}

// What was written after a restore that nobody saw the end of is not taken away by restoring once more.
func TestARestoreThatEndedWhileParkedIsNotMadeAgain(t *testing.T) {
	t.Parallel()
	k := newKept(newWorld(t))
	p := k.ask(k.restoring(true)).agrees("restore/agree", "U0BOB").until("restore/restore")
	p.act()
	k.db.fails["Wait"] = []error{ends(deploy.Internal, "a defect")}
	p.end().is(deploy.Parked, "a defect")
	k.wait(3 * time.Hour)
	p.say(deploy.Signal{Kind: deploy.SignalResume, By: "U0BOB"}).end().is(deploy.Succeeded)
	if n := k.db.count("Restore "); n != 1 {
		t.Errorf("asked %d times: %v", n, k.db.calls)
	}
}

func TestARestoreThatFailedIsMadeAgainByANewAttempt(t *testing.T) {
	t.Parallel()
	k := newKept(newWorld(t))
	p := k.ask(k.restoring(true)).agrees("restore/agree", "U0BOB").until("restore/restore")
	p.act()
	for _, op := range k.db.ops {
		if op.ended != nil {
			op.ended, op.err = nil, ends(deploy.Invalid, "ended in ERROR_RDBMS")
		}
	}
	p.end().is(deploy.Parked, "restore/restore: ended in ERROR_RDBMS")
	k.wait(time.Hour)
	p.say(deploy.Signal{Kind: deploy.SignalResume, By: "U0BOB"}).end().is(deploy.Succeeded)
	if n := k.db.count("Restore "); n != 2 {
		t.Errorf("asked %d times: %v", n, k.db.calls)
	}
}

func TestWhatCannotBeRestoredIsRefusedBeforeAnythingIsChanged(t *testing.T) {
	t.Parallel()
	const inPlace, toClone = true, false
	for name, c := range map[string]struct {
		inPlace bool
		before  func(*keeper, *deploy.RestorePlan)
		says    string
	}{
		"it does not run": {inPlace, func(k *keeper, _ *deploy.RestorePlan) { k.instances[instance] = deploy.Instance{Unrest: "SUSPENDED"} }, "does not run: SUSPENDED"},
		"no such backup":  {inPlace, func(_ *keeper, p *deploy.RestorePlan) { p.Backup = "9" }, instance + " has no backup 9; list the backups again"},
		"a backup that failed": {inPlace, func(k *keeper, _ *deploy.RestorePlan) { k.backups[0].State = deploy.RunFailed },
			"backup 1600 of " + instance + " is failed; take another backup"},
		"replicas": {inPlace, func(k *keeper, _ *deploy.RestorePlan) {
			k.instances[instance] = deploy.Instance{Runnable: true, Replicas: []string{"replica-1", "replica-2"}}
		}, instance + " has 2 replicas (replica-1, replica-2), and its cloud restores in place only without; restore to a new instance"},
		"no point in time":             {toClone, func(k *keeper, _ *deploy.RestorePlan) { k.instances[instance] = deploy.Instance{Runnable: true} }, "point-in-time recovery is off"},
		"a moment to come":             {toClone, func(_ *keeper, p *deploy.RestorePlan) { p.At = p.At.Add(24 * time.Hour) }, "is yet to come"},
		"before there was an instance": {toClone, func(_ *keeper, p *deploy.RestorePlan) { p.At = p.At.AddDate(-2, 0, 0) }, "was made at 1 Jan 2025 00:00:00 UTC, after 2 Mar 2024 13:22:11 UTC"},
		"the name is taken": {toClone, func(k *keeper, _ *deploy.RestorePlan) {
			k.instances[cloneName] = deploy.Instance{Runnable: true, Made: k.now().Add(-time.Hour)}
		}, "there is an instance " + cloneName + " already"},
		"refused": {toClone, func(k *keeper, _ *deploy.RestorePlan) {
			k.fails["Clone"] = []error{ends(deploy.Invalid, "out of quota for good")}
		}, "restore/clone: out of quota for good"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := newKept(newWorld(t))
			a := k.restoring(c.inPlace)
			c.before(k.db, a.Restore)
			k.ask(a).end().is(deploy.Failed, c.says)
			if len(k.db.ops) > 0 {
				t.Errorf("asked for something: %v", k.db.calls)
			}
		})
	}
}
