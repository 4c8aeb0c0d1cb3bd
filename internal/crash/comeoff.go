package main

import (
	"context"
	"time"

	"slipway/internal/deploy"
)

// comeOff rolls a release back that has ended, by another. Where that leaves a schema behind of which nobody knows whether
// the version works with it, somebody else agrees.
func (s *teller) comeOff(ctx context.Context, to deploy.Revision) error {
	began := time.Now()
	id := deploy.NewReleaseID(s.service, s.number+1)
	command := "/rollback " + s.service + ` --reason "practice"`
	if s.data == nil {
		s.offer(ctx, beforeComeOff)
	} else {
		command += " --anyway"
	}
	err := s.w.insist(ctx, s.t, deployer, s.service, command, string(id), s.exists(ctx, id))
	if err != nil {
		return s.w.explain(ctx, id, err)
	}
	s.created(id)
	if s.data != nil {
		const gate = deploy.StepName("rollback/agree")
		if err := s.awaitGate(ctx, id, gate); err != nil {
			return err
		}
		s.offer(ctx, beforeComeOff)
		if err := s.pass(ctx, id, gate, "/promote "+s.service); err != nil {
			return err
		}
	}
	effects := []string{effect(false, nil, share{to.Name, 100})}
	switch at := amazonOf(s.service); {
	case s.service == paired:
		effects = append(effects, deploysAt(at, string(s.work.Name)))
	case at != "":
		effects = []string{deploysAt(at, string(to.Name))}
	}
	return s.conclude(ctx, began, id, deploy.RolledBack, effects, to)
}
