package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"slipway/internal/deploy"
)

const (
	totalServices = 3
	totalSpeed    = 60 // a practice minute is a second, and samples can be read 1.5 s after it
)

// totalWatch has a look every 15 s of real time, as the example's catalog asks for.
const totalWatch = `{source: cloud-monitoring, lag: 90s, every: 15m, objectives: {error_rate: {window: 60m}}}`

// measureTotal makes versions bad right after their first share and takes the time from the moment at which that can be
// read in the metrics source until the release has seen all traffic back at the platform and the old version answering
// users. The wait for the look is part of it, and nearly as long as it can be: the breach can be read 2.5 s after the
// first traffic at the latest, and the first look is made 16.5 s after it. It is measured with the time that the sandbox takes to move traffic, and with one that Cloud Run may
// take; the figure is the slowest of a few.
func measureTotal(ctx context.Context, g *ground) error {
	for _, cloud := range []struct {
		figure string
		settle time.Duration
	}{
		{"rollback.total_s", 500 * time.Millisecond},
		{"rollback.total_settle_8s_s", 8 * time.Second},
	} {
		slowest, err := g.measureTotal(ctx, cloud.settle)
		if err != nil {
			return fmt.Errorf("with %s to move traffic: %w", cloud.settle, err)
		}
		figure(cloud.figure, slowest.Seconds(), "s")
	}
	return nil
}

func (g *ground) measureTotal(ctx context.Context, settle time.Duration) (slowest time.Duration, err error) {
	w, err := g.surround(ctx, surroundings{
		services: totalServices, steps: lasts, metrics: totalWatch, seeded: true, speed: totalSpeed, settle: settle,
	})
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, w.close()) }()
	if err := w.warm(ctx); err != nil {
		return 0, err
	}
	running := make([]deploy.ReleaseID, totalServices)
	visible := make([]time.Time, totalServices)
	for i := range running {
		if running[i], _, err = w.deploy(ctx, serviceName(i), next); err != nil {
			return 0, err
		}
	}
	for i, id := range running {
		if err := w.reach(ctx, baking, id); err != nil {
			return 0, err
		}
		if visible[i], err = w.breach(ctx, id); err != nil {
			return 0, err
		}
	}
	if err := w.reach(ctx, proven, running...); err != nil {
		return 0, err
	}
	for i, id := range running {
		r, err := w.store.Get(ctx, id)
		if err != nil {
			return 0, err
		}
		if !r.Watch.Last.Critical {
			return 0, fmt.Errorf("%s went back, but not for a breach: %s", id, r.Why)
		}
		for _, s := range r.Back {
			if s.Kind == deploy.KindVerify {
				slowest = max(slowest, s.EndedAt.Sub(visible[i]))
			}
		}
	}
	return slowest, nil
}

// proven is a release that was taken back and has seen the old version answer users.
func proven(r deploy.Release) bool {
	for _, s := range r.Back {
		if s.Kind == deploy.KindVerify {
			return s.Status == deploy.Done
		}
	}
	return false
}
