package ecs

import (
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// advance does the next part of a native deployment, or of its way back.
func (s *Server) advance(svc *service, d *deployment) {
	switch d.status {
	case types.ServiceDeploymentStatusPending:
		d.status, d.started = types.ServiceDeploymentStatusInProgress, s.turn.now
		d.plan = s.planOf(svc, d)
		s.enter(svc, d, 0)
	case types.ServiceDeploymentStatusInProgress:
		s.keepColours(svc, d)
		if s.expire(d) && s.stageIsOver(svc, d) {
			if d.at == len(d.plan)-1 {
				s.retire(svc)
				s.succeed(svc, d)
				return
			}
			s.enter(svc, d, d.at+1)
		}
	case types.ServiceDeploymentStatusRollbackRequested:
		s.beginReturn(svc, d)
	case types.ServiceDeploymentStatusRollbackInProgress:
		s.turnBack(svc, d)
	case types.ServiceDeploymentStatusStopRequested, types.ServiceDeploymentStatusSuccessful, types.ServiceDeploymentStatusStopped,
		types.ServiceDeploymentStatusRollbackSuccessful, types.ServiceDeploymentStatusRollbackFailed:
	}
}

// keepColours has as many tasks of each revision as the stage needs: green all of them from SCALE_UP on, blue until CLEAN_UP.
func (s *Server) keepColours(svc *service, d *deployment) {
	green, blue := int32(0), svc.desired
	if d.past(types.ServiceDeploymentLifecycleStageScaleUp) {
		green = svc.desired
	}
	if d.past(types.ServiceDeploymentLifecycleStageCleanUp) {
		blue = 0
	}
	for _, r := range svc.revisions {
		switch r {
		case d.target:
			s.scale(svc, &r.group, green)
		case d.good:
			s.scale(svc, &r.group, blue)
		default:
			// What a replaced deployment left has no traffic after RECONCILE_SERVICE.
			if d.stage().name != types.ServiceDeploymentLifecycleStageReconcileService {
				s.scale(svc, &r.group, 0)
			}
		}
	}
}

// enter begins a stage.
func (s *Server) enter(svc *service, d *deployment, at int) {
	d.at, d.updated = at, s.turn.now
	st := d.stage()
	d.stageAt, d.bakeAt = s.turn.now.Add(s.opts.Stage), s.turn.now.Add(s.opts.Stage)
	d.hooks = s.hooksOf(d, st.name)
	s.moved()
	s.event(svc, fmt.Sprintf("(deployment %s) entered the lifecycle stage %s.", d.target.id, st.name))
	ok := true
	switch st.name {
	case types.ServiceDeploymentLifecycleStageReconcileService:
		ok = s.shift(svc, d, d.good, hundred)
		s.shiftTest(d, d.good)
	case types.ServiceDeploymentLifecycleStageTestTrafficShift:
		s.shiftTest(d, d.target)
	case types.ServiceDeploymentLifecycleStageProductionTrafficShift:
		ok = s.shift(svc, d, d.target, st.weight)
		d.bakeAt = d.bakeAt.AddDate(1, 0, 0) // set anew when the traffic follows
	case types.ServiceDeploymentLifecycleStageBakeTime:
		d.bakeAt = d.bakeAt.Add(st.bake)
	default:
		// The others only wait: for their tasks, for their hooks. So do stages that this package does not know.
	}
	if !ok {
		s.askReturn(d, listenerRuleMissing)
	}
}

// stageIsOver says whether everything that a stage waits for has come.
func (s *Server) stageIsOver(svc *service, d *deployment) bool {
	over := s.due(d.stageAt) && d.hooksDone()
	switch st := d.stage(); st.name {
	case types.ServiceDeploymentLifecycleStageScaleUp:
		return over && s.healthy(&d.target.group) >= svc.desired
	case types.ServiceDeploymentLifecycleStageReconcileService:
		return over && s.follows(svc, production)
	case types.ServiceDeploymentLifecycleStageTestTrafficShift:
		return over && s.follows(svc, test)
	case types.ServiceDeploymentLifecycleStageProductionTrafficShift:
		if !s.follows(svc, production) {
			return false
		}
		if end := s.turn.now.Add(st.bake); end.Before(d.bakeAt) {
			d.bakeAt = end
		}
		return s.due(d.bakeAt) && over
	case types.ServiceDeploymentLifecycleStageBakeTime:
		return s.due(d.bakeAt) && over
	case types.ServiceDeploymentLifecycleStageCleanUp:
		return over && d.good.alive() == 0
	default:
		return over
	}
}
