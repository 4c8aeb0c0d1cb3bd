package store_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/anishathalye/porcupine"
	"github.com/redis/go-redis/v9"

	"slipway/internal/deploy"
	"slipway/internal/store"
	"slipway/internal/store/storetest"
)

const (
	clients   = 6
	moves     = 120                  // of each client
	briefly   = 8 * time.Millisecond // a lease
	checkTime = 5 * time.Second      // for the checker to say yes or no; it takes milliseconds
)

// history is everything that the clients of one store did, with when and what came of it.
type history struct {
	mu  sync.Mutex
	ops []porcupine.Operation
}

func (h *history) add(client int, m move, call int64, a answer, back int64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.ops = append(h.ops, porcupine.Operation{ClientId: client, Input: m, Call: call, Output: a, Return: back})
}

// player does random moves on one target, and pauses now and then for longer than its lease.
type player struct {
	number int
	name   string
	store  deploy.Store
	h      *history
	rand   *rand.Rand
	target deploy.Target
	hasty  bool
	ids    []deploy.ReleaseID // it has heard of
	claims map[deploy.ReleaseID]deploy.Claim
	read   map[deploy.ReleaseID][]deploy.Signal
}

// play has the clients play against a store and returns what they saw.
func playHistory(t *testing.T, s deploy.Store, hasty bool) []porcupine.Operation {
	t.Helper()
	h := &history{}
	var all sync.WaitGroup
	for i := range clients {
		c := &player{
			number: i, name: fmt.Sprint("client", i), store: s, h: h, hasty: hasty, rand: rand.New(rand.NewPCG(rand.Uint64(), 1)),
			target: deploy.Target{Service: fmt.Sprint("app", i%2), Environment: "production"},
			claims: map[deploy.ReleaseID]deploy.Claim{}, read: map[deploy.ReleaseID][]deploy.Signal{},
		}
		all.Go(func() {
			for range moves {
				c.move(t)
			}
		})
	}
	all.Wait()
	return h.ops
}

func (c *player) move(t *testing.T) {
	ctx := t.Context()
	id := deploy.ReleaseID(c.target.Service + "-0") // nobody
	if n := len(c.ids); n > 0 {
		id = c.ids[max(0, n-1-c.rand.IntN(6)/5)]
	}
	claim := c.claims[id]
	m := move{client: c.name, id: id, epoch: claim.Epoch, rev: claim.Release.Rev, lease: briefly.Milliseconds()}
	if c.hasty {
		c.rush(ctx, m)
		return
	}
	switch n := c.rand.IntN(100); {
	case len(c.ids) == 0 || n < 8:
		c.create(ctx, m)
	case n < 12:
		c.holder(ctx, m)
	case n < 35:
		c.claim(ctx, m)
	case n < 60:
		c.commit(ctx, m)
	case n < 70:
		c.beat(ctx, m)
	case n < 75:
		c.yield(ctx, m)
	case n < 82:
		c.signal(ctx, m)
	case n < 88:
		c.inbox(ctx, m)
	case n < 92:
		c.due(ctx, m)
	default:
		pause(ctx, time.Duration(float64(briefly)*(0.5+c.rand.Float64())))
	}
}

// rush has releases end soon, so that much happens after an end.
func (c *player) rush(ctx context.Context, m move) {
	switch n := c.rand.IntN(100); {
	case len(c.ids) == 0 || n < 25:
		c.create(ctx, m)
	case n < 30:
		c.holder(ctx, m)
	case n < 50:
		c.claim(ctx, m)
	case n < 70:
		c.commit(ctx, m)
	case n < 85:
		c.unlock(ctx, m)
	default:
		c.note(ctx, m)
	}
}

func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// timed notes a move with its answer.
func (c *player) timed(m move, do func() answer) {
	m.call, m.back = millisNow(), new(int64)
	call := time.Now()
	a := do()
	*m.back = millisNow()
	c.h.add(c.number, m, call.UnixNano(), a, time.Now().UnixNano())
}

func (c *player) heardOf(id deploy.ReleaseID) {
	if id != "" && !slices.Contains(c.ids, id) {
		c.ids = append(c.ids, id)
	}
}

func (c *player) create(ctx context.Context, m move) {
	m.op, m.id = "create", deploy.ReleaseID(c.target.Service+"-0")
	m.event = deploy.EventID(fmt.Sprintf("create %s %d", c.target.Service, c.rand.IntN(12)))
	m.again = c.rand.IntN(2) == 0
	c.timed(m, func() answer {
		r := storetest.Release(c.target)
		r.Again = m.again
		got, err := c.store.Create(ctx, r, m.event)
		c.heardOf(got.Release.ID)
		return answer{code: deploy.CodeOf(err), id: got.Release.ID, fresh: got.Fresh, rev: got.Release.Rev}
	})
}

func (c *player) holder(ctx context.Context, m move) {
	m.op = "holder"
	c.timed(m, func() answer {
		id, err := c.store.Holder(ctx, c.target)
		c.heardOf(id)
		return answer{code: deploy.CodeOf(err), id: id}
	})
}

func (c *player) claim(ctx context.Context, m move) {
	m.op = "claim"
	c.timed(m, func() answer {
		got, err := c.store.Claim(ctx, m.id, c.name, briefly)
		if err == nil {
			c.claims[m.id] = got
		}
		return answer{code: deploy.CodeOf(err), epoch: got.Epoch, rev: got.Release.Rev, now: got.Now.UnixMilli(), signals: got.Signals}
	})
}

func (c *player) commit(ctx context.Context, m move) {
	claim, ok := c.claims[m.id]
	if !ok {
		return
	}
	m.op, m.yield, m.end = "commit", c.rand.IntN(5) == 0, c.rand.IntN(12) == 0
	m.end = m.end || c.hasty && c.rand.IntN(2) == 0
	next := next(claim)
	next.Yield, next.After = m.yield, briefly
	if m.end {
		next.Release.State = deploy.Failed
		if m.takeBack = c.hasty && c.rand.IntN(2) == 0; m.takeBack {
			next.Release.State = deploy.RolledBack
		}
	}
	if read := c.read[m.id]; len(read) > 0 {
		last := read[c.rand.IntN(len(read))]
		next.Consumed, m.consumed = last.ID, last.Reason
	}
	c.timed(m, func() answer {
		got, err := c.store.Commit(ctx, next)
		if err == nil {
			claim.Release.Rev = got.Rev
			c.claims[m.id] = claim
		}
		return answer{code: deploy.CodeOf(err), rev: got.Rev, now: got.Now.UnixMilli(), signals: got.Signals}
	})
}

func (c *player) beat(ctx context.Context, m move) {
	m.op = "beat"
	c.timed(m, func() answer {
		n, err := c.store.Beat(ctx, m.id, m.epoch, briefly)
		return answer{code: deploy.CodeOf(err), signals: n}
	})
}

func (c *player) yield(ctx context.Context, m move) {
	m.op = "yield"
	c.timed(m, func() answer { return answer{code: deploy.CodeOf(c.store.Yield(ctx, m.id, m.epoch, briefly))} })
}

func (c *player) signal(ctx context.Context, m move) {
	m.op, m.word = "signal", fmt.Sprintf("w%d.%d", c.number, c.rand.Uint32())
	m.event = deploy.EventID(fmt.Sprintf("signal %s %d", m.id, c.rand.IntN(40)))
	c.timed(m, func() answer {
		fresh, err := c.store.Signal(ctx, m.id, deploy.Signal{Kind: deploy.SignalPause, Reason: m.word}, m.event)
		return answer{code: deploy.CodeOf(err), fresh: fresh}
	})
}

func (c *player) inbox(ctx context.Context, m move) {
	m.op = "inbox"
	c.timed(m, func() answer {
		got, err := c.store.Inbox(ctx, m.id)
		c.read[m.id] = got
		var words strings.Builder
		for _, s := range got {
			words.WriteString(s.Reason + " ")
		}
		return answer{code: deploy.CodeOf(err), words: words.String()}
	})
}

func (c *player) due(ctx context.Context, m move) {
	m.op = "due"
	c.timed(m, func() answer {
		got, err := c.store.Due(ctx, 1000)
		return answer{code: deploy.CodeOf(err), due: slices.Contains(got, m.id)}
	})
}

func (c *player) unlock(ctx context.Context, m move) {
	m.op, m.event = "unlock", deploy.EventID(fmt.Sprintf("unlock %s %d", m.id, c.rand.IntN(4)))
	c.timed(m, func() answer {
		cleared, err := c.store.Unlock(ctx, c.target, m.id, m.event)
		return answer{code: deploy.CodeOf(err), fresh: cleared}
	})
}

func (c *player) note(ctx context.Context, m move) {
	if n := len(c.ids); n > 0 {
		m.id = c.ids[c.rand.IntN(n)] // mostly one that has ended
	}
	m.op, m.event = "note", deploy.EventID(fmt.Sprintf("note %s %d", m.id, c.rand.IntN(12)))
	m.kind = []deploy.NoteKind{deploy.NoteTaken, deploy.NoteBug, deploy.NoteFix, deploy.NoteReport}[c.rand.IntN(4)]
	c.timed(m, func() answer {
		got, fresh, err := c.store.Note(ctx, m.id, deploy.Note{Kind: m.kind, By: "U0BOB"}, m.event)
		var words strings.Builder
		for _, n := range got.Notes {
			words.WriteString(string(n.Kind) + " ")
		}
		return answer{code: deploy.CodeOf(err), fresh: fresh, rev: got.Rev, words: words.String()}
	})
}

// verdictOf checks a history; a picture of one that is not lawful is drawn into a file.
func verdictOf(t *testing.T, ops []porcupine.Operation) (lawful bool, picture func() string) {
	t.Helper()
	model := rules
	model.Partition = byService
	result, info := porcupine.CheckOperationsVerbose(model, ops, checkTime)
	if result == porcupine.Unknown {
		t.Fatal("the checker did not come to an end")
	}
	return result == porcupine.Ok, func() string {
		f, err := os.CreateTemp("", "history-*.html")
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if err := porcupine.Visualize(model, info, f); err != nil {
			t.Fatal(err)
		}
		return filepath.Clean(f.Name())
	}
}

func TestHistoriesOfSixClientsAreLinearizable(t *testing.T) {
	t.Parallel()
	lawful(t, false, "create ", "create held", "claim ", "claim conflict", "commit ", "commit fenced",
		"beat ", "beat fenced", "yield ", "yield fenced", "signal ", "inbox ", "due ", "holder ")
}

func TestHistoriesOfLocksBarsAndNotesAreLinearizable(t *testing.T) {
	t.Parallel()
	lawful(t, true, "create ", "create held", "create invalid", "unlock ", "unlock fresh", "note ", "note fresh", "note conflict")
}

// lawful has clients play at both servers, checks what they saw, and that every move came that must.
func lawful(t *testing.T, hasty bool, musts ...string) {
	t.Helper()
	server := storetest.StartRedis(t)
	for name, url := range map[string]string{"redis": server.URL(1), "miniredis": "redis://" + miniredis.RunT(t).Addr()} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, came := opened(t, url, nil), map[string]int{}
			for range 3 {
				ops := playHistory(t, s, hasty)
				if lawful, picture := verdictOf(t, ops); !lawful {
					t.Fatalf("%d moves are not linearizable; a picture is in %s", len(ops), picture())
				}
				for _, op := range ops {
					a := op.Output.(answer)
					came[op.Input.(move).op+" "+string(a.code)]++
					if a.fresh {
						came[op.Input.(move).op+" fresh"]++
					}
				}
				empty(t, url)
			}
			for _, must := range musts {
				if came[must] == 0 {
					t.Errorf("%q never happened: %v", must, came)
				}
			}
		})
	}
}

func empty(t *testing.T, url string) {
	t.Helper()
	rdb := raw(t, url)
	if err := rdb.FlushDB(t.Context()).Err(); err != nil {
		t.Fatal(err)
	}
}

func raw(t *testing.T, url string) *redis.Client {
	t.Helper()
	o, err := redis.ParseURL(url)
	if err != nil {
		t.Fatal(err)
	}
	rdb := redis.NewClient(o)
	t.Cleanup(func() { _ = rdb.Close() })
	return rdb
}

// trusting is a store with a fault: it takes whatever epoch is in force for that of the caller.
type trusting struct {
	*store.Store
	rdb    *redis.Client
	commit bool
	beat   bool
}

func (s *trusting) inForce(ctx context.Context, id deploy.ReleaseID, otherwise deploy.Epoch) deploy.Epoch {
	if e, err := s.rdb.HGet(ctx, relKey(id), "epoch").Int64(); err == nil && e != 0 {
		return deploy.Epoch(e)
	}
	return otherwise
}

// Commit goes by the revision alone, as if that were enough.
func (s *trusting) Commit(ctx context.Context, c deploy.Commit) (deploy.Committed, error) {
	if s.commit {
		c.Epoch = s.inForce(ctx, c.Release.ID, c.Epoch)
	}
	return s.Store.Commit(ctx, c)
}

// Beat prolongs the lease for whoever asks.
func (s *trusting) Beat(ctx context.Context, id deploy.ReleaseID, e deploy.Epoch, lease time.Duration) (int, error) {
	if s.beat {
		e = s.inForce(ctx, id, e)
	}
	return s.Store.Beat(ctx, id, e, lease)
}

func TestTheCheckerRejectsAStoreThatIgnoresTheEpoch(t *testing.T) {
	t.Parallel()
	server := storetest.StartRedis(t)
	for i, c := range []struct {
		name   string
		faulty trusting
	}{
		{"in commits", trusting{commit: true}},
		{"in beats", trusting{beat: true}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			url := server.URL(1 + i)
			c.faulty.Store, c.faulty.rdb = opened(t, url, nil), raw(t, url)
			for range 5 { // a single history may happen not to need the epoch
				if lawful, _ := verdictOf(t, playHistory(t, &c.faulty, false)); !lawful {
					return
				}
				empty(t, url)
			}
			t.Error("the checker found nothing wrong")
		})
	}
}
