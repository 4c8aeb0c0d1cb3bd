package ecs

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"slipway/internal/deploy"
)

// taskSets are the tasks of a service with the controller EXTERNAL: one set for each version.
type taskSets struct{ p *Platform }

func (taskSets) name() string { return setsWay }

// sides are the task sets but those that are going.
func (taskSets) sides(_ context.Context, _ string, l *live) ([]side, error) {
	var out []side
	for _, s := range l.service.TaskSets {
		if aws.ToString(s.Status) != "DRAINING" {
			out = append(out, sideOf(l.ref.Name, s))
		}
	}
	return out, nil
}

func sideOf(service string, s types.TaskSet) side {
	x := side{
		id: aws.ToString(s.TaskSetArn), service: service, arn: aws.ToString(s.TaskDefinition), since: aws.ToTime(s.CreatedAt),
		desired: int(s.ComputedDesiredCount), running: int(s.RunningCount), pending: int(s.PendingCount),
		steady: s.StabilityStatus == types.StabilityStatusSteadyState, lead: aws.ToString(s.Status) == "PRIMARY",
	}
	for _, lb := range s.LoadBalancers {
		x.group = aws.ToString(lb.TargetGroupArn)
	}
	if s.Scale != nil {
		x.percent = int(s.Scale.Value)
	}
	return x
}

func (taskSets) enough(_ *balance, x side, percent int) bool { return x.percent >= percent }

// bring makes a task set like the one with traffic, but for what runs in it and its target group. Asked for again with
// the same token, ECS gives the set that it has made.
func (f taskSets) bring(ctx context.Context, doing string, st *balance, b bringing) (string, error) {
	like, ok := f.model(st)
	if !ok {
		return "", &deploy.Error{
			Code: deploy.Invalid, Op: doing, Msg: fmt.Sprintf("%s has no task set that a new one could be made like", st.l.ref.Name),
			Hint: "create one by hand, make it the primary and give it the traffic",
		}
	}
	in := &sdk.CreateTaskSetInput{
		Cluster: st.l.service.ClusterArn, Service: st.l.service.ServiceArn, TaskDefinition: aws.String(b.def.arn()), ExternalId: aws.String(string(b.name)),
		Scale: percentScale(b.percent), NetworkConfiguration: like.NetworkConfiguration, PlatformVersion: like.PlatformVersion,
		CapacityProviderStrategy: like.CapacityProviderStrategy, ServiceRegistries: like.ServiceRegistries,
		ClientToken: aws.String(token(aws.ToString(st.l.service.ServiceArn), string(b.name), b.group, b.attempt)),
	}
	if in.NetworkConfiguration == nil {
		in.NetworkConfiguration = st.l.service.NetworkConfiguration
	}
	if len(in.CapacityProviderStrategy) == 0 { // ECS takes one of the two
		in.LaunchType = like.LaunchType
	}
	for _, lb := range like.LoadBalancers {
		lb.TargetGroupArn = aws.String(b.group)
		in.LoadBalancers = append(in.LoadBalancers, lb)
	}
	made, err := write(ctx, f.p, st.l.ref.Region, func(ctx context.Context, c *clients) (*sdk.CreateTaskSetOutput, error) {
		return c.ecs.CreateTaskSet(ctx, in)
	})
	if err != nil {
		return "", explain(ctx, doing, aService(st.l.ref), err)
	}
	return aws.ToString(made.TaskSet.TaskSetArn), nil
}

// model is the task set with the most traffic.
func (taskSets) model(st *balance) (types.TaskSet, bool) {
	most, ok := st.most()
	for _, s := range st.l.service.TaskSets {
		if ok && aws.ToString(s.TaskSetArn) == most.id {
			return s, true
		}
	}
	return types.TaskSet{}, false
}

// token is a client token: 32 characters of the 36 that ECS takes.
func token(parts ...string) string {
	h := sha256.New()
	for _, part := range parts {
		_, _ = h.Write([]byte(part + "\x00")) // a hash takes everything
	}
	return hex.EncodeToString(h.Sum(nil))[:32]
}

func percentScale(percent int) *types.Scale {
	return &types.Scale{Unit: types.ScaleUnitPercent, Value: float64(percent)}
}

func (f taskSets) grow(ctx context.Context, doing string, st *balance, x side, percent int) error {
	return f.send(ctx, doing, st, func(ctx context.Context, c *clients) error {
		_, err := c.ecs.UpdateTaskSet(ctx, &sdk.UpdateTaskSetInput{
			Cluster: st.l.service.ClusterArn, Service: st.l.service.ServiceArn, TaskSet: aws.String(x.id), Scale: percentScale(percent),
		})
		return err
	})
}

func (f taskSets) lead(ctx context.Context, doing string, st *balance, x side) error {
	if x.lead {
		return nil
	}
	return f.send(ctx, doing, st, func(ctx context.Context, c *clients) error {
		_, err := c.ecs.UpdateServicePrimaryTaskSet(ctx, &sdk.UpdateServicePrimaryTaskSetInput{
			Cluster: st.l.service.ClusterArn, Service: st.l.service.ServiceArn, PrimaryTaskSet: aws.String(x.id),
		})
		return err
	})
}

// drop deletes a set at once, rather than scaling it to nothing first: its targets finish what they are at meanwhile.
func (f taskSets) drop(ctx context.Context, doing string, st *balance, x side) error {
	return f.send(ctx, doing, st, func(ctx context.Context, c *clients) error {
		_, err := c.ecs.DeleteTaskSet(ctx, &sdk.DeleteTaskSetInput{
			Cluster: st.l.service.ClusterArn, Service: st.l.service.ServiceArn, TaskSet: aws.String(x.id), Force: aws.Bool(true),
		})
		if codeOf(err) == "TaskSetNotFoundException" {
			return nil
		}
		return err
	})
}

func (f taskSets) send(ctx context.Context, doing string, st *balance, call func(context.Context, *clients) error) error {
	_, err := write(ctx, f.p, st.l.ref.Region, func(ctx context.Context, c *clients) (struct{}, error) {
		return struct{}{}, call(ctx, c)
	})
	return explain(ctx, doing, aService(st.l.ref), err)
}

// one reads the task set of an operation.
func (f taskSets) one(ctx context.Context, doing string, op operation) (side, deploy.ServiceRef, error) {
	s := op.service()
	about := thing{"task set " + lastPart(op.arn), "it may have been deleted by hand; look at the service"}
	got, err := read(ctx, f.p, s.Region, func(ctx context.Context, c *clients) (*sdk.DescribeTaskSetsOutput, error) {
		return c.ecs.DescribeTaskSets(ctx, &sdk.DescribeTaskSetsInput{Cluster: aws.String(s.Project), Service: aws.String(s.Name), TaskSets: []string{op.arn}})
	})
	if err != nil {
		return side{}, s, explain(ctx, doing, about, err)
	}
	if len(got.TaskSets) == 0 || aws.ToString(got.TaskSets[0].Status) == "DRAINING" {
		return side{}, s, &deploy.Error{Code: deploy.NotFound, Op: doing, Msg: about.name + " does not exist", Hint: about.hint}
	}
	return sideOf(s.Name, got.TaskSets[0]), s, nil
}
