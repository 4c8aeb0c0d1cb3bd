package main

import (
	"context"
	"fmt"
	"os"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
)

const (
	// strikeWithin is how long a way to die waits for its moment before another is tried.
	strikeWithin = 10 * time.Second
	// recoverWithin bounds the wait for a successor.
	recoverWithin = 20 * time.Second
)

// killer ends one replica after the other while stories are told.
type killer struct {
	w *world
	t *toll

	mu     sync.Mutex
	wanted way         // with a fault, until a story comes to its place
	since  int         // calls that Cloud SQL had when the fault was put there
	held   *held       // for a fault of a script
	struck chan string // the service whose next change has the fault
}

// killing tells stories of all services at once and kills until enough have died or the time is up; then the stories
// come to their ends.
func killing(ctx context.Context, w *world, p plan, t *toll) error {
	say("killing …")
	k := &killer{w: w, t: t, struck: make(chan string, 1)}
	quit := make(chan struct{})
	g, ctx := errgroup.WithContext(ctx)
	for i := range services {
		g.Go(func() error { return w.newTeller(t, i, quit, k.offer).tellAll(ctx) })
	}
	g.Go(func() error {
		defer close(quit)
		return k.killAll(ctx, p)
	})
	return g.Wait()
}

func (k *killer) killAll(ctx context.Context, p plan) error {
	d := &deck{w: k.w}
	began := time.Now()
	for time.Since(began) < p.killFor && ctx.Err() == nil {
		k.t.mu.Lock()
		n := k.t.kills
		k.t.mu.Unlock()
		if n >= p.kills {
			return nil
		}
		if n > 0 && n%25 == 0 {
			say("%d kills in %s", n, time.Since(began).Round(time.Second))
		}
		way := d.next()
		struck, err := k.strike(ctx, way)
		if err != nil {
			return fmt.Errorf("%s: %w", way, err)
		}
		if !struck {
			d.back(way)
		}
	}
	return context.Cause(ctx)
}

// strike ends a replica in one way, puts another in its place and measures how long what it drove stood still. It is
// false if the moment did not come.
func (k *killer) strike(ctx context.Context, v way) (bool, error) {
	switch {
	case v.ask:
		return true, k.ask(ctx)
	case v.place == beforeScript, v.place == beforeIndex:
		return k.strikeScript(ctx, v)
	case v.fault != "":
		return k.strikeCall(ctx, v)
	}
	if err := k.w.give(v, "kill"); err != nil {
		return false, err
	}
	dead, err := k.awaitDeath(ctx)
	if dead == nil || err != nil {
		return false, err
	}
	return true, k.bury(ctx, dead, v)
}

// awaitDeath waits until a replica has claimed the order and died of it; nil if none came to the point. Once the order
// is withdrawn nobody can claim it.
func (k *killer) awaitDeath(ctx context.Context) (*replica, error) {
	timer := time.NewTimer(strikeWithin)
	defer timer.Stop()
	both := k.w.both()
	var dead *replica
	select {
	case <-both[0].exited:
		dead = both[0]
	case <-both[1].exited:
		dead = both[1]
	case <-timer.C:
		if os.Remove(k.w.order) == nil {
			return nil, nil
		}
		select { // claimed in the last moment
		case <-both[0].exited:
			dead = both[0]
		case <-both[1].exited:
			dead = both[1]
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	claim := fmt.Sprintf("%s.%d", k.w.order, dead.pid())
	if err := os.Remove(claim); err != nil {
		return nil, fmt.Errorf("a replica ended by itself: %s", dead.lastWords())
	}
	return dead, nil
}

// bury replaces a dead replica and waits until its releases have another owner.
func (k *killer) bury(ctx context.Context, dead *replica, v way) error {
	k.t.hit(v)
	orphans, err := k.w.drivenBy(ctx, dead)
	if err != nil {
		return err
	}
	if err := k.w.replace(dead); err != nil {
		return err
	}
	for _, o := range orphans {
		adopted, at, err := k.w.adopted(ctx, o)
		if err != nil {
			return err
		}
		if adopted {
			k.t.count(func() { k.t.killed = append(k.t.killed, at.Sub(dead.at)) })
		}
	}
	return nil
}

// ask has a replica that drives something end in good order.
func (k *killer) ask(ctx context.Context) error {
	r := k.w.both()[k.w.lot(2)]
	var charges []driven
	err := until(ctx, strikeWithin, "a replica drives something", func() (bool, error) {
		var err error
		charges, err = k.w.drivenBy(ctx, r)
		return len(charges) > 0, err
	})
	if err != nil {
		return err
	}
	asked := time.Now()
	ended := make(chan error, 1)
	go func() { ended <- r.stop() }()
	for _, c := range charges {
		adopted, at, err := k.w.adopted(ctx, c)
		if err != nil {
			return err
		}
		if adopted {
			k.t.count(func() { k.t.termed = append(k.t.termed, at.Sub(asked)) })
		}
	}
	if err := <-ended; err != nil {
		return err
	}
	return k.w.replace(r)
}

// give tells whichever replica comes to a boundary first what to do there.
func (w *world) give(v way, what string) error {
	if err := os.WriteFile(w.order+".new", []byte(string(v.kind)+" "+string(v.point)+" "+what), 0o600); err != nil {
		return err
	}
	return os.Rename(w.order+".new", w.order)
}
