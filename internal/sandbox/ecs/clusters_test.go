package ecs_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/google/go-cmp/cmp"

	"slipway/internal/sandbox/ecs"
)

func TestClusters(t *testing.T) {
	t.Parallel()
	p := start(t, nil)
	tags := []types.Tag{{Key: aws.String("team"), Value: aws.String("core")}}
	_, err := p.client.CreateCluster(t.Context(), &sdk.CreateClusterInput{ClusterName: aws.String("staging"), Tags: tags})
	p.ok(err)
	list, err := p.client.ListClusters(t.Context(), &sdk.ListClustersInput{})
	p.ok(err)
	if diff := cmp.Diff([]string{
		"arn:aws:ecs:us-east-1:123456789012:cluster/coditect-production", "arn:aws:ecs:us-east-1:123456789012:cluster/staging",
	}, list.ClusterArns); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	out, err := p.client.DescribeClusters(t.Context(), &sdk.DescribeClustersInput{
		Clusters: []string{list.ClusterArns[1], "nowhere"}, Include: []types.ClusterField{types.ClusterFieldTags},
	})
	p.ok(err)
	if len(out.Clusters) != 1 || len(out.Clusters[0].Tags) != 1 || len(out.Failures) != 1 {
		t.Errorf("described: %+v %+v", out.Clusters, out.Failures)
	}
	for _, arn := range []string{list.ClusterArns[1], p.guide.Services[app].TaskDefinition} {
		_, err = p.client.TagResource(t.Context(), &sdk.TagResourceInput{ResourceArn: &arn, Tags: tags})
		p.ok(err)
	}
	_, err = p.client.TagResource(t.Context(), &sdk.TagResourceInput{ResourceArn: aws.String(list.ClusterArns[1] + "x"), Tags: tags})
	p.refused(err, "ResourceNotFoundException", "could not be found")
}

func TestFamilies(t *testing.T) {
	t.Parallel()
	p := start(t, nil)
	families := func(status types.TaskDefinitionFamilyStatus) []string {
		out, err := p.client.ListTaskDefinitionFamilies(t.Context(), &sdk.ListTaskDefinitionFamiliesInput{FamilyPrefix: aws.String("coditect-e"), Status: status})
		p.ok(err)
		return out.Families
	}
	if diff := cmp.Diff([]string{ecs.EdgeService, ecs.EdgeServiceB}, families("")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	_, err := p.client.DeregisterTaskDefinition(t.Context(), &sdk.DeregisterTaskDefinitionInput{TaskDefinition: aws.String(ecs.EdgeServiceB + ":1")})
	p.ok(err)
	if diff := cmp.Diff([]string{ecs.EdgeService}, families(types.TaskDefinitionFamilyStatusActive)); diff != "" {
		t.Errorf("those that are used (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{ecs.EdgeServiceB}, families(types.TaskDefinitionFamilyStatusInactive)); diff != "" {
		t.Errorf("those that are not (-want +got):\n%s", diff)
	}
}

func TestHands(t *testing.T) {
	t.Parallel()
	p := start(t, nil)
	p.ok(p.ecs.ScaleByHand(ecs.EdgeServiceB, 2))
	p.until("two tasks run", func() bool { return p.service(ecs.EdgeServiceB).RunningCount == 2 })
	arn := p.update(web, p.register(web, repository+"@sha256:ab"), pauses(longEnough, back, types.DeploymentLifecycleHookStagePreScaleUp, preShift))
	_, hook := p.paused(arn)
	p.ok(p.ecs.UnknownStage(web, "NEWER"))
	p.ok(p.ecs.Hold(web))
	p.resume(arn, hook, carryOn)
	p.ok(p.ecs.Finish(web))
	seen := func(events []types.ServiceEvent) bool {
		for _, e := range events {
			if *e.Message == "(service coditect-web) (deployment "+*p.service(web).Deployments[0].Id+") entered the lifecycle stage NEWER." {
				return true
			}
		}
		return false
	}
	p.until("the stage came", func() bool { return seen(p.service(web).Events) })
	p.paused(arn, hook)
	tasks, err := p.client.ListTasks(t.Context(), &sdk.ListTasksInput{Cluster: aws.String(cluster), StartedBy: p.service(web).Deployments[0].Id})
	p.ok(err)
	out, err := p.client.DescribeTasks(t.Context(), &sdk.DescribeTasksInput{Cluster: aws.String(cluster), Tasks: append(tasks.TaskArns, "nobody")})
	p.ok(err)
	if len(out.Tasks) != 4 || *out.Tasks[0].LastStatus != "RUNNING" || *out.Tasks[0].Containers[0].ImageDigest != "sha256:ab" || len(out.Failures) != 1 {
		t.Errorf("the tasks of green: %+v, %+v", out.Tasks, out.Failures)
	}
	for _, err := range []error{p.ecs.Hold("nobody"), p.ecs.UpdateByHand(app, "nothing:7"), p.ecs.ForceNewDeployment(ecs.SetsService)} {
		if err == nil {
			t.Error("what cannot be done was done")
		}
	}
}

func TestRoomOnInstances(t *testing.T) {
	t.Parallel()
	p := start(t, nil)
	create := createInput("on-instances", p.guide.Services[app].TaskDefinition)
	create.LaunchType = types.LaunchTypeEc2
	out, err := p.client.CreateService(t.Context(), create)
	p.ok(err)
	p.status(*out.Service.CurrentServiceDeployment, successful)
	p.ok(p.ecs.NoCapacity("on-instances", true))
	p.ok(p.ecs.ForceNewDeployment("on-instances"))
	p.until("it says so", func() bool {
		return containsText(p.service("on-instances").Events, "insufficient memory available")
	})
}
