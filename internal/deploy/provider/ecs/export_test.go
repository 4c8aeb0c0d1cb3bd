package ecs

import (
	"strconv"
	"strings"

	sdk "github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"slipway/internal/deploy"
)

// Choose gives the name of the way for a service.
func Choose(s deploy.ServiceRef, controller types.DeploymentControllerType, strategy types.DeploymentStrategy, kind deploy.StrategyKind) (string, error) {
	return choose("release it", s, controller, strategy, kind)
}

// Register is what is registered for a request, where the service runs current.
func Register(s types.Service, current types.TaskDefinition, tags []types.Tag, q deploy.StageRequest) (*sdk.RegisterTaskDefinitionInput, error) {
	return registration("make it", &live{service: s}, &definition{TaskDefinition: current, tags: tags}, q)
}

// Moving is how ECS is to move the weights of a release.
func Moving(s types.Service, o deploy.Rollout) (*types.DeploymentConfiguration, error) {
	return moving("stage it", &live{service: s}, o)
}

// Config is what of a task definition can be compared.
func Config(d types.TaskDefinition) map[string]string { return configOf(d, 0) }

// Plain is a value of the SDK as ECS's JSON has it.
func Plain(v any) any { return plain(v) }

// Stands is how a service stands that was asked for current last and whose newest deployment d leads from source to target,
// all of them family:revision.
func Stands(s types.Service, d types.ServiceDeployment, current, target, source string) deploy.Service {
	named := func(name string) *definition {
		family, n, _ := strings.Cut(name, ":")
		number, _ := strconv.Atoi(n)
		return &definition{TaskDefinition: types.TaskDefinition{Family: &family, Revision: int32(number), TaskDefinitionArn: &name}}
	}
	c := &course{live: &live{service: s}, current: named(current), rollout: &rollout{ServiceDeployment: d, definition: named(target), source: named(source)}}
	if d.TargetServiceRevision != nil {
		c.requested = percentOf(d.TargetServiceRevision)
		c.observed = c.requested
	}
	return deploy.Service{Busy: c.busy(), Unrest: c.unrest(), Traffic: c.traffic()}
}
