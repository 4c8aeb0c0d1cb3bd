package main

import (
	"context"
	"errors"
	"time"

	"slipway/internal/deploy"
)

var errAsked = errors.New("asked otherwise than expected")

const (
	// refusedEvery is how many releases with a database there are to one whose script is undone.
	refusedEvery = 7
	// risksEvery and indexesEvery are how many scripts there are to one that people are asked about, or that makes an index
	// outside of a transaction.
	risksEvery   = 5
	indexesEvery = 3
)

// nextScripts are what the next release brings: none without a database, else one, and after an index another.
func (s *teller) nextScripts() []form {
	switch {
	case s.data == nil:
		return nil
	case s.w.lot(indexesEvery) == 0:
		return []form{indexes, grows}
	case s.w.lot(risksEvery) == 0:
		return []form{risks}
	}
	return []form{grows}
}

// prepare puts the scripts where the release finds them, and says that changes are about to be set off. asked says whether
// people will be asked about the plan.
func (s *teller) prepare(ctx context.Context, forms []form) (asked bool, err error) {
	if s.data == nil {
		s.offer(ctx, beforeDeploy)
		return s.service == serviceName(planned), nil
	}
	s.data.put(forms...)
	undone := false
	for _, f := range forms {
		undone = undone || f == refused
		if f == indexes {
			s.offer(ctx, beforeIndex)
		} else {
			s.offer(ctx, beforeScript)
		}
	}
	s.offer(ctx, beforeBackup)
	if !undone { // else nothing of the platform is changed
		s.offer(ctx, beforeDeploy)
	}
	return s.data.risky(ctx)
}

// agree approves the plan of a release if people are asked about it, by its button or with a command.
func (s *teller) agree(ctx context.Context, id deploy.ReleaseID, asked bool) error {
	const gate = deploy.StepName("preflight/approve")
	if s.data == nil && !asked {
		return nil
	}
	passed := s.is(ctx, id, func(r deploy.Release) bool {
		for _, step := range r.Steps {
			if step.Name == gate {
				return step.Status == deploy.Done
			}
		}
		return false
	})
	var waits, over bool
	err := s.await(ctx, id, string(id)+" asks for its plan, or goes on", func(r deploy.Release) bool {
		cur := r.Current()
		waits = r.State == deploy.Waiting && cur != nil && cur.Name == gate
		over = r.State.Terminal() || r.State == deploy.Parked
		yes, err := passed()
		return waits || over || yes && err == nil
	})
	switch {
	case err != nil:
		return err
	case asked && !waits:
		s.t.missing("%s was to ask about its plan, and went on: %v", id, s.w.explain(ctx, id, errAsked))
		return nil
	case !waits:
		return nil
	case !asked:
		s.t.twice("%s asks about a plan in which nothing is risky: %v", id, s.w.explain(ctx, id, errAsked))
	}
	if s.w.lot(2) == 0 {
		if done, err := s.w.press(ctx, s.service, passed); done || err != nil {
			return s.w.explain(ctx, id, err)
		}
	}
	return s.pass(ctx, id, gate, "/promote "+s.service)
}

// tellRefused plays a release whose script is undone by a check: it goes back before users have seen any of it, which
// changes nothing but the seal at the service, and nothing of the script is there. The next release finds another of the
// same number.
func (s *teller) tellRefused(ctx context.Context, began time.Time) error {
	r, err := s.begin(ctx, refused)
	if err != nil {
		return err
	}
	return s.concludeAs(ctx, began, r.id, deploy.Failed, []string{effect(false, nil, share{s.base.Name, 100})}, s.base, func() { s.data.takeBack() })
}
