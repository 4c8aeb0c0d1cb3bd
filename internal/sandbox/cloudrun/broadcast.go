package cloudrun

import (
	"sync"
	"time"
)

// broadcast wakes everyone who waits.
type broadcast struct {
	mu  sync.Mutex
	ch  chan struct{}
	due bool // a signal is on its way
}

func (b *broadcast) channel() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ch == nil {
		b.ch = make(chan struct{})
	}
	return b.ch
}

func (b *broadcast) signal() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ch != nil {
		close(b.ch)
		b.ch = nil
	}
}

// soonest is how often those who wait are woken for requests, which come by the hundred in a second.
const soonest = 50 * time.Millisecond

// soon wakes everyone within soonest, once for everything that happens until then.
func (b *broadcast) soon() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.due {
		return
	}
	b.due = true
	time.AfterFunc(soonest, func() {
		b.mu.Lock()
		b.due = false
		b.mu.Unlock()
		b.signal()
	})
}
