package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
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
	trap   *trap       // for a fault of a call at ECS
	buried int         // so far
}

// killing tells stories of all services at once and kills until enough have died or the time is up; then the stories
// come to their ends.
func killing(ctx context.Context, w *world, p plan, t *toll) error {
	say("killing …")
	k := &killer{w: w, t: t, struck: make(chan string, 1)}
	quit := make(chan struct{})
	tellers := make([]*teller, services)
	for i := range tellers {
		tellers[i] = w.newTeller(t, i, quit, k.offer)
	}
	return k.killWhile(ctx, p, p.kills, tellers, quit, matrix)
}

// killingAtAmazon is killing where services run on ECS.
func killingAtAmazon(ctx context.Context, w *world, p plan, t *toll) error {
	say("killing at ECS …")
	k := &killer{w: w, t: t, struck: make(chan string, 1)}
	quit := make(chan struct{})
	tellers := make([]*teller, len(onAmazon))
	for i, service := range onAmazon {
		tellers[i] = w.newAmazonTeller(t, service, quit, k.offer)
	}
	return k.killWhile(ctx, p, p.atECS, tellers, quit, amazonMatrix)
}

func (k *killer) killWhile(ctx context.Context, p plan, most int, tellers []*teller, quit chan struct{}, ways func() []way) error {
	g, ctx := errgroup.WithContext(ctx)
	for _, s := range tellers {
		g.Go(func() error { return s.tellAll(ctx) })
	}
	g.Go(func() error {
		defer close(quit)
		return k.killAll(ctx, p, most, ways)
	})
	return g.Wait()
}

func (k *killer) killAll(ctx context.Context, p plan, most int, ways func() []way) error {
	d := &deck{w: k.w, all: ways}
	began, told := time.Now(), 0
	for time.Since(began) < p.killFor && ctx.Err() == nil {
		if k.buried >= most {
			return nil
		}
		if k.buried > told && k.buried%25 == 0 {
			told = k.buried
			say("%d kills in %s", told, time.Since(began).Round(time.Second))
		}
		hand := d.hand()
		struck, err := k.strike(ctx, hand)
		if err != nil {
			return fmt.Errorf("%s: %w", hand, err)
		}
		if struck < 0 {
			d.back(true, hand...)
		} else {
			d.back(false, slices.Delete(hand, struck, struck+1)...)
		}
	}
	return context.Cause(ctx)
}

// strike ends a replica in one of the ways, puts another in its place and measures how long what it drove stood still. It
// says in which; -1 if no moment came.
func (k *killer) strike(ctx context.Context, hand []way) (int, error) {
	if v := hand[0]; !v.atBoundary() {
		did, err := k.strikeAlone(ctx, v)
		if err != nil || !did {
			return -1, err
		}
		return 0, nil
	}
	if err := k.w.give("kill", hand...); err != nil {
		return -1, err
	}
	dead, line, err := k.awaitDeath(ctx)
	if dead == nil || err != nil {
		return -1, err
	}
	at := slices.IndexFunc(hand, func(v way) bool { return v.order("kill") == line })
	if at < 0 {
		return -1, fmt.Errorf("a replica died of %q, which nobody ordered", line)
	}
	return at, k.bury(ctx, dead, hand[at])
}

func (k *killer) strikeAlone(ctx context.Context, v way) (bool, error) {
	switch {
	case v.ask:
		return true, k.ask(ctx)
	case v.place == beforeScript, v.place == beforeIndex:
		return k.strikeScript(ctx, v)
	case v.amazon:
		return k.strikeAmazon(ctx, v)
	}
	return k.strikeCall(ctx, v)
}

// awaitDeath waits until a replica has claimed the order and died of a line of it; nil if none came to a point. Once the
// order is withdrawn nobody can claim it.
func (k *killer) awaitDeath(ctx context.Context) (dead *replica, line string, err error) {
	timer := time.NewTimer(strikeWithin)
	defer timer.Stop()
	both := k.w.both()
	select {
	case <-both[0].exited:
		dead = both[0]
	case <-both[1].exited:
		dead = both[1]
	case <-timer.C:
		if os.Remove(k.w.order) == nil {
			return nil, "", nil
		}
		select { // claimed in the last moment
		case <-both[0].exited:
			dead = both[0]
		case <-both[1].exited:
			dead = both[1]
		case <-ctx.Done():
			return nil, "", context.Cause(ctx)
		}
	case <-ctx.Done():
		return nil, "", context.Cause(ctx)
	}
	claim := fmt.Sprintf("%s.%d", k.w.order, dead.pid())
	text, err := os.ReadFile(claim)
	if err == nil {
		err = os.Remove(claim)
	}
	if err != nil {
		return nil, "", fmt.Errorf("a replica ended by itself: %s", dead.lastWords())
	}
	return dead, strings.TrimSpace(string(text)), nil
}

// bury replaces a dead replica and waits until its releases have another owner.
func (k *killer) bury(ctx context.Context, dead *replica, v way) error {
	k.t.hit(v)
	k.buried++
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

// give tells whichever replica comes to one of the boundaries first what to do there.
func (w *world) give(what string, ways ...way) error {
	text := ""
	for _, v := range ways {
		text += v.order(what) + "\n"
	}
	if err := os.WriteFile(w.order+".new", []byte(text), 0o600); err != nil {
		return err
	}
	return os.Rename(w.order+".new", w.order)
}

func (w way) order(what string) string { return string(w.kind) + " " + string(w.point) + " " + what }
