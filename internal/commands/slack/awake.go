package slack

import (
	"context"
	"errors"
	"sync"
	"time"

	"slipway/internal/deploy"
)

const (
	// sleepLook is how often a socket makes sure that its process runs.
	sleepLook = 250 * time.Millisecond
	// overslept is from when on a pause is one: what came at its beginning has had most of Slack's three seconds.
	overslept = 2 * time.Second
)

// errOverslept ends a connection on which envelopes may have waited for too long.
var errOverslept = errors.New("this process did not run for a while")

// awake notices that this process stood still: stopped, swapped out, or with its machine. Whatever waits in a
// connection then looks new and is not: Slack has told the person that nobody answered, and they may have said it
// again, or something else. What Slack has given up must not be done behind their back.
type awake struct {
	clock deploy.Clock

	mu   sync.Mutex
	last time.Time
	woke time.Time
}

func newAwake(c deploy.Clock) *awake { return &awake{clock: c, last: c.Now()} }

// look is when the last pause ended; zero if there was none. Time may stand still with the machine, so both readings
// of the clock count.
func (a *awake) look() time.Time {
	a.mu.Lock()
	defer a.mu.Unlock()
	now := a.clock.Now()
	if max(now.Sub(a.last), now.Round(0).Sub(a.last.Round(0))) >= overslept {
		a.woke = now
	}
	a.last = now
	return a.woke
}

// keep looks until ctx ends.
func (a *awake) keep(ctx context.Context) {
	for {
		timer, stop := a.clock.NewTimer(sleepLook)
		select {
		case <-timer:
			a.look()
		case <-ctx.Done():
			stop()
			return
		}
	}
}

// stale says whether what a link brings may be from before a pause. Then the link is ended: its successor brings what
// is new.
func (s *Socket) stale(l *link) bool {
	woke := s.awake.look()
	opened := l.since.Load()
	if woke.IsZero() || opened == nil || opened.After(woke) {
		return false
	}
	s.log.Warn().Int("socket", l.number).Msg("slept; what waited in the socket is left, Slack has told people that it failed")
	l.end(errOverslept)
	return true
}
