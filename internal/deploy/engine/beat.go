package engine

import (
	"context"
	"time"

	"slipway/internal/deploy"
)

// errLapsed ends a session that cannot be sure of its lease any more.
var errLapsed = &deploy.Error{Code: deploy.Unavailable, Op: "keep the lease", Msg: "the store did not confirm the lease in time"}

// beating prolongs the lease until the function it returns is called. It ends the session through cancel when
// another replica has taken over, and also when a tenth of the lease is left and the store has not answered: what
// is in progress has to be over before another replica may begin. asked is when the claim was sent; as far as we
// know the lease counts from there, and later from the last beat that was answered.
//
// A clock that has gone back says nothing of the lease, so that ends the session, too.
func (s *session) beating(ctx context.Context, asked time.Time) (stop func()) {
	ctx, quit := context.WithCancel(ctx)
	epoch, clock, safe := s.epoch, s.e.opts.Clock, s.e.opts.Lease-s.e.opts.Lease/10
	s.e.wg.Go(func() {
		for {
			left := safe - clock.Now().Sub(asked)
			timer, stopTimer := clock.NewTimer(min(s.e.opts.Beat, left))
			select {
			case <-ctx.Done():
				stopTimer()
				return
			case <-timer:
			}
			now := clock.Now()
			if left = safe - now.Sub(asked); left <= 0 || now.Before(asked) {
				s.cut(errLapsed)
				return
			}
			call, end := context.WithTimeout(ctx, left)
			signals, err := s.e.store.Beat(call, s.id, epoch, s.e.opts.Lease)
			end()
			switch {
			case err == nil:
				asked = now
				if signals > 0 {
					s.nudge()
				}
			case ctx.Err() != nil: // the lease is ours under a later epoch, or no longer wanted
				return
			case deploy.CodeOf(err) == deploy.Fenced:
				s.cut(err)
				return
			}
		}
	})
	return quit
}
