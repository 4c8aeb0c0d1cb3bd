package ecs

import (
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

const (
	defaultThreshold = 50 // per cent of the desired count
	leastFailures    = 3
	mostFailures     = 200
)

// threshold is how many tasks may fail: documented, but for the rounding, which is up (inferred).
func threshold(c types.DeploymentConfiguration, desired int32) int32 {
	kind, value := types.ThresholdTypeBoundedPercent, int32(defaultThreshold)
	if c.DeploymentCircuitBreaker != nil && c.DeploymentCircuitBreaker.ThresholdConfiguration != nil {
		kind, value = c.DeploymentCircuitBreaker.ThresholdConfiguration.Type, c.DeploymentCircuitBreaker.ThresholdConfiguration.Value
	}
	share := (desired*value + 99) / 100
	switch kind {
	case types.ThresholdTypeCount:
		return value
	case types.ThresholdTypeUnboundedPercent:
		return max(share, 1)
	case types.ThresholdTypeBoundedPercent:
	}
	return min(max(share, leastFailures), mostFailures)
}

// wellAgain is a task of a deployment that became healthy: unless it is set otherwise, the count of failures begins anew.
func (s *Server) wellAgain(svc *service, t *task) {
	d := svc.current()
	if d == nil || &d.target.group != t.group {
		return
	}
	b := d.config.DeploymentCircuitBreaker
	if b == nil || b.ResetOnHealthyTask == nil || *b.ResetOnHealthyTask {
		d.failures = 0
	}
}

// tripped looks at the circuit breaker and says whether nothing more of the deployment is to be started.
func (s *Server) tripped(svc *service, d *deployment) bool {
	b := d.config.DeploymentCircuitBreaker
	if b == nil || !b.Enable {
		return false
	}
	if d.triggered {
		return d.stalled
	}
	if d.failures < threshold(d.config, svc.desired) {
		return false
	}
	d.triggered, d.updated = true, s.turn.now
	r := d.target
	r.rollout, r.halted, r.updated = types.DeploymentRolloutStateFailed, true, s.turn.now
	r.why = "ECS deployment circuit breaker: tasks failed to start."
	s.event(svc, fmt.Sprintf("(deployment %s) deployment failed: tasks failed to start.", r.id))
	switch {
	case b.Rollback && d.good != nil:
		s.askReturn(d, "Service deployment rolled back because the circuit breaker threshold was exceeded.")
	case b.Rollback:
		// Documented: without a deployment in the state COMPLETED it starts nothing more, and stalls. That its service
		// deployment stays IN_PROGRESS is inferred.
		d.stalled = true
	default:
		d.status, d.reason = types.ServiceDeploymentStatusStopRequested, "The circuit breaker tripped."
	}
	s.moved()
	return true
}

func (d *deployment) breaker() *types.ServiceDeploymentCircuitBreaker {
	out := &types.ServiceDeploymentCircuitBreaker{
		Status: types.ServiceDeploymentRollbackMonitorsStatusDisabled, FailureCount: d.failures,
		Threshold: threshold(d.config, d.svc.desired),
	}
	b := d.config.DeploymentCircuitBreaker
	switch {
	case d.native || b == nil || !b.Enable:
	case d.triggered:
		out.Status = types.ServiceDeploymentRollbackMonitorsStatusTriggered
	case d.finished():
		out.Status = types.ServiceDeploymentRollbackMonitorsStatusMonitoringComplete
	default:
		out.Status = types.ServiceDeploymentRollbackMonitorsStatusMonitoring
	}
	return out
}
