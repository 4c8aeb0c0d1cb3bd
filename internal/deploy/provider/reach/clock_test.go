package reach_test

import (
	"sync"
	"time"
)

// stepping is a clock that moves by 30 ms whenever it is asked, and whose timers are over at once. It counts them.
type stepping struct {
	mu     sync.Mutex
	at     time.Time
	timers []time.Duration
}

func (c *stepping) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(30 * time.Millisecond)
	return c.at
}

func (c *stepping) NewTimer(d time.Duration) (<-chan time.Time, func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.timers = append(c.timers, d)
	c.at = c.at.Add(d)
	over := make(chan time.Time, 1)
	over <- c.at
	return over, func() {}
}

// waited is how many pauses there were.
func (c *stepping) waited() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.timers)
}
