package ecs

import (
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"slipway/internal/deploy"
)

// checkService is about the service itself: that it is one whose releases Slipway can carry, in the way that is asked.
func (f *findings) checkService(s deploy.ServiceRef, live types.Service, kind deploy.StrategyKind) {
	name := aws.ToString(live.ServiceName)
	if status := aws.ToString(live.Status); status != "" && status != "ACTIVE" {
		f.bad("create the service again, or correct cluster and service in the catalog", "service %s is %s: it has been deleted, and runs nothing new", name, status)
	}
	switch controllerOf(live) {
	case types.DeploymentControllerTypeCodeDeploy:
		f.bad(wayOver, "service %s has the deployment controller CODE_DEPLOY, whose releases Slipway can only look at", name)
	case types.DeploymentControllerTypeExternal:
		f.checkExternal(s, name, live)
	case types.DeploymentControllerTypeEcs:
		f.checkECS(s, name, live, kind)
	default: // ECS may grow one
		f.bad("give it the controller ECS", "service %s has the deployment controller %s, which Slipway does not know", name, controllerOf(live))
	}
}

const wayOver = "Slipway releases services of the controller ECS (rolling, blue-green, canary) and EXTERNAL (task sets, with rule in the catalog); " +
	"ECS changes the controller of a service in place: `aws ecs update-service --deployment-controller type=ECS`, with a load balancer's advancedConfiguration for blue-green and canary"

func controllerOf(live types.Service) types.DeploymentControllerType {
	if live.DeploymentController == nil || live.DeploymentController.Type == "" {
		return types.DeploymentControllerTypeEcs
	}
	return live.DeploymentController.Type
}

func (f *findings) checkExternal(s deploy.ServiceRef, name string, live types.Service) {
	if s.Rule == "" {
		f.bad("name the listener rule whose weights decide as rule in the catalog, or change the controller to ECS",
			"service %s has the deployment controller EXTERNAL, and the catalog names no rule", name)
	}
	if live.SchedulingStrategy == types.SchedulingStrategyDaemon {
		f.bad("use the strategy REPLICA", "service %s is a DAEMON, and task sets are for REPLICA only", name)
	}
	if len(live.TaskSets) == 0 {
		f.bad("create the first task set of the service by hand and make it the primary", "service %s has no task set, so that there is nothing to go back to", name)
	}
}

func (f *findings) checkECS(s deploy.ServiceRef, name string, live types.Service, kind deploy.StrategyKind) {
	switch {
	case s.Beside != "" && s.Rule == "":
		f.bad("name the listener rule that leads to both as rule in the catalog", "services %s and %s are a pair, and the catalog names no rule between them", name, s.Beside)
	case s.Beside != "" && len(live.LoadBalancers) != 1:
		f.bad("give it one target group", "service %s of a pair has %d target groups, and has to have one", name, len(live.LoadBalancers))
	case s.Beside == "" && (kind == deploy.Canary || kind == deploy.BlueGreen):
		f.checkNative(name, live)
	}
}

// checkNative: ECS moves traffic by itself where it was told between what.
func (f *findings) checkNative(name string, live types.Service) {
	if len(live.LoadBalancers) == 0 {
		f.bad("use strategy: rolling, or give the service a load balancer", "service %s has no load balancer, so that there are no shares of traffic", name)
	}
	for _, lb := range live.LoadBalancers {
		var lacking []string
		a := lb.AdvancedConfiguration
		if a == nil {
			a = &types.AdvancedConfiguration{}
		}
		for _, x := range []struct {
			name  string
			value *string
		}{{"alternateTargetGroupArn", a.AlternateTargetGroupArn}, {"productionListenerRule", a.ProductionListenerRule}, {"roleArn", a.RoleArn}} {
			if aws.ToString(x.value) == "" {
				lacking = append(lacking, x.name)
			}
		}
		if len(lacking) > 0 {
			f.bad("set it with update-service --load-balancers, or use strategy: rolling",
				"the load balancer of service %s has no %s in its advancedConfiguration, which blue-green and canary need", name, strings.Join(lacking, ", "))
		}
	}
}

// checkNetwork: tasks with addresses of their own are told where they get them.
func (f *findings) checkNetwork(name string, def *sdk.RegisterTaskDefinitionInput, network *types.NetworkConfiguration, fargate bool) {
	if fargate && def.NetworkMode != types.NetworkModeAwsvpc {
		f.bad("set networkMode to awsvpc", "tasks on Fargate have the network mode awsvpc; the task definition says %q", def.NetworkMode)
		return
	}
	has := network != nil && network.AwsvpcConfiguration != nil && len(network.AwsvpcConfiguration.Subnets) > 0
	switch {
	case def.NetworkMode == types.NetworkModeAwsvpc && !has:
		f.bad("set networkConfiguration of the service", "the task definition has the network mode awsvpc, and service %s names no subnets", name)
	case def.NetworkMode != types.NetworkModeAwsvpc && has:
		f.bad("take networkConfiguration off the service, or set networkMode to awsvpc", "service %s names subnets, and the task definition has the network mode %q, which takes none", name, def.NetworkMode)
	}
}

// onFargate says whether tasks of a service run on Fargate.
func onFargate(def *sdk.RegisterTaskDefinitionInput, launch types.LaunchType, providers []types.CapacityProviderStrategyItem) bool {
	if launch == types.LaunchTypeFargate {
		return true
	}
	for _, p := range providers {
		if strings.HasPrefix(aws.ToString(p.CapacityProvider), "FARGATE") {
			return true
		}
	}
	if launch != "" || len(providers) > 0 {
		return false
	}
	return len(def.RequiresCompatibilities) == 1 && def.RequiresCompatibilities[0] == types.CompatibilityFargate
}
