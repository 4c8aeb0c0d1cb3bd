package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"slipway/internal/deploy"
)

const (
	rollbackRounds   = 8
	rollbackServices = 25
)

// measureRollback lets releases bake at 10 %, many at a time, and takes back one after the other. What counts is when
// Cloud Run receives the call that moves traffic, not when it has moved.
func measureRollback(ctx context.Context, g *ground) (err error) {
	w, err := g.newWorld(ctx, rollbackServices, bakes, true)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.close()) }()
	if err := w.warm(ctx); err != nil {
		return err
	}
	var took sample
	for range rollbackRounds {
		running := make([]deploy.ReleaseID, rollbackServices)
		for i := range running {
			if running[i], _, err = w.deploy(ctx, serviceName(i), insisted); err != nil {
				return err
			}
		}
		if err := w.reach(ctx, baking, running...); err != nil {
			return err
		}
		for i, id := range running {
			d, err := w.takeBack(ctx, serviceName(i), id)
			if err != nil {
				return err
			}
			took = append(took, d)
			if err := w.open(ctx, id); err != nil {
				return err
			}
		}
	}
	figure("rollback.first_call_ms", ms(took.p99()), "ms")
	figure("rollback.first_call_p50_ms", ms(took.p50()), "ms")
	return nil
}

// insisted is what is released again and again although it was taken back.
const insisted = next + " --again"

// open clears the lock that a release has left, which people do when they have looked.
func (w *world) open(ctx context.Context, id deploy.ReleaseID) error {
	service, _, _ := id.Split()
	_, err := w.store.Unlock(ctx, deploy.Target{Service: service, Environment: environment}, id, deploy.EventID("open "+string(id)))
	return err
}

// takeBack says how long it takes from the envelope to the call.
func (w *world) takeBack(ctx context.Context, service string, id deploy.ReleaseID) (time.Duration, error) {
	if err := w.quiet(ctx); err != nil {
		return 0, err
	}
	w.CloudRun.ForgetCalls()
	e, err := w.say(ctx, service, "/rollback "+service+` --reason "measuring"`)
	if err != nil {
		return 0, err
	}
	if err := w.quiet(ctx); err != nil {
		return 0, err
	}
	if err := w.reach(ctx, ended, id); err != nil {
		return 0, err
	}
	for _, call := range w.CloudRun.Calls() {
		if call.Method == "UpdateService" && call.Service == service && call.Traffic != "" && call.At.After(e.sent) {
			return call.At.Sub(e.sent), nil
		}
	}
	return 0, fmt.Errorf("no traffic of %s was moved after /rollback was answered with %q", service, e.said)
}
