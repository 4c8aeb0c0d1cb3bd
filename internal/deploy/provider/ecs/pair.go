package ecs

import (
	"context"
	"math"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"slipway/internal/deploy"
)

// pair are two services that take turns: the one without traffic gets the new version, and grows with its share. ECS
// replaces tasks in it one by one, with nobody there to notice.
type pair struct{ p *Platform }

func (pair) name() string { return pairWay }

func (f pair) sides(ctx context.Context, doing string, l *live) ([]side, error) {
	other := l.ref
	other.Name = l.ref.Beside
	beside, err := f.p.look(ctx, doing, other)
	if err != nil {
		return nil, err
	}
	return []side{serviceSide(l), serviceSide(beside)}, nil
}

// serviceSide is one service of a pair. Its rollout is over when ECS says so; what it runs is what it was asked for last.
func serviceSide(l *live) side {
	x := side{
		id: aws.ToString(l.service.ServiceArn), service: aws.ToString(l.service.ServiceName), arn: aws.ToString(l.service.TaskDefinition),
		desired: int(l.service.DesiredCount), running: int(l.service.RunningCount), pending: int(l.service.PendingCount),
		steady: true, config: l.service.DeploymentConfiguration,
	}
	for _, lb := range l.service.LoadBalancers {
		x.group = aws.ToString(lb.TargetGroupArn)
	}
	if d, ok := l.primary(); ok {
		x.since, x.running, x.pending = aws.ToTime(d.CreatedAt), int(d.RunningCount), int(d.PendingCount)
		x.steady = len(l.service.Deployments) == 1 && d.RolloutState != types.DeploymentRolloutStateInProgress
		if d.RolloutState == types.DeploymentRolloutStateFailed {
			x.gaveUp = toPeople(aws.ToString(d.RolloutStateReason))
		}
	}
	if l.service.DesiredCount == 0 && l.service.RunningCount == 0 {
		x.steady, x.gaveUp = true, "" // nothing is wanted of it, whatever became of what was
	}
	return x
}

// tasksFor is how many tasks a share needs, of as many as the larger service wants; rounded up, so that the smallest share has
// one. Until a release is over the old service has all of its tasks.
func tasksFor(st *balance, percent int) int {
	whole := 1
	for _, x := range st.sides {
		whole = max(whole, x.desired)
	}
	return int(math.Ceil(float64(whole) * float64(percent) / 100))
}

func (pair) enough(st *balance, x side, percent int) bool { return x.desired >= tasksFor(st, percent) }

// bring gives the service of the target group the task definition and the number of tasks. Its circuit breaker is on, and
// does not go back: what was there before is of no use to anybody.
func (f pair) bring(ctx context.Context, doing string, st *balance, b bringing) (string, error) {
	for _, x := range st.sides {
		if x.group != b.group {
			continue
		}
		return x.id, f.update(ctx, doing, st, &sdk.UpdateServiceInput{
			Service: aws.String(x.id), TaskDefinition: aws.String(b.def.arn()), DesiredCount: aws.Int32(int32(tasksFor(st, b.percent))), //nolint:gosec // tasks of a service
			DeploymentConfiguration: breaking(x.config),
		})
	}
	return "", &deploy.Error{
		Code: deploy.Invalid, Op: doing, Msg: "neither " + st.l.ref.Name + " nor " + st.l.ref.Beside + " has the target group " + groupName(b.group) + ", which has no traffic",
		Hint: "each service of a pair has one of the two target groups of the rule",
	}
}

// breaking is a configuration with the circuit breaker on.
func breaking(config *types.DeploymentConfiguration) *types.DeploymentConfiguration {
	out := types.DeploymentConfiguration{MaximumPercent: aws.Int32(200), MinimumHealthyPercent: aws.Int32(100)}
	if config != nil {
		out = *config
	}
	breaker := types.DeploymentCircuitBreaker{}
	if out.DeploymentCircuitBreaker != nil {
		breaker = *out.DeploymentCircuitBreaker
	}
	breaker.Enable, breaker.Rollback = true, false
	out.DeploymentCircuitBreaker = &breaker
	return &out
}

func (f pair) grow(ctx context.Context, doing string, st *balance, x side, percent int) error {
	return f.update(ctx, doing, st, &sdk.UpdateServiceInput{Service: aws.String(x.id), DesiredCount: aws.Int32(int32(tasksFor(st, percent)))}) //nolint:gosec // tasks of a service
}

// lead has nothing to do: ECS knows of no pairs.
func (pair) lead(context.Context, string, *balance, side) error { return nil }

func (f pair) drop(ctx context.Context, doing string, st *balance, x side) error {
	return f.update(ctx, doing, st, &sdk.UpdateServiceInput{Service: aws.String(x.id), DesiredCount: aws.Int32(0)})
}

func (f pair) update(ctx context.Context, doing string, st *balance, in *sdk.UpdateServiceInput) error {
	in.Cluster = st.l.service.ClusterArn
	_, err := write(ctx, f.p, st.l.ref.Region, func(ctx context.Context, c *clients) (*sdk.UpdateServiceOutput, error) {
		return c.ecs.UpdateService(ctx, in)
	})
	return explain(ctx, doing, aService(st.l.ref), err)
}

// one reads the service of an operation.
func (f pair) one(ctx context.Context, doing string, op operation) (side, deploy.ServiceRef, error) {
	s := op.service()
	l, err := f.p.look(ctx, doing, s)
	if err != nil {
		return side{}, s, err
	}
	return serviceSide(l), s, nil
}
