package ecs_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	sdk "github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/smithy-go"
	"go.uber.org/goleak"

	"slipway/internal/sandbox/awsapi"
	"slipway/internal/sandbox/ecs"
	"slipway/internal/sandbox/elb"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.Cleanup(os.Exit))
}

const (
	repository = ecs.GuideRepository
	cluster    = ecs.GuideCluster
	good       = repository + ":v1.2.3"
	next       = repository + ":v1.2.4"
	newest     = repository + ":v1.2.5"
)

// platform is the practice ECS with the guide's services, and a client of the real SDK.
type platform struct {
	*testing.T
	ecs    *ecs.Server
	elb    *elb.Server
	api    *awsapi.Server
	client *sdk.Client
	guide  *ecs.Guide

	mu      sync.Mutex
	missing map[string]string // image or secret → why it cannot be had
	lines   []string
	levels  []ecs.Tasks
}

func start(t *testing.T, change func(*ecs.Options)) *platform {
	t.Helper()
	p := &platform{T: t, missing: map[string]string{}}
	p.elb = elb.New(&elb.Options{
		HealthAfter: 5 * time.Millisecond, HealthEvery: 10 * time.Millisecond, Settle: 10 * time.Millisecond, Drain: 5 * time.Millisecond,
	})
	opts := &ecs.Options{
		Balancer: p.elb, Start: 5 * time.Millisecond, Retry: 5 * time.Millisecond, Stage: time.Millisecond, Speed: 6_000,
		Image:  func(ref string) error { return p.why(ref) },
		Secret: func(ref string) (string, error) { return "value of " + ref, p.why(ref) },
		Logs: func(group, stream string, _ time.Time, line string) {
			p.mu.Lock()
			defer p.mu.Unlock()
			p.lines = append(p.lines, group+" "+stream+" "+line)
		},
		Metrics: func(x ecs.Tasks) {
			p.mu.Lock()
			defer p.mu.Unlock()
			p.levels = append(p.levels, x)
		},
	}
	if change != nil {
		change(opts)
	}
	p.ecs = ecs.New(opts)
	p.api = awsapi.New(nil)
	p.api.Handle(p.ecs.API())
	p.api.Handle(p.elb.API())
	p.ok(p.api.Start(""))
	t.Cleanup(func() {
		if err := errors.Join(p.api.Close(), p.ecs.Close(), p.elb.Close()); err != nil {
			t.Error(err)
		}
	})
	var err error
	p.guide, err = p.ecs.SeedGuide(good, nil)
	p.ok(err)
	kept := &http.Transport{}
	t.Cleanup(kept.CloseIdleConnections)
	p.client = sdk.New(sdk.Options{
		Region: ecs.Region, BaseEndpoint: aws.String("http://" + p.api.Addr()),
		HTTPClient:  &http.Client{Transport: whole{kept}},
		Credentials: credentials.NewStaticCredentialsProvider("AKIAPRACTICE", "practice", ""), RetryMaxAttempts: 1,
	})
	return p
}

// whole reads an answer to its end before the SDK has it. Without that, about one answer in thousands was cut short under
// load, on the client's side of the connection ("use of closed network connection").
type whole struct{ next http.RoundTripper }

func (w whole) RoundTrip(req *http.Request) (*http.Response, error) {
	res, err := w.next.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(res.Body)
	_ = res.Body.Close()
	res.Body = io.NopCloser(bytes.NewReader(body))
	return res, err
}

func (p *platform) why(ref string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if why := p.missing[ref]; why != "" {
		return errors.New(why)
	}
	return nil
}

// refuseTo has an image or a secret not be had.
func (p *platform) refuseTo(ref, why string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.missing[ref] = why
}

func (p *platform) ok(err error) {
	p.Helper()
	if err != nil {
		p.Fatal(err)
	}
}

// refused wants the code of AWS, and a part of the text.
func (p *platform) refused(err error, code, text string) {
	p.Helper()
	var api smithy.APIError
	if !errors.As(err, &api) || api.ErrorCode() != code || !strings.Contains(api.ErrorMessage(), text) {
		p.Fatalf("refused with %v; want %s with %q", err, code, text)
	}
}

// until waits for a condition, which it looks at whenever the platform changed, and now and then.
func (p *platform) until(what string, is func() bool) {
	p.Helper()
	ctx, cancel := context.WithTimeout(p.Context(), 60*time.Second)
	defer cancel()
	now := time.NewTicker(20 * time.Millisecond)
	defer now.Stop()
	for {
		changed := p.ecs.Changed()
		if is() {
			return
		}
		select {
		case <-changed:
		case <-now.C:
		case <-ctx.Done():
			p.Fatalf("it never came to this: %s\nthe services: %s", what, p.events())
		}
	}
}

func (p *platform) service(name string) types.Service {
	p.Helper()
	out, err := p.client.DescribeServices(p.Context(), &sdk.DescribeServicesInput{Cluster: aws.String(cluster), Services: []string{name}})
	p.ok(err)
	if len(out.Services) != 1 {
		p.Fatalf("there are %d services called %s", len(out.Services), name)
	}
	return out.Services[0]
}

func (p *platform) events() string {
	var all []string
	for _, name := range []string{ecs.RollingService, ecs.NativeService, ecs.SetsService} {
		out, err := p.client.DescribeServices(context.WithoutCancel(p.Context()), &sdk.DescribeServicesInput{Cluster: aws.String(cluster), Services: []string{name}})
		if err != nil {
			return err.Error()
		}
		for _, e := range slices.Backward(out.Services[0].Events) {
			all = append(all, *e.Message)
		}
	}
	return strings.Join(all[max(0, len(all)-60):], "\n")
}

// register copies a service's task definition with another image; the answer is the new one's ARN.
func (p *platform) register(family, image string) string {
	p.Helper()
	live, err := p.client.DescribeTaskDefinition(p.Context(), &sdk.DescribeTaskDefinitionInput{TaskDefinition: aws.String(family)})
	p.ok(err)
	d := live.TaskDefinition
	d.ContainerDefinitions[0].Image = aws.String(image)
	out, err := p.client.RegisterTaskDefinition(p.Context(), &sdk.RegisterTaskDefinitionInput{
		Family: d.Family, ContainerDefinitions: d.ContainerDefinitions, Cpu: d.Cpu, Memory: d.Memory, NetworkMode: d.NetworkMode,
		RequiresCompatibilities: d.RequiresCompatibilities, ExecutionRoleArn: d.ExecutionRoleArn, TaskRoleArn: d.TaskRoleArn,
		Tags: []types.Tag{{Key: aws.String("slipway:release"), Value: aws.String("r42")}},
	})
	p.ok(err)
	return *out.TaskDefinition.TaskDefinitionArn
}

// update gives a service another task definition, and maybe a configuration, and returns the deployment that begins.
func (p *platform) update(name, def string, config *types.DeploymentConfiguration) string {
	p.Helper()
	out, err := p.client.UpdateService(p.Context(), &sdk.UpdateServiceInput{
		Cluster: aws.String(cluster), Service: aws.String(name), TaskDefinition: aws.String(def), DeploymentConfiguration: config,
	})
	p.ok(err)
	if out.Service.CurrentServiceDeployment == nil {
		p.Fatal("no deployment began")
	}
	return *out.Service.CurrentServiceDeployment
}

func (p *platform) deployment(arn string) types.ServiceDeployment {
	p.Helper()
	out, err := p.client.DescribeServiceDeployments(p.Context(), &sdk.DescribeServiceDeploymentsInput{ServiceDeploymentArns: []string{arn}})
	p.ok(err)
	if len(out.ServiceDeployments) != 1 {
		p.Fatalf("failures %v", out.Failures)
	}
	return out.ServiceDeployments[0]
}

func (p *platform) status(arn string, want types.ServiceDeploymentStatus) types.ServiceDeployment {
	p.Helper()
	var d types.ServiceDeployment
	p.until("the deployment is "+string(want), func() bool {
		d = p.deployment(arn)
		return d.Status == want
	})
	return d
}

// paused waits for a hook of a deployment that awaits an action, other than those that were seen.
func (p *platform) paused(arn string, seen ...string) (types.ServiceDeployment, string) {
	p.Helper()
	var d types.ServiceDeployment
	id := ""
	p.until("the deployment is paused", func() bool {
		d = p.deployment(arn)
		for _, h := range d.LifecycleHookDetails {
			if h.Status == types.DeploymentLifecycleHookStatusAwaitingAction && !slices.Contains(seen, *h.HookId) {
				id = *h.HookId
			}
		}
		return id != ""
	})
	return d, id
}

func (p *platform) resume(arn, hook string, action types.DeploymentLifecycleHookAction) {
	p.Helper()
	_, err := p.client.ContinueServiceDeployment(p.Context(), &sdk.ContinueServiceDeploymentInput{
		ServiceDeploymentArn: aws.String(arn), HookId: aws.String(hook), Action: action,
	})
	p.ok(err)
}

func (p *platform) halt(arn string) error {
	_, err := p.client.StopServiceDeployment(p.Context(), &sdk.StopServiceDeploymentInput{
		ServiceDeploymentArn: aws.String(arn), StopType: types.StopServiceDeploymentStopTypeRollback,
	})
	return err
}

// stopped are the stopped tasks of a service.
func (p *platform) stopped(name string) []types.Task {
	p.Helper()
	list, err := p.client.ListTasks(p.Context(), &sdk.ListTasksInput{
		Cluster: aws.String(cluster), ServiceName: aws.String(name), DesiredStatus: types.DesiredStatusStopped,
	})
	p.ok(err)
	if len(list.TaskArns) == 0 {
		return nil
	}
	out, err := p.client.DescribeTasks(p.Context(), &sdk.DescribeTasksInput{Cluster: aws.String(cluster), Tasks: list.TaskArns})
	p.ok(err)
	return out.Tasks
}
