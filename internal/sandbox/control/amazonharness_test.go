package control_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	sdk "github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"

	"slipway/internal/sandbox/awsapi"
	"slipway/internal/sandbox/control"
	"slipway/internal/sandbox/ecs"
	"slipway/internal/sandbox/elb"
)

const image = ecs.GuideRepository + ":v1.2.3"

// amazon is a practice that has the guide's services on ECS, too, and the real clients.
type amazon struct {
	*practice
	t         *testing.T
	wire      *awsapi.Server
	ecs       *ecs.Server
	elb       *elb.Server
	guide     *ecs.Guide
	services  *sdk.Client
	balancers *elasticloadbalancingv2.Client
}

func newAmazon(t *testing.T) *amazon {
	t.Helper()
	a := &amazon{t: t, wire: awsapi.New(nil)}
	a.elb = elb.New(&elb.Options{HealthAfter: time.Millisecond, HealthEvery: 10 * time.Millisecond})
	a.ecs = ecs.New(&ecs.Options{Balancer: a.elb, Start: time.Millisecond, Retry: 5 * time.Millisecond, Stage: time.Millisecond, Speed: 6_000})
	a.wire.Handle(a.ecs.API())
	a.wire.Handle(a.elb.API())
	idle := &http.Transport{}
	t.Cleanup(func() {
		idle.CloseIdleConnections()
		if err := errors.Join(a.wire.Close(), a.ecs.Close(), a.elb.Close()); err != nil {
			t.Error(err)
		}
	})
	err := a.wire.Start("")
	if err == nil {
		a.guide, err = a.ecs.SeedGuide(image, nil)
	}
	a.ok(err)
	a.practice = newPractice(t, func(s *control.Server) {
		s.AWS, s.ECS, s.ELB = a.wire, a.ecs, a.elb
		s.Rules = func(service string) (string, []string) {
			return a.guide.Balancers[service].Rule, a.guide.Groups[service]
		}
	})
	keys := credentials.NewStaticCredentialsProvider("AKIAPRACTICE", "practice", "")
	a.services = sdk.New(sdk.Options{Region: ecs.Region, BaseEndpoint: aws.String(a.wire.URL()), HTTPClient: &http.Client{Transport: idle}, Credentials: keys, RetryMaxAttempts: 1})
	a.balancers = elasticloadbalancingv2.New(elasticloadbalancingv2.Options{Region: ecs.Region, BaseEndpoint: aws.String(a.wire.URL()), HTTPClient: &http.Client{Transport: idle}, Credentials: keys, RetryMaxAttempts: 1})
	return a
}

func (a *amazon) ok(err error) {
	a.t.Helper()
	if err != nil {
		a.t.Fatal(err)
	}
}

// on switches a fault on.
func (a *amazon) on(line string) {
	a.t.Helper()
	if err := a.Fault(a.t.Context(), line); err != nil {
		a.t.Fatalf("%s: %v", line, err)
	}
}

// until waits until something is so, which is looked at whenever ECS changed, and now and then.
func (a *amazon) until(what string, is func() bool) {
	a.t.Helper()
	ctx, cancel := context.WithTimeout(a.t.Context(), time.Minute)
	defer cancel()
	now := time.NewTicker(20 * time.Millisecond)
	defer now.Stop()
	for {
		changed := a.ecs.Changed()
		if is() {
			return
		}
		select {
		case <-changed:
		case <-now.C:
		case <-ctx.Done():
			a.t.Fatalf("it never came to this: %s", what)
		}
	}
}

func (a *amazon) service(name string) types.Service {
	a.t.Helper()
	out, err := a.services.DescribeServices(a.t.Context(), &sdk.DescribeServicesInput{Cluster: aws.String(ecs.GuideCluster), Services: []string{name}})
	a.ok(err)
	if len(out.Services) != 1 {
		a.t.Fatalf("there are %d services called %s", len(out.Services), name)
	}
	return out.Services[0]
}

// register copies the task definition of a service, with tags as Slipway gives them.
func (a *amazon) register(family string) string {
	a.t.Helper()
	live, err := a.services.DescribeTaskDefinition(a.t.Context(), &sdk.DescribeTaskDefinitionInput{TaskDefinition: aws.String(family)})
	a.ok(err)
	d := live.TaskDefinition
	out, err := a.services.RegisterTaskDefinition(a.t.Context(), &sdk.RegisterTaskDefinitionInput{
		Family: d.Family, ContainerDefinitions: d.ContainerDefinitions, Cpu: d.Cpu, Memory: d.Memory, NetworkMode: d.NetworkMode,
		RequiresCompatibilities: d.RequiresCompatibilities, ExecutionRoleArn: d.ExecutionRoleArn,
		Tags: []types.Tag{{Key: aws.String("slipway-tag"), Value: aws.String("rc-42")}, {Key: aws.String("slipway-release"), Value: aws.String("42")}},
	})
	a.ok(err)
	return *out.TaskDefinition.TaskDefinitionArn
}

// update gives a service another task definition, and returns the deployment that begins.
func (a *amazon) update(service, definition string, config *types.DeploymentConfiguration) string {
	a.t.Helper()
	out, err := a.services.UpdateService(a.t.Context(), &sdk.UpdateServiceInput{
		Cluster: aws.String(ecs.GuideCluster), Service: aws.String(service), TaskDefinition: aws.String(definition), DeploymentConfiguration: config,
	})
	a.ok(err)
	return *out.Service.CurrentServiceDeployment
}

// pauses is a native configuration that waits at stages, longer than any test.
func pauses(stages ...types.DeploymentLifecycleHookStage) *types.DeploymentConfiguration {
	const fourteenDays = 20160 // minutes; the practice makes more than three minutes of it
	return &types.DeploymentConfiguration{
		Strategy: types.DeploymentStrategyLinear, BakeTimeInMinutes: aws.Int32(0),
		LinearConfiguration: &types.LinearConfiguration{StepPercent: aws.Float64(50), StepBakeTimeInMinutes: aws.Int32(0)},
		LifecycleHooks: []types.DeploymentLifecycleHook{{
			TargetType: types.DeploymentLifecycleHookTargetTypePause, LifecycleStages: stages,
			TimeoutConfiguration: &types.DeploymentLifecycleHookTimeoutConfiguration{
				TimeoutInMinutes: aws.Int32(fourteenDays), Action: types.DeploymentLifecycleHookActionRollback,
			},
		}},
	}
}

func (a *amazon) deployment(arn string) types.ServiceDeployment {
	a.t.Helper()
	out, err := a.services.DescribeServiceDeployments(a.t.Context(), &sdk.DescribeServiceDeploymentsInput{ServiceDeploymentArns: []string{arn}})
	a.ok(err)
	if len(out.ServiceDeployments) != 1 {
		a.t.Fatalf("failures %v", out.Failures)
	}
	return out.ServiceDeployments[0]
}

// paused waits for a hook at a stage, and gives its id.
func (a *amazon) paused(arn string, stage types.ServiceDeploymentLifecycleStage) (hook string) {
	a.t.Helper()
	a.until("the deployment waits at "+string(stage), func() bool {
		d := a.deployment(arn)
		for _, h := range d.LifecycleHookDetails {
			if h.Status == types.DeploymentLifecycleHookStatusAwaitingAction && d.LifecycleStage == stage {
				hook = *h.HookId
			}
		}
		return hook != ""
	})
	return hook
}

func get(t *testing.T, url string) *http.Request {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	return req
}
