package engine_test

import (
	"context"
	"testing"
	"time"

	"slipway/internal/deploy"
	"slipway/internal/deploy/engine"
)

// tales have the release told one check of each stage. They may take a minute each, and what they need.
func tales(s *deploy.Spec) {
	s.Strategy.Steps[0].Approve = false
	for _, stage := range []deploy.CheckStage{deploy.Smoke, deploy.Functional} {
		s.Checks = append(s.Checks, deploy.Check{Name: string(stage), Stage: stage, Within: time.Minute, Tries: 1})
	}
}

// forMoment waits for d, as a story that is told, or until nobody wants to hear more of it.
func forMoment(d time.Duration) deploy.RunnerFunc {
	return func(ctx context.Context, _ deploy.Release, _ deploy.Step) (deploy.Outcome, error) {
		timer := time.NewTimer(d)
		defer timer.Stop()
		select {
		case <-timer.C:
			return deploy.Outcome{Note: "told to its end"}, nil
		case <-ctx.Done():
			return deploy.Outcome{}, &deploy.Error{Code: deploy.Unavailable, Msg: "broken off", Err: ctx.Err()}
		}
	}
}

func TestAStoryIsToldToItsEndHoweverShortACallMayBe(t *testing.T) {
	t.Parallel()
	b := newBench(t, tales)
	const call = 50 * time.Millisecond
	b.on(deploy.KindSmoke, forMoment(4*call))
	b.on(deploy.KindFunctional, forMoment(4*call))
	b.start("one", b.store, func(o *engine.Options) { o.Call = call })
	r := b.await("ended", func(r deploy.Release) bool { return r.State.Terminal() })
	if r.State != deploy.Succeeded {
		t.Errorf("%s: %s", r.State, r.Why)
	}
	for _, s := range r.Steps {
		if s.Kind.InOneCall() && (s.Note != "told to its end" || s.Attempts > 0) {
			t.Errorf("%s came to %q", s.Name, s.Note)
		}
	}
}

func TestARollBackInterruptsAStory(t *testing.T) {
	t.Parallel()
	b := newBench(t, tales)
	telling := make(chan struct{}, 1)
	b.on(deploy.KindSmoke, forMoment(0))
	b.on(deploy.KindFunctional, func(ctx context.Context, r deploy.Release, s deploy.Step) (deploy.Outcome, error) {
		telling <- struct{}{}
		return forMoment(time.Hour)(ctx, r, s)
	})
	b.start("one", b.store)
	<-telling
	b.say(deploy.Signal{Kind: deploy.SignalRollBack, By: "U0BOB", Reason: "slow"})
	r := b.await("ended", func(r deploy.Release) bool { return r.State.Terminal() })
	if r.State != deploy.RolledBack || r.By != "U0BOB" {
		t.Errorf("%s by %s: %s", r.State, r.By, r.Why)
	}
}
