package main

import (
	"context"
	"time"

	"slipway/internal/sandbox/cloudrun"
)

// offer is told by each story that a change at the cloud is about to be set off.
func (k *killer) offer(service string, at place) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.wanted.fault == "" || k.wanted.place != at {
		return
	}
	// An effect that is late arrives about when a successor begins, earlier or later.
	delay := time.Duration(300+k.w.lot(1500)) * time.Millisecond
	if k.wanted.fault == cloudrun.LateAnswer {
		delay = storyWithin
	}
	if err := k.w.CloudRun.Faults().Inject(cloudrun.Fault{Kind: k.wanted.fault, Method: "UpdateService", Service: service, Delay: delay, Count: 1}); err != nil {
		say("%v", err)
		return
	}
	k.wanted = way{}
	k.struck <- service
}

// strikeCall kills a replica while the cloud has a call of it.
func (k *killer) strikeCall(ctx context.Context, v way) (bool, error) {
	k.mu.Lock()
	k.wanted = v
	k.mu.Unlock()
	timer := time.NewTimer(strikeWithin)
	defer timer.Stop()
	var service string
	select {
	case service = <-k.struck:
	case <-ctx.Done():
		return false, context.Cause(ctx)
	case <-timer.C:
		k.mu.Lock()
		none := k.wanted.fault != ""
		k.wanted = way{}
		k.mu.Unlock()
		if none {
			return false, nil
		}
		service = <-k.struck
	}
	var caller *replica
	err := until(ctx, storyWithin, "the cloud has the call that is struck", func() (bool, error) {
		if !k.w.callUnderWay(service, v.fault) {
			return false, nil
		}
		id, ok := k.w.running()[service]
		if !ok {
			return false, nil
		}
		_, owner, _, err := k.w.lease(ctx, id)
		caller = k.w.byOwner(owner)
		return caller != nil, err
	})
	if err != nil {
		return false, err
	}
	caller.kill()
	return true, k.bury(ctx, caller, v)
}

// callUnderWay says whether the cloud has taken an update of a service, or carried it out, and not answered yet.
func (w *world) callUnderWay(service, fault string) bool {
	for _, c := range w.CloudRun.Calls() {
		if c.Service == service && c.Method == "UpdateService" && !c.Done && (fault != cloudrun.LateAnswer || c.Changed) {
			return true
		}
	}
	return false
}
