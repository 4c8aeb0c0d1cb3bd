package main

import (
	"context"
	"time"

	"google.golang.org/grpc/codes"

	"slipway/internal/sandbox/cloudrun"
	"slipway/internal/sandbox/cloudsql"
)

// offer is told by each story that a change at the cloud is about to be set off.
func (k *killer) offer(ctx context.Context, service string, at place) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.wanted.fault == "" || k.wanted.place != at {
		return
	}
	if err := k.inject(ctx, service); err != nil {
		say("%v", err)
		return
	}
	k.wanted = way{}
	k.struck <- service
}

// inject puts the wanted fault where the next change of a service meets it. An effect that is late arrives about when a
// successor begins, earlier or later; a backup before.
func (k *killer) inject(ctx context.Context, service string) (err error) {
	if k.wanted.amazon {
		k.setTrap(service)
		return nil
	}
	switch v := k.wanted; v.place {
	case beforeScript, beforeIndex:
		k.held, err = k.w.ledgers[service].hold(ctx, v.place == beforeIndex)
		return err
	case beforeBackup:
		k.since = len(k.w.backupCalls(service, 0))
		delay := time.Duration(100+k.w.lot(200)) * time.Millisecond
		if v.fault == cloudsql.LateAnswer {
			delay = storyWithin
		}
		return k.w.CloudSQL.Faults().Inject(cloudsql.Fault{Kind: v.fault, Method: backupCall, Instance: instanceOf(service), Delay: delay, Count: 1})
	default:
		delay := time.Duration(300+k.w.lot(1500)) * time.Millisecond
		if v.fault == cloudrun.LateAnswer {
			delay = storyWithin
		}
		return k.w.CloudRun.Faults().Inject(cloudrun.Fault{Kind: v.fault, Method: "UpdateService", Service: service, Delay: delay, Count: 1})
	}
}

// want waits until a story has come to the place of a way, and gives its service; "" if none comes.
func (k *killer) want(ctx context.Context, v way) (string, error) {
	k.mu.Lock()
	k.wanted = v
	k.mu.Unlock()
	timer := time.NewTimer(strikeWithin)
	defer timer.Stop()
	select {
	case service := <-k.struck:
		return service, nil
	case <-ctx.Done():
		return "", context.Cause(ctx)
	case <-timer.C:
		k.mu.Lock()
		none := k.wanted.fault != ""
		k.wanted = way{}
		k.mu.Unlock()
		if none {
			return "", nil
		}
		return <-k.struck, nil
	}
}

// strikeCall kills a replica while the cloud has a call of it.
func (k *killer) strikeCall(ctx context.Context, v way) (bool, error) {
	service, err := k.want(ctx, v)
	if service == "" || err != nil {
		return false, err
	}
	under := func() (bool, error) { return k.w.callUnderWay(service, v.fault), nil }
	if v.place == beforeBackup {
		under = func() (bool, error) { return k.w.backupUnderWay(service, v.fault, k.since), nil }
	}
	caller, err := k.w.callerOf(ctx, service, "the cloud has the call that is struck", under)
	if err != nil {
		return false, err
	}
	caller.kill()
	return true, k.bury(ctx, caller, v)
}

// noticedWithin is longer than a database server takes to notice that a client is gone.
const noticedWithin = 1500 * time.Millisecond

// strikeScript kills a replica in the middle of a script. What it has begun goes on at once, or once the server has had
// the time to notice that it is for nobody.
func (k *killer) strikeScript(ctx context.Context, v way) (bool, error) {
	service, err := k.want(ctx, v)
	if service == "" || err != nil {
		return false, err
	}
	caller, err := k.w.callerOf(ctx, service, "a script is held up", func() (bool, error) { return k.held.stops(ctx) })
	if err != nil {
		k.held.release(ctx)
		return false, err
	}
	caller.kill()
	wait := time.Duration(0)
	if v.fault == heldLong {
		wait = noticedWithin
	}
	released := make(chan struct{})
	time.AfterFunc(wait, func() {
		k.held.release(ctx)
		close(released)
	})
	err = k.bury(ctx, caller, v)
	<-released
	return true, err
}

// callerOf waits until something is so, and gives the replica that drives the release of a service then.
func (w *world) callerOf(ctx context.Context, service, what string, so func() (bool, error)) (*replica, error) {
	var caller *replica
	err := until(ctx, storyWithin, what, func() (bool, error) {
		if yes, err := so(); !yes || err != nil {
			return false, err
		}
		id, ok := w.running()[service]
		if !ok {
			return false, nil
		}
		_, owner, _, err := w.lease(ctx, id)
		caller = w.byOwner(owner)
		return caller != nil, err
	})
	return caller, err
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

const backupCall = "BackupRuns.Insert"

// backupCalls are those that ask for a backup of a service's database, but for the first n.
func (w *world) backupCalls(service string, n int) []cloudsql.Call {
	var all []cloudsql.Call
	for _, c := range w.CloudSQL.Calls() {
		if c.Method == backupCall && c.Instance == instanceOf(service) {
			all = append(all, c)
		}
	}
	return all[n:]
}

// backupUnderWay says whether Cloud SQL has a call for a backup since the first n: taken, carried out, or answered with
// nothing that helps.
func (w *world) backupUnderWay(service, fault string, n int) bool {
	for _, c := range w.backupCalls(service, n) {
		switch {
		case fault == cloudsql.LateEffect && !c.Done, fault == cloudsql.LateAnswer && !c.Done && c.Changed, fault == cloudsql.LoseAnswer && c.Done && c.Changed && c.Code != codes.OK:
			return true
		}
	}
	return false
}
