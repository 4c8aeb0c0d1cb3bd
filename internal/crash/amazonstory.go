package main

import (
	"context"
	"fmt"
	"time"

	"slipway/internal/deploy"
)

// absent are the kinds of steps that no release at ECS has here.
var absent = map[deploy.StepKind]bool{deploy.KindReady: true, deploy.KindConfirm: true, deploy.KindLoad: true, deploy.KindFunctional: true}

// stepAt is by how much ECS moves the weights at each hook: the greatest common divisor of the shares.
const stepAt = 10

func (w *world) newAmazonTeller(t *toll, service string, quit <-chan struct{}, offer func(ctx context.Context, service string, at place)) *teller {
	s := &teller{w: w, t: t, service: service, quit: quit, offer: func(ctx context.Context, at place) { offer(ctx, service, at) },
		base: deploy.Revision{Name: deploy.RevisionName(amazonOf(service) + ":1"), Version: live}}
	if service == paired {
		s.work = s.base
		s.base.Name = paired + "-00001"
	}
	return s
}

// tellAtAmazon plays one story of a service at ECS.
func (s *teller) tellAtAmazon(ctx context.Context, e ending) error {
	began := time.Now()
	s.offer(ctx, beforeRegister)
	if s.service == moved {
		s.offer(ctx, beforeStaging)
		s.offer(ctx, beforeGoingOn)
	}
	r, err := s.begin(ctx)
	if err != nil {
		return err
	}
	former := s.work
	back := e == turnsBack || e == breaks
	switch {
	case s.service == replaced && back:
		return s.stopAtAmazon(ctx, began, r, 100, nil)
	case s.service == replaced:
		err = s.approve(ctx, r, 100, beforeRollout, false)
	case s.service == moved && e == breaks:
		return s.stopAtAmazon(ctx, began, r, 50, r.forward(10))
	case back:
		return s.turnAtAmazon(ctx, began, r)
	default:
		err = s.goOnAtAmazon(ctx, r)
	}
	if err != nil {
		return err
	}
	base := s.base
	s.work = r.work
	if err := s.conclude(ctx, began, r.id, deploy.Succeeded, r.allForward(), r.candidate); err != nil || e != comesOff {
		return err
	}
	s.work = former
	s.offer(ctx, beforeHome)
	return s.comeOff(ctx, base)
}

func (s *teller) goOnAtAmazon(ctx context.Context, r attempt) error {
	on, last := beforeGoingOn, beforeGoingOn
	if s.service == paired {
		on, last = beforeShift, beforeRollout // Cloud Run's share is nothing to strike here
	}
	if err := s.approve(ctx, r, 50, on, false); err != nil {
		return err
	}
	return s.approve(ctx, r, 100, last, false)
}

// turnAtAmazon takes a release back at its first gate.
func (s *teller) turnAtAmazon(ctx context.Context, began time.Time, r attempt) error {
	if err := s.awaitGate(ctx, r.id, "traffic/50/gate"); err != nil {
		return err
	}
	if s.service == moved {
		s.offer(ctx, beforeTurning)
	}
	if err := s.sendBack(ctx, r.id); err != nil {
		return err
	}
	return s.conclude(ctx, began, r.id, deploy.RolledBack, append(r.forward(10), r.backward()...), s.base)
}

// stopAtAmazon takes a release back in the middle of what ECS does for a share, which stands still until it is told to stop.
// before is what it had done by then.
func (s *teller) stopAtAmazon(ctx context.Context, began time.Time, r attempt, percent int, before []string) error {
	at := amazonOf(s.service)
	if err := s.awaitGate(ctx, r.id, deploy.StepName(fmt.Sprintf("traffic/%d/gate", percent))); err != nil {
		return err
	}
	held := time.Now()
	if err := s.w.Amazon.ECS.Hold(at); err != nil {
		return err
	}
	defer func() { _ = s.w.Amazon.ECS.Finish(at) }()
	operation, middle := updates, beforeRollout
	if s.service == moved {
		operation, middle = continues, beforeGoingOn
	}
	if err := s.approve(ctx, r, percent, middle, false); err != nil {
		return err
	}
	if err := s.awaitDeed(ctx, r.id, operation, held); err != nil {
		return err
	}
	s.offer(ctx, beforeStop)
	if err := s.sendBack(ctx, r.id); err != nil {
		return err
	}
	if err := s.awaitDeed(ctx, r.id, stops, held); err != nil {
		return err
	}
	if err := s.w.Amazon.ECS.Finish(at); err != nil {
		return err
	}
	effects := append(before, stopsAt(at))
	if s.service == moved {
		effects = append(effects, answersAt(at, true))
	} else {
		effects = append(effects, registersAt(at, string(r.candidate.Name)), deploysAt(at, string(r.candidate.Name)))
	}
	return s.conclude(ctx, began, r.id, deploy.RolledBack, effects, s.base)
}

// awaitDeed waits until a call has been carried out.
func (s *teller) awaitDeed(ctx context.Context, id deploy.ReleaseID, operation string, since time.Time) error {
	return s.w.explain(ctx, id, until(ctx, storyWithin, operation+" is carried out", func() (bool, error) {
		for _, d := range s.w.witness.since(amazonOf(s.service), since) {
			if d.operation == operation && d.changed {
				return true, nil
			}
		}
		return false, nil
	}))
}

// allForward is what a release at ECS does on its whole way.
func (r attempt) allForward() []string {
	if r.service == replaced {
		at, name := amazonOf(r.service), string(r.candidate.Name)
		return []string{registersAt(at, name), deploysAt(at, name)}
	}
	if r.service == paired {
		return append(r.forward(10, 50, 100), r.retired(100), deploysAt(workerAt, string(r.work.Name)))
	}
	return r.forward(10, 50, 100)
}

// movedForward is what a release whose weights ECS moves does up to a share.
func (r attempt) movedForward(percent int) []string {
	at, name := amazonOf(r.service), string(r.candidate.Name)
	all := []string{registersAt(at, name), deploysAt(at, name)}
	for range percent / stepAt {
		all = append(all, answersAt(at, true))
	}
	return all
}
