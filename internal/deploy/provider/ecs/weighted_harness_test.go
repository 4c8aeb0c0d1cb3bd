package ecs_test

import (
	"errors"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"slipway/internal/deploy"
	"slipway/internal/deploy/provider/ecs"
	"slipway/internal/deploy/provider/providertest"
	"slipway/internal/sandbox/awsapi"
	sandbox "slipway/internal/sandbox/ecs"
	"slipway/internal/sandbox/elb"
)

// balanced is an ECS on loopback with a service, or a pair of them, behind a rule whose weights decide. It is held except
// in Finish.
type balanced struct {
	*practice

	beside string // empty: task sets
	lb     elb.LoadBalancer
}

const wholeOf = 4 // tasks that a service of these wants

func newBalanced(t *testing.T, service, beside string) *balanced {
	t.Helper()
	b := &balanced{beside: beside, practice: &practice{t: t, service: service, elb: elb.New(&elb.Options{HealthAfter: time.Millisecond, HealthEvery: 5 * time.Millisecond})}}
	b.ecs = sandbox.New(&sandbox.Options{Balancer: b.elb, Retry: time.Millisecond, Keep: 10_000, Image: func(ref string) error {
		if ref == missingImage.Ref {
			return errors.New("CannotPullContainerError: " + ref + ": not found")
		}
		return nil
	}})
	b.api = awsapi.New(nil)
	b.api.Handle(b.ecs.API())
	b.api.Handle(b.elb.API())
	b.ok(b.api.Start(""))
	t.Cleanup(func() { b.ok(errors.Join(b.api.Close(), b.ecs.Close(), b.elb.Close())) })
	b.seed()
	for _, s := range b.services() {
		b.ecs.Behaviour(s, crashingImage.Version).SetCrashOnStart(true)
	}
	b.client = sdk.New(sdk.Options{
		Region: sandbox.Region, BaseEndpoint: aws.String(b.api.URL()), Credentials: practiceCredentials, RetryMaxAttempts: 1,
	})
	b.ref = deploy.ServiceRef{Kind: deploy.ECS, Project: sandbox.GuideCluster, Region: sandbox.Region, Name: service, Rule: b.rule, Beside: beside}
	b.until("all tasks are healthy", func() bool { return b.elb.Healthy(b.groups[0]) == wholeOf })
	b.Finish()
	return b
}

func (b *balanced) services() []string {
	if b.beside == "" {
		return []string{b.service}
	}
	return []string{b.service, b.beside}
}

func (b *balanced) seed() {
	b.t.Helper()
	for _, name := range []string{b.service, b.service + "-green"} {
		b.groups = append(b.groups, b.elb.AddTargetGroup(name, "/health", 8080))
	}
	var err error
	b.lb, err = b.elb.AddLoadBalancer(b.service, b.groups...)
	b.ok(err)
	b.rule = b.lb.Rule
	for i, name := range b.services() {
		spec := sandbox.ServiceSpec{
			Name: name, Image: image("v1.2.3", "3").Ref, TargetGroup: b.groups[i],
			Environment: []types.KeyValuePair{{Name: aws.String("VERSION"), Value: aws.String("v1.2.3")}},
		}
		if i == 0 {
			spec.Tasks = wholeOf
		}
		if b.beside == "" {
			spec.Controller = types.DeploymentControllerTypeExternal
		}
		_, err := b.ecs.Seed(spec)
		b.ok(err)
	}
}

// atRest says whether every side has its tasks, or loses them again and again.
func (b *balanced) atRest() bool {
	for i, name := range b.services() {
		s := b.reported(name)
		if len(s.TaskSets) == 0 && s.DesiredCount == 0 && s.RunningCount == 0 {
			continue
		}
		if b.beside != "" {
			d := s.Deployments[0]
			if d.RolloutState != types.DeploymentRolloutStateFailed &&
				(len(s.Deployments) > 1 || d.RolloutState == types.DeploymentRolloutStateInProgress || d.RunningCount != s.DesiredCount || b.elb.Healthy(b.groups[i]) != int(s.DesiredCount)) {
				return false
			}
			continue
		}
		for _, set := range s.TaskSets {
			if aws.ToString(set.Status) == "DRAINING" {
				return false
			}
			if set.StabilityStatus != types.StabilityStatusSteadyState && b.stopped(aws.ToString(set.TaskDefinition)) < 4 {
				return false
			}
		}
	}
	return true
}

func (b *balanced) reported(name string) types.Service {
	b.t.Helper()
	out, err := b.client.DescribeServices(b.t.Context(), &sdk.DescribeServicesInput{
		Cluster: aws.String(sandbox.GuideCluster), Services: []string{name}, Include: []types.ServiceField{types.ServiceFieldTags},
	})
	b.ok(err)
	return out.Services[0]
}

// stopped counts the tasks of a task definition that did not come up.
func (b *balanced) stopped(definition string) int {
	b.t.Helper()
	list, err := b.client.ListTasks(b.t.Context(), &sdk.ListTasksInput{
		Cluster: aws.String(sandbox.GuideCluster), ServiceName: aws.String(b.service), DesiredStatus: types.DesiredStatusStopped,
	})
	b.ok(err)
	if len(list.TaskArns) == 0 {
		return 0
	}
	got, err := b.client.DescribeTasks(b.t.Context(), &sdk.DescribeTasksInput{Cluster: aws.String(sandbox.GuideCluster), Tasks: list.TaskArns})
	b.ok(err)
	n := 0
	for _, task := range got.Tasks {
		if aws.ToString(task.TaskDefinitionArn) == definition {
			n++
		}
	}
	return n
}

func (b *balanced) Finish() {
	b.t.Helper()
	for _, s := range b.services() {
		b.ok(b.ecs.Finish(s))
	}
	b.until("nothing goes on", b.atRest)
	for _, s := range b.services() {
		b.ok(b.ecs.Hold(s))
	}
}

// LoseAnswer is of the write that comes next: what brings a side up comes before the weights.
func (b *balanced) LoseAnswer() {
	up := map[bool]string{true: "CreateTaskSet", false: "UpdateService"}[b.beside == ""]
	if b.ecs.Registrations() > 0 {
		up = "ModifyRule"
	}
	b.lose(up)
}

func (b *balanced) MoveTraffic(shares map[deploy.RevisionName]int) {
	b.t.Helper()
	weights := map[string]int{}
	for name, percent := range shares {
		group := b.groups[1]
		if name == b.base() {
			group = b.groups[0]
		}
		weights[group] = percent
	}
	b.ok(b.elb.SetWeightsByHand(b.rule, weights))
}

// Changes counts weights and tasks. What ECS calls the primary task set follows from the weights.
func (b *balanced) Changes() int {
	n := b.elb.ChangesThroughAPI() - b.primaries()
	for _, s := range b.services() {
		n += b.ecs.Changes(s)
	}
	return n
}

func (b *balanced) primaries() int {
	n := 0
	for _, c := range b.api.Calls() {
		if c.Operation == "UpdateServicePrimaryTaskSet" && c.Code == "" {
			n++
		}
	}
	return n
}

func (b *balanced) platform() *ecs.Platform { return b.connect(&ecs.Options{Settle: time.Nanosecond}) }

func (b *balanced) harness(has providertest.Trait, shares ...int) providertest.Harness {
	h := b.practice.harness()
	h.Connect = func() deploy.Platform { return b.platform() }
	h.Has, h.Pauses = providertest.Starts|has, false
	h.Shares, h.Kind, h.Levers = shares, deploy.Canary, b
	return h
}

// A move of more than one step cannot be had in one call, since tasks have to come first. So all is run twice: with a
// candidate that is brought up whole, for which any share is one call, and with one that grows.
func TestConformanceOfWeights(t *testing.T) {
	t.Parallel()
	for _, way := range []struct{ name, service, beside string }{
		{"task sets", sandbox.SetsService, ""},
		{"a pair", sandbox.EdgeService, sandbox.EdgeServiceB},
	} {
		for name, run := range map[string]struct {
			has    providertest.Trait
			shares []int
		}{
			" brought up whole":   {providertest.Splits, []int{100}},
			" that grow by steps": {0, []int{10, 50, 100}},
		} {
			t.Run(way.name+name, func(t *testing.T) {
				t.Parallel()
				harness := func(t *testing.T) providertest.Harness {
					t.Helper()
					return newBalanced(t, way.service, way.beside).harness(run.has, run.shares...)
				}
				providertest.RunPlatform(t, harness)
				providertest.RunPreviewer(t, harness)
			})
		}
	}
}
