package ecs

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"slipway/internal/deploy"
)

// rollout is a service deployment of ECS with the names of what it is about.
type rollout struct {
	types.ServiceDeployment
	target     types.ServiceRevision
	definition *definition // of the target
	source     *definition // what was there before, and what a rollback returns to; nil if nothing was
	sourceRev  types.ServiceRevision
}

func (r *rollout) arn() string { return aws.ToString(r.ServiceDeploymentArn) }

// The ends of a deployment, and the ways there. What is none of these is still in progress, whatever it is called.
func (r *rollout) succeeded() bool { return r.Status == types.ServiceDeploymentStatusSuccessful }

// fallen says whether a deployment was taken back, or is being.
func (r *rollout) fallen() bool {
	switch r.Status {
	case types.ServiceDeploymentStatusStopRequested, types.ServiceDeploymentStatusStopped,
		types.ServiceDeploymentStatusRollbackRequested, types.ServiceDeploymentStatusRollbackInProgress,
		types.ServiceDeploymentStatusRollbackSuccessful, types.ServiceDeploymentStatusRollbackFailed:
		return true
	case types.ServiceDeploymentStatusPending, types.ServiceDeploymentStatusSuccessful, types.ServiceDeploymentStatusInProgress:
	}
	return false
}

// over says whether nothing of a deployment goes on any more.
func (r *rollout) over() bool {
	switch r.Status {
	case types.ServiceDeploymentStatusSuccessful, types.ServiceDeploymentStatusStopped,
		types.ServiceDeploymentStatusRollbackSuccessful, types.ServiceDeploymentStatusRollbackFailed:
		return true
	case types.ServiceDeploymentStatusPending, types.ServiceDeploymentStatusInProgress, types.ServiceDeploymentStatusStopRequested,
		types.ServiceDeploymentStatusRollbackRequested, types.ServiceDeploymentStatusRollbackInProgress:
	}
	return false
}

// halfWay says whether a deployment has ended and left the service neither as it was nor as it should be.
func (r *rollout) halfWay() bool {
	return r.Status == types.ServiceDeploymentStatusRollbackFailed || r.Status == types.ServiceDeploymentStatusStopped
}

// native says whether a deployment has weights and stages, rather than tasks that are replaced one by one.
func (r *rollout) native() bool {
	c := r.DeploymentConfiguration
	return c != nil && c.Strategy != "" && c.Strategy != types.DeploymentStrategyRolling
}

// way is the one that a deployment goes.
func (r *rollout) way() string {
	if r.native() {
		return nativeWay
	}
	return rollingWay
}

// hook is what a deployment awaits from Slipway; empty if it does not.
func (r *rollout) hook() string {
	if r.theirs() {
		return ""
	}
	return r.pause()
}

// theirs says whether a deployment awaits what is for somebody else to say: it is in a stage in which somebody else has it
// pause. ECS does not say of a hook which it is, and a service without such pauses has none but ours.
func (r *rollout) theirs() bool {
	if r.DeploymentConfiguration == nil || r.pause() == "" {
		return false
	}
	return slices.ContainsFunc(r.DeploymentConfiguration.LifecycleHooks, func(h types.DeploymentLifecycleHook) bool {
		stage := types.DeploymentLifecycleHookStage(r.LifecycleStage)
		return h.TargetType == types.DeploymentLifecycleHookTargetTypePause && stage != pausing && slices.Contains(h.LifecycleStages, stage)
	})
}

// pause is the hook that somebody has to answer; empty if there is none.
func (r *rollout) pause() string {
	for _, h := range r.LifecycleHookDetails {
		if h.Status == types.DeploymentLifecycleHookStatusAwaitingAction && h.TargetType != types.DeploymentLifecycleHookTargetTypeAwsLambda {
			return aws.ToString(h.HookId)
		}
	}
	return ""
}

// why is what ECS says of how a deployment stands.
func (r *rollout) why() string {
	why := aws.ToString(r.StatusReason)
	if r.Rollback != nil && aws.ToString(r.Rollback.Reason) != "" {
		why = *r.Rollback.Reason
	}
	return strings.TrimSuffix(toPeople(why), ".")
}

// took is how long a deployment lasted, or has lasted by now.
func (r *rollout) took(now time.Time) time.Duration {
	begun := aws.ToTime(r.StartedAt)
	if begun.IsZero() {
		begun = aws.ToTime(r.CreatedAt)
	}
	if end := aws.ToTime(r.FinishedAt); !end.IsZero() {
		now = end
	}
	return max(now.Sub(begun), 0)
}

// newest gives the newest deployment of a service; nil if ECS remembers none, as it does where somebody else deploys.
func (p *Platform) newest(ctx context.Context, doing string, l *live) (*rollout, error) {
	if l.controller() != types.DeploymentControllerTypeEcs {
		return nil, nil
	}
	arn := aws.ToString(l.service.CurrentServiceDeployment)
	if arn == "" {
		list, err := p.briefs(ctx, doing, l)
		if err != nil || len(list) == 0 {
			return nil, err
		}
		arn = aws.ToString(list[0].ServiceDeploymentArn)
	}
	r, err := p.rollout(ctx, doing, l.ref.Region, arn)
	if deploy.CodeOf(err) == deploy.NotFound {
		return nil, nil //nolint:nilnil // it is not shown yet, or not any more: what the service says has to do; see hidden
	}
	return r, err
}

// briefs are the latest deployments of a service, newest first.
func (p *Platform) briefs(ctx context.Context, doing string, l *live) ([]types.ServiceDeploymentBrief, error) {
	got, err := read(ctx, p, l.ref.Region, func(ctx context.Context, c *clients) (*sdk.ListServiceDeploymentsOutput, error) {
		return c.ecs.ListServiceDeployments(ctx, &sdk.ListServiceDeploymentsInput{
			Cluster: l.service.ClusterArn, Service: l.service.ServiceArn, MaxResults: aws.Int32(mostDefinitions),
		})
	})
	if err != nil {
		return nil, explain(ctx, doing, aService(l.ref), err)
	}
	list := slices.Clone(got.ServiceDeployments)
	slices.SortStableFunc(list, func(a, b types.ServiceDeploymentBrief) int {
		return aws.ToTime(b.CreatedAt).Compare(aws.ToTime(a.CreatedAt))
	})
	return list, nil
}

// rollout reads a deployment by its ARN, and what it is about.
func (p *Platform) rollout(ctx context.Context, doing, region, arn string) (*rollout, error) {
	got, err := read(ctx, p, region, func(ctx context.Context, c *clients) (*sdk.DescribeServiceDeploymentsOutput, error) {
		return c.ecs.DescribeServiceDeployments(ctx, &sdk.DescribeServiceDeploymentsInput{ServiceDeploymentArns: []string{arn}})
	})
	about := aDeployment(arn)
	if err != nil {
		return nil, explain(ctx, doing, about, err)
	}
	if len(got.ServiceDeployments) == 0 {
		return nil, &deploy.Error{Code: deploy.NotFound, Op: doing, Msg: about.name + " does not exist", Hint: about.hint}
	}
	r := &rollout{ServiceDeployment: got.ServiceDeployments[0]}
	if r.TargetServiceRevision == nil {
		return nil, &deploy.Error{Code: deploy.Unavailable, Op: doing, Msg: "Amazon ECS does not say yet what " + about.name + " is about", Hint: laterHint}
	}
	if r.target, r.definition, err = p.revisionOf(ctx, doing, region, aws.ToString(r.TargetServiceRevision.Arn)); err != nil {
		return nil, err
	}
	if s := r.from(); s != nil {
		r.sourceRev, r.source, err = p.revisionOf(ctx, doing, region, aws.ToString(s.Arn))
	}
	return r, err
}

// from is the revision that a deployment began with: of several, which are there when it began in the middle of another,
// that with the most traffic, or the most tasks.
func (r *rollout) from() *types.ServiceRevisionSummary {
	var best *types.ServiceRevisionSummary
	for i := range r.SourceServiceRevisions {
		s := &r.SourceServiceRevisions[i]
		if best == nil || cmp.Or(
			cmp.Compare(aws.ToFloat64(s.RequestedProductionTrafficWeight), aws.ToFloat64(best.RequestedProductionTrafficWeight)),
			cmp.Compare(s.RunningTaskCount, best.RunningTaskCount),
		) > 0 {
			best = s
		}
	}
	return best
}

// revisionOf reads a revision of a service, which never changes, and its task definition.
func (p *Platform) revisionOf(ctx context.Context, doing, region, arn string) (types.ServiceRevision, *definition, error) {
	rev, known := recall(&p.known, p.known.revisions, arn)
	if !known {
		got, err := read(ctx, p, region, func(ctx context.Context, c *clients) (*sdk.DescribeServiceRevisionsOutput, error) {
			return c.ecs.DescribeServiceRevisions(ctx, &sdk.DescribeServiceRevisionsInput{ServiceRevisionArns: []string{arn}})
		})
		about := thing{"revision " + lastPart(arn) + " of the service", "look at the service"}
		if err != nil {
			return rev, nil, explain(ctx, doing, about, err)
		}
		if len(got.ServiceRevisions) == 0 {
			return rev, nil, &deploy.Error{Code: deploy.NotFound, Op: doing, Msg: about.name + " does not exist", Hint: about.hint}
		}
		rev = got.ServiceRevisions[0]
		if settled(rev) {
			keep(&p.known, p.known.revisions, arn, rev)
		}
	}
	d, err := p.definition(ctx, doing, region, aws.ToString(rev.TaskDefinition))
	return rev, d, err
}

// settled says whether all of a revision is known: its target groups are told only once ECS has chosen them.
func settled(r types.ServiceRevision) bool {
	for _, b := range r.LoadBalancers {
		if b.AdvancedConfiguration != nil {
			return r.ResolvedConfiguration != nil && len(r.ResolvedConfiguration.LoadBalancers) > 0
		}
	}
	return true
}
