package deploy_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"slipway/internal/deploy"
)

func TestCanaryGoesThroughItsPlanInOrder(t *testing.T) {
	t.Parallel()
	w := play(t, canary(t))
	w.until("")
	if w.r.State != deploy.Waiting || w.now.Sub(start) != 5*time.Minute {
		t.Fatalf("after %s: %s, want waiting at the gate of 50 %% after the bake of 5 min", w.now.Sub(start), w.r.State)
	}
	w.say(deploy.Signal{Kind: deploy.SignalPromote, By: "U0BOB", Step: "traffic/50/gate"})
	w.until("")
	w.say(deploy.Signal{Kind: deploy.SignalPromote, By: "U0BOB", Step: "traffic/100/gate"})
	if a := w.until(""); a.Do != deploy.End {
		t.Fatalf("action %v, want the end", a)
	}
	want := []deploy.StepName{"preflight/service", "preflight/image", "preflight/plan", "deploy/revision", "health/checks",
		"traffic/10", "traffic/50", "traffic/100", "validate/service", "traffic/retire"}
	if d := cmp.Diff(want, w.acts); d != "" {
		t.Errorf("acts (-want +got):\n%s", d)
	}
	if w.r.State != deploy.Succeeded || w.r.Facts.MaxShare != 100 || w.r.Ended.IsZero() {
		t.Errorf("ended as %s at %d %%, %v", w.r.State, w.r.Facts.MaxShare, w.r.Ended)
	}
}

func TestIntentIsRecordedBeforeEachAct(t *testing.T) {
	t.Parallel()
	w := play(t, canary(t))
	a := w.until("traffic/10")
	last := w.journal[len(w.journal)-1]
	if a.Do != deploy.Act || last.Kind != deploy.EntryIntent || last.Step != "traffic/10" {
		t.Fatalf("%v after entry %+v, want the intent of traffic/10", a, last)
	}
	if w.r.Facts.MaxShare != 10 {
		t.Errorf("max share %d, want 10 from the intent on: the effect may have happened", w.r.Facts.MaxShare)
	}
}

func TestDecideTwiceChangesNothing(t *testing.T) {
	t.Parallel()
	w := play(t, canary(t))
	first := w.until("traffic/10")
	again, entries, second := deploy.Decide(w.r, w.now)
	if len(entries) != 0 || first != second {
		t.Errorf("second look: %v with entries %v, want %v and none", second, entries, first)
	}
	if d := cmp.Diff(w.r, again); d != "" {
		t.Errorf("release changed:\n%s", d)
	}
}

func TestGate(t *testing.T) {
	t.Parallel()
	gate := deploy.StepName("traffic/50/gate")
	cases := map[string]struct {
		change func(*deploy.Spec)
		say    []deploy.Signal
		want   deploy.State
	}{
		"one approval by another person opens it":     {say: []deploy.Signal{{Kind: deploy.SignalPromote, By: "U0BOB", Step: gate}}, want: deploy.Running},
		"the requester's own approval does not count": {say: []deploy.Signal{{Kind: deploy.SignalPromote, By: "U0ALICE", Step: gate}}, want: deploy.Waiting},
		"unless the catalog lets the requester":       {change: func(s *deploy.Spec) { s.Policy.RequesterMayApprove = true }, say: []deploy.Signal{{Kind: deploy.SignalPromote, By: "U0ALICE", Step: gate}}, want: deploy.Running},
		"a click on an older gate does not count":     {say: []deploy.Signal{{Kind: deploy.SignalPromote, By: "U0BOB", Step: "traffic/10/gate"}}, want: deploy.Waiting},
		"two are needed and one came":                 {change: func(s *deploy.Spec) { s.Policy.Approvals = 2 }, say: []deploy.Signal{{Kind: deploy.SignalPromote, By: "U0BOB", Step: gate}}, want: deploy.Waiting},
		"the same person twice is one":                {change: func(s *deploy.Spec) { s.Policy.Approvals = 2 }, say: []deploy.Signal{{Kind: deploy.SignalPromote, By: "U0BOB", Step: gate}, {Kind: deploy.SignalPromote, By: "U0BOB", Step: gate}}, want: deploy.Waiting},
		"two people are two":                          {change: func(s *deploy.Spec) { s.Policy.Approvals = 2 }, say: []deploy.Signal{{Kind: deploy.SignalPromote, By: "U0BOB", Step: gate}, {Kind: deploy.SignalPromote, By: "U0CAROL", Step: gate}}, want: deploy.Running},
		"hold closes it":                              {say: []deploy.Signal{{Kind: deploy.SignalPause, By: "U0BOB"}}, want: deploy.Paused},
		"an approval after hold does not count":       {say: []deploy.Signal{{Kind: deploy.SignalPause, By: "U0BOB"}, {Kind: deploy.SignalPromote, By: "U0BOB", Step: gate}}, want: deploy.Paused},
		"roll back wins over it":                      {say: []deploy.Signal{{Kind: deploy.SignalRollBack, By: "U0BOB"}, {Kind: deploy.SignalPromote, By: "U0BOB", Step: gate}}, want: deploy.RollingBack},
		"an unknown signal is journalled, not obeyed": {say: []deploy.Signal{{Kind: "dance", By: "U0BOB"}}, want: deploy.Waiting},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var change []func(*deploy.Spec)
			if c.change != nil {
				change = append(change, c.change)
			}
			w := play(t, canary(t, change...))
			w.until("")
			for _, s := range c.say {
				if entries := w.say(s); len(entries) == 0 {
					t.Errorf("%s left no entry", s.Kind)
				}
			}
			if w.r.State != c.want {
				t.Errorf("state %s, want %s", w.r.State, c.want)
			}
		})
	}
}

func TestExpiredGatePausesAndAsksAgainOnResume(t *testing.T) {
	t.Parallel()
	w := play(t, canary(t))
	a := w.until("")
	w.now = a.Until
	if a := w.decide(); a.Do != deploy.Wait || w.r.State != deploy.Paused {
		t.Fatalf("%v in %s, want a wait in paused", a, w.r.State)
	}
	w.say(deploy.Signal{Kind: deploy.SignalResume, By: "U0BOB"})
	w.until("")
	asked := 0
	for _, e := range w.journal {
		if e.Kind == deploy.EntryAsked && e.Step == "traffic/50/gate" {
			asked++
		}
	}
	if w.r.State != deploy.Waiting || asked != 2 {
		t.Errorf("%s, asked %d times; want waiting, asked twice", w.r.State, asked)
	}
}

func TestPauseDuringBakeLetsTheBakeEndAndGoesNoFurther(t *testing.T) {
	t.Parallel()
	w := play(t, canary(t))
	w.until("traffic/10")
	w.conclude("traffic/10", deploy.Outcome{Facts: w.r.Facts}, nil)
	w.decide()
	w.say(deploy.Signal{Kind: deploy.SignalPause, By: "U0BOB"})
	if a := w.until(""); a.Do != deploy.Wait || !a.Until.IsZero() || w.r.State != deploy.Paused {
		t.Fatalf("%v in %s, want a wait without end in paused", a, w.r.State)
	}
	w.say(deploy.Signal{Kind: deploy.SignalResume, By: "U0BOB"})
	w.until("")
	if w.r.State != deploy.Waiting {
		t.Errorf("%s after resume, want the gate of 50 %%", w.r.State)
	}
}
