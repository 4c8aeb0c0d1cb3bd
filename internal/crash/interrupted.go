package main

import (
	"context"
	"errors"
	"strings"
	"time"

	"slipway/internal/deploy"
)

// interrupted is the story of a release that goes on to its first gate, and beyond if it is to, and is taken back
// there or as soon as a replica has stopped.
func (s *teller) interrupted(ctx context.Context, began time.Time, stopped <-chan struct{}, forward bool) error {
	r, err := s.begin(ctx, s.nextScripts()...)
	if err != nil {
		return err
	}
	if forward {
		if err := s.approve(ctx, r, 50, beforeShift, false); err != nil {
			return err
		}
		if err := s.approve(ctx, r, 100, beforeLast, false); err != nil {
			return err
		}
		return s.conclude(ctx, began, r.id, deploy.Succeeded, append(r.forward(10, 50, 100), r.retired(100)), r.candidate)
	}
	select {
	case <-stopped:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	if err := s.sendBack(ctx, r.id); err != nil {
		return err
	}
	return s.returned(ctx, began, r)
}

// takenBack is the story of a release that is taken back at its first gate, and of another that goes to its end
// before the replica that stopped on the way back goes on.
func (s *teller) takenBack(ctx context.Context, began time.Time) error {
	r, err := s.begin(ctx, s.nextScripts()...)
	if err != nil {
		return err
	}
	if err := s.approve(ctx, r, 50, beforeShift, true); err != nil {
		return err
	}
	if err := s.returned(ctx, began, r); err != nil {
		return err
	}
	return s.tell(ctx, toTheEnd)
}

// returned waits until a release that was taken back has ended, and checks it.
func (s *teller) returned(ctx context.Context, began time.Time, r attempt) error {
	if err := s.await(ctx, r.id, string(r.id)+" ends", func(r deploy.Release) bool { return r.State.Terminal() || r.State == deploy.Parked }); err != nil {
		return err
	}
	s.w.setCurrent(s.service, "")
	if err := s.w.checkInterrupted(ctx, s.t, r, s.service, began); err != nil {
		return err
	}
	return s.open(ctx, r.id)
}

// checkInterrupted is for a release that was taken back somewhere: nothing twice, nothing that it was not to do, and
// all traffic where it was.
func (w *world) checkInterrupted(ctx context.Context, t *toll, r attempt, service string, began time.Time) error {
	ended, err := w.store.Get(ctx, r.id)
	if err != nil {
		return err
	}
	x := expected{id: r.id, service: service, state: deploy.RolledBack, live: r.base.Name}
	if ended.State != deploy.RolledBack && ended.State != deploy.Failed {
		t.missing("%s is %s: %v", r.id, ended.State, w.explain(ctx, r.id, errors.New(ended.Why)))
	}
	done := w.effectsOn(ctx, service, began)
	for _, e := range surplus(done, append(r.forward(10), r.backward()...)) {
		t.twice("%s: %s; in all:\n  %s", r.id, e, strings.Join(done, "\n  "))
	}
	w.checkTraffic(t, x)
	if err := w.checkJournal(ctx, t, r.id, ended.Rev); err != nil {
		return err
	}
	if l := w.ledgers[service]; l != nil {
		if err := l.checkData(ctx, t, ended, false); err != nil {
			return err
		}
	}
	return w.checkGone(ctx, t, x)
}
