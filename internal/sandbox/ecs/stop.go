package ecs

import (
	"context"
	"fmt"

	sdk "github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// stopServiceDeployment does, by the status, what the documents have in a table: PENDING and IN_PROGRESS go back; what
// is being stopped or goes back already is left to it. What has finished cannot be stopped: a ConflictException, which
// the documents list for the call; its text is inferred. Of the stop types only ROLLBACK is valid, and the default.
func (s *Server) stopServiceDeployment(_ context.Context, in *sdk.StopServiceDeploymentInput) (*sdk.StopServiceDeploymentOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d := s.deployment(deref(in.ServiceDeploymentArn))
	if d == nil {
		return nil, notFoundDeployment()
	}
	if in.StopType != "" && in.StopType != types.StopServiceDeploymentStopTypeRollback {
		return nil, refuse(unsupportedFeature, fmt.Sprintf("The stop type %s is not supported.", in.StopType))
	}
	switch d.status {
	case types.ServiceDeploymentStatusPending, types.ServiceDeploymentStatusInProgress:
		s.askReturn(d, "Service deployment rolled back because a user stopped it.")
		d.svc.levers.changes++
	case types.ServiceDeploymentStatusStopRequested, types.ServiceDeploymentStatusRollbackRequested, types.ServiceDeploymentStatusRollbackInProgress:
	case types.ServiceDeploymentStatusSuccessful, types.ServiceDeploymentStatusStopped,
		types.ServiceDeploymentStatusRollbackSuccessful, types.ServiceDeploymentStatusRollbackFailed:
		return nil, refuse(conflict, fmt.Sprintf("The service deployment is in the %s state and cannot be stopped.", d.status))
	}
	return &sdk.StopServiceDeploymentOutput{ServiceDeploymentArn: ptr(d.arn)}, nil
}

func notFoundDeployment() error {
	return refuse(deploymentNotFound, "Service deployment not found.")
}

// continueServiceDeployment needs a hook that awaits it and a deployment that is IN_PROGRESS: documented. What it says
// otherwise is inferred.
func (s *Server) continueServiceDeployment(_ context.Context, in *sdk.ContinueServiceDeploymentInput) (*sdk.ContinueServiceDeploymentOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d := s.deployment(deref(in.ServiceDeploymentArn))
	if d == nil {
		return nil, notFoundDeployment()
	}
	if d.status != types.ServiceDeploymentStatusInProgress {
		return nil, refuse(conflict, fmt.Sprintf("The service deployment is in the %s state and cannot be continued.", d.status))
	}
	var h *hook
	for _, x := range d.hooks {
		if x.id == deref(in.HookId) && x.kind == types.DeploymentLifecycleHookTargetTypePause {
			h = x
		}
	}
	switch {
	case h == nil:
		return nil, refuse(invalidParameter, "The service deployment is not paused at the lifecycle hook with this hookId.")
	case h.status != types.DeploymentLifecycleHookStatusAwaitingAction:
		return nil, refuse(conflict, fmt.Sprintf("The lifecycle hook is in the %s state.", h.status))
	}
	h.status = types.DeploymentLifecycleHookStatusSucceeded
	if in.Action == types.DeploymentLifecycleHookActionRollback {
		s.askReturn(d, "Service deployment rolled back because a user chose ROLLBACK at a PAUSE lifecycle hook.")
	}
	d.svc.levers.changes++
	s.changed()
	return &sdk.ContinueServiceDeploymentOutput{ServiceDeploymentArn: ptr(d.arn)}, nil
}
