package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"slipway/internal/deploy"
	"slipway/internal/sandbox/cloudrun"
	"slipway/internal/sandbox/workspace"
)

// measureRollbackWithoutSlack compares the time to the first call of a rollback while Slack throttles everything, and
// while it is away, with the time when it is well. The word is put into the store, since nobody can type it then.
func measureRollbackWithoutSlack(ctx context.Context, g *ground) (err error) {
	w, err := g.newWorld(ctx, rollbackServices, bakes, true)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.close()) }()
	if err := w.warm(ctx); err != nil {
		return err
	}
	var well sample
	for _, slack := range []struct {
		figure string
		make   func()
	}{
		{"", func() {}},
		{"rollback.slack_throttling_vs_well", func() { w.Workspace.SetFault("*", workspace.Fault{RetryAfter: 30 * time.Second}) }},
		{"rollback.slack_away_vs_well", func() { w.Workspace.Down(true) }},
	} {
		var ids []deploy.ReleaseID
		for i := range rollbackServices {
			id, _, err := w.deploy(ctx, serviceName(i), insisted)
			if err != nil {
				return err
			}
			ids = append(ids, id)
		}
		if err := w.reach(ctx, baking, ids...); err != nil {
			return err
		}
		slack.make()
		took, err := w.tellBack(ctx, ids)
		if err != nil {
			return err
		}
		w.Workspace.ClearFaults()
		if slack.figure == "" {
			well = took
			continue
		}
		figure(slack.figure, ratio(took.p50(), well.p50()), "x")
	}
	return nil
}

// tellBack takes releases back past Slack, one after the other.
func (w *world) tellBack(ctx context.Context, ids []deploy.ReleaseID) (took sample, err error) {
	for _, id := range ids {
		if err := w.quiet(ctx); err != nil {
			return nil, err
		}
		service, _, _ := id.Split()
		told := time.Now()
		if _, err := w.store.Signal(ctx, id, deploy.Signal{Kind: deploy.SignalRollBack, By: "U0ALICE"}, deploy.EventID("back "+string(id))); err != nil {
			return nil, err
		}
		if err := w.reach(ctx, ended, id); err != nil {
			return nil, err
		}
		calls := w.CloudRun.Calls()
		first := slices.IndexFunc(calls, func(c cloudrun.Call) bool {
			return c.Method == "UpdateService" && c.Service == service && c.Traffic != "" && c.At.After(told)
		})
		if first < 0 {
			return nil, fmt.Errorf("no traffic of %s was moved", service)
		}
		took = append(took, calls[first].At.Sub(told))
		if err := w.open(ctx, id); err != nil {
			return nil, err
		}
	}
	return took, nil
}
