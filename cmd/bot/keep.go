package main

import (
	"context"
	"errors"

	"slipway/internal/sandbox"
)

// keep runs the bot of a sandbox until ctx ends, and does without one for as long as somebody wants it down. next makes
// the one after.
func keep(ctx context.Context, b *bot, switches <-chan sandbox.Switch, next func() (*bot, error)) error {
	var up *sandbox.Switch // who waits for the bot to listen
	for b != nil {
		running, stop := context.WithCancel(ctx)
		ended := make(chan error, 1)
		go func() { ended <- b.run(running) }()
		if up != nil {
			go tell(running, b, up.Done)
		}
		down, err := untilDown(ended, switches)
		stop()
		if down == nil {
			return err
		}
		down.Done <- <-ended
		if b, up, err = whenUp(ctx, switches, next); err != nil {
			return err
		}
	}
	return nil
}

// tell says when commands can be taken.
func tell(running context.Context, b *bot, done chan<- error) {
	select {
	case <-b.ready:
		done <- nil
	case <-running.Done():
		done <- running.Err()
	}
}

// untilDown waits until the bot has ended by itself, or somebody wants it down.
func untilDown(ended <-chan error, switches <-chan sandbox.Switch) (*sandbox.Switch, error) {
	for {
		select {
		case err := <-ended:
			return nil, err
		case s := <-switches:
			if !s.Up {
				return &s, nil
			}
			s.Done <- errors.New("the bot is up already")
		}
	}
}

// whenUp waits until somebody wants the bot up again; nil when ctx ended first.
func whenUp(ctx context.Context, switches <-chan sandbox.Switch, next func() (*bot, error)) (*bot, *sandbox.Switch, error) {
	for {
		select {
		case <-ctx.Done():
			return nil, nil, nil
		case s := <-switches:
			if !s.Up {
				s.Done <- errors.New("the bot is down already")
				continue
			}
			b, err := next()
			if err != nil {
				s.Done <- err
			}
			return b, &s, err
		}
	}
}
