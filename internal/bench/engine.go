package main

import (
	"context"
	"errors"
	"time"

	"slipway/internal/deploy"
)

const (
	signalRounds = 300
	signalEvery  = 25 * time.Millisecond // of quiet before each, as in a world

	stepReleases = 800

	dueReleases = 1000
	dueAhead    = 5 * time.Second // after the first is laid down, the time of all comes
)

// The strategies that releases of an engine in this process are measured under.
const (
	// gated asks people before the first share.
	gated = `[{percent: 10, approve: true}, {percent: 100}]`
	// brief ends its bake by itself, and has two steps to do then.
	brief = `[{percent: 10, bake: 1m}, {percent: 100}]`
)

// measureEngine measures the engine in this process, in three databases.
func measureEngine(ctx context.Context, g *ground) error {
	for _, m := range []struct {
		strategy string
		measure  func(context.Context, *works) error
	}{
		{gated, measureSignals},
		{unattended, measureSteps},
		{brief, measureClaims},
	} {
		w, err := g.newWorks(ctx, m.strategy)
		if err != nil {
			return err
		}
		if err := errors.Join(m.measure(ctx, w), w.store.Close()); err != nil {
			return err
		}
	}
	return nil
}

// measureSignals approves releases that wait at their gate, one after the other. It counts from before the signal is
// sent to the store until the runner of the next step is called: storing it is part of it.
func measureSignals(ctx context.Context, w *works) (err error) {
	releases, err := w.create(ctx, 0, signalRounds)
	if err != nil {
		return err
	}
	if err := w.rest(ctx, releases, serverTime); err != nil {
		return err
	}
	called := make(chan time.Time, 1)
	ended := make(chan struct{}, 1)
	stop := w.drive(ctx, ears{
		called: func(s deploy.Step) {
			if s.Kind == deploy.KindShift && s.Percent == 10 {
				called <- time.Now()
			}
		},
		stored: func(e deploy.Entry) {
			if e.State.Terminal() {
				ended <- struct{}{}
			}
		},
	})
	defer func() { err = errors.Join(err, stop()) }()
	var took sample
	for _, r := range releases {
		pause(ctx, signalEvery)
		told := time.Now()
		if _, err := w.store.Signal(ctx, r.ID, deploy.Signal{Kind: deploy.SignalPromote, By: approver}, deploy.EventID("promote "+string(r.ID))); err != nil {
			return err
		}
		at, err := receive(ctx, called, 1)
		if err != nil {
			return err
		}
		if _, err := receive(ctx, ended, 1); err != nil {
			return err
		}
		took = append(took, at.Sub(told))
	}
	figure("engine.signal_to_step_ms", ms(took.p50()), "ms")
	figure("engine.signal_to_step_p99_ms", ms(took.p99()), "ms")
	return nil
}

// measureSteps lets one replica carry many releases from their beginning to their end.
func measureSteps(ctx context.Context, w *works) error {
	releases, err := w.create(ctx, 0, stepReleases)
	if err != nil {
		return err
	}
	steps := 0
	for _, r := range releases {
		steps += len(r.Steps)
	}
	outcomes := make(chan struct{}, steps)
	began := time.Now()
	stop := w.drive(ctx, ears{stored: func(e deploy.Entry) {
		if e.Kind == deploy.EntryOutcome {
			outcomes <- struct{}{}
		}
	}})
	_, err = receive(ctx, outcomes, steps)
	took := time.Since(began)
	if err := errors.Join(err, stop()); err != nil {
		return err
	}
	figure("engine.steps_per_s", float64(steps)/took.Seconds(), "steps/s")
	return nil
}

// measureClaims lets many bakes end at the same moment, while the engine looks on. Each has then two steps to do, which
// the replica does while it claims the others.
func measureClaims(ctx context.Context, w *works) error {
	releases, err := w.create(ctx, 0, dueReleases)
	if err != nil {
		return err
	}
	due := time.Now().Add(dueAhead)
	bake := w.spec.Strategy.Steps[0].Bake
	if err := w.rest(ctx, releases, func(deploy.Claim) time.Time { return due.Add(-bake) }); err != nil {
		return err
	}
	claimed := make(chan time.Time, 2*dueReleases)
	stop := w.drive(ctx, ears{claimed: func() { claimed <- time.Now() }})
	if !time.Now().Before(due) {
		return errors.Join(errors.New("the releases were due before all of them were there"), stop())
	}
	last, err := receive(ctx, claimed, dueReleases)
	if err := errors.Join(err, stop()); err != nil {
		return err
	}
	figure("engine.claim_1000_due_ms", ms(last.Sub(due)), "ms")
	return nil
}
