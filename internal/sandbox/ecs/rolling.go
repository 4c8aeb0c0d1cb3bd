package ecs

import "github.com/aws/aws-sdk-go-v2/service/ecs/types"

// roll does the next part of a rolling deployment, or of its way back.
func (s *Server) roll(svc *service, d *deployment) {
	switch d.status {
	case types.ServiceDeploymentStatusPending:
		d.status, d.started, d.updated = types.ServiceDeploymentStatusInProgress, s.turn.now, s.turn.now
		s.moved()
	case types.ServiceDeploymentStatusInProgress:
		if s.tripped(svc, d) {
			return
		}
		if s.replaceBy(svc, d.target) {
			s.retire(svc)
			s.succeed(svc, d)
		}
	case types.ServiceDeploymentStatusStopRequested:
		// The circuit breaker without a rollback: what runs stays, as documented.
		s.end(svc, d, types.ServiceDeploymentStatusStopped, "The circuit breaker tripped, and is not set to roll back.")
	case types.ServiceDeploymentStatusRollbackRequested:
		s.beginReturn(svc, d)
	case types.ServiceDeploymentStatusRollbackInProgress:
		if s.replaceBy(svc, d.good) {
			s.returned(svc, d)
		}
	case types.ServiceDeploymentStatusSuccessful, types.ServiceDeploymentStatusStopped,
		types.ServiceDeploymentStatusRollbackSuccessful, types.ServiceDeploymentStatusRollbackFailed:
	}
}

// replaceBy starts tasks of r and stops those of all others within the limits that the service has for it, and says
// whether that is done. As documented, the maximum is rounded down and the minimum up.
func (s *Server) replaceBy(svc *service, r *revision) bool {
	most := svc.desired * deref(svc.settings.config.MaximumPercent) / 100
	least := (svc.desired*deref(svc.settings.config.MinimumHealthyPercent) + 99) / 100
	r.wanted = svc.desired
	alive, healthy := int32(0), int32(0)
	for _, other := range svc.revisions {
		alive += other.alive()
		healthy += s.healthy(&other.group)
	}
	// Tasks that never started and are not wanted go first, and make room.
	for _, other := range svc.revisions {
		if _, pending := other.count(); other != r {
			s.stopSome(svc, &other.group, pending)
			alive -= pending
		}
	}
	missing, room := svc.desired-r.alive(), most-alive
	s.launch(svc, &r.group, min(missing, room))
	s.stopSome(svc, &r.group, -missing)

	spare := healthy - least
	if missing <= 0 || room > 0 {
		// Below the desired count it goes only to make room (inferred).
		spare = min(spare, healthy-svc.desired)
	}
	if s.healthy(&r.group) >= svc.desired {
		spare = alive // nobody else is needed, be he healthy or not
	}
	left := int32(0)
	for _, other := range svc.revisions {
		if other == r {
			continue
		}
		n := min(max(spare, 0), other.alive())
		s.stopSome(svc, &other.group, n)
		spare -= n
		other.wanted = other.alive()
		left += other.alive()
	}
	return left == 0 && s.healthy(&r.group) == svc.desired && r.alive() == svc.desired
}

// keep is a service without a deployment in progress: as many tasks as are wanted.
func (s *Server) keep(svc *service) {
	r := svc.primary()
	if r.halted {
		// Nothing more is started of what the circuit breaker stopped; what is good stays.
		if good := svc.lastGood(r); good != nil {
			s.scale(svc, &good.group, min(svc.desired, good.alive()))
		}
		return
	}
	if r.alive() != svc.desired || r.wanted != svc.desired {
		s.scale(svc, &r.group, svc.desired)
	}
	for _, other := range svc.revisions {
		if other != r && other.status == activeIn {
			s.scale(svc, &other.group, 0)
		}
	}
	s.retire(svc)
	if s.healthy(&r.group) == svc.desired && r.alive() == svc.desired {
		s.reachedSteadyState(svc)
	}
}
