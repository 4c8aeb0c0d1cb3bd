package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"slipway/internal/sandbox/workspace"
)

const (
	deployer = "alice"
	approver = "bob"
)

// storyWithin bounds each thing that a person waits for. Two deaths, each with its lease and a poll, take a fraction.
const storyWithin = 45 * time.Second

// insist types a command until it is so: as people do when Slack says that the bot did not answer, or when they are
// told to come back. accepted is how the answer begins or what it contains when the bot has taken the command; a
// command that was taken and yet never becomes so is lost.
func (w *world) insist(ctx context.Context, t *toll, who, service, command, accepted string, so func() (bool, error)) error {
	ctx, cancel := context.WithTimeout(ctx, storyWithin)
	defer cancel()
	last := ""
	for {
		typed, err := w.Workspace.Type(ctx, who, service, command)
		if err != nil {
			return fmt.Errorf("%q, last answered %q: %w", command, last, err)
		}
		taken := typed.Ack == workspace.Acked && strings.Contains(typed.Text, accepted)
		last = typed.Ack + ": " + typed.Text
		patience := time.Second
		if taken {
			patience = storyWithin
		}
		err = until(ctx, patience, "it is so", so)
		switch {
		case err == nil:
			return nil
		case ctx.Err() != nil && taken:
			t.missing("%s was answered with %q and never done", command, typed.Text)
			return fmt.Errorf("%q: %w", command, err)
		case ctx.Err() != nil:
			return fmt.Errorf("%q, last answered %q: %w", command, last, err)
		}
	}
}

// clickWithin is how long somebody looks for a button before they type the command instead.
const clickWithin = 3 * time.Second

// press approves the plan of a release by the button below its question, if that is there in time; false if it is not, or
// nothing came of it.
func (w *world) press(ctx context.Context, service string, so func() (bool, error)) (bool, error) {
	pressed := false
	waited := until(ctx, clickWithin, "the plan is approved", func() (bool, error) {
		if yes, err := so(); yes || err != nil {
			return yes, err
		}
		if pressed {
			return false, nil
		}
		clicked, clickErr := w.Workspace.Click(ctx, approver, "Approve the plan", &workspace.ClickOptions{Channel: service})
		if clickErr != nil && !errors.Is(clickErr, workspace.ErrNoButton) {
			return false, clickErr
		}
		pressed = clicked.Ack == workspace.Acked
		return false, nil
	})
	if errors.Is(waited, context.DeadlineExceeded) && ctx.Err() == nil {
		return false, nil
	}
	return waited == nil, waited
}
