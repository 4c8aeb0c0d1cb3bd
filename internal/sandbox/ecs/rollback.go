package ecs

import (
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// askReturn has a deployment go back. What it returns to is the last revision that was brought in completely.
func (s *Server) askReturn(d *deployment, reason string) {
	now := s.clock.Now()
	d.status, d.reason, d.updated, d.hooks = types.ServiceDeploymentStatusRollbackRequested, reason, now, nil
	d.rollback = &types.Rollback{Reason: ptr(reason), StartedAt: ptr(now)}
	if d.good != nil {
		d.rollback.ServiceRevisionArn = ptr(d.good.arn)
	}
	s.changed()
}

// beginReturn is the first part of a way back.
func (s *Server) beginReturn(svc *service, d *deployment) {
	d.updated = s.turn.now
	if d.good == nil || svc.levers.failRollback {
		// Inferred: there is nothing that could be returned to, or it could not be.
		d.target.halted = true
		d.target.rollout = types.DeploymentRolloutStateFailed
		s.end(svc, d, types.ServiceDeploymentStatusRollbackFailed, "The service deployment could not be rolled back.")
		return
	}
	d.status = types.ServiceDeploymentStatusRollbackInProgress
	if d.target.rollout != types.DeploymentRolloutStateFailed {
		d.target.rollout, d.target.why = types.DeploymentRolloutStateFailed, "ECS deployment "+d.target.id+" was stopped."
	}
	s.makePrimary(svc, d.good)
	d.good.rollout = types.DeploymentRolloutStateInProgress
	d.good.why = fmt.Sprintf("ECS deployment circuit breaker: rolling back to deploymentId %s.", d.good.id)
	if !d.triggered {
		d.good.why = fmt.Sprintf("ECS deployment rolling back to deploymentId %s.", d.good.id)
	}
	s.event(svc, fmt.Sprintf("rolling back to deployment %s.", d.good.id))
	s.moved()
}

// returned ends a way back.
func (s *Server) returned(svc *service, d *deployment) {
	s.retire(svc)
	s.completed(svc, d.good)
	s.end(svc, d, types.ServiceDeploymentStatusRollbackSuccessful, d.reason)
	s.reachedSteadyState(svc)
}

// turnBack is the way back of a native deployment: blue is scaled up if it is not warm any more, the weights are set to
// it, and when the traffic follows, green is stopped.
func (s *Server) turnBack(svc *service, d *deployment) {
	s.scale(svc, &d.good.group, svc.desired)
	if s.healthy(&d.good.group) < svc.desired {
		return
	}
	if deref(d.good.production) != hundred {
		if !s.shift(svc, d, d.good, hundred) {
			s.end(svc, d, types.ServiceDeploymentStatusRollbackFailed, listenerRuleMissing)
			return
		}
	}
	if deref(d.good.test) != hundred {
		s.shiftTest(d, d.good)
	}
	if !s.follows(svc, production) {
		return
	}
	for _, r := range svc.revisions {
		if r != d.good {
			s.scale(svc, &r.group, 0)
		}
	}
	s.returned(svc, d)
}
