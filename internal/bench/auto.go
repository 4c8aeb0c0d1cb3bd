package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"slipway/internal/deploy"
)

const (
	autoWorlds   = 3   // one after the other: what Monitoring has to say of its last ten minutes grows with them
	autoServices = 20  // each is released once
	autoSpeed    = 200 // a practice minute is 300 ms, and samples can be read 450 ms after it
)

// autoWatch has a look every 300 ms. The lag is that of the practice Monitoring, so that a look reads all that can be
// read.
const autoWatch = `{source: cloud-monitoring, lag: 90s, every: 1m, objectives: {error_rate: {window: 60m}}}`

// measureAuto makes versions bad while they bake at 10 %, one after the other, and waits for them to be taken back by
// themselves.
//
// The look interval is left out by counting from the time at which the look that saw the breach was due, which is known
// from the look before, and from when the breach could be read at the metrics source if that was later, as it may be
// while a look is being made. From there on everything counts: waking up for the look, its questions, what the judge
// makes of the answers, storing the verdict and the intent, reading the service, and the call.
func measureAuto(ctx context.Context, g *ground) error {
	var took sample
	for range autoWorlds {
		more, err := g.reactions(ctx)
		if err != nil {
			return err
		}
		took = append(took, more...)
	}
	figure("rollback.auto_ms", ms(took.p99()), "ms")
	figure("rollback.auto_p50_ms", ms(took.p50()), "ms")
	return nil
}

func (g *ground) reactions(ctx context.Context) (took sample, err error) {
	w, err := g.surround(ctx, surroundings{services: autoServices, steps: lasts, metrics: autoWatch, seeded: true, speed: autoSpeed})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, w.close()) }()
	if err := w.warm(ctx); err != nil {
		return nil, err
	}
	for i := range autoServices {
		d, err := w.takesItselfBack(ctx, serviceName(i))
		if err != nil {
			return nil, err
		}
		took = append(took, d)
	}
	return took, nil
}

// takesItselfBack says how long it took a release from the look that saw a breach to the call that moves traffic.
func (w *world) takesItselfBack(ctx context.Context, service string) (time.Duration, error) {
	if err := w.quiet(ctx); err != nil {
		return 0, err
	}
	w.CloudRun.ForgetCalls()
	id, _, err := w.deploy(ctx, service, next)
	if err != nil {
		return 0, err
	}
	if err := w.reach(ctx, baking, id); err != nil {
		return 0, err
	}
	visible, err := w.breach(ctx, id)
	if err != nil {
		return 0, err
	}
	if err := w.reach(ctx, ended, id); err != nil {
		return 0, err
	}
	r, err := w.store.Get(ctx, id)
	if err != nil {
		return 0, err
	}
	if !r.Watch.Last.Critical {
		return 0, fmt.Errorf("%s went back, but not for a breach: %s", id, r.Why)
	}
	due, err := w.due(ctx, r)
	if err != nil {
		return 0, err
	}
	called, err := w.trafficBack(r)
	if due.Before(visible) {
		due = visible
	}
	return called.Sub(due), err
}

// due is the time for which the last look at a release was set.
func (w *world) due(ctx context.Context, r deploy.Release) (time.Time, error) {
	journal, err := w.store.Journal(ctx, r.ID, 0)
	var looks []time.Time
	for _, e := range journal {
		if e.Step == deploy.WatchName {
			looks = append(looks, e.At)
		}
	}
	m := r.Spec.Metrics
	if len(looks) < 2 {
		return r.Watch.Since.Add(m.Delay + m.Lag + m.Every), err
	}
	return looks[len(looks)-2].Add(m.Every), err
}
