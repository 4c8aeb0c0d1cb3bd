package ecs

import (
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// deployment is one service deployment.
type deployment struct {
	svc     *service
	arn     string
	target  *revision
	sources []*revision
	config  types.DeploymentConfiguration
	native  bool
	status  types.ServiceDeploymentStatus
	reason  string

	created, started, stopped, finishedAt, updated time.Time

	// With ROLLING: the circuit breaker.
	failures  int32
	triggered bool
	stalled   bool // it tripped, and there is nothing to return to

	// With the native strategies: the stages still to come, and the one it is in.
	plan    []stage
	at      int
	stageAt time.Time // the stage lasts until then at least
	bakeAt  time.Time // as does the bake after a step; zero until the traffic follows
	hooks   []*hook

	rollback *types.Rollback
	good     *revision // what is returned to
}

func (d *deployment) finished() bool {
	switch d.status {
	case types.ServiceDeploymentStatusSuccessful, types.ServiceDeploymentStatusStopped,
		types.ServiceDeploymentStatusRollbackSuccessful, types.ServiceDeploymentStatusRollbackFailed:
		return true
	case types.ServiceDeploymentStatusPending, types.ServiceDeploymentStatusInProgress, types.ServiceDeploymentStatusStopRequested,
		types.ServiceDeploymentStatusRollbackRequested, types.ServiceDeploymentStatusRollbackInProgress:
	}
	return false
}

// deploy begins a service deployment of what the service is now. One in progress is replaced: it becomes STOPPED. For
// ROLLING that is how AWS is known to behave; for the native strategies it is inferred from the stage RECONCILE_SERVICE,
// which the documents say exists for new deployments of services with more than one active revision. That the replaced
// one's status is STOPPED, and its reason, are inferred.
func (s *Server) deploy(svc *service) *deployment {
	now := s.clock.Now()
	if old := svc.current(); old != nil {
		s.end(svc, old, types.ServiceDeploymentStatusStopped, "The service deployment was replaced by a newer one.")
	}
	d := &deployment{
		svc: svc, config: svc.settings.config, status: types.ServiceDeploymentStatusPending, created: now, updated: now,
		arn: arnOf("service-deployment", svc.cluster.name, svc.name, s.name(letters, 21)),
	}
	for _, r := range svc.revisions {
		if r.status != "" {
			d.sources = append(d.sources, r)
		}
	}
	d.good = svc.lastGood(nil)
	// The first deployment of a service has no blue: it is brought up as a rolling one, and has the traffic from the start (inferred).
	d.native = native(d.config.Strategy) && d.good != nil
	colour := 0
	if d.good != nil {
		colour = d.good.colour
		if d.native {
			colour = 1 - colour
		}
	}
	d.target = s.newRevision(svc, colour)
	if native(d.config.Strategy) {
		s.firstShares(svc, d)
	}
	svc.deployments = append(svc.deployments, d)
	svc.steady = false
	return d
}

// end is a deployment's last status.
func (s *Server) end(svc *service, d *deployment, status types.ServiceDeploymentStatus, reason string) {
	now := s.clock.Now()
	d.status, d.reason, d.finishedAt, d.updated, d.hooks = status, reason, now, now, nil
	if status == types.ServiceDeploymentStatusStopped {
		d.stopped = now
	}
	svc.steady = false
	s.moved()
}

// succeed ends a deployment well.
func (s *Server) succeed(svc *service, d *deployment) {
	s.completed(svc, d.target)
	s.end(svc, d, types.ServiceDeploymentStatusSuccessful, "")
	s.reachedSteadyState(svc)
}

func (s *Server) completed(svc *service, r *revision) {
	r.rollout, r.why, r.updated = types.DeploymentRolloutStateCompleted, "ECS deployment "+r.id+" completed.", s.turn.now
	r.completed = true
	s.event(svc, fmt.Sprintf("(deployment %s) deployment completed.", r.id))
}

func (s *Server) reachedSteadyState(svc *service) {
	if !svc.steady {
		svc.steady = true
		s.event(svc, "has reached a steady state.")
	}
}
