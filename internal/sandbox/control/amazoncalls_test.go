package control_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	balancing "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/google/go-cmp/cmp"

	"slipway/internal/sandbox/ecs"
)

// changed are the calls of AWS that changed something, as the API lists them.
func (a *amazon) changed() []string {
	a.t.Helper()
	lines, err := a.Calls(a.t.Context())
	a.ok(err)
	return slices.DeleteFunc(lines, func(line string) bool { return strings.HasPrefix(line, "cloudrun ") })
}

func weighed(groups []string, weights ...int32) *balancing.ForwardActionConfig {
	f := &balancing.ForwardActionConfig{}
	for i, w := range weights {
		f.TargetGroups = append(f.TargetGroups, balancing.TargetGroupTuple{TargetGroupArn: &groups[i], Weight: &w})
	}
	return f
}

func TestCallsOfANativeReleaseAreToldInWords(t *testing.T) {
	t.Parallel()
	a, ctx := newAmazon(t), t.Context()
	web := a.service(ecs.NativeService)
	arn := a.update(ecs.NativeService, a.register(ecs.NativeService), pauses(types.DeploymentLifecycleHookStagePreProductionTrafficShift))
	hook := a.paused(arn, "PRE_PRODUCTION_TRAFFIC_SHIFT")
	_, err := a.services.TagResource(ctx, &sdk.TagResourceInput{ResourceArn: web.ServiceArn, Tags: []types.Tag{{Key: aws.String("slipway-seal"), Value: aws.String("s1")}, {Key: aws.String("slipway-epoch"), Value: aws.String("7")}}})
	a.ok(err)
	_, err = a.services.ContinueServiceDeployment(ctx, &sdk.ContinueServiceDeploymentInput{ServiceDeploymentArn: &arn, HookId: &hook, Action: types.DeploymentLifecycleHookActionContinue})
	a.ok(err)
	if _, err := a.services.ContinueServiceDeployment(ctx, &sdk.ContinueServiceDeploymentInput{ServiceDeploymentArn: &arn, HookId: &hook}); err == nil {
		t.Error("a hook was answered twice")
	}
	_, err = a.services.StopServiceDeployment(ctx, &sdk.StopServiceDeploymentInput{ServiceDeploymentArn: &arn, StopType: types.StopServiceDeploymentStopTypeRollback})
	a.ok(err)
	want := []string{
		"ecs RegisterTaskDefinition coditect-web slipway-release=42 slipway-tag=rc-42",
		"ecs UpdateService coditect-web coditect-web:2 LINEAR",
		"ecs TagResource coditect-web slipway-epoch=7 slipway-seal=s1",
		"ecs ContinueServiceDeployment coditect-web CONTINUE",
		"ecs StopServiceDeployment coditect-web ROLLBACK",
	}
	if diff := cmp.Diff(want, a.changed()); diff != "" {
		t.Errorf("calls that changed something (-want +got):\n%s", diff)
	}
	_, all := roundTrip(a.HTTP, get(t, a.URL+"/v1/calls"))
	if !strings.Contains(all, `"ecs DescribeServices"`) || strings.Count(all, "ecs ContinueServiceDeployment coditect-web CONTINUE") != 2 {
		t.Errorf("all calls: %s", all)
	}
}

func TestCallsOfARollingReleaseAreToldInWords(t *testing.T) {
	t.Parallel()
	a, ctx := newAmazon(t), t.Context()
	update := &sdk.UpdateServiceInput{
		Cluster: aws.String(ecs.GuideCluster), Service: aws.String(a.guide.Services[ecs.RollingService].ServiceARN), TaskDefinition: aws.String(a.register(ecs.RollingService)), DesiredCount: aws.Int32(5),
		DeploymentConfiguration: &types.DeploymentConfiguration{MaximumPercent: aws.Int32(200), MinimumHealthyPercent: aws.Int32(100)},
	}
	a.on("aws refuse UpdateService times=1")
	if _, err := a.services.UpdateService(ctx, update); err == nil {
		t.Error("it was not refused")
	}
	a.on("aws lose-answer UpdateService times=1")
	if _, err := a.services.UpdateService(ctx, update); err == nil {
		t.Error("its answer was not lost")
	}
	_, err := a.services.UpdateService(ctx, &sdk.UpdateServiceInput{Cluster: aws.String(ecs.GuideCluster), Service: aws.String(ecs.EdgeServiceB), DesiredCount: aws.Int32(0)})
	a.ok(err)
	want := []string{
		"ecs RegisterTaskDefinition coditect-app slipway-release=42 slipway-tag=rc-42",
		"ecs UpdateService coditect-app coditect-app:2 ROLLING desired=5", // carried out, though nobody heard of it
		"ecs UpdateService coditect-edge-b desired=0",
	}
	if diff := cmp.Diff(want, a.changed()); diff != "" {
		t.Errorf("calls that changed something (-want +got):\n%s", diff)
	}
}

func TestCallsOfAReleaseWithTaskSetsAreToldInWords(t *testing.T) {
	t.Parallel()
	a, ctx := newAmazon(t), t.Context()
	cluster, service, groups := aws.String(ecs.GuideCluster), aws.String(ecs.SetsService), a.guide.Groups[ecs.SetsService]
	percent := func(v float64) *types.Scale { return &types.Scale{Unit: types.ScaleUnitPercent, Value: v} }
	made, err := a.services.CreateTaskSet(ctx, &sdk.CreateTaskSetInput{
		Cluster: cluster, Service: service, TaskDefinition: aws.String(a.register(ecs.SetsService)), Scale: percent(10),
		LoadBalancers: []types.LoadBalancer{{TargetGroupArn: &groups[1], ContainerName: aws.String("coditect"), ContainerPort: aws.Int32(8080)}},
	})
	a.ok(err)
	set, old := made.TaskSet.TaskSetArn, a.guide.Services[ecs.SetsService].TaskSet
	_, err = a.services.UpdateTaskSet(ctx, &sdk.UpdateTaskSetInput{Cluster: cluster, Service: service, TaskSet: set, Scale: percent(100)})
	a.ok(err)
	lb := a.guide.Balancers[ecs.SetsService]
	_, err = a.balancers.ModifyRule(ctx, &elasticloadbalancingv2.ModifyRuleInput{RuleArn: &lb.Rule, Actions: []balancing.Action{{Type: balancing.ActionTypeEnumForward, ForwardConfig: weighed(groups, 0, 100)}}})
	a.ok(err)
	_, err = a.balancers.ModifyListener(ctx, &elasticloadbalancingv2.ModifyListenerInput{ListenerArn: aws.String(listener(t, a, lb.ARN)), DefaultActions: []balancing.Action{{Type: balancing.ActionTypeEnumForward, ForwardConfig: weighed(groups, 30, 70)}}})
	a.ok(err)
	_, err = a.services.UpdateServicePrimaryTaskSet(ctx, &sdk.UpdateServicePrimaryTaskSetInput{Cluster: cluster, Service: service, PrimaryTaskSet: set})
	a.ok(err)
	_, err = a.services.DeleteTaskSet(ctx, &sdk.DeleteTaskSetInput{Cluster: cluster, Service: service, TaskSet: &old, Force: aws.Bool(true)})
	a.ok(err)
	want := []string{
		"ecs RegisterTaskDefinition coditect-api slipway-release=42 slipway-tag=rc-42",
		"ecs CreateTaskSet coditect-api coditect-api:2 10 %",
		"ecs UpdateTaskSet coditect-api 100 %",
		"elasticloadbalancing ModifyRule coditect-api=0 coditect-api-green=100",
		"elasticloadbalancing ModifyListener coditect-api=30 coditect-api-green=70",
		"ecs UpdateServicePrimaryTaskSet coditect-api",
		"ecs DeleteTaskSet coditect-api",
	}
	if diff := cmp.Diff(want, a.changed()); diff != "" {
		t.Errorf("calls that changed something (-want +got):\n%s", diff)
	}
}

func listener(t *testing.T, a *amazon, balancer string) string {
	t.Helper()
	out, err := a.balancers.DescribeListeners(t.Context(), &elasticloadbalancingv2.DescribeListenersInput{LoadBalancerArn: &balancer})
	a.ok(err)
	return *out.Listeners[0].ListenerArn
}
