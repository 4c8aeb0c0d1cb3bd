package ecs_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/google/go-cmp/cmp"

	"slipway/internal/deploy"
	"slipway/internal/deploy/provider/ecs"
)

// asked is a service whose primary deployment is of a task definition.
func asked(definition string, state types.DeploymentRolloutState, strategy types.DeploymentStrategy, running int32) types.Service {
	return types.Service{
		DesiredCount: 4, DeploymentConfiguration: &types.DeploymentConfiguration{Strategy: strategy},
		Deployments: []types.Deployment{
			{Status: aws.String("PRIMARY"), TaskDefinition: aws.String(definition), RolloutState: state, RunningCount: running},
			{Status: aws.String("ACTIVE"), TaskDefinition: aws.String("app:1"), RunningCount: 4},
		},
	}
}

func TestHowAServiceStands(t *testing.T) {
	t.Parallel()
	const (
		inProgress = types.DeploymentRolloutStateInProgress
		completed  = types.DeploymentRolloutStateCompleted
	)
	moved := func(status types.ServiceDeploymentStatus, stage string, strategy types.DeploymentStrategy, weight float64) types.ServiceDeployment {
		return types.ServiceDeployment{
			Status: status, LifecycleStage: types.ServiceDeploymentLifecycleStage(stage), DeploymentConfiguration: &types.DeploymentConfiguration{Strategy: strategy},
			TargetServiceRevision: &types.ServiceRevisionSummary{RequestedProductionTrafficWeight: &weight, RequestedTaskCount: 4, RunningTaskCount: 4},
		}
	}
	rolling, linear := types.DeploymentStrategyRolling, types.DeploymentStrategyLinear
	for name, tc := range map[string]struct {
		service    types.Service
		deployment types.ServiceDeployment
		current    string
		want       deploy.Service
	}{
		"a deployment that is not listed yet, and tasks that run": {
			asked("app:2", inProgress, rolling, 0), moved(types.ServiceDeploymentStatusSuccessful, "", rolling, 0), "app:2",
			deploy.Service{Busy: true, Unrest: "Amazon ECS begins with app:2", Traffic: []deploy.Share{{Revision: "app:1", Percent: 100}}},
		},
		"a deployment that is not listed yet, and weights": {
			asked("app:2", inProgress, linear, 0), moved(types.ServiceDeploymentStatusSuccessful, "", linear, 100), "app:2",
			deploy.Service{Busy: true, Unrest: "Amazon ECS begins with app:2", Traffic: []deploy.Share{{Revision: "app:1", Percent: 100}}},
		},
		"half of the tasks": {
			asked("app:2", inProgress, rolling, 4), moved(types.ServiceDeploymentStatusInProgress, "", rolling, 0), "app:2",
			deploy.Service{Busy: true, Unrest: "4 of 4 tasks run app:1", Traffic: []deploy.Share{{Revision: "app:2", Percent: 50}, {Revision: "app:1", Percent: 50}}},
		},
		"all weight, and not looked at yet": {
			asked("app:1", inProgress, linear, 4), moved(types.ServiceDeploymentStatusInProgress, "PRODUCTION_TRAFFIC_SHIFT", linear, 100), "app:1",
			deploy.Service{Busy: true, Unrest: "4 of 4 tasks run app:1, 100 % of the traffic, stage production traffic shift", Traffic: []deploy.Share{{Revision: "app:0"}, {Revision: "app:1", Percent: 100}}},
		},
		"all weight, in the bake": {
			asked("app:1", inProgress, linear, 4), moved(types.ServiceDeploymentStatusInProgress, "BAKE_TIME", linear, 100), "app:1",
			deploy.Service{Unrest: "all traffic is on app:1, and Amazon ECS keeps the tasks of before for a while", Traffic: []deploy.Share{{Revision: "app:0"}, {Revision: "app:1", Percent: 100}}},
		},
		"all weight, in a stage that nobody knows": {
			asked("app:1", inProgress, linear, 4), moved(types.ServiceDeploymentStatusInProgress, "SOMETHING_NEW", linear, 100), "app:1",
			deploy.Service{Unrest: "all traffic is on app:1, and Amazon ECS keeps the tasks of before for a while", Traffic: []deploy.Share{{Revision: "app:0"}, {Revision: "app:1", Percent: 100}}},
		},
		"a status that nobody knows is in progress": {
			asked("app:1", inProgress, linear, 4), moved("SOMETHING_NEW", "SCALE_UP", linear, 0), "app:1",
			deploy.Service{Busy: true, Unrest: "4 of 4 tasks run app:1, 0 % of the traffic, stage scale up", Traffic: []deploy.Share{{Revision: "app:0", Percent: 100}, {Revision: "app:1"}}},
		},
		"at rest": {
			asked("app:1", completed, linear, 4), moved(types.ServiceDeploymentStatusSuccessful, "", linear, 100), "app:1",
			deploy.Service{Traffic: []deploy.Share{{Revision: "app:1", Percent: 100}}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tc.want, ecs.Stands(tc.service, tc.deployment, tc.current, "app:1", "app:0")); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
