package deploy_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"slipway/internal/deploy"
)

func verdict(v deploy.Verdict, critical bool, why string) func(*world) (*deploy.Look, error) {
	return func(w *world) (*deploy.Look, error) { return seen(w, v, critical, why), nil }
}

func unanswered(*world) (*deploy.Look, error) {
	return nil, &deploy.Error{Code: deploy.Unavailable, Op: "read", Msg: "Cloud Monitoring did not answer"}
}

func automatic() func(*deploy.Spec) {
	return steps(deploy.TrafficStep{Percent: 10, Bake: 5 * time.Minute}, deploy.TrafficStep{Percent: 100})
}

func TestHealthyCanaryGoesTo100ByItself(t *testing.T) {
	t.Parallel()
	w := play(t, canary(t, automatic(), watched))
	if a := w.until(""); a.Do != deploy.End || w.r.State != deploy.Succeeded {
		t.Fatalf("%v in %s (%s), want success", a, w.r.State, w.r.Why)
	}
	// Two waits of their planned length, each followed by the lag of the metrics, to the precision of a look.
	if took := w.now.Sub(start); took < 26*time.Minute || took > 27*time.Minute {
		t.Errorf("took %s, want 5 and 15 min with 3 min of lag after each", took)
	}
	if w.looks < 60 {
		t.Errorf("%d looks in %s, want one each 15 s", w.looks, w.now.Sub(start))
	}
}

func TestBakeLastsUntilItsMetricsAreThere(t *testing.T) {
	t.Parallel()
	w := play(t, canary(t, automatic(), watched))
	w.until("traffic/100")
	for _, s := range w.r.Steps {
		if s.Name == "traffic/10/bake" && s.EndedAt.Before(s.Until.Add(3*time.Minute)) {
			t.Errorf("the bake ended %s after its time, when its last minutes could not be seen yet", s.EndedAt.Sub(s.Until))
		}
	}
}

func TestCriticalBreachGoesBackAtOnceWhateverIsWaitedFor(t *testing.T) {
	t.Parallel()
	const why = "error rate 3.8 % (157 of 4,118), limit 1 %"
	breach := verdict(deploy.Unhealthy, true, why)
	cases := map[string]struct {
		change []func(*deploy.Spec)
		before func(*testing.T, *world) // brings the release to what is waited for
	}{
		"while it bakes": {change: []func(*deploy.Spec){automatic()}, before: func(_ *testing.T, w *world) {
			w.until("traffic/10")
			w.conclude("traffic/10", deploy.Outcome{Facts: w.r.Facts}, nil)
		}},
		"while a person is asked": {before: func(t *testing.T, w *world) {
			w.until("")
			if w.r.State != deploy.Waiting {
				t.Fatalf("in %s, want waiting", w.r.State)
			}
		}},
		"while it is held": {before: func(_ *testing.T, w *world) { w.until(""); w.say(deploy.Signal{Kind: deploy.SignalPause, By: "U0BOB"}) }},
		"after 100 %": {change: []func(*deploy.Spec){automatic()}, before: func(t *testing.T, w *world) {
			w.until("validate/service")
			w.conclude("validate/service", deploy.Outcome{Facts: w.r.Facts}, nil)
			w.decide()
			if cur := w.r.Current(); cur.Kind != deploy.KindObserve || cur.Status != deploy.Started {
				t.Fatalf("at %+v, want observing", cur)
			}
		}},
		"while a step waits for the platform": {change: []func(*deploy.Spec){automatic()}, before: func(_ *testing.T, w *world) {
			w.until("traffic/100")
			w.conclude("traffic/100", deploy.Outcome{Facts: w.r.Facts, Again: time.Minute}, nil)
		}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := play(t, canary(t, append(c.change, watched)...))
			c.before(t, w)
			w.look = breach
			for range 100 {
				a := w.decide()
				if a.Do == deploy.See {
					w.see()
					break
				}
				w.now = a.Until
			}
			if w.r.State != deploy.RollingBack || w.r.By != deploy.Slipway || w.r.Why != why {
				t.Fatalf("%s by %s: %q, want rolling back by Slipway for what the judge said", w.r.State, w.r.By, w.r.Why)
			}
			if a := w.decide(); a.Do != deploy.Act || a.Step != "rollback/traffic" {
				t.Errorf("next is %+v, want the return of traffic before anything else", a)
			}
			if a := w.until(""); a.Do != deploy.End || w.r.State != deploy.RolledBack {
				t.Errorf("ended in %s", w.r.State)
			}
		})
	}
}

func TestPromotionByVerdict(t *testing.T) {
	t.Parallel()
	gate := deploy.StepName("traffic/100/gate")
	unsure := steps(deploy.TrafficStep{Percent: 10, Bake: 5 * time.Minute}, deploy.TrafficStep{Percent: 100, Unsure: true})
	always := steps(deploy.TrafficStep{Percent: 10, Bake: 5 * time.Minute}, deploy.TrafficStep{Percent: 100, Approve: true})
	yes := deploy.Signal{Kind: deploy.SignalPromote, By: "U0BOB", Step: gate}
	forced := deploy.Signal{Kind: deploy.SignalPromote, By: "U0BOB", Step: gate, Force: true, Reason: "known, harmless"}
	bare := forced
	bare.Reason = ""
	cases := map[string]struct {
		policy func(*deploy.Spec)
		look   func(*world) (*deploy.Look, error)
		say    []deploy.Signal
		want   deploy.State
		forced bool
	}{
		"automatic, and not enough to tell: it is held":                     {policy: automatic(), look: verdict(deploy.Inconclusive, false, "few"), want: deploy.Paused},
		"automatic, and no metrics: it is held":                             {policy: automatic(), look: unanswered, want: deploy.Paused},
		"automatic, and worse than stable: it is held":                      {policy: automatic(), look: verdict(deploy.Unhealthy, false, "worse"), want: deploy.Paused},
		"automatic and held: a plain approval does not count":               {policy: automatic(), look: verdict(deploy.Unhealthy, false, "worse"), say: []deploy.Signal{yes}, want: deploy.Paused},
		"automatic and held: forced with a reason it goes on":               {policy: automatic(), look: verdict(deploy.Unhealthy, false, "worse"), say: []deploy.Signal{forced}, want: deploy.Running, forced: true},
		"asks if unsure, and not enough to tell: people are asked":          {policy: unsure, look: verdict(deploy.Inconclusive, false, "few"), want: deploy.Waiting},
		"asks if unsure, and no metrics: people are asked":                  {policy: unsure, look: unanswered, want: deploy.Waiting},
		"asks if unsure, asked: an approval counts":                         {policy: unsure, look: verdict(deploy.Inconclusive, false, "few"), say: []deploy.Signal{yes}, want: deploy.Running},
		"asks if unsure, and worse than stable: it is held":                 {policy: unsure, look: verdict(deploy.Unhealthy, false, "worse"), want: deploy.Paused},
		"always asks: an approval counts while it is inconclusive":          {policy: always, look: verdict(deploy.Inconclusive, false, "few"), say: []deploy.Signal{yes}, want: deploy.Running},
		"always asks: an approval against the verdict does not count":       {policy: always, look: verdict(deploy.Unhealthy, false, "worse"), say: []deploy.Signal{yes}, want: deploy.Waiting},
		"always asks: force without a reason does not count":                {policy: always, look: verdict(deploy.Unhealthy, false, "worse"), say: []deploy.Signal{bare}, want: deploy.Waiting},
		"always asks: forced with a reason it goes on":                      {policy: always, look: verdict(deploy.Unhealthy, false, "worse"), say: []deploy.Signal{forced}, want: deploy.Running, forced: true},
		"force is not recorded as such where the verdict is not against it": {policy: always, look: verdict(deploy.Healthy, false, "fine"), say: []deploy.Signal{forced}, want: deploy.Running},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := play(t, canary(t, c.policy, watched))
			w.look = c.look
			if a := w.until("traffic/100"); a.Do == deploy.Act {
				t.Fatal("went on to 100 % without anybody")
			}
			for _, s := range c.say {
				w.say(s)
			}
			if w.r.State != c.want || w.r.Forced() != c.forced {
				t.Errorf("%s (%s), forced %v; want %s, %v", w.r.State, w.r.Why, w.r.Forced(), c.want, c.forced)
			}
			if w.r.State == deploy.Running {
				w.look = nil
				if a := w.until("traffic/100"); a.Do != deploy.Act {
					t.Errorf("does not go on: %+v in %s", a, w.r.State)
				}
			}
			if approved := slices.ContainsFunc(w.journal, func(e deploy.Entry) bool {
				return e.Kind == deploy.EntryApproved && strings.Contains(e.Text, "against the verdict")
			}); approved != c.forced {
				t.Errorf("journal says that it was forced: %v", approved)
			}
		})
	}
}

func TestAnAskedGateLetsAHealthyVersionThrough(t *testing.T) {
	t.Parallel()
	w := play(t, canary(t, steps(deploy.TrafficStep{Percent: 10, Bake: 5 * time.Minute}, deploy.TrafficStep{Percent: 100, Unsure: true}), watched))
	w.look = verdict(deploy.Inconclusive, false, "few")
	w.until("traffic/100")
	if w.r.State != deploy.Waiting {
		t.Fatalf("in %s, want people to be asked", w.r.State)
	}
	w.look = nil
	for range 3 {
		if a := w.decide(); a.Do == deploy.See {
			w.see()
		} else if a.Do == deploy.Act && a.Step == "traffic/100" {
			return
		} else {
			w.now = a.Until
		}
	}
	t.Errorf("in %s: nothing let it through", w.r.State)
}

func TestResumeWaitsForANewVerdict(t *testing.T) {
	t.Parallel()
	w := play(t, canary(t, automatic(), watched))
	w.look = verdict(deploy.Inconclusive, false, "few")
	w.until("traffic/100")
	w.look = nil
	w.say(deploy.Signal{Kind: deploy.SignalResume, By: "U0BOB"})
	if a := w.until("traffic/100"); a.Do != deploy.Act {
		t.Errorf("%+v in %s (%s), want it to go on now that it is healthy", a, w.r.State, w.r.Why)
	}
}

func TestOneLookWithoutAnAnswerIsNoNews(t *testing.T) {
	t.Parallel()
	w := play(t, canary(t, automatic(), watched))
	n := 0
	w.look = func(w *world) (*deploy.Look, error) {
		if n++; n%4 != 0 { // three in a row, and then one that is answered
			return unanswered(w)
		}
		return healthy(w), nil
	}
	if a := w.until(""); a.Do != deploy.End || w.r.State != deploy.Succeeded {
		t.Fatalf("%+v in %s (%s), want success", a, w.r.State, w.r.Why)
	}
	for _, e := range w.journal {
		if e.Kind == deploy.EntryVerdict && strings.HasPrefix(e.Text, string(deploy.Unknown)) {
			t.Errorf("told people of an error: %s", e.Text)
		}
	}
}

func TestNothingIsWatchedBeforeTrafficAndOnTheWayBack(t *testing.T) {
	t.Parallel()
	w := play(t, canary(t, watched))
	w.until("traffic/10")
	if w.looks > 0 {
		t.Errorf("%d looks before any traffic", w.looks)
	}
	w.say(deploy.Signal{Kind: deploy.SignalRollBack, By: "U0BOB"})
	w.until("")
	if w.looks > 0 {
		t.Errorf("%d looks on the way back", w.looks)
	}
	before := w.r
	after, entries := deploy.Saw(w.r, seen(w, deploy.Unhealthy, true, "late"), nil, w.now)
	if after.State != before.State || len(entries) > 0 {
		t.Errorf("a look that came after the end made it %s with %v", after.State, entries)
	}
}

func TestDelayKeepsTheFirstLookBack(t *testing.T) {
	t.Parallel()
	w := play(t, canary(t, watched, func(s *deploy.Spec) { s.Metrics.Delay = 2 * time.Minute }))
	w.until("traffic/10")
	w.conclude("traffic/10", deploy.Outcome{Facts: w.r.Facts}, nil)
	if want := w.now.Add(2*time.Minute + 3*time.Minute + 15*time.Second); !w.r.Watch.Next.Equal(want) {
		t.Errorf("first look at %s, want %s: delay, lag and one interval after the traffic", w.r.Watch.Next, want)
	}
}

func TestPointsAreBounded(t *testing.T) {
	t.Parallel()
	w := play(t, canary(t, watched, func(s *deploy.Spec) { s.Policy.ApprovalExpires = 24 * time.Hour }))
	w.until("")
	for range 500 {
		if a := w.decide(); a.Do == deploy.See {
			w.see()
		} else {
			w.now = a.Until
		}
	}
	if n := len(w.r.Watch.Points); n != 60 || !w.r.Watch.Points[59].At.Equal(w.r.Watch.Through) {
		t.Errorf("%d points, want the last 60", n)
	}
}
