package engine

import (
	"context"

	"slipway/internal/deploy"
)

// beating prolongs the lease until the function it returns is called. When another replica has taken over, or
// the lease has run out without an answer from the store, it ends the session through cancel.
func (s *session) beating(ctx context.Context, cancel context.CancelCauseFunc) (stop func()) {
	quit := make(chan struct{})
	epoch, last := s.epoch, s.e.opts.Clock.Now()
	s.e.wg.Go(func() {
		for {
			timer, stopTimer := s.e.opts.Clock.NewTimer(s.e.opts.Beat)
			select {
			case <-quit:
				stopTimer()
				return
			case <-timer:
			}
			signals, err := s.e.store.Beat(ctx, s.id, epoch, s.e.opts.Lease)
			switch {
			case err == nil:
				last = s.e.opts.Clock.Now()
				if signals > 0 {
					s.nudge()
				}
			case deploy.CodeOf(err) == deploy.Fenced, s.e.opts.Clock.Now().Sub(last) >= s.e.opts.Lease:
				cancel(err)
				return
			}
		}
	})
	return func() { close(quit) }
}
