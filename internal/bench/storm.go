package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"slipway/internal/deploy"
	"slipway/internal/sandbox/workspace"
)

const (
	stormWords    = 600
	stormServices = 60
	stormSpeakers = 6
	stormEvery    = 15 // words between two troubles
	redeliverEach = 10 // words between two that Slack delivers twice
	historyMost   = 1000
)

// trouble is what Slack's connections meet, in turn.
var trouble = []func(context.Context, *workspace.Workspace){
	func(_ context.Context, w *workspace.Workspace) { w.DropConnections(last(w)) },
	func(_ context.Context, w *workspace.Workspace) { w.Disconnect("refresh_requested") },
	func(_ context.Context, w *workspace.Workspace) { w.DropConnections() },
	func(_ context.Context, w *workspace.Workspace) { w.Disconnect("warning", last(w)) },
	func(_ context.Context, w *workspace.Workspace) { w.Disconnect("link_disabled", last(w)) },
	func(_ context.Context, w *workspace.Workspace) { w.Disconnect("too_many_websockets", last(w)) },
	func(ctx context.Context, w *workspace.Workspace) {
		w.Down(true)
		pause(ctx, 50*time.Millisecond)
		w.Down(false)
	},
	func(ctx context.Context, w *workspace.Workspace) {
		w.RefuseAcks(true)
		pause(ctx, 5*time.Millisecond)
		w.RefuseAcks(false)
	},
}

func last(w *workspace.Workspace) int {
	all := w.Connections()
	if len(all) == 0 {
		return -1
	}
	return all[len(all)-1].ID
}

func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// word is something that a person typed, told apart from all others by its reason.
type word struct {
	service, reason string
	typed           workspace.Typed
}

// measureStorm says /deploy while connections come and go and envelopes come twice, and compares what people were told
// with what is stored.
func measureStorm(ctx context.Context, g *ground) (err error) {
	w, err := g.newWorld(ctx, stormServices, unattended, false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.close()) }()
	if err := w.warm(ctx); err != nil {
		return err
	}
	words, err := w.storm(ctx)
	if err != nil {
		return err
	}
	t, err := w.compare(ctx, words)
	if err != nil {
		return err
	}
	say("%d commands, %d accepted, %d without an acknowledgement; %d troubles", len(words), t.accepted, t.unanswered, len(words)/stormEvery)
	if t.accepted < len(words)/4 {
		return fmt.Errorf("only %d of %d commands were accepted", t.accepted, len(words))
	}
	figure("slack.commands_lost", float64(t.lost), "commands")
	figure("slack.commands_twice", float64(t.twice), "commands")
	return nil
}

func (w *world) storm(ctx context.Context) ([]word, error) {
	words := make([]word, stormWords)
	todo := make(chan int)
	failed := make([]error, stormSpeakers)
	var speakers sync.WaitGroup
	for s := range stormSpeakers {
		speakers.Go(func() {
			for n := range todo {
				if failed[s] == nil {
					words[n], failed[s] = w.utter(ctx, n)
				}
			}
		})
	}
	for n := range words {
		if n%stormEvery == stormEvery-1 {
			trouble[n/stormEvery%len(trouble)](ctx, w.Workspace)
		}
		todo <- n
	}
	close(todo)
	speakers.Wait()
	return words, errors.Join(failed...)
}

// utter says a word, again for as long as Slack has no connection to send it to, and has some delivered twice.
func (w *world) utter(ctx context.Context, n int) (word, error) {
	said := word{service: serviceName(n % stormServices), reason: fmt.Sprintf("number %04d", n)}
	for said.typed.Ack == "" || said.typed.Ack == workspace.DispatchFailed {
		if err := w.Workspace.Wait(ctx, func() bool { return len(w.Workspace.Connections()) > 0 }); err != nil {
			return said, err
		}
		var err error
		said.typed, err = w.Workspace.Type(ctx, person, said.service, fmt.Sprintf("/deploy %s %s --reason %q", said.service, next, said.reason))
		if err != nil {
			return said, err
		}
	}
	if n%redeliverEach != 0 {
		return said, nil
	}
	_, err := w.Workspace.Redeliver(ctx, said.typed.Envelope)
	return said, err
}

// tally is what came of the words.
type tally struct {
	accepted, unanswered int
	lost, twice          int // accepted and not stored; stored more than once
}

func (w *world) compare(ctx context.Context, words []word) (t tally, err error) {
	stored := map[string]int{}
	for i := range stormServices {
		releases, err := w.store.History(ctx, deploy.Target{Service: serviceName(i), Environment: environment}, historyMost)
		if err != nil {
			return t, err
		}
		for _, r := range releases {
			stored[r.Reason]++
		}
	}
	for _, said := range words {
		acked := said.typed.Ack == workspace.Acked
		accepted := acked && strings.Contains(said.typed.Text, "brings")
		n := stored[said.reason]
		t.accepted += count(accepted)
		t.unanswered += count(!acked)
		t.lost += count(accepted && n == 0)
		t.twice += count(n > 1)
	}
	return t, nil
}

func count(is bool) int {
	if is {
		return 1
	}
	return 0
}
