package store_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"slipway/internal/deploy"
	"slipway/internal/store/storetest"
)

// slack is how long Slack waits for an answer to what a person said.
const slack = 3 * time.Second

func TestPeopleAreAnsweredInTimeAndNothingIsStoredTwice(t *testing.T) {
	t.Parallel()
	server := storetest.StartRedis(t)
	for i, fault := range storetest.Faults {
		t.Run(string(fault), func(t *testing.T) {
			t.Parallel()
			wire := storetest.NewWire(t, server.Addr)
			s := opened(t, "redis://"+wire.Addr+"/"+string(rune('1'+i)), nil)
			straight := opened(t, server.URL(i+1), nil)
			create(t, s, deploy.Target{Service: "billing", Environment: "staging"}, "") // the scripts are known, a connection is open

			say := func(what string, do func(context.Context) error, stored func() int) {
				ctx, cancel := context.WithTimeout(t.Context(), slack)
				defer cancel()
				begun := time.Now()
				err := do(ctx)
				if took := time.Since(begun); took > slack {
					t.Errorf("%s: answered after %s", what, took)
				}
				if err != nil && (deploy.CodeOf(err) != deploy.Unavailable || deploy.Hint(err) == "") {
					t.Errorf("%s: %v, hint %q", what, err, deploy.Hint(err))
				}
				if n := stored(); errors.Is(err, deploy.ErrNotWritten) && n > 0 || err == nil && n == 0 {
					t.Errorf("%s: the answer was %v, and it is stored %d times", what, err, n)
				}
				if (err == nil) != (fault == storetest.Slow) {
					t.Errorf("%s: %v", what, err)
				}
			}
			ask := func(ctx context.Context) error { _, err := s.Create(ctx, storetest.Release(app), "E1"); return err }
			asked := func() int {
				history, err := straight.History(t.Context(), app, 10)
				if err != nil {
					t.Fatal(err)
				}
				return len(history)
			}
			wire.Break(t, fault)
			say("a command", ask, asked)
			wire.Mend()
			eventually(t, "the repeated command is answered", func(ctx context.Context) bool { return ask(ctx) == nil })
			if n := asked(); n != 1 {
				t.Errorf("one command made %d releases", n)
			}

			id := deploy.NewReleaseID(app.Service, 1)
			press := func(ctx context.Context) error {
				_, err := s.Signal(ctx, id, deploy.Signal{Kind: deploy.SignalPause}, "E2")
				return err
			}
			pressed := func() int {
				inbox, err := straight.Inbox(t.Context(), id)
				if err != nil {
					t.Fatal(err)
				}
				return len(inbox)
			}
			wire.Break(t, fault)
			say("a button", press, pressed)
			wire.Mend()
			eventually(t, "the repeated press is answered", func(ctx context.Context) bool { return press(ctx) == nil })
			if n := pressed(); n != 1 {
				t.Errorf("one press made %d signals", n)
			}
		})
	}
}
