package ecs

import (
	"context"
	"fmt"
	"reflect"

	sdk "github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// updateService has no idempotency token: what is asked for twice is done twice. A deployment begins if it is forced, or
// if the task definition, the network, the load balancers or the platform's version are other ones; a deployment
// configuration or a desired count alone begin none (documented).
func (s *Server) updateService(_ context.Context, in *sdk.UpdateServiceInput) (*sdk.UpdateServiceOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	svc, err := s.activeService(in.Cluster, in.Service)
	if err != nil {
		return nil, err
	}
	if err := s.update(svc, in); err != nil {
		return nil, err
	}
	return &sdk.UpdateServiceOutput{Service: ptr(s.describe(svc, true))}, nil
}

func (s *Server) update(svc *service, in *sdk.UpdateServiceInput) error {
	if err := refuseForController(svc.controller, in); err != nil {
		return err
	}
	next, def := svc.settings, svc.taskDef
	var err error
	if in.TaskDefinition != nil {
		if def, err = s.usable(*in.TaskDefinition); err != nil {
			return err
		}
	}
	if next.config, err = mergeConfig(next.config, in.DeploymentConfiguration); err != nil {
		return err
	}
	if in.LoadBalancers != nil {
		next.lbs = in.LoadBalancers
	}
	replace(&next.network, in.NetworkConfiguration)
	if in.HealthCheckGracePeriodSeconds != nil {
		next.grace = *in.HealthCheckGracePeriodSeconds
	}
	if def != nil {
		if err := s.check(next, def); err != nil {
			return err
		}
	}
	deploys := in.ForceNewDeployment || def != svc.taskDef ||
		!reflect.DeepEqual(next.lbs, svc.settings.lbs) || !reflect.DeepEqual(next.network, svc.settings.network) ||
		in.PlatformVersion != nil && *in.PlatformVersion != deref(svc.base.PlatformVersion)
	svc.settings, svc.taskDef = next, def
	replace(&svc.base.PlatformVersion, in.PlatformVersion)
	if in.DesiredCount != nil {
		svc.desired = *in.DesiredCount
		svc.steady = false
	}
	if in.EnableExecuteCommand != nil {
		svc.base.EnableExecuteCommand = *in.EnableExecuteCommand
	}
	if deploys {
		s.deploy(svc)
	}
	svc.levers.changes++
	s.changed()
	return nil
}

// refuseForController is what the documents say of UpdateService: with EXTERNAL and CODE_DEPLOY it cannot change what a
// task set or a CodeDeploy deployment does. The text for CODE_DEPLOY is AWS's; the one for EXTERNAL is inferred from it.
// DeploymentController itself can be changed to ECS, which is not modelled.
func refuseForController(controller types.DeploymentControllerType, in *sdk.UpdateServiceInput) error {
	what, action := "", "update"
	switch {
	case in.TaskDefinition != nil:
		what = "task definition"
	case in.NetworkConfiguration != nil:
		what = "network configuration"
	case in.LoadBalancers != nil:
		what = "load balancers"
	case in.PlatformVersion != nil:
		what = "platform version"
	case in.ForceNewDeployment:
		action, what = "force", "a new deployment"
	}
	switch controller {
	case types.DeploymentControllerTypeEcs:
		return nil
	case types.DeploymentControllerTypeCodeDeploy:
		if what != "" {
			return refuse(invalidParameter, fmt.Sprintf("Unable to %s %s on services with a CODE_DEPLOY deployment controller. Use AWS CodeDeploy to trigger a new deployment.", action, what))
		}
	case types.DeploymentControllerTypeExternal:
		if what == "" && in.DeploymentConfiguration != nil {
			what = "deployment configuration"
		}
		if what != "" {
			return refuse(invalidParameter, fmt.Sprintf("Unable to %s %s on services with an EXTERNAL deployment controller. Create a new task set to change it.", action, what))
		}
	}
	return nil
}
