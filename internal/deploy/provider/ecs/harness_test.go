package ecs_test

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	sdk "github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"go.uber.org/goleak"

	"slipway/internal/deploy"
	"slipway/internal/deploy/provider/ecs"
	"slipway/internal/deploy/provider/providertest"
	"slipway/internal/sandbox/awsapi"
	sandbox "slipway/internal/sandbox/ecs"
	"slipway/internal/sandbox/elb"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m, goleak.Cleanup(os.Exit)) }

var (
	goodImage     = image("v1.2.4", "4")
	otherImage    = image("v1.2.5", "5")
	crashingImage = image("v1.2.6", "6")
	missingImage  = image("v9.9.9", "9")
)

func image(version, digit string) providertest.Image {
	return providertest.Image{Ref: sandbox.GuideRepository + "@sha256:" + strings.Repeat(digit, 64), Version: version}
}

var practiceCredentials = credentials.NewStaticCredentialsProvider("AKIAPRACTICE", "practice", "")

// practice is an ECS on loopback with one of the guide's services, which is held except in Finish.
type practice struct {
	t       *testing.T
	ecs     *sandbox.Server
	elb     *elb.Server
	api     *awsapi.Server
	client  *sdk.Client
	service string
	groups  []string
	rule    string
	ref     deploy.ServiceRef
}

// base is what its task definition is called that it began with.
func (h *practice) base() deploy.RevisionName { return deploy.RevisionName(h.service + ":1") }

func newPractice(t *testing.T, service string) *practice {
	t.Helper()
	return newPracticeAt(t, service, 1)
}

// newPracticeAt has the minutes that a caller gives pass faster.
func newPracticeAt(t *testing.T, service string, speed float64) *practice {
	t.Helper()
	h := &practice{t: t, service: service, elb: elb.New(&elb.Options{HealthAfter: time.Millisecond, HealthEvery: 5 * time.Millisecond})}
	h.ecs = sandbox.New(&sandbox.Options{
		Balancer: h.elb, Retry: time.Millisecond, Speed: speed,
		Image: func(ref string) error {
			if ref == missingImage.Ref {
				return errors.New(ref + ": not found")
			}
			return nil
		},
	})
	h.api = awsapi.New(nil)
	h.api.Handle(h.ecs.API())
	h.api.Handle(h.elb.API())
	h.ok(h.api.Start(""))
	t.Cleanup(func() { h.ok(errors.Join(h.api.Close(), h.ecs.Close(), h.elb.Close())) })
	h.seed()
	h.ecs.Behaviour(service, crashingImage.Version).SetCrashOnStart(true)
	h.client = sdk.New(sdk.Options{
		Region: sandbox.Region, BaseEndpoint: aws.String(h.api.URL()), Credentials: practiceCredentials, RetryMaxAttempts: 1,
	})
	h.ref = deploy.ServiceRef{Kind: deploy.ECS, Project: sandbox.GuideCluster, Region: sandbox.Region, Name: service}
	h.until("all tasks are healthy", func() bool { return h.elb.Healthy(h.groups[0]) == 2 })
	h.Finish()
	return h
}

func (h *practice) seed() {
	h.t.Helper()
	h.groups = []string{h.elb.AddTargetGroup(h.service, "/health", 8080)}
	spec := sandbox.ServiceSpec{
		Name: h.service, Tasks: 2, Image: image("v1.2.3", "3").Ref, TargetGroup: h.groups[0],
		Environment: []types.KeyValuePair{{Name: aws.String("VERSION"), Value: aws.String("v1.2.3")}},
	}
	if h.service == sandbox.NativeService {
		h.groups = append(h.groups, h.elb.AddTargetGroup(h.service+"-green", "/health", 8080))
	}
	lb, err := h.elb.AddLoadBalancer(h.service, h.groups...)
	h.ok(err)
	h.rule = lb.Rule
	if h.service == sandbox.NativeService {
		spec.Config = &types.DeploymentConfiguration{Strategy: types.DeploymentStrategyBlueGreen, BakeTimeInMinutes: aws.Int32(0)}
		spec.Advanced = &types.AdvancedConfiguration{
			AlternateTargetGroupArn: aws.String(h.groups[1]), ProductionListenerRule: aws.String(lb.Rule),
			TestListenerRule: aws.String(lb.TestRule), RoleArn: aws.String(sandbox.BalancerRole),
		}
	}
	_, err = h.ecs.Seed(spec)
	h.ok(err)
}

func (h *practice) ok(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

// connect is a new process.
func (h *practice) connect(opts *ecs.Options) *ecs.Platform {
	h.t.Helper()
	o := ecs.Options{}
	if opts != nil {
		o = *opts
	}
	o.Endpoint, o.Credentials = h.api.URL(), practiceCredentials
	p := ecs.New(&o)
	h.t.Cleanup(func() { h.ok(p.Close()) })
	return p
}

// until waits for a condition, which it looks at whenever the platform changed, and now and then.
func (h *practice) until(what string, is func() bool) {
	h.t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(h.t.Context()), time.Minute)
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		changed := h.ecs.Changed()
		if is() {
			return
		}
		select {
		case <-changed:
		case <-tick.C:
		case <-ctx.Done():
			h.t.Fatalf("it never came to this: %s", what)
		}
	}
}

func (h *practice) describe() types.Service {
	h.t.Helper()
	out, err := h.client.DescribeServices(h.t.Context(), &sdk.DescribeServicesInput{
		Cluster: aws.String(sandbox.GuideCluster), Services: []string{h.service}, Include: []types.ServiceField{types.ServiceFieldTags},
	})
	h.ok(err)
	return out.Services[0]
}

// current is the deployment in progress.
func (h *practice) current() (types.ServiceDeployment, bool) {
	h.t.Helper()
	arn := h.describe().CurrentServiceDeployment
	if arn == nil {
		return types.ServiceDeployment{}, false
	}
	out, err := h.client.DescribeServiceDeployments(h.t.Context(), &sdk.DescribeServiceDeploymentsInput{ServiceDeploymentArns: []string{*arn}})
	h.ok(err)
	return out.ServiceDeployments[0], true
}

// waits says whether nothing goes on: no deployment, one that awaits an answer, or one whose tasks stop again and again.
func (h *practice) waits() bool {
	d, ok := h.current()
	if !ok {
		return true
	}
	if d.Status != types.ServiceDeploymentStatusInProgress {
		return false
	}
	for _, hook := range d.LifecycleHookDetails {
		if hook.Status == types.DeploymentLifecycleHookStatusAwaitingAction {
			return true
		}
	}
	s := h.describe()
	return h.service == sandbox.NativeService && s.Deployments[0].RunningCount == 0 && s.Deployments[0].FailedTasks >= 4
}

func (h *practice) Finish() {
	h.t.Helper()
	h.ok(h.ecs.Finish(h.service))
	h.until("nothing goes on", h.waits)
	h.ok(h.ecs.Hold(h.service))
}

// LoseAnswer is of the write that comes next: what is registered comes before what is updated, and that before a hook.
func (h *practice) LoseAnswer() {
	operation := "UpdateService"
	switch _, going := h.current(); {
	case h.service == sandbox.RollingService && h.ecs.Registrations() == 0:
		operation = "RegisterTaskDefinition"
	case h.service == sandbox.NativeService && going:
		operation = "ContinueServiceDeployment"
	}
	h.lose(operation)
}

func (h *practice) lose(operation string) {
	h.api.Inject(awsapi.Fault{Kind: awsapi.LoseAnswer, Operation: operation, Count: 1})
}

func (h *practice) Contend(int) { h.t.Fatal("changes carry no precondition") }

func (h *practice) Forbid() {
	h.api.Inject(awsapi.Fault{Kind: awsapi.Refuse, Error: awsapi.Error{Code: "AccessDeniedException", Message: "User is not authorized to perform this action", Status: 400}})
}

func (h *practice) Down() {
	h.api.Inject(awsapi.Fault{Kind: awsapi.Refuse, Error: awsapi.Error{Code: "ServerException", Message: "Service Unavailable. Please try again later.", Status: 500}})
}
func (h *practice) Hang() { h.api.Inject(awsapi.Fault{Kind: awsapi.NeverAnswer}) }
func (h *practice) Heal() { h.api.ClearFaults() }

func (h *practice) MoveTraffic(map[deploy.RevisionName]int) {
	h.t.Fatal("shares cannot be chosen by hand")
}

// Changes counts what a release is about: with a rolling deployment what it registers, too.
func (h *practice) Changes() int {
	n := h.ecs.Changes(h.service)
	if h.service == sandbox.RollingService {
		n += h.ecs.Registrations()
	}
	return n
}

func (h *practice) harness() providertest.Harness {
	out := providertest.Harness{
		Connect: func() deploy.Platform { return h.connect(nil) },
		Service: h.ref, Baseline: h.base(),
		Image: goodImage, Other: otherImage, Missing: missingImage, Crashing: crashingImage,
		MissingWords: "CannotPullContainerError", CrashingWords: "exit code 1",
		UserTag: "nobody-has-it",
		Shares:  []int{100}, Kind: deploy.Rolling,
		Sizes: providertest.Sizes{
			CPU: "256", MoreCPU: "512", Memory: "1024", Secret: "/coditect/api-key", AnotherSecret: "/coditect/other-key",
		},
		Has:    providertest.Gradual,
		Levers: h,
	}
	if h.service == sandbox.NativeService {
		out.Has, out.Pauses = providertest.Starts|providertest.Gradual, true
		out.Shares, out.Kind = []int{10, 50, 100}, deploy.Canary
	}
	return out
}

func TestConformance(t *testing.T) {
	t.Parallel()
	for _, service := range []string{sandbox.RollingService, sandbox.NativeService} {
		t.Run(service, func(t *testing.T) {
			t.Parallel()
			harness := func(t *testing.T) providertest.Harness {
				t.Helper()
				return newPractice(t, service).harness()
			}
			providertest.RunPlatform(t, harness)
			providertest.RunPreviewer(t, harness)
		})
	}
}
