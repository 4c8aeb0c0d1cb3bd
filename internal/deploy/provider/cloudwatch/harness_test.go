package cloudwatch_test

import (
	"context"
	"math"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/credentials"
	metrics "github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"go.uber.org/goleak"

	"slipway/internal/deploy"
	"slipway/internal/deploy/provider/cloudwatch"
	"slipway/internal/deploy/provider/metricstest"
	"slipway/internal/sandbox/awsapi"
	sandbox "slipway/internal/sandbox/cloudwatch"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var (
	ref   = deploy.ServiceRef{Kind: "ecs", Project: "coditect-production", Region: "us-east-1", Name: "coditect-web"}
	start = time.Date(2026, 3, 2, 14, 0, 0, 0, time.UTC)
	end   = start.Add(20 * time.Minute)
)

const (
	instance = "coditect-db"
	most     = 200
	balancer = "app/coditect/fedcba9876543210"
)

// still is a clock that stands still.
type still struct{ time.Time }

func (c still) Now() time.Time { return c.Time }

// place is that of a revision which shares nothing with any other.
func place(service string, revision deploy.RevisionName) cloudwatch.Place {
	name := service + "-" + string(revision)
	return cloudwatch.Place{
		TargetGroup: "targetgroup/" + name + "/0123456789abcdef", LoadBalancer: balancer, Service: name,
		LogGroup: "/ecs/" + service, LogStreamPrefix: "web/" + string(revision),
	}
}

// places knows where revisions are: apart, or as a test says.
type places map[deploy.RevisionName]cloudwatch.Place

func (p places) Place(_ context.Context, s deploy.ServiceRef, revision deploy.RevisionName) (cloudwatch.Place, error) {
	if p == nil {
		return place(s.Name, revision), nil
	}
	known, ok := p[revision]
	if !ok {
		return cloudwatch.Place{}, &deploy.Error{Code: deploy.NotFound, Msg: "no such task definition"}
	}
	return known, nil
}

// Tasks share no prefix with those of others, unless a test says so.
func (p places) Tasks(context.Context, deploy.ServiceRef, deploy.RevisionName) ([]string, error) {
	return nil, nil
}

// among is places whose tasks write with the prefix of others.
type among struct {
	places
	tasks []string
}

func (a among) Tasks(context.Context, deploy.ServiceRef, deploy.RevisionName) ([]string, error) {
	return a.tasks, nil
}

// serve answers with APIs until the test ends.
func serve(t *testing.T, apis ...awsapi.API) *awsapi.Server {
	t.Helper()
	server := awsapi.New(nil)
	for _, a := range apis {
		server.Handle(a)
	}
	if err := server.Start(""); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	return server
}

// connect makes a source that asks at an address.
func connect(t *testing.T, address string, where cloudwatch.Places, opts cloudwatch.Options) *cloudwatch.CloudWatch {
	t.Helper()
	opts.Endpoint = "http://" + address
	if opts.Credentials == nil {
		opts.Credentials = credentials.NewStaticCredentialsProvider("AKIDEXAMPLE", "secret", "")
	}
	c := cloudwatch.New(where, &opts)
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

// practice is the practice range's CloudWatch. Its calls are counted as AWS counts them, by what is asked.
type practice struct {
	*sandbox.Server

	api *awsapi.Server

	mu    sync.Mutex
	fault sandbox.Fault
	asked int
}

func newPractice(t *testing.T) *practice {
	p := &practice{Server: sandbox.New(&sandbox.Options{Clock: still{end}})}
	p.api = serve(t, p.APIs()...)
	p.api.OnCall(func(c awsapi.Call) {
		p.mu.Lock()
		defer p.mu.Unlock()
		switch in := c.Input.(type) {
		case *metrics.GetMetricDataInput:
			p.asked += len(in.MetricDataQueries)
		default:
			p.asked++
		}
	})
	return p
}

func (p *practice) Write(service string, revision deploy.RevisionName, from time.Time, n int, s metricstest.Sample) {
	at := place(service, revision)
	tasks := sandbox.Tasks{Cluster: ref.Project, Service: at.Service, Running: s.Instances, CPU: s.CPU, Memory: s.Memory}
	// What is so holds from a moment on, and is sampled at the end of each period.
	p.At(from.Add(1)).Hosts(at.TargetGroup, at.LoadBalancer, s.Instances, 0)
	p.At(from.Add(1)).Task(tasks)
	for step := range n {
		begun := p.At(from.Add(time.Duration(step)*time.Minute + 30*time.Second))
		for i := range s.Requests {
			status := 200
			if i < s.Failed {
				status = 503
			}
			begun.Request(at.TargetGroup, at.LoadBalancer, status, s.Took)
		}
	}
	tasks.Gone = true
	until := p.At(from.Add(time.Duration(n)*time.Minute + 1))
	until.Hosts(at.TargetGroup, at.LoadBalancer, 0, 0)
	until.Task(tasks)
}

func (p *practice) Open(from time.Time, _, connections int) {
	p.At(from.Add(1)).Connections(instance, connections)
}

func (p *practice) Forget(m deploy.MetricName) {
	p.set(func(f *sandbox.Fault) {
		f.Unknown = append(f.Unknown, map[deploy.MetricName][]string{
			deploy.ErrorRate: {"RequestCount"}, deploy.Memory: {"MemoryUtilized", "MemoryUtilization"},
		}[m]...)
	})
}

func (p *practice) set(change func(f *sandbox.Fault)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	change(&p.fault)
	p.SetFault(p.fault)
}

func (p *practice) refuse(code string, status int) {
	p.api.Inject(awsapi.Fault{Kind: awsapi.Refuse, Error: awsapi.Error{Code: code, Message: "no", Status: status}})
}

func (p *practice) Forbid()   { p.refuse("AccessDeniedException", 403) }
func (p *practice) Throttle() { p.api.Inject(awsapi.Fault{Kind: awsapi.Refuse}) }
func (p *practice) Down()     { p.refuse("ServiceUnavailable", 503) }
func (p *practice) Hang()     { p.api.Inject(awsapi.Fault{Kind: awsapi.NeverAnswer}) }
func (p *practice) Garble()   { p.set(func(f *sandbox.Fault) { f.NaN = true }) }

func (p *practice) Heal() {
	p.set(func(f *sandbox.Fault) { *f = sandbox.Fault{} })
	p.api.ClearFaults()
}

func (p *practice) Calls() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.asked
}

// spec has every metric among its objectives.
func spec(lag time.Duration) deploy.MetricsSpec {
	s := deploy.MetricsSpec{
		Source: deploy.CloudWatch, Lag: lag,
		Database: &deploy.DatabaseMetrics{Instance: instance, Most: most},
	}
	for _, name := range deploy.MetricNames() {
		s.Objectives = append(s.Objectives, deploy.Objective{Metric: name})
	}
	return s
}

// only has one objective.
func only(o deploy.Objective) deploy.MetricsSpec {
	return deploy.MetricsSpec{Source: deploy.CloudWatch, Objectives: []deploy.Objective{o}}
}

func TestConformance(t *testing.T) {
	t.Parallel()
	metricstest.RunMetrics(t, func(t *testing.T) metricstest.Harness {
		p := newPractice(t)
		return metricstest.Harness{
			Connect: func() deploy.Metrics { return connect(t, p.api.Addr(), places(nil), cloudwatch.Options{}) },
			Service: ref, Spec: spec(4 * time.Minute), Start: start, Step: time.Minute, Levers: p,
		}
	})
}

// wantCode checks an error's code and that it says something.
func wantCode(t *testing.T, err error, code deploy.Code, says string) {
	t.Helper()
	if deploy.CodeOf(err) != code || !strings.Contains(deploy.Message(err)+" "+deploy.Hint(err), says) {
		t.Errorf("code %q, want %q; %q, hint %q, does not say %q: %v", deploy.CodeOf(err), code, deploy.Message(err), deploy.Hint(err), says, err)
	}
}

func near(a, b float64) bool { return math.Abs(a-b) < 1e-6 }
