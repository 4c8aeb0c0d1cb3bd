package ecs

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

func ruleOf(a *types.AdvancedConfiguration, which listening) string {
	if a == nil {
		return ""
	}
	if which == test {
		return deref(a.TestListenerRule)
	}
	return deref(a.ProductionListenerRule)
}

// hook is one that a stage waits for.
type hook struct {
	id      string
	kind    types.DeploymentLifecycleHookTargetType
	target  *string
	status  types.DeploymentLifecycleHookStatus
	action  types.DeploymentLifecycleHookAction // when its time is over
	expires time.Time
}

// hooksOf is the hooks of a deployment for a stage, each with an id of its own. Lambda hooks have succeeded already.
func (s *Server) hooksOf(d *deployment, name types.ServiceDeploymentLifecycleStage) []*hook {
	var out []*hook
	for _, h := range d.config.LifecycleHooks {
		if !contains(h.LifecycleStages, types.DeploymentLifecycleHookStage(name)) {
			continue
		}
		if h.TargetType != types.DeploymentLifecycleHookTargetTypePause {
			out = append(out, &hook{
				id: "ecs-lambda-" + s.name(letters, 43), kind: types.DeploymentLifecycleHookTargetTypeAwsLambda,
				target: h.HookTargetArn, status: types.DeploymentLifecycleHookStatusSucceeded,
			})
			continue
		}
		minutes, action := int32(minutesInDay), types.DeploymentLifecycleHookActionRollback
		if t := h.TimeoutConfiguration; t != nil {
			if t.TimeoutInMinutes != nil {
				minutes = *t.TimeoutInMinutes
			}
			if t.Action != "" {
				action = t.Action
			}
		}
		out = append(out, &hook{
			id: "ecs-pause-" + s.name(letters, 43), kind: types.DeploymentLifecycleHookTargetTypePause,
			status: types.DeploymentLifecycleHookStatusAwaitingAction, action: action,
			expires: s.turn.now.Add(s.opts.faster(time.Duration(minutes) * time.Minute)),
		})
	}
	return out
}

func (d *deployment) hooksDone() bool {
	for _, h := range d.hooks {
		if h.status == types.DeploymentLifecycleHookStatusAwaitingAction {
			return false
		}
	}
	return true
}

// expire ends pauses that nobody ended, and says whether the deployment still goes on.
func (s *Server) expire(d *deployment) bool {
	for _, h := range d.hooks {
		if h.status != types.DeploymentLifecycleHookStatusAwaitingAction || !s.due(h.expires) {
			continue
		}
		h.status = types.DeploymentLifecycleHookStatusTimedOut
		s.moved()
		if h.action == types.DeploymentLifecycleHookActionRollback {
			s.askReturn(d, "Service deployment rolled back because a PAUSE lifecycle hook timed out at "+string(d.stage().name)+".")
			return false
		}
	}
	return true
}

func (h *hook) describe() types.DeploymentLifecycleHookDetail {
	out := types.DeploymentLifecycleHookDetail{HookId: ptr(h.id), TargetType: h.kind, TargetArn: h.target, Status: h.status}
	if h.kind == types.DeploymentLifecycleHookTargetTypePause {
		out.ExpiresAt, out.TimeoutAction = ptr(h.expires), h.action
	}
	return out
}
