package main

import (
	"context"
	"fmt"
	"time"

	"slipway/internal/deploy"
	"slipway/internal/sandbox/workspace"
)

const (
	// warmWithin bounds the wait until a bot that has just started takes a command: it learns who is in which
	// group first.
	warmWithin = 30 * time.Second
	// releaseWithin bounds the wait for what a release comes to.
	releaseWithin = time.Minute
	// lookEvery is how often a release is looked at.
	lookEvery = 5 * time.Millisecond
)

// envelope is a command that was acknowledged.
type envelope struct {
	sent time.Time
	took time.Duration // until the acknowledgement
	said string        // to the person
}

// say types a command into the channel of a service. A command that was not acknowledged is an error.
func (w *world) say(ctx context.Context, service, text string) (envelope, error) {
	typed, err := w.Workspace.Type(ctx, person, service, text)
	if err != nil {
		return envelope{}, err
	}
	if typed.Ack != workspace.Acked {
		return envelope{}, fmt.Errorf("%q: %s", text, typed.Text)
	}
	all := w.Workspace.Envelopes()
	for i := len(all) - 1; i >= 0; i-- {
		if all[i].ID == typed.Envelope {
			return envelope{sent: all[i].Sent, took: typed.Elapsed, said: typed.Text}, nil
		}
	}
	return envelope{}, fmt.Errorf("%q: Slack has lost its envelope", text)
}

// deploy types /deploy and returns the release that was stored for it.
func (w *world) deploy(ctx context.Context, service, version string) (deploy.ReleaseID, envelope, error) {
	e, err := w.say(ctx, service, "/deploy "+service+" "+version)
	if err != nil {
		return "", e, err
	}
	id := deploy.NewReleaseID(service, w.typed[service]+1)
	if _, err := w.store.Get(ctx, id); err != nil {
		return "", e, fmt.Errorf("/deploy %s %s was answered with %q: %w", service, version, e.said, err)
	}
	w.typed[service]++
	return id, e, nil
}

// reach waits until each release is as wanted. It looks, and does not listen to what the store publishes: one listener
// more would be in the way of what is measured. A release that ends otherwise is an error.
func (w *world) reach(ctx context.Context, wanted func(deploy.Release) bool, ids ...deploy.ReleaseID) error {
	ctx, cancel := context.WithTimeout(ctx, releaseWithin)
	defer cancel()
	ctx, release := w.bot.alive(ctx)
	defer release()
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for _, id := range ids {
		for {
			there, err := w.is(ctx, wanted, id)
			if err != nil {
				return err
			}
			if there {
				break
			}
			select {
			case <-tick.C:
			case <-ctx.Done():
				return fmt.Errorf("wait for %s: %w", id, context.Cause(ctx))
			}
		}
	}
	return nil
}

func (w *world) is(ctx context.Context, wanted func(deploy.Release) bool, id deploy.ReleaseID) (bool, error) {
	r, err := w.store.Get(ctx, id)
	switch {
	case err != nil:
		return false, err
	case wanted(r):
		return true, nil
	case r.State.Terminal(), r.State == deploy.Parked:
		return false, fmt.Errorf("%s is %s: %s", id, r.State, r.Why)
	}
	return false, nil
}

// ended is for releases that end well or badly.
func ended(r deploy.Release) bool { return r.State.Terminal() }

// baking is a release that has its first share of traffic and waits.
func baking(r deploy.Release) bool {
	cur := r.Current()
	return r.State == deploy.Running && cur != nil && cur.Kind == deploy.KindBake && cur.Status == deploy.Started
}

// warm joins a bot and repeats a command that stores nothing until it is answered as to a person whom the bot knows.
func (w *world) warm(ctx context.Context) error {
	if _, err := w.join(ctx); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, warmWithin)
	defer cancel()
	for range 20 {
		if _, err := w.say(ctx, serviceName(0), "/deploy "+serviceName(0)+" "+next+" --plan"); err != nil {
			return fmt.Errorf("warm up: %w", err)
		}
	}
	return w.quiet(ctx)
}
