package cloudrun

import (
	"slices"
	"sync"
	"time"
)

// Clock is where the platform's time comes from.
type Clock interface {
	Now() time.Time
	// AfterFunc calls f once, after d, on a goroutine that is not the caller's or, for a clock driven by
	// hand, on the one that drives it.
	AfterFunc(d time.Duration, f func()) Timer
}

// Timer is a pending call of AfterFunc. Stop reports whether it prevented the call.
type Timer interface{ Stop() bool }

type realClock struct{}

func (realClock) Now() time.Time                            { return time.Now() }
func (realClock) AfterFunc(d time.Duration, f func()) Timer { return time.AfterFunc(d, f) }

// ManualClock stands still until it is advanced.
type ManualClock struct {
	mu     sync.Mutex
	now    time.Time
	timers []*manualTimer
}

// NewManualClock is a clock that shows start.
func NewManualClock(start time.Time) *ManualClock { return &ManualClock{now: start} }

// Now is the time it was last advanced to.
func (c *ManualClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// AfterFunc has f called by the Advance that passes d from now.
func (c *ManualClock) AfterFunc(d time.Duration, f func()) Timer {
	c.mu.Lock()
	defer c.mu.Unlock()
	t := &manualTimer{clock: c, at: c.now.Add(max(d, 0)), call: f}
	c.timers = append(c.timers, t)
	return t
}

// Advance moves the time by d and makes the calls that fall due, in their order and each at its own
// time, including those that these calls ask for. It returns when they have returned.
func (c *ManualClock) Advance(d time.Duration) {
	c.mu.Lock()
	end := c.now.Add(d)
	for {
		var next *manualTimer
		for _, t := range c.timers {
			if !t.at.After(end) && (next == nil || t.at.Before(next.at)) {
				next = t
			}
		}
		if next == nil {
			break
		}
		c.drop(next)
		c.now = next.at
		c.mu.Unlock()
		next.call()
		c.mu.Lock()
	}
	c.now = end
	c.mu.Unlock()
}

func (c *ManualClock) drop(t *manualTimer) bool {
	i := slices.Index(c.timers, t)
	if i < 0 {
		return false
	}
	c.timers = slices.Delete(c.timers, i, i+1)
	return true
}

type manualTimer struct {
	clock *ManualClock
	at    time.Time
	call  func()
}

func (t *manualTimer) Stop() bool {
	t.clock.mu.Lock()
	defer t.clock.mu.Unlock()
	return t.clock.drop(t)
}
