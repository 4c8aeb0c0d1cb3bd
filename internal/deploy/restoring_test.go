package deploy_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"slipway/internal/deploy"
)

const restoring = deploy.StepName("restore/restore")

var target = deploy.Target{Service: "coditect-app", Environment: "production"}

// inPlace and toClone are the two ways to bring back what was in the database.
func inPlace(p *deploy.RestorePlan) { p.InPlace, p.Backup = true, "1718" }

func toClone(p *deploy.RestorePlan) { p.Clone, p.At = "coditect-postgres-rollback-43", start }

// asked is what it takes to ask for a release of the guide's service with a database.
func asked(t *testing.T, kind deploy.Kind, change ...func(*deploy.Spec)) deploy.Ask {
	t.Helper()
	spec := canary(t, append([]func(*deploy.Spec){kept}, change...)...).Spec
	return deploy.Ask{Kind: kind, Target: target, Version: "v1.2.3", Requester: "U0ALICE", Reason: "rows are gone", Spec: spec}
}

func restore(t *testing.T, way func(*deploy.RestorePlan), change ...func(*deploy.Spec)) deploy.Release {
	t.Helper()
	a := asked(t, deploy.Restore, change...)
	a.Restore = &deploy.RestorePlan{Instance: a.Spec.Database.Instance}
	way(a.Restore)
	r, err := deploy.NewRelease(a)
	if err != nil {
		t.Fatal(err)
	}
	r.ID, r.Number, r.Created, r.Since = "coditect-app-43", 43, start, start
	return r
}

// agreed has somebody else agree at the gate that takes two people.
func (w *world) agreed() *world {
	w.t.Helper()
	w.until("")
	if w.r.State != deploy.Waiting {
		w.t.Fatalf("%s, want a gate", w.r.State)
	}
	w.say(deploy.Signal{Kind: deploy.SignalPromote, By: "U0BOB", Step: w.r.Current().Name})
	return w
}

func TestARestoreIsAReleaseOfItsOwn(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		way  func(*deploy.RestorePlan)
		want []deploy.StepName
		says string
	}{
		"to a new instance": {toClone, []deploy.StepName{"restore/look", "restore/clone", "restore/check"}, "restored to a new instance coditect-postgres-rollback-43"},
		"in place":          {inPlace, []deploy.StepName{"restore/look", "restore/backup", restoring, "restore/check"}, "restored to coditect-postgres-production, in place"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := restore(t, c.way)
			if r.State != deploy.Running || r.Why != "rows are gone" || len(r.Back) != 0 || r.Touched() {
				t.Fatalf("%+v", r)
			}
			w := play(t, r)
			if r.Restore.InPlace {
				w.agreed()
			}
			w.until("")
			if diff := cmp.Diff(c.want, w.acts); diff != "" || w.r.State != deploy.Succeeded || w.r.Why != c.says || w.r.Ended.IsZero() {
				t.Errorf("%s: %q (-want +got):\n%s", w.r.State, w.r.Why, diff)
			}
			if w.r.Arrived() {
				t.Error("a restore is not about what runs there")
			}
			if _, _, leaves := w.r.Leaves(); leaves {
				t.Error("a restore locks its target")
			}
		})
	}
}

func TestARestoreThatCannotBeMade(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*deploy.Ask)
		want   string
	}{
		"there is no database":            {func(a *deploy.Ask) { a.Spec.Database = nil }, "the catalog names no database of coditect-app/production"},
		"nobody says what":                {func(a *deploy.Ask) { a.Restore = nil }, "the catalog names no database"},
		"the database is off":             {func(a *deploy.Ask) { a.Spec.Database.Off = "there is none here" }, "is left alone: there is none here"},
		"in place, of nothing":            {func(a *deploy.Ask) { inPlace(a.Restore); a.Restore.Backup = "" }, "a restore in place takes a backup"},
		"a new instance without a name":   {func(a *deploy.Ask) { a.Restore.Clone = "" }, "a new instance takes a name and a moment"},
		"a new instance without a moment": {func(a *deploy.Ask) { a.Restore.At = time.Time{} }, "a new instance takes a name and a moment"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := asked(t, deploy.Restore)
			a.Restore = &deploy.RestorePlan{Instance: a.Spec.Database.Instance}
			toClone(a.Restore)
			c.change(&a)
			if r, err := deploy.NewRelease(a); deploy.CodeOf(err) != deploy.Invalid || !strings.Contains(deploy.Message(err), c.want) || len(r.Steps) != 0 {
				t.Errorf("%v: %+v", err, r.Steps)
			}
		})
	}
}

// What somebody does to a restore at each of its steps, and how it ends.
func TestARestoreThatHasBegunCannotBeStopped(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		way  func(*deploy.RestorePlan)
		at   deploy.StepName
		want deploy.State
	}{
		"a new instance, before it is asked for": {toClone, "restore/look", deploy.Failed},
		"a new instance that is being made":      {toClone, "restore/clone", deploy.Failed},
		"in place, while it is backed up":        {inPlace, "restore/backup", deploy.Failed},
		"in place, once it has begun":            {inPlace, restoring, deploy.Running},
		"in place, while it is looked at":        {inPlace, "restore/check", deploy.Running},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := play(t, restore(t, c.way))
			if w.r.Restore.InPlace {
				w.agreed()
			}
			w.reaches(c.at)
			before := w.r.Clone()
			entries := w.say(deploy.Signal{Kind: deploy.SignalRollBack, By: "U0BOB"})
			if w.r.State != c.want {
				t.Errorf("%s, wrote %+v", w.r.State, entries)
			}
			if c.want == deploy.Running {
				if diff := cmp.Diff(before, w.r); diff != "" || !strings.Contains(entries[0].Text, "the restore cannot be stopped any more") {
					t.Errorf("wrote %+v: %s", entries, diff)
				}
			}
		})
	}
}

func TestARestoreThatGoesWrong(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		way  func(*deploy.RestorePlan)
		at   deploy.StepName
		want deploy.State
	}{
		"there is no such backup":                    {toClone, "restore/look", deploy.Failed},
		"the new instance is refused":                {toClone, "restore/clone", deploy.Failed},
		"the fresh backup fails: nothing is changed": {inPlace, "restore/backup", deploy.Failed},
		"in place: nobody knows what is in it":       {inPlace, restoring, deploy.Parked},
		"in place: it does not answer":               {inPlace, "restore/check", deploy.Parked},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := play(t, restore(t, c.way))
			if w.r.Restore.InPlace {
				w.agreed()
			}
			w.reaches(c.at)
			w.conclude(c.at, deploy.Outcome{}, fault(deploy.Invalid))
			if w.r.State != c.want || !strings.Contains(w.r.Why, string(c.at)+": the outside said no") {
				t.Fatalf("%s: %s", w.r.State, w.r.Why)
			}
			if c.want == deploy.Failed {
				return
			}
			w.say(deploy.Signal{Kind: deploy.SignalResume, By: "U0BOB"})
			if a := w.decide(); a.Do != deploy.Act || a.Step != c.at {
				t.Fatalf("%v after the resume, want %s once more", a, c.at)
			}
			if w.until(""); w.r.State != deploy.Succeeded {
				t.Errorf("%s: %s", w.r.State, w.r.Why)
			}
		})
	}
}

// across is a rollback that leaves a change of the schema which the version it returns to may not work with.
func across(t *testing.T, change ...func(*deploy.Spec)) deploy.Release {
	t.Helper()
	a := asked(t, deploy.Rollback, change...)
	a.Baseline = deploy.Revision{Name: "coditect-app-r41-1", Version: "v1.2.3"}
	a.Across = []deploy.Crossing{{Release: "coditect-app-42", Class: deploy.Contract, Before: 13, After: 14}}
	r, err := deploy.NewRelease(a)
	if err != nil {
		t.Fatal(err)
	}
	r.ID, r.Number, r.Created, r.Since = "coditect-app-43", 43, start, start
	return r
}

func TestARollbackGoesByItselfUnlessItCrossesAChangeOfTheSchema(t *testing.T) {
	t.Parallel()
	a := asked(t, deploy.Rollback)
	a.Baseline = deploy.Revision{Name: "coditect-app-r41-1"}
	r, err := deploy.NewRelease(a)
	if err != nil || r.State != deploy.RollingBack || len(r.Steps) != 0 {
		t.Errorf("%v: %s with %+v", err, r.State, r.Steps)
	}
	if r := across(t); r.State != deploy.Running || len(r.Steps) != 1 || r.Touched() || len(r.Across) != 1 {
		t.Errorf("%s with %+v", r.State, r.Steps)
	}
}

// Both gates at which nobody decides alone.
func TestNobodyDoesItAlone(t *testing.T) {
	t.Parallel()
	mayApprove := func(s *deploy.Spec) { s.Policy.RequesterMayApprove = true }
	for name, c := range map[string]struct {
		release func(*testing.T) deploy.Release
		gate    deploy.StepName
		wants   string
		then    deploy.StepName
		state   deploy.State
	}{
		"a rollback across a change of the schema": {func(t *testing.T) deploy.Release { return across(t, mayApprove) }, "rollback/agree", "asks for the rollback", "rollback/traffic", deploy.RollingBack},
		"a restore in place":                       {func(t *testing.T) deploy.Release { return restore(t, inPlace, mayApprove) }, "restore/agree", "asks for the restore", "restore/backup", deploy.Running},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := play(t, c.release(t))
			a := w.until("")
			if w.r.State != deploy.Waiting || w.r.Current().Name != c.gate || a.Until.Sub(w.now) != time.Hour {
				t.Fatalf("%v in %s at %+v", a, w.r.State, w.r.Current())
			}
			if told := w.told(deploy.EntryAsked); !slices.Equal(told, []string{c.wants}) {
				t.Errorf("asked %q", told)
			}
			if entries := w.say(deploy.Signal{Kind: deploy.SignalPromote, By: "U0ALICE", Step: c.gate}); w.r.State != deploy.Waiting || !strings.Contains(entries[0].Text, "it takes two people: the requester's own approval does not count") {
				t.Fatalf("%s, wrote %+v", w.r.State, entries)
			}
			if entries := w.say(deploy.Signal{Kind: deploy.SignalPromote, By: "U0ALICE", Step: c.gate, Force: true, Reason: "now"}); w.r.State != deploy.Waiting {
				t.Fatalf("with force: %s, wrote %+v", w.r.State, entries)
			}
			w.say(deploy.Signal{Kind: deploy.SignalPromote, By: "U0BOB", Step: c.gate})
			if a := w.decide(); a.Do != deploy.Act || a.Step != c.then || w.r.State != c.state {
				t.Fatalf("%v in %s", a, w.r.State)
			}
			end := map[deploy.State]deploy.State{deploy.RollingBack: deploy.RolledBack, deploy.Running: deploy.Succeeded}[c.state]
			if w.until(""); w.r.State != end || c.state == deploy.RollingBack && (w.r.By != "U0ALICE" || w.r.Why != "rows are gone") {
				t.Errorf("%s by %s: %s", w.r.State, w.r.By, w.r.Why)
			}
		})
	}
}

func TestWhatNobodyAgreesToIsNotBegun(t *testing.T) {
	t.Parallel()
	for name, release := range map[string]func(*testing.T) deploy.Release{
		"a rollback across a change of the schema": func(t *testing.T) deploy.Release { return across(t) },
		"a restore in place":                       func(t *testing.T) deploy.Release { return restore(t, inPlace) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := play(t, release(t))
			w.now = w.until("").Until
			if w.decide(); w.r.State != deploy.Paused || !strings.Contains(w.r.Why, "nobody approved the r") {
				t.Fatalf("%s: %s", w.r.State, w.r.Why)
			}
			w.say(deploy.Signal{Kind: deploy.SignalResume, By: "U0BOB"})
			if w.until(""); w.r.State != deploy.Waiting || len(w.told(deploy.EntryAsked)) != 2 {
				t.Fatalf("%s after the resume", w.r.State)
			}
			w.say(deploy.Signal{Kind: deploy.SignalRollBack, By: "U0CAROL", Reason: "not like this"})
			if a := w.decide(); a.Do != deploy.End || w.r.State != deploy.Failed || w.r.By != "U0CAROL" || !strings.Contains(w.r.Why, "not like this") {
				t.Errorf("%v, %s by %s: %s", a, w.r.State, w.r.By, w.r.Why)
			}
			if slices.ContainsFunc(w.r.Back, func(s deploy.Step) bool { return s.Status != deploy.Pending }) {
				t.Errorf("something went back: %+v", w.r.Back)
			}
		})
	}
}

// The cloud goes on with a new instance that was asked for, which costs money: people hear of it.
func TestAStopDoesNotHideAnInstanceThatIsBeingMade(t *testing.T) {
	t.Parallel()
	for at, want := range map[deploy.StepName]string{
		"restore/look":  "stopped before anything was changed: no need",
		"restore/clone": "stopped; the new instance coditect-postgres-rollback-43 may be made all the same: delete it if nobody needs it: no need",
	} {
		w := play(t, restore(t, toClone)).reaches(at)
		w.say(deploy.Signal{Kind: deploy.SignalRollBack, By: "U0BOB", Reason: "no need"})
		if w.r.State != deploy.Failed || w.r.Why != want {
			t.Errorf("%s: %s: %s", at, w.r.State, w.r.Why)
		}
	}
}
