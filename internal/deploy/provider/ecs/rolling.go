package ecs

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"slipway/internal/deploy"
)

// rolling has ECS replace task by task. Nothing of the new version runs before it is asked for 100 %, and nothing stays of
// the old one after.
type rolling struct{ *Platform }

func (w rolling) describe(ctx context.Context, l *live) (deploy.Service, error) {
	return w.Platform.describe(ctx, l)
}

// allows refuses only before the task definition is registered: then there is nothing more to do.
func (w rolling) allows(ctx context.Context, l *live, q deploy.StageRequest, d *definition) (underway bool, err error) {
	if d != nil {
		return true, nil
	}
	doing := "create revision " + string(q.Candidate)
	s, err := w.course(ctx, doing, l)
	if err != nil {
		return false, err
	}
	return false, undisturbed(doing, q, s)
}

func (rolling) stage(context.Context, *live, deploy.StageRequest, *definition) (deploy.Operation, error) {
	return "", nil
}

func (w rolling) shift(ctx context.Context, l *live, q deploy.ShiftRequest) (deploy.Operation, error) {
	return w.Platform.shift(ctx, l, q)
}

func (w rolling) retire(ctx context.Context, l *live, _ []string) (deploy.Operation, error) {
	return w.Platform.retire(ctx, l)
}

func (w rolling) status(ctx context.Context, l *live, d *definition, out *deploy.RevisionStatus) error {
	return w.Platform.status(ctx, l, d, out)
}

func (w rolling) wait(ctx context.Context, o operation) (bool, error) { return w.Platform.wait(ctx, o) }

// retire waits for what ECS still has to do of a deployment. Nothing is sent.
func (p *Platform) retire(_ context.Context, l *live) (deploy.Operation, error) {
	arn := aws.ToString(l.service.CurrentServiceDeployment)
	if arn == "" {
		return "", nil
	}
	return operation{arn, rollingWay, endOfIt}.name(), nil
}

// replacing is how tasks are replaced one by one: all of the old ones stay until as many new ones are healthy, and ECS
// goes back by itself when too many fail.
func replacing(l *live) *types.DeploymentConfiguration {
	return &types.DeploymentConfiguration{
		Strategy: types.DeploymentStrategyRolling, MaximumPercent: aws.Int32(mostTasks), MinimumHealthyPercent: aws.Int32(leastTasks),
		DeploymentCircuitBreaker: &types.DeploymentCircuitBreaker{Enable: true, Rollback: true},
		Alarms:                   alarms(l),
	}
}

// alarms are those that the service has: they are not ours to change.
func alarms(l *live) *types.DeploymentAlarms {
	if c := l.service.DeploymentConfiguration; c != nil {
		return c.Alarms
	}
	return nil
}
