package elb

import (
	"slices"
	"sync"
	"time"
)

// Clock is where the load balancers' time comes from. It has no named types in it, so that a clock of any package
// that looks like it will do.
type Clock interface {
	Now() time.Time
	// AfterFunc calls f once, after d, on a goroutine that is not the caller's or, for a clock driven by hand, on the
	// one that drives it. stop reports whether it prevented the call.
	AfterFunc(d time.Duration, f func()) (stop func() bool)
}

type realClock struct{}

func (realClock) Now() time.Time                                  { return time.Now() }
func (realClock) AfterFunc(d time.Duration, f func()) func() bool { return time.AfterFunc(d, f).Stop }

// ManualClock stands still until it is advanced.
type ManualClock struct {
	mu    sync.Mutex
	now   time.Time
	calls []*manualCall
}

type manualCall struct {
	at   time.Time
	call func()
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
func (c *ManualClock) AfterFunc(d time.Duration, f func()) (stop func() bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	call := &manualCall{at: c.now.Add(max(d, 0)), call: f}
	c.calls = append(c.calls, call)
	return func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		return c.drop(call)
	}
}

// Advance moves the time by d and makes the calls that fall due, in their order and each at its own time, including
// those that these calls ask for. It returns when they have returned.
func (c *ManualClock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	end := c.now.Add(d)
	for {
		var next *manualCall
		for _, call := range c.calls {
			if !call.at.After(end) && (next == nil || call.at.Before(next.at)) {
				next = call
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
}

func (c *ManualClock) drop(call *manualCall) bool {
	i := slices.Index(c.calls, call)
	if i < 0 {
		return false
	}
	c.calls = slices.Delete(c.calls, i, i+1)
	return true
}
