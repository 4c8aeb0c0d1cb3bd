package deploy_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"slipway/internal/deploy"
)

const (
	backup  = deploy.StepName("backup/create")
	migrate = deploy.StepName("migrate/apply")
)

// kept gives the release a database with scripts, and its configuration is kept.
func kept(s *deploy.Spec) {
	s.Snapshot = true
	s.Database = &deploy.DatabaseSpec{
		Instance: deploy.InstanceRef{Kind: deploy.CloudSQL, Project: "my-gcp-project", Name: "coditect-postgres-production"},
		Name:     "coditect", Login: "${secret:migrations-url}", Validate: true,
		Backup:     deploy.BackupSpec{Within: 30 * time.Minute},
		Migrations: &deploy.MigrationSpec{Source: "migrations", Table: "schema_migrations", Large: 1 << 30, Approvals: 2, Within: 30 * time.Minute},
	}
}

// off has nothing done with the database of kept.
func off(s *deploy.Spec) { s.Database.Off = "there is no server here" }

// risks are statements of a plan that need people: so many on small tables, and so many on large ones.
func risks(small, large int) []deploy.MigrationRisk {
	var list []deploy.MigrationRisk
	for i := range small + large {
		list = append(list, deploy.MigrationRisk{Risk: deploy.Risk{Rule: "drop-column", Table: "public.users"}, File: "014_a.sql", Line: i, Large: i >= small})
	}
	return list
}

// proposes concludes preflight/plan or preflight/confirm with a migration that has these risks.
func (w *world) proposes(step deploy.StepName, list []deploy.MigrationRisk) {
	w.t.Helper()
	p := deploy.NewProposal(w.r, nil, "")
	p.Migration = &deploy.Migration{Source: "migrations", Hash: "a", From: 13, To: 14, Class: deploy.Contract, Risks: list}
	p = p.Seal(w.r)
	w.conclude(step, deploy.Outcome{Facts: w.r.Facts, Proposal: &p}, nil)
}

// reaches goes on with what a world where all is well answers, and fails the test if that does not lead to the step.
func (w *world) reaches(step deploy.StepName) *world {
	w.t.Helper()
	if a := w.until(step); a.Do != deploy.Act || a.Step != step {
		w.t.Fatalf("%v in %s (%s), want %s", a, w.r.State, w.r.Why, step)
	}
	return w
}

func TestADatabaseGoesWithItsRelease(t *testing.T) {
	t.Parallel()
	job := func(s *deploy.Spec) {
		s.Database.Migrations = &deploy.MigrationSpec{Job: "migrate", Within: time.Minute}
	}
	for name, c := range map[string]struct {
		change []func(*deploy.Spec)
		want   []deploy.StepName // beside those without a database
		back   []deploy.StepName
	}{
		"none":            {nil, nil, nil},
		"with scripts":    {[]func(*deploy.Spec){kept}, []deploy.StepName{confirm, "backup/configuration", backup, "migrate/measure", migrate, "validate/database"}, []deploy.StepName{"rollback/database"}},
		"with a job":      {[]func(*deploy.Spec){kept, job}, []deploy.StepName{confirm, "backup/configuration", backup, "migrate/measure", "migrate/job", "validate/database"}, nil},
		"no migrations":   {[]func(*deploy.Spec){kept, func(s *deploy.Spec) { s.Database.Migrations = nil }}, []deploy.StepName{"backup/configuration", backup, "validate/database"}, nil},
		"not examined":    {[]func(*deploy.Spec){kept, func(s *deploy.Spec) { s.Database.Validate = false }}, []deploy.StepName{confirm, "backup/configuration", backup, "migrate/measure", migrate}, []deploy.StepName{"rollback/database"}},
		"no snapshot":     {[]func(*deploy.Spec){kept, func(s *deploy.Spec) { s.Snapshot = false }}, []deploy.StepName{confirm, backup, "migrate/measure", migrate, "validate/database"}, []deploy.StepName{"rollback/database"}},
		"a snapshot only": {[]func(*deploy.Spec){func(s *deploy.Spec) { s.Snapshot = true }}, []deploy.StepName{"backup/configuration"}, nil},
		"no backup":       {[]func(*deploy.Spec){kept, func(s *deploy.Spec) { s.Database.Backup.Skip = "made each hour" }}, []deploy.StepName{confirm, "backup/configuration", "migrate/measure", migrate, "validate/database"}, []deploy.StepName{"rollback/database"}},
		"off":             {[]func(*deploy.Spec){kept, off}, []deploy.StepName{"backup/configuration"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := play(t, canary(t, append(c.change, steps(deploy.TrafficStep{Percent: 100}))...))
			w.until("")
			without := []deploy.StepName{"preflight/service", "preflight/image", "preflight/plan", "deploy/revision", "health/checks", "traffic/100", "validate/service", "traffic/retire"}
			got := slices.DeleteFunc(slices.Clone(w.acts), func(s deploy.StepName) bool { return slices.Contains(without, s) })
			if diff := cmp.Diff(c.want, got, cmpopts.EquateEmpty()); diff != "" || w.r.State != deploy.Succeeded {
				t.Errorf("%s (-want +got):\n%s", w.r.State, diff)
			}
			if at := slices.Index(w.acts, migrate); at >= 0 && at > slices.Index(w.acts, "deploy/revision") {
				t.Errorf("the version is there before its schema: %v", w.acts)
			}
			var back []deploy.StepName
			for _, s := range w.r.Back {
				if s.Phase == deploy.BackDatabase {
					back = append(back, s.Name)
				}
			}
			if diff := cmp.Diff(c.back, back); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestWhatIsLeftOutStandsInThePlanWithItsReason(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*deploy.Spec)
		want   map[deploy.StepName]string
	}{
		"off":       {off, map[deploy.StepName]string{backup: "no backup: there is no server here", migrate: "not migrated: there is no server here"}},
		"no backup": {func(s *deploy.Spec) { s.Database.Backup.Skip = "made each hour" }, map[deploy.StepName]string{backup: "no backup: made each hour"}},
		"off comes first": {func(s *deploy.Spec) { off(s); s.Database.Backup.Skip = "made each hour" },
			map[deploy.StepName]string{backup: "no backup: there is no server here", migrate: "not migrated: there is no server here"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := canary(t, kept, c.change)
			got := map[deploy.StepName]string{}
			for _, s := range r.Steps {
				if s.Status == deploy.Skipped {
					got[s.Name] = s.Note
				}
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
			if r.Touched() {
				t.Error("something was changed before anything has begun")
			}
			w := play(t, r)
			w.reaches("preflight/image")
			w.say(deploy.Signal{Kind: deploy.SignalRollBack, By: "U0BOB"})
			if w.r.State != deploy.Failed || slices.Contains(w.acts, backup) {
				t.Errorf("%s after %v", w.r.State, w.acts)
			}
		})
	}
}

func TestAMigrationTouchesTheDatabase(t *testing.T) {
	t.Parallel()
	for at, want := range map[deploy.StepName]deploy.State{
		"backup/configuration": deploy.Failed, backup: deploy.Failed, "migrate/measure": deploy.Failed,
		migrate: deploy.RollingBack, "deploy/revision": deploy.RollingBack,
	} {
		w := play(t, canary(t, kept)).reaches(at)
		w.say(deploy.Signal{Kind: deploy.SignalRollBack, By: "U0BOB"})
		if w.r.State != want || w.r.Touched() != (want == deploy.RollingBack) {
			t.Errorf("stopped at %s: %s, touched: %t", at, w.r.State, w.r.Touched())
		}
	}
}

func TestAMigrationThatFailsGoesBackAndItsSchemaStays(t *testing.T) {
	t.Parallel()
	w := play(t, canary(t, kept)).reaches(migrate)
	first := deploy.AppliedScript{Version: 14, Name: "014_a.sql", Changes: []string{"+ table a"}}
	w.conclude(migrate, deploy.Outcome{Facts: w.r.Facts, Again: time.Millisecond, Note: "014_a.sql applied",
		Schema: &deploy.Schema{Before: 13, After: 14, Class: deploy.Contract, Applied: []deploy.AppliedScript{first}}}, nil)
	if last := w.journal[len(w.journal)-1]; last.Kind != deploy.EntryProgress || last.Text != "014_a.sql applied" {
		t.Errorf("wrote %+v", last)
	}
	w.now = w.now.Add(time.Second)
	w.decide()
	stays := &deploy.Schema{Before: 13, After: 14, Class: deploy.Contract, Applied: []deploy.AppliedScript{first}, Hash: "a"}
	w.conclude(migrate, deploy.Outcome{Schema: stays}, &deploy.Error{Code: deploy.Invalid, Msg: "check \"Addresses\" is not true"})
	if w.r.State != deploy.RollingBack || !strings.Contains(w.r.Why, "Addresses") || !w.r.Touched() {
		t.Fatalf("%s: %s", w.r.State, w.r.Why)
	}
	w.until("")
	if diff := cmp.Diff(stays, w.r.Schema); diff != "" || w.r.State != deploy.Failed || !strings.Contains(w.r.Why, "Addresses") {
		t.Errorf("%s because %s: %s", w.r.State, w.r.Why, diff)
	}
	if slices.Contains(w.acts, "deploy/revision") || !slices.Contains(w.acts, "rollback/database") {
		t.Errorf("after %v", w.acts)
	}
	if x := deploy.Crossed([]deploy.Release{w.r}, "another"); len(x) != 1 || x[0].After != 14 {
		t.Errorf("later rollbacks do not hear of it: %+v", x)
	}
}

// A lock that cannot be had, or a lost connection: the step looks again, and what it has learnt of the schema is kept.
func TestAMigrationThatIsNotAnsweredIsLookedAtAgain(t *testing.T) {
	t.Parallel()
	for _, code := range []deploy.Code{deploy.Conflict, deploy.Unavailable} {
		w := play(t, canary(t, kept)).reaches(migrate)
		w.conclude(migrate, deploy.Outcome{Schema: &deploy.Schema{Before: 13, After: 14}}, fault(code))
		a := w.decide()
		if w.r.State != deploy.Running || a.Do != deploy.Wait || !w.r.Schema.Changed() {
			t.Fatalf("%s: %s, %v, %+v", code, w.r.State, a, w.r.Schema)
		}
		w.now = a.Until
		if a := w.decide(); a.Do != deploy.Act || a.Step != migrate {
			t.Errorf("%s: then %v", code, a)
		}
	}
}

func TestWhatIsNotKnownOfTheSchemaKeepsNobodyFromGoingBack(t *testing.T) {
	t.Parallel()
	for _, code := range []deploy.Code{deploy.Forbidden, deploy.Invalid, deploy.Internal, deploy.Fenced} {
		w := play(t, canary(t, kept)).reaches("traffic/10")
		w.say(deploy.Signal{Kind: deploy.SignalRollBack, By: "U0BOB"})
		w.reaches("rollback/database")
		w.conclude("rollback/database", deploy.Outcome{}, fault(code))
		w.until("")
		settle := backNamed(w.r, "rollback/database")
		if w.r.State != deploy.RolledBack || settle.Status != deploy.Skipped || !strings.Contains(settle.Note, "what became of the schema is not known: the outside said no") {
			t.Errorf("%s: %s with %+v", code, w.r.State, settle)
		}
	}
	w := play(t, canary(t, kept)).reaches("traffic/10")
	w.say(deploy.Signal{Kind: deploy.SignalRollBack, By: "U0BOB"})
	w.reaches("rollback/database")
	for range 20 { // nobody answers, until its minute is up
		w.conclude("rollback/database", deploy.Outcome{}, fault(deploy.Unavailable))
		w.now = w.now.Add(15 * time.Second)
		if a := w.decide(); a.Step != "rollback/database" {
			break
		}
	}
	if w.until(""); w.r.State != deploy.RolledBack || w.now.Sub(start) > time.Hour {
		t.Errorf("%s after %s", w.r.State, w.now.Sub(start))
	}
}

func backNamed(r deploy.Release, name deploy.StepName) deploy.Step {
	r.Steps = r.Back
	return stepNamed(r, name)
}
