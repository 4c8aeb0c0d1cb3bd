package engine_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"slipway/internal/deploy"
	"slipway/internal/deploy/engine"
	"slipway/internal/store"
	"slipway/internal/store/storetest"
)

// kept are the arguments of a Redis that has on disk what it has answered.
var kept = []string{"--appendonly", "yes", "--appendfsync", "always"}

// impatient is a store at addr that waits for no answer for longer than a moment, so that tests are short.
func impatient(t *testing.T, addr string, opts *store.Options) *store.Store {
	t.Helper()
	const moment = 150 * time.Millisecond
	s := store.New(redis.NewClient(&redis.Options{Addr: addr, MaxRetries: -1, DialTimeout: moment, ReadTimeout: moment, WriteTimeout: moment,
		DialerRetries: 1, ContextTimeoutEnabled: true}), opts)
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func command(t *testing.T, server *storetest.Server, args ...any) string {
	t.Helper()
	c := redis.NewClient(&redis.Options{Addr: server.Addr, MaxRetries: -1})
	defer c.Close()
	v, err := c.Do(t.Context(), args...).Result()
	if err != nil {
		t.Fatalf("%v: %v", args, err)
	}
	return fmt.Sprint(v)
}

// noApproval lets a release go through without people.
func noApproval(s *deploy.Spec) { s.Strategy.Steps[0].Approve = false }

// brief are options under which what is lost shows soon.
func brief(o *engine.Options) { o.Lease, o.Beat = time.Second, 200*time.Millisecond }

// gapless fails the test unless the journal of the release has each revision, once, and each intent once.
func (b *bench) gapless() {
	b.t.Helper()
	entries, err := b.store.Journal(b.t.Context(), b.id, 0)
	if err != nil {
		b.t.Fatal(err)
	}
	rev, begun := int64(0), map[deploy.StepName]int{}
	for _, e := range entries {
		if e.Rev != rev && e.Rev != rev+1 {
			b.t.Errorf("revision %d follows %d", e.Rev, rev)
		}
		rev = e.Rev
		if e.Kind == deploy.EntryIntent {
			begun[e.Step]++
		}
	}
	for step, n := range begun {
		if n != 1 {
			b.t.Errorf("%s was begun %d times", step, n)
		}
	}
	r, err := b.store.Get(b.t.Context(), b.id)
	if err != nil || r.Rev != rev {
		b.t.Errorf("the release is at revision %d, its journal at %d: %v", r.Rev, rev, err)
	}
	if holder, err := b.store.Holder(b.t.Context(), r.Target); r.State.Terminal() && (err != nil || holder != "") {
		b.t.Errorf("held by %q, %v", holder, err)
	}
}

// listened is a store whose refusals are heard.
type listened struct {
	deploy.Owners
	mu    sync.Mutex
	heard map[string]int
	news  chan struct{}
}

func listen(s deploy.Owners) *listened {
	return &listened{Owners: s, heard: map[string]int{}, news: make(chan struct{}, 1)}
}

func (l *listened) note(err error) {
	if err == nil || errors.Is(err, context.Canceled) {
		return
	}
	l.mu.Lock()
	l.heard[deploy.Message(err)]++
	l.mu.Unlock()
	select {
	case l.news <- struct{}{}:
	default:
	}
}

func (l *listened) Claim(ctx context.Context, id deploy.ReleaseID, owner string, lease time.Duration) (deploy.Claim, error) {
	c, err := l.Owners.Claim(ctx, id, owner, lease)
	l.note(err)
	return c, err
}

func (l *listened) Commit(ctx context.Context, c deploy.Commit) (deploy.Committed, error) {
	done, err := l.Owners.Commit(ctx, c)
	l.note(err)
	return done, err
}

func (l *listened) Due(ctx context.Context, limit int) ([]deploy.ReleaseID, error) {
	ids, err := l.Owners.Due(ctx, limit)
	l.note(err)
	return ids, err
}

func (l *listened) Confirm(ctx context.Context, id deploy.ReleaseID, e deploy.Epoch, lease time.Duration) error {
	err := l.Owners.Confirm(ctx, id, e, lease)
	l.note(err)
	return err
}

// hear waits until the store has refused n calls in these words.
func (l *listened) hear(t *testing.T, words string, n int) {
	t.Helper()
	limit := time.NewTimer(patience)
	defer limit.Stop()
	for {
		l.mu.Lock()
		got, all := l.heard[words], fmt.Sprint(l.heard)
		l.mu.Unlock()
		if got >= n {
			return
		}
		select {
		case <-l.news:
		case <-limit.C:
			t.Fatalf("heard %q %d times, want %d; all: %s", words, got, n, all)
		}
	}
}

// times is how often each step was carried out.
func (b *bench) times() map[deploy.StepName]int {
	n := map[deploy.StepName]int{}
	for _, s := range b.acted() {
		n[s]++
	}
	return n
}
