package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"slipway/internal/deploy"
)

const (
	autoRounds   = 60
	autoServices = 4   // in turn
	autoSpeed    = 600 // a practice minute is 100 ms, and samples can be read 150 ms after it
)

// autoWatch has a look every 2.1 s: longer than an engine keeps a release in memory for, so that it is given up between
// two looks as one that is looked at every 15 s is. The lag is that of the practice Monitoring.
const autoWatch = `{source: cloud-monitoring, lag: 90s, every: 21m, objectives: {error_rate: {window: 60m}}}`

// measureAuto makes versions bad while they bake at 10 %, one after the other, and waits for them to be taken back by
// themselves.
//
// The look interval is left out: it counts from the moment at which the first question of the look that sees the breach
// reaches the metrics source, and not from the one at which the breach could be read there, since until then nobody has
// looked. If the look had begun before, which is possible as its questions take time, it counts from where the breach
// could be read. From there on everything counts: the other questions of the look, what the judge makes of them, storing
// the verdict and the intent, reading the service, and the call. How long after its time a look begins is a figure of
// its own, so that nothing hides in between: a release that was given up is found by the next reading of the due list.
func measureAuto(ctx context.Context, g *ground) (err error) {
	w, err := g.surround(ctx, surroundings{services: autoServices, steps: lasts, metrics: autoWatch, seeded: true, speed: autoSpeed})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.close()) }()
	if err := w.warm(ctx); err != nil {
		return err
	}
	var took, late sample
	for i := range autoRounds {
		reaction, behind, err := w.takesItselfBack(ctx, serviceName(i%autoServices))
		if err != nil {
			return err
		}
		took, late = append(took, reaction), append(late, behind)
	}
	figure("rollback.auto_ms", ms(took.p99()), "ms")
	figure("rollback.auto_p50_ms", ms(took.p50()), "ms")
	figure("rollback.look_late_p50_ms", ms(late.p50()), "ms")
	figure("rollback.look_late_ms", ms(late.p99()), "ms")
	return nil
}

// takesItselfBack plays one release, with nothing else going on.
func (w *world) takesItselfBack(ctx context.Context, service string) (took, late time.Duration, err error) {
	if err := w.quiet(ctx); err != nil {
		return 0, 0, err
	}
	w.CloudRun.ForgetCalls()
	w.Monitoring.ForgetAsked()
	id, _, err := w.deploy(ctx, service, insisted)
	if err != nil {
		return 0, 0, err
	}
	if err := w.reach(ctx, baking, id); err != nil {
		return 0, 0, err
	}
	visible, err := w.breach(ctx, id)
	if err != nil {
		return 0, 0, err
	}
	if err := w.reach(ctx, ended, id); err != nil {
		return 0, 0, err
	}
	if took, late, err = w.reaction(ctx, id, visible); err != nil {
		return 0, 0, err
	}
	return took, late, w.open(ctx, id)
}

// reaction says how long it took a release from seeing a breach to the call that moves traffic, and how long after its
// time the look that saw it began. That was its first look: there was time for no other.
func (w *world) reaction(ctx context.Context, id deploy.ReleaseID, visible time.Time) (took, late time.Duration, err error) {
	r, err := w.store.Get(ctx, id)
	if err != nil {
		return 0, 0, err
	}
	if r.State != deploy.RolledBack || !r.Watch.Last.Critical {
		return 0, 0, fmt.Errorf("%s is %s, not taken back for a breach: %s", id, r.State, r.Why)
	}
	looks, err := w.looks(ctx, id)
	if err != nil {
		return 0, 0, err
	}
	if looks != 1 {
		return 0, 0, fmt.Errorf("%s was looked at %d times before it went back, not once", id, looks)
	}
	began, err := w.askedAbout(r.Target.Service)
	if err != nil {
		return 0, 0, err
	}
	called, err := w.trafficBack(r)
	m := r.Spec.Metrics
	due := r.Watch.Since.Add(m.Delay + m.Lag + m.Every)
	if began.Before(visible) {
		began = visible
	}
	return called.Sub(began), max(began.Sub(due), 0), err
}

// looks counts those of a release.
func (w *world) looks(ctx context.Context, id deploy.ReleaseID) (n int, err error) {
	journal, err := w.store.Journal(ctx, id, 0)
	for _, e := range journal {
		if e.Step == deploy.WatchName {
			n++
		}
	}
	return n, err
}

// askedAbout is when the first question about a service reached the practice Cloud Monitoring.
func (w *world) askedAbout(service string) (time.Time, error) {
	for _, q := range w.Monitoring.Asked() {
		if strings.Contains(q.Filter, `"`+service+`"`) {
			return q.At, nil
		}
	}
	return time.Time{}, fmt.Errorf("nobody has looked at %s", service)
}
