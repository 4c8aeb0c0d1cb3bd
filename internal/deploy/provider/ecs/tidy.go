package ecs

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"slipway/internal/deploy"
)

// mostDescribed is how many deployments ECS describes in one call.
const mostDescribed = 20

// retire waits for what ECS still has to do of a deployment, as Platform.retire does, and once that is over leaves no pause
// of ours behind: the next deployment of somebody else would wait at it, and be taken back. Hooks of others are as they were
// before. Only the configuration is sent, which begins no deployment, and nothing where it is right already.
//
// The release is over: what ECS refuses stays as it is, and is no error. One is that nobody knows what became of it.
func (w native) retire(ctx context.Context, l *live, _ []string) (deploy.Operation, error) {
	doing := "tidy up after " + l.ref.String()
	r, err := w.newest(ctx, doing, l)
	switch d, ok := l.primary(); {
	case deploy.CodeOf(err) == deploy.Unavailable:
		return "", err
	case err != nil, r == nil:
		return w.Platform.retire(ctx, l)
	case !r.over():
		return operation{r.arn(), nativeWay, endOfIt}.name(), nil
	case ok && d.RolloutState == types.DeploymentRolloutStateInProgress:
		return "", nil // another begins that is not shown yet: it is whose hooks these are
	}
	if err := w.leaveAsFound(ctx, doing, l, r); deploy.CodeOf(err) == deploy.Unavailable {
		return "", err
	}
	return "", nil
}

// leaveAsFound gives the service the hooks that are not ours, and no others. r is its newest deployment, which is over.
func (p *Platform) leaveAsFound(ctx context.Context, doing string, l *live, r *rollout) error {
	config := l.service.DeploymentConfiguration
	if config == nil {
		return nil
	}
	hooks := others(config)
	if len(config.LifecycleHooks) == 0 && hurried(r.DeploymentConfiguration) {
		var err error
		if hooks, err = p.hooksBefore(ctx, doing, l, r); err != nil {
			return err
		}
	}
	if len(hooks) == len(config.LifecycleHooks) {
		return nil
	}
	right := *config
	right.LifecycleHooks = hooks
	_, err := p.update(ctx, doing, l, &sdk.UpdateServiceInput{DeploymentConfiguration: &right}, operation{})
	return err
}

// hurried says whether a deployment went the way of a return after the end, which drops every hook; see emergency.
func hurried(c *types.DeploymentConfiguration) bool {
	return c != nil && c.Strategy == types.DeploymentStrategyBlueGreen && len(c.LifecycleHooks) == 0 && aws.ToInt32(c.BakeTimeInMinutes) == 0
}

// hooksBefore are the hooks of others that the latest deployment before r had which was no such return.
func (p *Platform) hooksBefore(ctx context.Context, doing string, l *live, r *rollout) ([]types.DeploymentLifecycleHook, error) {
	none := []types.DeploymentLifecycleHook{}
	list, err := p.briefs(ctx, doing, l)
	if err != nil {
		return none, err
	}
	var arns []string
	for _, b := range list {
		if arn := aws.ToString(b.ServiceDeploymentArn); arn != r.arn() && len(arns) < mostDescribed {
			arns = append(arns, arn)
		}
	}
	if len(arns) == 0 {
		return none, nil
	}
	got, err := read(ctx, p, l.ref.Region, func(ctx context.Context, c *clients) (*sdk.DescribeServiceDeploymentsOutput, error) {
		return c.ecs.DescribeServiceDeployments(ctx, &sdk.DescribeServiceDeploymentsInput{ServiceDeploymentArns: arns})
	})
	if err != nil {
		return none, explain(ctx, doing, aService(l.ref), err)
	}
	configs := map[string]*types.DeploymentConfiguration{}
	for _, d := range got.ServiceDeployments {
		configs[aws.ToString(d.ServiceDeploymentArn)] = d.DeploymentConfiguration
	}
	for _, arn := range arns { // newest first
		if c := configs[arn]; c != nil && !hurried(c) {
			return others(c), nil
		}
	}
	return none, nil
}
