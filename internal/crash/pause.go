package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"

	"slipway/internal/deploy"
	"slipway/internal/deploy/engine"
	"slipway/internal/sandbox/cloudrun"
)

// reactWithin is how long a replica that goes on has to find out that it was overtaken: at its next beat, commit or
// change, whichever comes first.
const reactWithin = 3 * time.Second

// pauseLeast is longer than the lease, and than what the bot lets pass in its connections to Slack.
const pauseLeast = 2500 * time.Millisecond

// pausedServices are released at the same time in each round of pauses.
const pausedServices = 2

// pausing stops a replica in the middle of its work, lets the other finish, and has the first go on: it must change
// nothing any more, neither in Redis nor outside.
func pausing(ctx context.Context, w *world, p plan, t *toll) error {
	say("pausing …")
	tellers := make([]*teller, pausedServices)
	quit := make(chan struct{})
	if err := w.ready(ctx, 2); err != nil {
		return err
	}
	ways := w.pauses()
	for n := 0; t.pauses < p.pauses; n++ {
		if n >= 3*p.pauses {
			return fmt.Errorf("only %d of %d moments to pause at have come", t.pauses, n)
		}
		for i := range tellers {
			number, base := w.lastOf(ctx, i)
			tellers[i] = w.newTeller(t, i, quit, func(context.Context, string, place) {})
			tellers[i].number, tellers[i].base, tellers[i].turn = number, base, n
		}
		if err := w.pauseOnce(ctx, t, tellers, ways[n%len(ways)], n%2 == 0); err != nil {
			return fmt.Errorf("paused at %s: %w", ways[n%len(ways)], err)
		}
	}
	return nil
}

// pauses are the moments, in an order of the seed: each in which a step may have an effect that nobody has heard of,
// the middle of a call, and a look or the evidence of an incident whose outcome must not be stored any more.
func (w *world) pauses() []way {
	var all []way
	for _, m := range matrix() {
		if m.fault == "" && slices.Contains([]deploy.StepKind{deploy.KindRevision, deploy.KindShift, deploy.KindGate, deploy.KindReturn, deploy.KindIncident, looking,
			deploy.KindBackup, deploy.KindMigrate, deploy.KindSettle}, m.kind) {
			all = append(all, m)
		}
	}
	for range 6 { // the most dangerous ones more often
		all = append(all, way{kind: deploy.KindShift, point: engine.InCall}, way{kind: deploy.KindRevision, point: engine.InCall},
			way{kind: deploy.KindBackup, point: engine.InCall}, way{kind: deploy.KindMigrate, point: engine.InCall},
			way{kind: deploy.KindReturn, point: engine.InCall}, way{fault: cloudrun.LateEffect}, way{fault: cloudrun.LateAnswer})
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.rand.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all
}

// lastOf is the number of a service's last release, and what is live.
func (w *world) lastOf(ctx context.Context, i int) (int, deploy.Revision) {
	name := serviceName(i)
	base := deploy.Revision{Name: deploy.RevisionName(name + "-00001"), Version: live}
	history, err := w.store.History(ctx, targetOf(name), 100)
	if err != nil || len(history) == 0 {
		return 0, base
	}
	for _, r := range history {
		switch r.State {
		case deploy.Succeeded:
			return history[0].Number, r.Facts.Candidate
		case deploy.RolledBack, deploy.Failed:
			if r.Facts.Baseline.Name != "" {
				return history[0].Number, r.Facts.Baseline
			}
		default:
		}
	}
	return history[0].Number, base
}

// pauseOnce plays a release of each service. One replica stops at the moment; the releases end without it, taken back
// as soon as it has stopped, or at their first gate.
func (w *world) pauseOnce(ctx context.Context, t *toll, tellers []*teller, v way, forward bool) error {
	stopped := make(chan struct{})
	began := time.Now()
	if v.fault != "" {
		if err := w.CloudRun.Faults().Inject(cloudrun.Fault{Kind: v.fault, Method: "UpdateService", Service: tellers[0].service,
			Delay: 4 * time.Second, Count: 1}); err != nil {
			return err
		}
	} else if err := w.give("stop", v); err != nil {
		return err
	}
	var sleeper *replica
	var since time.Time
	g, stories := errgroup.WithContext(ctx)
	g.Go(func() error {
		defer close(stopped)
		var err error
		sleeper, err = w.awaitStop(stories, v, tellers[0].service)
		since = time.Now()
		return err
	})
	for i, s := range tellers {
		g.Go(func() error {
			if v.kind == deploy.KindReturn || v.kind == deploy.KindIncident || v.kind == deploy.KindSettle {
				return s.takenBack(stories, began)
			}
			return s.interrupted(stories, began, stopped, forward && i > 0)
		})
	}
	err := g.Wait()
	_ = os.Remove(w.order)
	w.CloudRun.Faults().Clear("")
	if sleeper == nil || err != nil {
		if sleeper != nil {
			sleeper.signal(syscall.SIGCONT)
		}
		return err
	}
	err = until(ctx, storyWithin, "the pause has been long enough", func() (bool, error) { return time.Since(since) > pauseLeast, nil })
	if err != nil {
		return err
	}
	return w.awake(ctx, t, tellers, v, sleeper)
}

// awaitStop waits for a replica to stop, or stops the one that has made a call; nil if the moment does not come.
func (w *world) awaitStop(ctx context.Context, v way, service string) (*replica, error) {
	var sleeper *replica
	err := until(ctx, strikeWithin, "a replica stops", func() (bool, error) {
		if sleeper = w.stopped(); sleeper != nil || v.fault == "" || !w.callUnderWay(service, v.fault) {
			return sleeper != nil, nil
		}
		_, owner, _, err := w.lease(ctx, w.running()[service])
		if sleeper = w.byOwner(owner); sleeper != nil {
			sleeper.signal(syscall.SIGSTOP)
		}
		return sleeper != nil, err
	})
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		_ = os.Remove(w.order) // nobody can claim it from here on
		return w.stopped(), nil
	}
	return sleeper, err
}

// stopped is the replica that has claimed the order; nil if none has.
func (w *world) stopped() *replica {
	for _, r := range w.both() {
		if os.Remove(fmt.Sprintf("%s.%d", w.order, r.pid())) == nil {
			return r
		}
	}
	return nil
}

// awake has the sleeper go on and compares what is so with what was so.
func (w *world) awake(ctx context.Context, t *toll, tellers []*teller, v way, sleeper *replica) error {
	before, err := w.scenes(ctx, tellers)
	if err != nil {
		return err
	}
	refused, strays, since := sleeper.resigned(), w.strays(), time.Now()
	sleeper.signal(syscall.SIGCONT)
	err = until(ctx, reactWithin, "the replica that slept has been told", func() (bool, error) { return sleeper.resigned() > refused, nil })
	told := err == nil
	if err != nil && ctx.Err() != nil {
		return err
	}
	// Calls of it that are still under way come to their ends.
	err = until(ctx, storyWithin, "the cloud has answered all calls", func() (bool, error) {
		for _, c := range w.CloudRun.Calls() {
			if c.Method == "UpdateService" && !c.Done {
				return false, nil
			}
		}
		return true, nil
	})
	if err != nil {
		return err
	}
	after, err := w.scenes(ctx, tellers)
	if err != nil {
		return err
	}
	for i := range after {
		if after[i] != before[i] {
			t.late("%s, %s: before it went on %+v, after %+v: %v", v, after[i].id, before[i], after[i], w.effectsOn(ctx, after[i].service, since))
		}
	}
	lateAcks := w.strays() - strays
	t.count(func() {
		t.pauses++
		t.lateAcks += lateAcks
		if told {
			t.refused++
		}
	})
	return nil
}
