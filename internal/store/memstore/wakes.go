package memstore

import (
	"context"

	"slipway/internal/deploy"
)

// wakesKept is how many hints a slow reader may be behind before hints are dropped.
const wakesKept = 256

// Wakes implements deploy.Owners.
func (s *Store) Wakes(ctx context.Context) (<-chan deploy.Wake, error) {
	if err := given(ctx, "listen for wakes"); err != nil {
		return nil, err
	}
	c := make(chan deploy.Wake, wakesKept)
	s.mu.Lock()
	s.readers[c] = true
	s.mu.Unlock()
	context.AfterFunc(ctx, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.readers, c)
		close(c)
	})
	return c, nil
}

// wake hints at all readers who are not too far behind. The caller has the mutex.
func (s *Store) wake(hints ...deploy.Wake) {
	for c := range s.readers {
		for _, w := range hints {
			select {
			case c <- w:
			default:
			}
		}
	}
}
