package control

import (
	"net/http"
	"sync"
)

// changes counts what can be seen to change, so that a client can wait for the next change instead of asking
// again and again.
type changes struct {
	mu      sync.Mutex
	count   int64
	moved   chan struct{}
	stopped <-chan struct{}
}

// watch counts changes of every source until stopped is closed. A source gives a channel that is closed at its
// next change.
func watch(stopped <-chan struct{}, sources ...func() <-chan struct{}) *changes {
	c := &changes{count: 1, moved: make(chan struct{}), stopped: stopped}
	for _, source := range sources {
		next := source()
		go func() {
			for {
				select {
				case <-stopped:
					return
				case <-next:
					next = source()
					c.bump()
				}
			}
		}()
	}
	return c
}

func (c *changes) bump() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.count++
	close(c.moved)
	c.moved = make(chan struct{})
}

func (c *changes) soFar() (now int64, moved <-chan struct{}) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.count, c.moved
}

// serve answers with the number of changes so far, as soon as it is higher than the parameter after.
func (c *changes) serve(w http.ResponseWriter, r *http.Request) {
	after, err := mark(r)
	if err != nil {
		refuse(w, http.StatusBadRequest, err)
		return
	}
	for {
		now, moved := c.soFar()
		if now > after {
			answer(w, now, nil)
			return
		}
		select {
		case <-moved:
		case <-r.Context().Done():
			return
		case <-c.stopped:
			answer(w, now, nil)
			return
		}
	}
}
