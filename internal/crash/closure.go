package main

import (
	"context"
	"encoding/json"
	"time"

	"slipway/internal/deploy"
)

const (
	badly     = 40                     // requests that a bad version answers at a time, every other with an error
	badlyEach = 100 * time.Millisecond // between two such times: a practice minute
)

// fail has the metrics of a release's version show errors from its first share on, until the release goes back: they
// have to be seen by whichever replica looks next, however long there is none.
func (s *teller) fail(ctx context.Context, r attempt) error {
	var last time.Time
	return s.await(ctx, r.id, string(r.id)+" takes itself back", func(now deploy.Release) bool {
		if now.State == deploy.RollingBack || now.State.Terminal() || now.State == deploy.Parked {
			return true
		}
		if now.Facts.Share == 0 || time.Since(last) < badlyEach {
			return false
		}
		last = time.Now()
		for i := range badly {
			status := 200 + 300*(i%2)
			s.w.Monitoring.Record(s.service, string(r.candidate.Name), status, time.Millisecond, last)
			s.w.Monitoring.Record(s.service, string(r.base.Name), 200, time.Millisecond, last)
		}
		return false
	})
}

// open looks at what the end of a release has left at its target, and clears the lock if there is one. A release that
// leaves a lock has to be the last that did.
func (s *teller) open(ctx context.Context, id deploy.ReleaseID) error {
	r, err := s.w.store.Get(ctx, id)
	if err != nil {
		return err
	}
	closure, err := s.w.store.Closure(ctx, r.Target)
	if err != nil {
		return err
	}
	lock, _, left := r.Leaves()
	locks := left && lock != (deploy.Lock{})
	switch {
	case locks && (closure.Lock == nil || closure.Lock.Release != id):
		s.t.missing("%s was taken back, and its target has the lock %+v", id, closure.Lock)
	case !locks && closure.Lock != nil:
		s.t.remains("%s ended as %s, and its target is locked since %s", id, r.State, closure.Lock.Release)
	}
	if closure.Lock == nil {
		return nil
	}
	err = s.w.insist(ctx, s.t, deployer, s.service, "/deploy unlock "+s.service, "is open again", func() (bool, error) {
		closure, err := s.w.store.Closure(ctx, r.Target)
		return err == nil && closure.Lock == nil, err
	})
	return s.w.explain(ctx, id, err)
}

// checkBars looks whether a release has left more than one bar at a target.
func (w *world) checkBars(ctx context.Context, t *toll, key string) error {
	texts, err := w.raw.LRange(ctx, key, 0, -1).Result()
	if err != nil {
		return err
	}
	seen := map[deploy.ReleaseID]bool{}
	for _, text := range texts {
		var b deploy.Bar
		if err := json.Unmarshal([]byte(text), &b); err != nil {
			return err
		}
		if seen[b.Release] {
			t.twice("a bar that %s has left in %s", b.Release, key)
		}
		seen[b.Release] = true
	}
	return nil
}
