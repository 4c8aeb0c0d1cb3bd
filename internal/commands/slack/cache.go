package slack

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/singleflight"

	"slipway/internal/deploy"
)

// cache remembers answers for a while. Whoever asks for the same thing at the same time waits for one question.
// Errors are not remembered.
type cache[K comparable, V any] struct {
	now func() time.Time
	ask func(context.Context, K) (V, error)

	flight singleflight.Group
	mu     sync.Mutex
	known  map[K]*answer[V]
	era    int // grows with each drop: what was asked before is not remembered after
}

type answer[V any] struct {
	value  V
	at     time.Time // when it was asked for
	wanted time.Time // when somebody last used it
}

func newCache[K comparable, V any](now func() time.Time, ask func(context.Context, K) (V, error)) *cache[K, V] {
	return &cache[K, V]{now: now, ask: ask, known: map[K]*answer[V]{}}
}

func (c *cache[K, V]) get(ctx context.Context, key K) (V, error) {
	c.mu.Lock()
	now := c.now()
	if a := c.known[key]; a != nil && now.Sub(a.at) < remembered {
		a.wanted = now
		c.mu.Unlock()
		return a.value, nil
	}
	c.mu.Unlock()
	return c.fetch(ctx, key, now)
}

// fetch asks, together with whoever asks for the same at the moment. One of them giving up does not disturb the
// others: the question goes on, bounded by callTimeout.
func (c *cache[K, V]) fetch(ctx context.Context, key K, wanted time.Time) (V, error) {
	c.mu.Lock()
	era := c.era
	c.mu.Unlock()
	done := c.flight.DoChan(fmt.Sprint(era, key), func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), callTimeout)
		defer cancel()
		at := c.now()
		v, err := c.ask(ctx, key)
		if err == nil {
			c.remember(key, v, at, wanted, era)
		}
		return v, err
	})
	var none V
	select {
	case r := <-done:
		if r.Err != nil {
			return none, r.Err
		}
		v, ok := r.Val.(V)
		if !ok {
			return none, &deploy.Error{Code: deploy.Internal, Op: "read the cache", Msg: fmt.Sprintf("it holds a %T", r.Val)}
		}
		return v, nil
	case <-ctx.Done():
		return none, &deploy.Error{Code: deploy.Unavailable, Op: "wait for Slack", Msg: "Slack did not answer in time", Err: ctx.Err()}
	}
}

func (c *cache[K, V]) remember(key K, v V, at, wanted time.Time, era int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if era != c.era {
		return
	}
	if a := c.known[key]; a != nil && a.wanted.After(wanted) {
		wanted = a.wanted
	}
	c.known[key] = &answer[V]{value: v, at: at, wanted: wanted}
}

// drop forgets, so that the next who asks hears what is so now.
func (c *cache[K, V]) drop(which func(K) bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.era++
	for key := range c.known {
		if which(key) {
			delete(c.known, key)
		}
	}
}

// renew asks again for what is in use and will expire soon, and forgets what is neither fresh nor in use.
func (c *cache[K, V]) renew(ctx context.Context, g *errgroup.Group) {
	type aged struct {
		key    K
		wanted time.Time
	}
	var aging []aged
	c.mu.Lock()
	now := c.now()
	for key, a := range c.known {
		switch {
		case now.Sub(a.wanted) > inUse && now.Sub(a.at) > remembered:
			delete(c.known, key)
		case now.Sub(a.wanted) <= inUse && now.Sub(a.at) > renewAfter:
			aging = append(aging, aged{key, a.wanted})
		}
	}
	c.mu.Unlock()
	slices.SortFunc(aging, func(a, b aged) int { return b.wanted.Compare(a.wanted) })
	for _, a := range aging {
		g.Go(func() error {
			_, err := c.fetch(ctx, a.key, a.wanted)
			return err
		})
	}
}
