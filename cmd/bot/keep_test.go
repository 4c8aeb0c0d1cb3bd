package main

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"slipway/deployments"
	"slipway/internal/sandbox"
)

// kept is a sandbox whose bot is kept, and stopped and started by people.
type kept struct {
	*sandbox.Sandbox
	t     *testing.T
	ended chan error // what keep came to
	end   context.CancelFunc
	next  error // why there is no other bot
}

// keepBot keeps the bot of a sandbox, by what people ask of the sandbox or, if it is not nil, by switches.
func keepBot(t *testing.T, switches <-chan sandbox.Switch, change func(*config)) *kept {
	t.Helper()
	box, err := sandbox.Start(sandbox.Options{Catalog: deployments.Catalog(), OwnBot: true})
	if err != nil {
		t.Fatal(err)
	}
	ctx, end := context.WithCancel(t.Context())
	k := &kept{Sandbox: box, t: t, ended: make(chan error, 1), end: end}
	b, err := joinBot(ctx, box, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	if change != nil {
		change(&b.cfg)
	}
	if switches == nil {
		switches = box.Switches()
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		k.ended <- keep(ctx, b, switches, func() (*bot, error) {
			if k.next != nil {
				return nil, k.next
			}
			return joinBot(ctx, box, zerolog.Nop())
		})
	}()
	t.Cleanup(func() {
		end()
		<-done
		if err := box.Close(); err != nil {
			t.Error(err)
		}
	})
	return k
}

// says wants what is answered to a fault; "" is that it is done.
func (k *kept) says(fault, want string) {
	k.t.Helper()
	got := ""
	if err := k.Client().Fault(k.t.Context(), fault); err != nil {
		got = err.Error()
	}
	if got != want {
		k.t.Errorf("%s: %q, want %q", fault, got, want)
	}
}

// came wants what keep came to.
func (k *kept) came(want string) {
	k.t.Helper()
	select {
	case err := <-k.ended:
		if err != nil && want == "" || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			k.t.Errorf("it came to %v, want %q", err, want)
		}
	case <-time.After(patience):
		k.t.Fatal("it goes on")
	}
}

// hears waits until commands are heard, or are not.
func (k *kept) hears(commands bool) {
	k.t.Helper()
	tick := time.NewTicker(3 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.After(patience); len(k.Workspace.Connections()) > 0 != commands; {
		select {
		case <-tick.C:
		case <-deadline:
			k.t.Fatalf("waited in vain; there are connections: %v", k.Workspace.Connections())
		}
	}
}

func TestABotIsStoppedAndAnotherBegins(t *testing.T) {
	t.Parallel()
	k := keepBot(t, nil, nil)
	k.says("bot up", "the bot is up already")
	k.hears(true)
	for range 2 {
		k.says("bot down", "")
		k.hears(false)
		k.says("bot down", "the bot is down already")
		k.says("bot up", "")
		if len(k.Workspace.Connections()) == 0 {
			t.Error("whoever wanted it up was answered before it could hear a command")
		}
		k.says("bot up", "the bot is up already")
	}
	k.end()
	k.came("")
}

func TestKeepingEndsWhileTheBotIsDown(t *testing.T) {
	t.Parallel()
	k := keepBot(t, nil, nil)
	k.says("bot down", "")
	k.end()
	k.came("")
}

func TestKeepingEndsWithABotThatEndsByItself(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	k := keepBot(t, nil, func(c *config) { c.listen = taken.Addr().String() })
	k.came("listen on SLIPWAY_LISTEN")
}

func TestWhoeverWantsABotHearsWhyThereIsNone(t *testing.T) {
	t.Parallel()
	k := keepBot(t, nil, nil)
	k.next = errors.New("there is no catalog any more") // before it is looked at: the switch is in between
	k.says("bot down", "")
	k.says("bot up", "there is no catalog any more")
	k.came("there is no catalog any more")
}

func TestKeepingEndsWhileABotDoesNotListenYet(t *testing.T) {
	t.Parallel()
	switches := make(chan sandbox.Switch)
	k := keepBot(t, switches, nil)
	ask := func(up bool) <-chan error {
		done := make(chan error, 1)
		switches <- sandbox.Switch{Up: up, Done: done}
		return done
	}
	if err := <-ask(false); err != nil {
		t.Fatal(err)
	}
	k.says("slack down", "")
	up := ask(true)
	if err := <-ask(true); err == nil || err.Error() != "the bot is up already" {
		t.Errorf("who wants it up a second time hears %v", err)
	}
	select {
	case err := <-up:
		t.Errorf("it was answered with %v before it listened", err)
	default:
	}
	k.end()
	if err := <-up; !errors.Is(err, context.Canceled) {
		t.Errorf("whoever wanted it up hears %v", err)
	}
	k.came("")
}
