package slack

import (
	"context"
	"sync"

	"slipway/internal/deploy"
)

const (
	historyLength = 11  // releases that are read: the one that is shown, and those that are learnt from
	mostLearnt    = 200 // releases under way of which it is remembered
)

// history remembers, for each release that is being shown, how long its steps usually take. It is read once for each:
// what is announced must be the same from one round to the next.
type history struct {
	mu     sync.Mutex
	learnt map[deploy.ReleaseID]deploy.Usual
}

// of is nil while history cannot be read: estimates are then those of the platform.
func (h *history) of(ctx context.Context, store deploy.Reader, r deploy.Release) deploy.Usual {
	h.mu.Lock()
	u, ok := h.learnt[r.ID]
	h.mu.Unlock()
	if ok {
		return u
	}
	past, err := store.History(ctx, r.Target, historyLength)
	if err != nil && len(past) == 0 {
		return nil
	}
	var ended []deploy.Release
	for _, p := range past {
		if p.State.Terminal() && p.Number < r.Number {
			ended = append(ended, p)
		}
	}
	u = deploy.Learn(ended)
	h.mu.Lock() // not while reading: one that is slow must not keep all the others
	defer h.mu.Unlock()
	if h.learnt == nil || len(h.learnt) >= mostLearnt {
		h.learnt = map[deploy.ReleaseID]deploy.Usual{}
	}
	h.learnt[r.ID] = u
	return u
}
