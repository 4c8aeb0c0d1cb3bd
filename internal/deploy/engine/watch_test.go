package engine_test

import (
	"context"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"slipway/internal/deploy"
)

// watched has the release looked at all the time once it has traffic.
func watched(s *deploy.Spec) {
	s.Strategy = deploy.Strategy{Kind: deploy.Canary, Steps: []deploy.TrafficStep{{Percent: 10}, {Percent: 100, Approve: true}}}
	s.Metrics = &deploy.MetricsSpec{Source: deploy.CloudMonitoring, Every: 5 * time.Millisecond, Errors: 2, Unsure: 2,
		Objectives: []deploy.Objective{{Metric: deploy.ErrorRate, Critical: 0.01, Window: time.Minute}}}
}

func seen(v deploy.Verdict, s deploy.Step) deploy.Outcome {
	return deploy.Outcome{Look: &deploy.Look{Through: s.Begun, Judgement: deploy.Judgement{Verdict: v, Critical: v == deploy.Unhealthy, Why: "as measured"}}}
}

func TestABreachWhileAPersonIsAskedGoesBackByItself(t *testing.T) {
	t.Parallel()
	b := newBench(t, watched)
	var bad atomic.Bool
	b.on(deploy.KindWatch, func(_ context.Context, _ deploy.Release, s deploy.Step) (deploy.Outcome, error) {
		if bad.Load() {
			return seen(deploy.Unhealthy, s), nil
		}
		return seen(deploy.Healthy, s), nil
	})
	b.start("one", b.store)
	b.await("asked and looked at", func(r deploy.Release) bool {
		return r.State == deploy.Waiting && r.Watch.Last.Verdict == deploy.Healthy
	})
	bad.Store(true)
	r := b.await("ended", func(r deploy.Release) bool { return r.State.Terminal() })
	if r.State != deploy.RolledBack || r.By != deploy.Slipway || r.Why != "as measured" {
		t.Errorf("%s by %s: %s; want rolled back by Slipway", r.State, r.By, r.Why)
	}
	if acts := b.acted(); !slices.Contains(acts, "rollback/incident") {
		t.Errorf("acts %v, want the evidence to be kept", acts)
	}
}

func TestARollBackDoesNotWaitForALook(t *testing.T) {
	t.Parallel()
	b := newBench(t, watched)
	looking, cancelled := make(chan struct{}, 1), make(chan struct{}, 1)
	b.on(deploy.KindWatch, func(ctx context.Context, _ deploy.Release, _ deploy.Step) (deploy.Outcome, error) {
		looking <- struct{}{}
		<-ctx.Done() // a source that never answers
		cancelled <- struct{}{}
		return deploy.Outcome{}, &deploy.Error{Code: deploy.Unavailable, Err: ctx.Err()}
	})
	b.start("one", b.store)
	<-looking
	b.say(deploy.Signal{Kind: deploy.SignalRollBack, By: "U0BOB", Reason: "slow"})
	<-cancelled
	b.await("rolled back", in(deploy.RolledBack))
}

func TestALookThatPanicsCostsALookAndNothingElse(t *testing.T) {
	t.Parallel()
	b := newBench(t, watched)
	var n atomic.Int64
	b.on(deploy.KindWatch, func(_ context.Context, _ deploy.Release, s deploy.Step) (deploy.Outcome, error) {
		if n.Add(1) == 1 {
			panic("a defect in a source")
		}
		return seen(deploy.Healthy, s), nil
	})
	b.start("one", b.store)
	r := b.await("judged", func(r deploy.Release) bool { return r.Watch.Last.Verdict == deploy.Healthy })
	if r.State == deploy.Parked {
		t.Errorf("parked: %s", r.Why)
	}
	b.say(deploy.Signal{Kind: deploy.SignalPromote, By: "U0BOB", Step: "traffic/100/gate"})
	b.await("succeeded", in(deploy.Succeeded))
}

func TestASecondReplicaGoesOnWatching(t *testing.T) {
	t.Parallel()
	b := newBench(t, watched)
	b.on(deploy.KindWatch, func(_ context.Context, _ deploy.Release, s deploy.Step) (deploy.Outcome, error) {
		return seen(deploy.Healthy, s), nil
	})
	stop := b.start("one", b.store)
	r := b.await("looked at", func(r deploy.Release) bool { return !r.Watch.Through.IsZero() })
	stop()
	b.start("two", b.store)
	b.await("looked at by the second", func(x deploy.Release) bool { return x.Watch.Through.After(r.Watch.Through) })
}
