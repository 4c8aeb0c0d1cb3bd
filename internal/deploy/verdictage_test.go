package deploy_test

import (
	"strings"
	"testing"
	"time"

	"slipway/internal/deploy"
)

// baking brings a release that goes on by itself to where its candidate has its first share.
func baking(t *testing.T, change ...func(*deploy.Spec)) *world {
	t.Helper()
	w := play(t, canary(t, append([]func(*deploy.Spec){automatic(), watched}, change...)...))
	w.until("traffic/10")
	w.conclude("traffic/10", deploy.Outcome{Facts: w.r.Facts}, nil)
	return w
}

// pass lets time pass, with all the looks that are due, until a moment.
func (w *world) pass(until time.Time) {
	w.t.Helper()
	for w.now.Before(until) {
		switch a := w.decide(); {
		case a.Do == deploy.See:
			w.see()
		case a.Do == deploy.Wait && a.Until.Before(until):
			w.now = a.Until
		default:
			w.now = until
		}
	}
}

func TestWhatWasHealthyBeforeNobodyCouldLookIsLookedAtFirst(t *testing.T) {
	t.Parallel()
	cases := map[string]time.Duration{ // after the share, the last look before every replica was away for an hour
		"while it baked":                   4 * time.Minute,
		"while the bake waited to be seen": 7 * time.Minute,
	}
	for name, last := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := baking(t)
			w.pass(w.now.Add(last))
			if w.r.Watch.Last.Verdict != deploy.Healthy {
				t.Fatalf("%s before, want healthy", w.r.Watch.Last.Verdict)
			}
			w.now = w.now.Add(time.Hour)
			w.look = verdict(deploy.Unhealthy, true, "all requests fail")
			if a := w.decide(); a.Do != deploy.See {
				t.Fatalf("%+v at %+v: goes on by what was seen an hour ago", a, w.r.Current())
			}
			w.see()
			if w.r.State != deploy.RollingBack {
				t.Errorf("in %s, want it taken back", w.r.State)
			}
		})
	}
}

func TestAnObservationIsNotOverBeforeALookThatWasDueMeanwhile(t *testing.T) {
	t.Parallel()
	w := play(t, canary(t, automatic(), watched))
	w.until("validate/service")
	w.conclude("validate/service", deploy.Outcome{Facts: w.r.Facts}, nil)
	w.pass(w.now.Add(5 * time.Minute))
	w.now = w.now.Add(time.Hour)
	if a := w.decide(); a.Do != deploy.See || w.r.Current().Kind != deploy.KindObserve {
		t.Errorf("%+v at %+v, want a look first", a, w.r.Current())
	}
}

func TestHealthyWithoutAnAnswerSinceIsNotHealthy(t *testing.T) {
	t.Parallel()
	w := baking(t, func(s *deploy.Spec) { s.Metrics.Errors = 10 })
	w.pass(w.now.Add(8*time.Minute - time.Second)) // the next look sees the bake to its end
	w.look = func(w *world) (*deploy.Look, error) {
		if w.looks%3 == 0 { // and its answer is old
			look := healthy(w)
			look.Through = look.Through.Add(-10 * time.Minute)
			return look, nil
		}
		return unanswered(w)
	}
	if a := w.until("traffic/100"); a.Do == deploy.Act {
		t.Errorf("goes on, %d looks without an answer, seen to %s", w.r.Watch.Errors, w.r.Watch.Through)
	}
}

func TestWithoutABakeTheShareIsSeenForAWholeWindow(t *testing.T) {
	t.Parallel()
	w := play(t, canary(t, watched, steps(deploy.TrafficStep{Percent: 10}, deploy.TrafficStep{Percent: 50}, deploy.TrafficStep{Percent: 100})))
	for _, next := range []deploy.StepName{"traffic/50", "traffic/100"} {
		if a := w.until(next); a.Do != deploy.Act {
			t.Fatalf("%+v in %s (%s)", a, w.r.State, w.r.Why)
		}
		if seen := w.r.Watch.Through.Sub(w.r.Watch.Shifted); seen < 5*time.Minute {
			t.Errorf("%s begins when the share before it has been seen for %s, want the window of 5 min", next, seen)
		}
		w.conclude(next, deploy.Outcome{Facts: w.r.Facts}, nil)
	}
}

func TestNobodyIsBotheredBeforeAnythingCounts(t *testing.T) {
	t.Parallel()
	for name, bake := range map[string]time.Duration{"short bake": 30 * time.Second, "no bake": 0} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := play(t, canary(t, watched, steps(deploy.TrafficStep{Percent: 10, Bake: bake}, deploy.TrafficStep{Percent: 100}),
				func(s *deploy.Spec) { s.Metrics.Delay = 20 * time.Minute }))
			if a := w.until("traffic/100"); a.Do != deploy.Act {
				t.Errorf("%+v in %s: %s; want to wait for the first look", a, w.r.State, w.r.Why)
			}
			for _, s := range w.r.Steps {
				if strings.Contains(s.Note, "not seen to its end") {
					t.Errorf("%s: %s", s.Name, s.Note)
				}
			}
		})
	}
}

func TestUnsureLooksOfTheShareBeforeDoNotCount(t *testing.T) {
	t.Parallel()
	w := baking(t)
	w.look = verdict(deploy.Inconclusive, false, "few")
	w.until("traffic/100")
	w.say(deploy.Signal{Kind: deploy.SignalPromote, By: "U0BOB", Force: true, Reason: "few users at night"})
	w.until("traffic/100")
	w.conclude("traffic/100", deploy.Outcome{Facts: w.r.Facts}, nil)
	if n := w.r.Watch.Unsure; n != 0 {
		t.Errorf("%d looks that could not tell, at a share that was never looked at", n)
	}
}

func TestWhatEndsUnhealthyIsHeldForAPerson(t *testing.T) {
	t.Parallel()
	w := play(t, canary(t, automatic(), watched))
	w.until("validate/service")
	w.look = verdict(deploy.Unhealthy, false, "memory 97 % on average over 5 min, limit 95 %")
	if a := w.until(""); a.Do == deploy.End {
		t.Fatalf("ended in %s though it is to be held", w.r.State)
	}
	if w.r.State != deploy.Paused || w.r.Current().Kind != deploy.KindRetire {
		t.Fatalf("%s at %+v, want held with the way back still warm", w.r.State, w.r.Current())
	}
	w.say(deploy.Signal{Kind: deploy.SignalResume, By: "U0BOB"})
	if a := w.until(""); a.Do != deploy.End || w.r.State != deploy.Succeeded {
		t.Errorf("%+v in %s after somebody decided to keep it", a, w.r.State)
	}
}

func TestResumeGoesByNoOldVerdict(t *testing.T) {
	t.Parallel()
	cases := map[string]func(*world){
		"nobody could look since": func(w *world) { w.now = w.now.Add(time.Hour) },
		"the last look had no answer": func(w *world) {
			w.look = unanswered
			for looks := w.looks; w.looks == looks; {
				w.pass(w.now.Add(time.Second))
			}
		},
	}
	for name, meanwhile := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := baking(t)
			w.decide()
			w.say(deploy.Signal{Kind: deploy.SignalPause, By: "U0BOB"})
			w.pass(w.now.Add(20 * time.Minute))
			if w.r.Current().Kind != deploy.KindGate || w.r.Watch.Last.Verdict != deploy.Healthy {
				t.Fatalf("%s at %+v, want held before the gate", w.r.Watch.Last.Verdict, w.r.Current())
			}
			meanwhile(w)
			w.say(deploy.Signal{Kind: deploy.SignalResume, By: "U0BOB"})
			if a := w.decide(); a.Do == deploy.Act {
				t.Errorf("%+v: goes on by what was seen before", a)
			}
			w.look = nil
			if a := w.until("traffic/100"); a.Do != deploy.Act {
				t.Errorf("%+v in %s (%s), want it to go on once it was seen", a, w.r.State, w.r.Why)
			}
		})
	}
}

func TestUnhealthyWithoutMetricsSinceIsStillAgainstAPromotion(t *testing.T) {
	t.Parallel()
	w := play(t, canary(t, watched, steps(deploy.TrafficStep{Percent: 10, Bake: 5 * time.Minute}, deploy.TrafficStep{Percent: 100, Approve: true})))
	w.look = func(w *world) (*deploy.Look, error) {
		look := seen(w, deploy.Unhealthy, false, "memory 97 %, limit 95 %")
		look.Judgement.Findings = []deploy.Finding{{Metric: deploy.Memory, Verdict: deploy.Unhealthy}}
		return look, nil
	}
	w.until("traffic/100")
	w.look = unanswered
	for w.r.Watch.Last.Verdict != deploy.Unknown {
		w.pass(w.now.Add(15 * time.Second))
		if why := w.r.Against(); !strings.HasPrefix(why, "unhealthy") {
			t.Fatalf("after %d looks without an answer: against it is %q", w.r.Watch.Errors, why)
		}
	}
	if w.say(deploy.Signal{Kind: deploy.SignalPromote, By: "U0BOB"}); w.r.State != deploy.Waiting {
		t.Errorf("%s: a plain approval counted", w.r.State)
	}
	if w.say(deploy.Signal{Kind: deploy.SignalPromote, By: "U0BOB", Force: true, Reason: "a leak that is known"}); w.r.State != deploy.Running || !w.r.Forced() {
		t.Errorf("%s, forced %v, want it to go on", w.r.State, w.r.Forced())
	}
}
