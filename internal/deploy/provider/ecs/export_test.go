package ecs

import (
	"context"
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

// From is the revision that a deployment began with.
func From(d types.ServiceDeployment) string {
	r := rollout{ServiceDeployment: d}
	return *r.from().Arn
}

// Failure says whether a task broke.
func Failure(t types.Task) bool { return failure(t) }

// Begins sends what a return to a task definition of before (family:revision) needs where s was asked for it last, and d has
// ended.
func (p *Platform) Begins(ctx context.Context, ref deploy.ServiceRef, s types.Service, d types.ServiceDeployment, to deploy.RevisionName) (bool, error) {
	l := &live{ref: ref, service: s}
	home, err := p.find(ctx, "go back", l, to)
	if err != nil {
		return false, err
	}
	c := &course{live: l, current: home, rollout: &rollout{ServiceDeployment: d, definition: &definition{}, source: home}}
	send, err := p.next(ctx, "go back", c, deploy.ShiftRequest{Service: ref, Shares: map[deploy.RevisionName]int{to: 100}, Seal: "r/back"})
	if err != nil || send == nil {
		return false, err
	}
	_, err = send(ctx)
	return true, err
}

// Explain is an error of a call about a service, as people are told it.
func Explain(ctx context.Context, s deploy.ServiceRef, err error) error {
	return explain(ctx, "look at "+s.String(), aService(s), err)
}

// Reason is why a task stopped, as people are told it.
func Reason(t types.Task) string { return reason(t) }
