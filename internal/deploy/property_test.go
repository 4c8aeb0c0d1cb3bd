package deploy_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"slipway/internal/deploy"
)

// TestPromisesHoldUnderAnyOrderOfEvents throws outcomes, errors, signals and time at a release in any order.
func TestPromisesHoldUnderAnyOrderOfEvents(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		r := canary(t)
		now := start
		for range rapid.IntRange(1, 120).Draw(rt, "events") {
			before := r.Clone()
			r = step(rt, r, &now)
			checkPromises(rt, before, r)
		}
		checkWayBack(rt, r, now)
	})
}

func step(rt *rapid.T, r deploy.Release, now *time.Time) deploy.Release {
	switch rapid.SampledFrom([]string{"look", "good", "bad", "say", "time"}).Draw(rt, "event") {
	case "say":
		s := deploy.Signal{
			Kind: rapid.SampledFrom([]deploy.SignalKind{deploy.SignalPromote, deploy.SignalPromote, deploy.SignalPause, deploy.SignalResume, deploy.SignalRollBack}).Draw(rt, "signal"),
			By:   rapid.SampledFrom([]deploy.UserID{"U0ALICE", "U0BOB", "U0CAROL"}).Draw(rt, "by"),
			Step: rapid.SampledFrom([]deploy.StepName{"", "traffic/50/gate", "traffic/100/gate"}).Draw(rt, "step"),
		}
		r, _ = deploy.Apply(r, s, *now)
	case "time":
		*now = now.Add(time.Duration(rapid.IntRange(0, 7200).Draw(rt, "seconds")) * time.Second)
	default:
		good := rapid.IntRange(0, 3).Draw(rt, "luck") > 0
		var a deploy.Action
		r, _, a = deploy.Decide(r, *now)
		if a.Do != deploy.Act {
			return r
		}
		out, err := deploy.Outcome{Facts: r.Facts}, error(nil)
		if !good {
			code := rapid.SampledFrom([]deploy.Code{deploy.Unavailable, deploy.Invalid, deploy.Internal, deploy.Conflict}).Draw(rt, "code")
			err = &deploy.Error{Code: code, Msg: "no"}
		}
		r, _ = deploy.Conclude(r, a.Step, out, err, *now)
	}
	return r
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
			if g := after.Steps[i-1]; g.Kind == deploy.KindGate && (g.Status != deploy.Done || !approvedByOther(g)) {
				rt.Fatalf("%s ran without its gate: %+v", s.Name, g)
			}
		}
		if i > 0 && s.Status != deploy.Pending && after.Steps[i-1].Status == deploy.Pending {
			rt.Fatalf("%s ran before %s", s.Name, after.Steps[i-1].Name)
		}
	}
	if open > 1 {
		rt.Fatalf("%d steps in progress at once", open)
	}
	if after.State == deploy.Succeeded && after.Facts.MaxShare != 100 {
		rt.Fatalf("succeeded at %d %%", after.Facts.MaxShare)
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
	r, _ = deploy.Apply(r, deploy.Signal{Kind: deploy.SignalRollBack, By: "U0BOB"}, now)
	for range 20 {
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
			r, _ = deploy.Conclude(r, a.Step, deploy.Outcome{Facts: r.Facts}, nil, now)
		}
	}
	rt.Fatalf("a roll back in %s never ends", was)
}
