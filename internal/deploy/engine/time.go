package engine

import (
	"context"
	"errors"
	"time"

	"slipway/internal/deploy"
)

// now is Redis time: what it was at the last answer, plus what has passed here since.
func (s *session) now() time.Time { return s.redisTime.Add(s.e.opts.Clock.Now().Sub(s.local)) }

func (s *session) sync(redisTime time.Time) {
	s.redisTime, s.local = redisTime, s.e.opts.Clock.Now()
}

// believable says whether the clock of this computer can have told right how long ago the last answer was: it has not
// gone back, and not so much has passed that it may have been set, or the process paused.
func (s *session) believable() bool {
	passed := s.e.opts.Clock.Now().Sub(s.local)
	return passed >= 0 && passed < s.e.opts.Beat
}

// freshen asks Redis what time it is, by claiming again, unless now can be believed: a clock that was set must not end
// a bake, and not make a roll back wait. same is false when somebody else has gone on meanwhile; the session
// then has the release as it is stored, and what it was doing does not count.
func (s *session) freshen(ctx context.Context) (same bool, err error) {
	if s.believable() {
		return true, nil
	}
	s.stopBeating()
	mine := s.release
	if err := s.claim(ctx); err != nil {
		return false, err
	}
	if s.release.Rev != mine.Rev {
		s.confirmed = false
		return false, nil
	}
	s.release = mine
	return true, nil
}

// claim takes the lease, from now on under a new epoch, and keeps it until stopBeating.
func (s *session) claim(ctx context.Context) error {
	asked := s.e.opts.Clock.Now()
	claim, err := s.e.store.Claim(ctx, s.id, s.e.opts.Owner, s.e.opts.Lease)
	if err != nil {
		if c := deploy.CodeOf(err); (c == deploy.Conflict || c == deploy.NotFound) && !errors.Is(err, deploy.ErrNewer) {
			return errNotOurs
		}
		return err
	}
	s.release, s.epoch, s.signals = claim.Release, claim.Epoch, claim.Signals
	s.sync(claim.Now)
	s.claimed(claim)
	s.stopBeating = s.beating(ctx, asked)
	return nil
}

// waitsNext says whether the next step is one that waits for time or people. It begins with the time of the commit
// before it, so that however wrong this computer was about the time, none of the wait is lost.
func (s *session) waitsNext() bool {
	next := s.release.Current()
	return next != nil && next.Status == deploy.Pending && (next.Kind == deploy.KindBake || next.Kind == deploy.KindObserve || next.Kind == deploy.KindGate)
}
