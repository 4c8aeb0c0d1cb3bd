package monitoring_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"cloud.google.com/go/monitoring/apiv3/v2/monitoringpb"
	"go.uber.org/goleak"
	"google.golang.org/genproto/googleapis/api/metric"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"slipway/internal/deploy"
	"slipway/internal/deploy/provider/metricstest"
	"slipway/internal/deploy/provider/monitoring"
	sandbox "slipway/internal/sandbox/monitoring"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var ref = deploy.ServiceRef{
	Kind: deploy.CloudRun, Project: sandbox.DefaultProject, Region: sandbox.DefaultLocation, Name: "coditect-app-production",
}

const (
	instance = "coditect-db"
	most     = 200
)

// front stands before whatever answers: it counts, and has calls go wrong.
type front struct {
	monitoringpb.MetricServiceServer

	mu        sync.Mutex
	refuse    codes.Code
	words     string
	hang      bool
	forgotten map[string]bool
	asked     []*monitoringpb.ListTimeSeriesRequest
	calls     int
}

// serve answers over gRPC until the test ends, and gives the address.
func (f *front) serve(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer(grpc.UnaryInterceptor(f.intercept))
	monitoringpb.RegisterMetricServiceServer(server, f)
	served := make(chan error, 1)
	go func() { served <- server.Serve(l) }()
	t.Cleanup(func() {
		server.Stop()
		if err := <-served; err != nil && !errors.Is(err, grpc.ErrServerStopped) {
			t.Error(err)
		}
	})
	return l.Addr().String()
}

func (f *front) intercept(ctx context.Context, req any, _ *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
	f.mu.Lock()
	f.calls++
	refuse, words, hang := f.refuse, f.words, f.hang
	name := ""
	switch req := req.(type) {
	case *monitoringpb.ListTimeSeriesRequest:
		f.asked = append(f.asked, req)
		name = req.GetFilter()
	case *monitoringpb.GetMetricDescriptorRequest:
		name = req.GetName()
	}
	missing := false
	for metric := range f.forgotten {
		missing = missing || strings.Contains(name, metric)
	}
	f.mu.Unlock()
	switch {
	case hang:
		<-ctx.Done()
		return nil, status.FromContextError(ctx.Err()).Err()
	case refuse != codes.OK:
		return nil, status.Error(refuse, words)
	case missing:
		return nil, status.Error(codes.NotFound, "Cannot find metric(s) that match type")
	}
	return handler(ctx, req)
}

func (f *front) set(change func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change()
}

// connect makes a source that asks at an address.
func connect(t *testing.T, address string, opts monitoring.Options) *monitoring.Metrics {
	t.Helper()
	opts.Endpoint = "http://" + address
	m, err := monitoring.New(t.Context(), &opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	})
	return m
}

// practice is the practice range's Cloud Monitoring, behind a front.
type practice struct {
	*front

	t      *testing.T
	server *sandbox.Server
	step   time.Duration
	start  time.Time
}

// still is a clock that stands still.
type still struct{ time.Time }

func (c still) Now() time.Time { return c.Time }

func newPractice(t *testing.T) *practice {
	start := time.Date(2026, 3, 2, 14, 0, 0, 0, time.UTC)
	step := time.Minute
	server := sandbox.New(&sandbox.Options{Clock: still{start.Add(20 * step)}, Period: step})
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	return &practice{front: &front{MetricServiceServer: server, forgotten: map[string]bool{}}, t: t, server: server, step: step, start: start}
}

func (p *practice) Write(service string, revision deploy.RevisionName, from time.Time, n int, s metricstest.Sample) {
	name := string(revision)
	// A level holds from a moment on, and is sampled at the end of each period.
	p.server.Level(service, name, s.Instances, s.CPU, s.Memory, from.Add(1))
	for step := range n {
		begun := from.Add(time.Duration(step) * p.step)
		for i := range s.Requests {
			code := 200
			if i < s.Failed {
				code = 503
			}
			p.server.Record(service, name, code, s.Took, begun.Add(p.step/2))
		}
	}
	p.server.Level(service, name, 0, 0, 0, from.Add(time.Duration(n)*p.step+1))
}

func (p *practice) Open(from time.Time, _, connections int) {
	p.server.Database(instance, most, from.Add(1))
	if err := p.server.Connections(instance, float64(connections)/most, from.Add(1)); err != nil {
		p.t.Error(err)
	}
}

func (p *practice) Forget(m deploy.MetricName) {
	p.set(func() {
		p.forgotten[map[deploy.MetricName]string{
			deploy.ErrorRate: sandbox.RequestCount, deploy.Memory: sandbox.MemUtilizations,
		}[m]] = true
	})
}

func (p *practice) Forbid()   { p.set(func() { p.refuse = codes.PermissionDenied }) }
func (p *practice) Throttle() { p.set(func() { p.refuse = codes.ResourceExhausted }) }
func (p *practice) Down()     { p.set(func() { p.refuse = codes.Unavailable }) }
func (p *practice) Hang()     { p.set(func() { p.hang = true }) }
func (p *practice) Garble()   { p.server.SetFault(sandbox.Fault{NaN: true}) }

func (p *practice) Heal() {
	p.server.SetFault(sandbox.Fault{})
	p.set(func() { p.refuse, p.hang = codes.OK, false })
}

func (p *practice) Calls() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.calls
}

// spec has every metric among its objectives.
func spec(lag time.Duration) deploy.MetricsSpec {
	s := deploy.MetricsSpec{
		Source: deploy.CloudMonitoring, Lag: lag,
		Database: &deploy.DatabaseMetrics{Instance: instance, Most: most},
	}
	for _, name := range deploy.MetricNames() {
		s.Objectives = append(s.Objectives, deploy.Objective{Metric: name})
	}
	return s
}

func TestConformance(t *testing.T) {
	t.Parallel()
	metricstest.RunMetrics(t, func(t *testing.T) metricstest.Harness {
		p := newPractice(t)
		address := p.serve(t)
		return metricstest.Harness{
			Connect: func() deploy.Metrics {
				return connect(t, address, monitoring.Options{Now: func() time.Time { return p.start.Add(20 * p.step) }})
			},
			Service: ref, Spec: spec(4 * p.step), Start: p.start, Step: p.step, Levers: p,
		}
	})
}

// canned answers each metric type with the same pages.
type canned struct {
	monitoringpb.UnimplementedMetricServiceServer

	pages map[string][]*monitoringpb.ListTimeSeriesResponse
}

func (c *canned) ListTimeSeries(_ context.Context, req *monitoringpb.ListTimeSeriesRequest) (*monitoringpb.ListTimeSeriesResponse, error) {
	for name, pages := range c.pages {
		if !strings.Contains(req.GetFilter(), name) {
			continue
		}
		return pages[len(req.GetPageToken())], nil // the token of page n is n letters
	}
	return &monitoringpb.ListTimeSeriesResponse{}, nil
}

func (c *canned) GetMetricDescriptor(context.Context, *monitoringpb.GetMetricDescriptorRequest) (*metric.MetricDescriptor, error) {
	return &metric.MetricDescriptor{}, nil
}
