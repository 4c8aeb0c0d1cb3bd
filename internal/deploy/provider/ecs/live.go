package ecs

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"slipway/internal/deploy"
)

// live is one look at a service: everything about one call is decided from the same look.
type live struct {
	ref     deploy.ServiceRef
	service types.Service
	leading string // the task definition with the traffic, where weights of ours decide; empty: as the service says
	// urgent is a return of traffic, which does not wait for what is only good to know.
	urgent bool
}

// look reads a service with its tags. NotFound if there is none, or if it was deleted.
func (p *Platform) look(ctx context.Context, doing string, s deploy.ServiceRef) (*live, error) {
	got, err := read(ctx, p, s.Region, func(ctx context.Context, c *clients) (*sdk.DescribeServicesOutput, error) {
		return c.ecs.DescribeServices(ctx, &sdk.DescribeServicesInput{
			Cluster: aws.String(s.Project), Services: []string{s.Name}, Include: []types.ServiceField{types.ServiceFieldTags},
		})
	})
	if err != nil {
		return nil, explain(ctx, doing, aService(s), err)
	}
	if len(got.Services) == 0 || aws.ToString(got.Services[0].Status) != "ACTIVE" {
		about := aService(s)
		return nil, &deploy.Error{Code: deploy.NotFound, Op: doing, Msg: about.name + " does not exist", Hint: about.hint}
	}
	return &live{ref: s, service: got.Services[0]}, nil
}

// controller says who replaces the service's tasks. A service that does not say is in the hands of ECS.
func (l *live) controller() types.DeploymentControllerType {
	if c := l.service.DeploymentController; c != nil && c.Type != "" {
		return c.Type
	}
	return types.DeploymentControllerTypeEcs
}

// tag is the value of one of the service's tags; empty if it is not there.
func (l *live) tag(key string) string { return tagged(l.service.Tags, key) }

// setTags notes what was just written.
func (l *live) setTags(tags []types.Tag) {
	kept := map[string]string{}
	for _, t := range append(l.service.Tags, tags...) {
		kept[aws.ToString(t.Key)] = aws.ToString(t.Value)
	}
	l.service.Tags = nil
	for key, value := range kept {
		l.service.Tags = append(l.service.Tags, types.Tag{Key: aws.String(key), Value: aws.String(value)})
	}
}

// definition is the ARN of the task definition that the service was asked for last: of its primary task set where it has
// task sets, which have each their own.
func (l *live) definition() string {
	if l.leading != "" {
		return l.leading
	}
	for _, s := range l.service.TaskSets {
		if aws.ToString(s.Status) == "PRIMARY" {
			return aws.ToString(s.TaskDefinition)
		}
	}
	if d, ok := l.primary(); ok && aws.ToString(d.TaskDefinition) != "" {
		return *d.TaskDefinition
	}
	return aws.ToString(l.service.TaskDefinition)
}

// primary is the rollout of what is wanted now, and whether there is one.
func (l *live) primary() (types.Deployment, bool) {
	for _, d := range l.service.Deployments {
		if aws.ToString(d.Status) == "PRIMARY" {
			return d, true
		}
	}
	return types.Deployment{}, false
}

// strategy is how ECS replaces the service's tasks; it is rolling where it does not say.
func (l *live) strategy() types.DeploymentStrategy {
	if c := l.service.DeploymentConfiguration; c != nil && c.Strategy != "" {
		return c.Strategy
	}
	return types.DeploymentStrategyRolling
}

func tagged(tags []types.Tag, key string) string {
	for _, t := range tags {
		if aws.ToString(t.Key) == key {
			return aws.ToString(t.Value)
		}
	}
	return ""
}
