package ecs

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"

	"slipway/internal/deploy"
)

// Place is where CloudWatch has what it knows of a revision: that of the provider cloudwatch, which no provider knows.
type Place struct {
	TargetGroup, LoadBalancer string // ends of their ARNs; empty: no load balancer sends it requests
	Service                   string // whose CPU and memory its tasks count to
	Region                    string // of the log
	LogGroup                  string // empty: it does not write to CloudWatch
	LogStreamPrefix           string
}

// Place says where the numbers and the log of a revision are. NotFound if the revision does not exist. Revisions of a
// rolling deployment share a target group.
func (p *Platform) Place(ctx context.Context, s deploy.ServiceRef, revision deploy.RevisionName) (Place, error) {
	doing := "find the metrics of " + string(revision)
	l, d, err := p.sought(ctx, doing, s, revision)
	if err != nil {
		return Place{}, err
	}
	at := Place{Service: s.Name}
	if i := l.main(d); i < len(d.ContainerDefinitions) {
		at.log(d.ContainerDefinitions[i])
	}
	group, service, err := p.groupOf(ctx, doing, l, d)
	if err != nil || group == "" {
		return at, err
	}
	if service != "" {
		at.Service = service
	}
	at.TargetGroup = arnEnd(group)
	at.LoadBalancer, err = p.balancerOf(ctx, doing, s.Region, group)
	return at, err
}

func (p *Platform) sought(ctx context.Context, doing string, s deploy.ServiceRef, revision deploy.RevisionName) (*live, *definition, error) {
	l, err := p.look(ctx, doing, s)
	if err != nil {
		return nil, nil, err
	}
	d, err := p.find(ctx, doing, l, revision)
	return l, d, err
}

func (at *Place) log(c types.ContainerDefinition) {
	how := c.LogConfiguration
	if how == nil || how.LogDriver != types.LogDriverAwslogs {
		return
	}
	at.LogGroup, at.Region = how.Options["awslogs-group"], how.Options["awslogs-region"]
	if prefix := how.Options["awslogs-stream-prefix"]; prefix != "" {
		at.LogStreamPrefix = prefix + "/" + aws.ToString(c.Name)
	}
}

// groupOf is the target group of a revision, and the service whose tasks it is; empty if it has none.
func (p *Platform) groupOf(ctx context.Context, doing string, l *live, d *definition) (group, service string, err error) {
	w, err := p.way(doing, l, "")
	if err != nil {
		return "", "", err
	}
	if w, is := w.(weighted); is {
		st, err := w.stand(ctx, doing, l)
		if err != nil {
			return "", "", err
		}
		x, _ := st.of(d.name())
		return x.group, x.service, nil
	}
	r, err := p.newest(ctx, doing, l)
	if err != nil {
		return "", "", err
	}
	if r != nil && r.native() {
		switch {
		case r.definition.arn() == d.arn():
			_, group = productionOf(r.target)
		case r.source != nil && r.source.arn() == d.arn():
			_, group = productionOf(r.sourceRev)
		}
		return group, "", nil
	}
	for _, b := range l.service.LoadBalancers {
		return aws.ToString(b.TargetGroupArn), "", nil
	}
	return "", "", nil
}

// balancerOf is the load balancer in front of a target group, as CloudWatch calls it.
func (p *Platform) balancerOf(ctx context.Context, doing, region, group string) (string, error) {
	if known, ok := recall(&p.known, p.known.balancers, group); ok {
		return known, nil
	}
	got, err := read(ctx, p, region, func(ctx context.Context, c *clients) (*elasticloadbalancingv2.DescribeTargetGroupsOutput, error) {
		return c.elb.DescribeTargetGroups(ctx, &elasticloadbalancingv2.DescribeTargetGroupsInput{TargetGroupArns: []string{group}})
	})
	if err != nil {
		return "", explain(ctx, doing, aGroup(group), err)
	}
	for _, g := range got.TargetGroups {
		for _, arn := range g.LoadBalancerArns {
			_, name, _ := strings.Cut(arn, ":loadbalancer/")
			keep(&p.known, p.known.balancers, group, name)
			return name, nil
		}
	}
	return "", nil
}

// arnEnd is targetgroup/NAME/ID.
func arnEnd(arn string) string { return arn[strings.LastIndexByte(arn, ':')+1:] }

// Tasks are the ids of a revision's tasks, of those too that have stopped, which ECS remembers for about an hour.
func (p *Platform) Tasks(ctx context.Context, s deploy.ServiceRef, revision deploy.RevisionName) ([]string, error) {
	doing := "find the tasks of " + string(revision)
	_, d, err := p.sought(ctx, doing, s, revision)
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, status := range []types.DesiredStatus{types.DesiredStatusRunning, types.DesiredStatusStopped} {
		tasks, err := p.tasks(ctx, s.Region, sdk.ListTasksInput{Cluster: aws.String(s.Project), Family: d.Family, DesiredStatus: status})
		if err != nil {
			return nil, explain(ctx, doing, aService(s), err)
		}
		for _, t := range tasks {
			if aws.ToString(t.TaskDefinitionArn) == d.arn() {
				ids = append(ids, lastPart(aws.ToString(t.TaskArn)))
			}
		}
	}
	return ids, nil
}

// tasks are those of a list, page by page: as many as ECS describes in one call are on a page. The error is as the client
// gave it.
func (p *Platform) tasks(ctx context.Context, region string, in sdk.ListTasksInput) ([]types.Task, error) {
	var out []types.Task
	in.MaxResults = aws.Int32(describable)
	for range mostPages {
		list, err := read(ctx, p, region, func(ctx context.Context, c *clients) (*sdk.ListTasksOutput, error) {
			return c.ecs.ListTasks(ctx, &in)
		})
		if err != nil {
			return nil, err
		}
		if len(list.TaskArns) > 0 {
			got, err := read(ctx, p, region, func(ctx context.Context, c *clients) (*sdk.DescribeTasksOutput, error) {
				return c.ecs.DescribeTasks(ctx, &sdk.DescribeTasksInput{Cluster: in.Cluster, Tasks: list.TaskArns})
			})
			if err != nil {
				return nil, err
			}
			out = append(out, got.Tasks...)
		}
		if in.NextToken = list.NextToken; aws.ToString(in.NextToken) == "" {
			break
		}
	}
	return out, nil
}

// describable is how many tasks ECS describes in one call, mostPages how many such calls a look is worth.
const (
	describable = 100
	mostPages   = 10
)
