package slack_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"slipway/internal/commands"
	"slipway/internal/commands/slack"
	"slipway/internal/deploy"
	"slipway/internal/sandbox/workspace"
	"slipway/internal/store"
)

// catalog has one target, whose releases ask for 100 % at once.
type catalog struct{}

func (catalog) Services() []string               { return []string{target.Service} }
func (catalog) Environments(string) []string     { return []string{target.Environment} }
func (catalog) DefaultEnvironment(string) string { return target.Environment }
func (catalog) Resolve(deploy.Target, string) (deploy.Spec, error) {
	s := spec()
	s.Health = nil
	s.Strategy.Steps = []deploy.TrafficStep{{Percent: 10}, {Percent: 100, Approve: true}}
	s.Policy.Deploy, s.Policy.Approve = []deploy.Principal{"@platform"}, []deploy.Principal{"@oncall"}
	return s, nil
}

// bot is everything but the engine: sockets, commands, store, announcer.
func bot(t *testing.T) (*stage, *miniredis.Miniredis) {
	t.Helper()
	return botWith(t, nil)
}

func botWith(t *testing.T, change func(*workspace.Options)) (*stage, *miniredis.Miniredis) {
	t.Helper()
	w, c := open(t, change, nil)
	m := miniredis.RunT(t)
	st := store.New(redis.NewClient(&redis.Options{Addr: m.Addr(), MaxRetries: -1}), nil)
	t.Cleanup(func() { _ = st.Close() })
	s := &stage{t: t, w: w, client: c, store: st}
	people := slack.NewDirectory(c)
	listen(t, c, commands.New(st, catalog{}, people, &commands.Options{Team: workspace.TeamID}), nil)
	s.announce("one", nil)
	return s, m
}

func TestTheWayOfOneRelease(t *testing.T) {
	t.Parallel()
	s, _ := bot(t)
	if got := say(t, s.w, "alice", "/deploy coditect-app v1.2.4 --reason <!channel>"); got.Ack != workspace.Acked {
		t.Fatalf("alice sees %+v", got)
	}
	eventually(t, s.w, "the parent", s.shows("coditect-app → v1.2.4 · production #1 by <@U0ALICE>"))
	claim, err := s.store.Claim(t.Context(), "coditect-app-1", "engine", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	p := &play{t: t, release: claim.Release, now: claim.Now, instant: true}
	var heard string // the last word that was acted upon
	p.commit = func(r deploy.Release, entries []deploy.Entry) int64 {
		done, err := s.store.Commit(t.Context(), deploy.Commit{Release: r, Epoch: claim.Epoch, Entries: entries, Consumed: heard})
		if err != nil {
			t.Fatal(err)
		}
		return done.Rev
	}
	p.until("traffic/100/gate")
	eventually(t, s.w, "the question", func() bool {
		for _, post := range s.thread() {
			if strings.Contains(post.Text, " wants 100 %") {
				return true
			}
		}
		return false
	})

	var both sync.WaitGroup
	for range 2 {
		both.Go(func() {
			if got, err := s.w.Click(t.Context(), "bob", "Promote to 100 %", nil); err != nil || got.Ack != workspace.Acked {
				t.Errorf("bob clicks: %+v %v", got, err)
			}
		})
	}
	both.Wait()
	inbox, err := s.store.Inbox(t.Context(), "coditect-app-1")
	if err != nil {
		t.Fatal(err)
	}
	for _, signal := range inbox {
		heard = signal.ID
		r, entries := deploy.Apply(p.release, signal, p.now)
		p.keep(r, entries)
	}
	if approvals := p.release.Steps[len(p.release.Steps)-4].Approvals; len(approvals) != 1 || approvals[0].By != "U0BOB" {
		t.Errorf("a double click counts %d times", len(approvals))
	}
	p.until("")
	eventually(t, s.w, "the end", s.shows("100 % of traffic on v1.2.4 since"))

	stale := s.thread()[0]
	for _, post := range s.thread() {
		if strings.Contains(post.Text, " wants ") {
			stale = post
		}
	}
	if got, err := s.w.ClickAt(t.Context(), "bob", channel, stale.TS, "Promote to 100 %", nil); err != nil || got.Ack != workspace.Acked {
		t.Errorf("a late click: %+v %v", got, err)
	}
	eventually(t, s.w, "bob is told that he is late", func() bool { return told(s.w, "bob", "100 %") })
}

func TestWhatWasNotStoredIsSaidNotToBe(t *testing.T) {
	t.Parallel()
	s, m := bot(t)
	m.SetError("MASTERDOWN the store is away")
	got := say(t, s.w, "alice", "/deploy coditect-app v1.2.4")
	m.SetError("")
	if got.Ack != workspace.Acked || !strings.Contains(strings.ToLower(got.Text), "stor") {
		t.Errorf("alice sees %+v", got)
	}
	if active, err := s.store.Active(t.Context()); err != nil || len(active) != 0 {
		t.Errorf("stored all the same: %v %v", active, err)
	}
	if got := say(t, s.w, "alice", "/deploy coditect-app v1.2.4"); got.Ack != workspace.Acked {
		t.Errorf("again: %+v", got)
	}
	if active, err := s.store.Active(t.Context()); err != nil || len(active) != 1 {
		t.Errorf("after the store is back: %v %v", active, err)
	}
}
