package deploy_test

import (
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"slipway/internal/deploy"
)

// TestPromisesHoldUnderAnyOrderOfEvents throws outcomes, errors, signals and time at a release in any order.
func TestPromisesHoldUnderAnyOrderOfEvents(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		r := anyCanary(t, rt)
		now := start
		var o outside
		for range rapid.IntRange(1, 120).Draw(rt, "events") {
			before := r.Clone()
			var entries []deploy.Entry
			r, entries = step(rt, r, &now, &o)
			checkPromises(rt, before, r)
			checkAgreed(rt, before, r, &o)
			checkKept(rt, before, r)
			checkJournal(rt, before, r, entries)
			checkSettled(rt, r, now)
		}
		checkWayBack(rt, r, now)
	})
}

// anyCanary is watched or not, and asks people before each share, if unsure, or never; it may have a checklist, a plan to
// be approved, load to bear, and a database.
func anyCanary(t *testing.T, rt *rapid.T) deploy.Release {
	r := canary(t, func(s *deploy.Spec) {
		if rapid.Bool().Draw(rt, "watched") {
			watched(s)
		}
		if rapid.Bool().Draw(rt, "listed") {
			listed(s)
		}
		if rapid.Bool().Draw(rt, "planned") {
			planned(s)
			s.Policy.Approvals = rapid.IntRange(1, 2).Draw(rt, "approvals")
		}
		if rapid.Bool().Draw(rt, "borne") {
			borne(s)
		}
		if rapid.Bool().Draw(rt, "kept") {
			anyDatabase(rt, s)
		}
		if rapid.Bool().Draw(rt, "parted") {
			parted(s)
		}
		for i := range s.Strategy.Steps {
			ask := rapid.SampledFrom([]string{"always", "unsure", "nobody"}).Draw(rt, "ask")
			s.Strategy.Steps[i].Approve, s.Strategy.Steps[i].Unsure = ask == "always", ask == "unsure"
		}
	})
	return r
}

// anyLook is what a look may come to, in any order.
func anyLook(rt *rapid.T, r deploy.Release, now time.Time) (*deploy.Look, error) {
	if rapid.IntRange(0, 4).Draw(rt, "answered") == 0 {
		return nil, &deploy.Error{Code: deploy.Unavailable, Msg: "no"}
	}
	v := rapid.SampledFrom([]deploy.Verdict{deploy.Healthy, deploy.Healthy, deploy.Healthy, deploy.Inconclusive, deploy.Unhealthy, deploy.Unknown}).Draw(rt, "verdict")
	critical := v == deploy.Unhealthy && rapid.Bool().Draw(rt, "critical")
	return &deploy.Look{Through: now.Add(-r.Spec.Metrics.Lag), Judgement: deploy.Judgement{Verdict: v, Critical: critical, Why: "so"}}, nil
}

func step(rt *rapid.T, r deploy.Release, now *time.Time, o *outside) (deploy.Release, []deploy.Entry) {
	var entries []deploy.Entry
	switch rapid.SampledFrom([]string{"look", "good", "bad", "say", "time"}).Draw(rt, "event") {
	case "say":
		r, entries = deploy.Apply(r, anySignal(rt, r, o), *now)
	case "time":
		*now = now.Add(time.Duration(rapid.IntRange(0, 7200).Draw(rt, "seconds")) * time.Second)
	default:
		lucky := rapid.IntRange(0, 3).Draw(rt, "luck") > 0
		var a deploy.Action
		r, entries, a = deploy.Decide(r, *now)
		if a.Do == deploy.See {
			look, err := anyLook(rt, r, *now)
			var more []deploy.Entry
			r, more = deploy.Conclude(r, a.Step, deploy.Outcome{Look: look}, err, *now)
			return r, append(entries, more...)
		}
		if a.Do != deploy.Act {
			return r, entries
		}
		out, err := o.act(rt, r), error(nil)
		if !lucky {
			code := rapid.SampledFrom(o.codes()).Draw(rt, "code")
			err = &deploy.Error{Code: code, Msg: "no"}
		}
		var more []deploy.Entry
		r, more = deploy.Conclude(r, a.Step, out, err, *now)
		entries = append(entries, more...)
	}
	return r, entries
}

// checkJournal: nobody can be surprised by where a release or a step stands; the journal said so when it got there.
func checkJournal(rt *rapid.T, before, after deploy.Release, entries []deploy.Entry) {
	told := func(is func(deploy.Entry) bool) bool { return slices.ContainsFunc(entries, is) }
	if after.State != before.State && after.State != deploy.Waiting && before.State != deploy.Waiting &&
		!told(func(e deploy.Entry) bool { return e.State == after.State }) {
		rt.Fatalf("%s became %s, and the journal has only %+v", before.State, after.State, entries)
	}
	was, is := slices.Concat(before.Steps, before.Back), slices.Concat(after.Steps, after.Back)
	for i, s := range is {
		if was[i].Status == deploy.Pending && s.Status == deploy.Started && !told(func(e deploy.Entry) bool {
			return e.Step == s.Name && (e.Kind == deploy.EntryIntent || e.Kind == deploy.EntryAsked)
		}) {
			rt.Fatalf("%s began without an intent: %+v", s.Name, entries)
		}
	}
}

// checkSettled: to decide a second time changes nothing, so a crash between deciding and acting costs nothing, and a
// release that has ended only listens.
func checkSettled(rt *rapid.T, r deploy.Release, now time.Time) {
	once, _, action := deploy.Decide(r, now)
	twice, entries, same := deploy.Decide(once, now)
	if len(entries) > 0 || action != same || !reflect.DeepEqual(once, twice) {
		rt.Fatalf("decided twice: %+v, then %+v with %+v", action, same, entries)
	}
	if !r.State.Terminal() {
		return
	}
	for _, kind := range []deploy.SignalKind{deploy.SignalPromote, deploy.SignalPause, deploy.SignalResume, deploy.SignalRollBack,
		deploy.SignalWaive, deploy.SignalAttested, "of a newer version"} {
		after, heard := deploy.Apply(r, deploy.Signal{Kind: kind, By: "U0BOB"}, now)
		if !reflect.DeepEqual(after, r.Clone()) || len(heard) != 1 || heard[0].Kind != deploy.EntrySignal {
			rt.Fatalf("%s after the end: %+v", kind, heard)
		}
	}
}

func checkPromises(rt *rapid.T, before, after deploy.Release) {
	if before.State.Terminal() && after.State != before.State {
		rt.Fatalf("left the terminal state %s for %s", before.State, after.State)
	}
	open := 0
	for i, s := range after.Steps {
		if s.Status == deploy.Started {
			open++
		}
		if s.Kind == deploy.KindShift && s.Status != deploy.Pending && i > 0 {
			if g := after.Steps[i-1]; g.Kind == deploy.KindGate && (g.Status != deploy.Done || !approvedByOther(g) && (g.Ask == deploy.AskAlways || after.Spec.Metrics == nil)) {
				rt.Fatalf("%s ran without its gate: %+v", s.Name, g)
			}
		}
		if i > 0 && s.Status != deploy.Pending && !leftOut(s) && after.Steps[i-1].Status == deploy.Pending {
			rt.Fatalf("%s ran before %s", s.Name, after.Steps[i-1].Name)
		}
	}
	if open > 1 {
		rt.Fatalf("%d steps in progress at once", open)
	}
	back := after.State == deploy.RolledBack || after.State == deploy.Failed && after.Touched()
	for _, s := range after.Back {
		if back && s.Kind == deploy.KindReturn && s.Status != deploy.Done {
			rt.Fatalf("%s, and the traffic of part %q is %s", after.State, s.Part, s.Status)
		}
	}
	for _, part := range after.Spec.PartNames() {
		if most := after.Of(part).Facts.MaxShare; after.State == deploy.Succeeded && most != 100 {
			rt.Fatalf("succeeded with part %q at %d %%", part, most)
		}
	}
}

func approvedByOther(g deploy.Step) bool {
	for _, a := range g.Approvals {
		if a.By != "U0ALICE" {
			return true
		}
	}
	return false
}

// checkWayBack: from any state that is not terminal, a roll back and a working outside end the release.
func checkWayBack(rt *rapid.T, r deploy.Release, now time.Time) {
	was := r.State
	if r.State == deploy.RolledBack && r.Kind == deploy.Deploy {
		if lock, bar, ok := r.Leaves(); !ok || lock.Release != r.ID || bar.Version != r.Version {
			rt.Fatalf("rolled back, and it leaves %+v and %+v", lock, bar)
		}
	}
	r, _ = deploy.Apply(r, deploy.Signal{Kind: deploy.SignalRollBack, By: "U0BOB"}, now)
	for range 40 {
		var a deploy.Action
		r, _, a = deploy.Decide(r, now)
		switch a.Do {
		case deploy.End:
			if r.State == deploy.Succeeded && was != deploy.Succeeded {
				rt.Fatalf("a roll back in %s ended in success", was)
			}
			return
		case deploy.Wait:
			if a.Until.IsZero() {
				rt.Fatalf("a roll back in %s ends in %s, waiting for ever", was, r.State)
			}
			now = a.Until
		case deploy.Act:
			r, _ = deploy.Conclude(r, a.Step, good(r), nil, now)
		case deploy.See:
			rt.Fatalf("a roll back in %s makes a look instead of going back", was)
		}
	}
	rt.Fatalf("a roll back in %s never ends", was)
}

func stepNamed(r deploy.Release, name deploy.StepName) deploy.Step {
	for _, s := range r.Steps {
		if s.Name == name {
			return s
		}
	}
	return deploy.Step{}
}
