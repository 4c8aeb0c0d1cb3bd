package ecs_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"slipway/internal/sandbox/ecs"
)

const api = ecs.SetsService

func percent(v float64) *types.Scale { return &types.Scale{Unit: types.ScaleUnitPercent, Value: v} }

func (p *platform) taskSets() map[string]types.TaskSet {
	p.Helper()
	out, err := p.client.DescribeTaskSets(p.Context(), &sdk.DescribeTaskSetsInput{Cluster: aws.String(cluster), Service: aws.String(api)})
	p.ok(err)
	sets := map[string]types.TaskSet{}
	for _, set := range out.TaskSets {
		sets[*set.Id] = set
	}
	return sets
}

func (p *platform) steady(id string, tasks int32) {
	p.Helper()
	p.until("the task set is steady", func() bool {
		set := p.taskSets()[id]
		return set.StabilityStatus == types.StabilityStatusSteadyState && set.RunningCount == tasks && set.ComputedDesiredCount == tasks
	})
}

func TestAReleaseWithTaskSets(t *testing.T) {
	t.Parallel()
	p := start(t, nil)
	old := p.guide.Services[api].TaskSet
	p.steady(old, 4)
	create := &sdk.CreateTaskSetInput{
		Cluster: aws.String(cluster), Service: aws.String(api), TaskDefinition: aws.String(p.register(api, next)), Scale: percent(30),
		ExternalId: aws.String("r42"), ClientToken: aws.String("r42-1"),
		LoadBalancers: []types.LoadBalancer{{TargetGroupArn: &p.guide.Groups[api][1], ContainerName: aws.String("coditect"), ContainerPort: aws.Int32(8080)}},
	}
	p.ok(p.ecs.Hold(api))
	first, err := p.client.CreateTaskSet(t.Context(), create)
	p.ok(err)
	again, err := p.client.CreateTaskSet(t.Context(), create)
	p.ok(err)
	id := *first.TaskSet.Id
	if *again.TaskSet.Id != id || len(p.taskSets()) != 2 {
		t.Fatal("the same token made another task set")
	}
	// 30 % of 4 is 1.2, which is 2 tasks.
	if s := first.TaskSet; s.ComputedDesiredCount != 2 || s.StabilityStatus != types.StabilityStatusStabilizing || *s.Status != "ACTIVE" || *s.ExternalId != "r42" {
		t.Errorf("created: %+v", s)
	}
	p.ok(p.ecs.Finish(api))
	p.steady(id, 2)
	if n := p.elb.Healthy(p.guide.Groups[api][1]); n != 2 {
		t.Errorf("%d healthy targets, want 2", n)
	}
	tasks, err := p.client.ListTasks(t.Context(), &sdk.ListTasksInput{Cluster: aws.String(cluster), StartedBy: aws.String(id)})
	p.ok(err)
	if len(tasks.TaskArns) != 2 {
		t.Errorf("%d tasks were started by it", len(tasks.TaskArns))
	}
	_, err = p.client.UpdateTaskSet(t.Context(), &sdk.UpdateTaskSetInput{Cluster: aws.String(cluster), Service: aws.String(api), TaskSet: &id, Scale: percent(100)})
	p.ok(err)
	p.steady(id, 4)
	_, err = p.client.UpdateServicePrimaryTaskSet(t.Context(), &sdk.UpdateServicePrimaryTaskSetInput{Cluster: aws.String(cluster), Service: aws.String(api), PrimaryTaskSet: &id})
	p.ok(err)
	if sets := p.taskSets(); *sets[id].Status != "PRIMARY" || *sets[old].Status != "ACTIVE" || sets[old].RunningCount != 4 {
		t.Errorf("the old one is %s with %d tasks", *sets[old].Status, sets[old].RunningCount)
	}
	remove := &sdk.DeleteTaskSetInput{Cluster: aws.String(cluster), Service: aws.String(api), TaskSet: &old}
	_, err = p.client.DeleteTaskSet(t.Context(), remove)
	p.refused(err, "InvalidParameterException", "force")
	remove.Force = aws.Bool(true)
	out, err := p.client.DeleteTaskSet(t.Context(), remove)
	p.ok(err)
	if *out.TaskSet.Status != "DRAINING" {
		t.Errorf("deleted, it is %s", *out.TaskSet.Status)
	}
	p.until("the old one is gone", func() bool { return len(p.taskSets()) == 1 })
	_, err = p.client.UpdateTaskSet(t.Context(), &sdk.UpdateTaskSetInput{Cluster: aws.String(cluster), Service: aws.String(api), TaskSet: &old, Scale: percent(0)})
	p.refused(err, "TaskSetNotFoundException", "does not exist")
	if n := p.ecs.Changes(api); n != 4 {
		t.Errorf("%d changes, want 4: create, scale, make primary, delete", n)
	}
}

func TestATaskSetThatNeverComesUp(t *testing.T) {
	t.Parallel()
	p := start(t, func(o *ecs.Options) { o.Retry = time.Millisecond })
	p.ecs.Behaviour(api, "v1.2.4").SetCrashOnStart(true)
	out, err := p.client.CreateTaskSet(t.Context(), &sdk.CreateTaskSetInput{
		Cluster: aws.String(cluster), Service: aws.String(api), TaskDefinition: aws.String(p.register(api, next)), Scale: percent(50),
	})
	p.ok(err)
	// There is no circuit breaker: it is tried again and again.
	p.until("two tasks of two were tried again", func() bool {
		list, err := p.client.ListTasks(t.Context(), &sdk.ListTasksInput{
			Cluster: aws.String(cluster), StartedBy: out.TaskSet.Id, DesiredStatus: types.DesiredStatusStopped,
		})
		p.ok(err)
		return len(list.TaskArns) >= 4
	})
	if set := p.taskSets()[*out.TaskSet.Id]; set.StabilityStatus != types.StabilityStatusStabilizing {
		t.Errorf("it is %s", set.StabilityStatus)
	}
}

func TestTaskSetsAreForTheExternalController(t *testing.T) {
	t.Parallel()
	p := start(t, nil)
	_, err := p.client.CreateTaskSet(t.Context(), &sdk.CreateTaskSetInput{
		Cluster: aws.String(cluster), Service: aws.String(app), TaskDefinition: aws.String(p.guide.Services[app].TaskDefinition),
	})
	p.refused(err, "InvalidParameterException", "EXTERNAL")
}
