package monitoring_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	monitoringapi "cloud.google.com/go/monitoring/apiv3/v2"
	"cloud.google.com/go/monitoring/apiv3/v2/monitoringpb"
	"go.uber.org/goleak"
	"google.golang.org/api/iterator"
	"google.golang.org/api/option"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"slipway/internal/sandbox/monitoring"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	project = "projects/my-gcp-project"
	app     = "coditect-app-production"
	stable  = app + "-00001"
	canary  = app + "-r1-1"
)

var noon = time.Date(2025, 12, 22, 12, 0, 0, 0, time.UTC)

// clock stands where it is put.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) set(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = t
}

// practice is a practice Monitoring with the real client of it.
type practice struct {
	*monitoring.Server
	t      *testing.T
	clock  *clock
	client *monitoringapi.MetricClient
}

func start(t *testing.T, opts monitoring.Options) *practice {
	t.Helper()
	p := &practice{t: t, clock: &clock{now: noon.Add(time.Hour)}}
	opts.Clock = p.clock
	p.Server = monitoring.New(&opts)
	if err := p.Start(""); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	client, err := monitoringapi.NewMetricClient(t.Context(), option.WithEndpoint(p.Addr()), option.WithoutAuthentication(),
		option.WithGRPCDialOption(grpc.WithTransportCredentials(insecure.NewCredentials())))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	p.client = client
	return p
}

// requests records n requests, one at a time of day.
func (p *practice) requests(revision string, n, status int, latency time.Duration, at time.Time) {
	for range n {
		p.Record(app, revision, status, latency, at)
	}
}

func ask(filter string, from, to time.Time, change ...func(*monitoringpb.ListTimeSeriesRequest)) *monitoringpb.ListTimeSeriesRequest {
	req := &monitoringpb.ListTimeSeriesRequest{
		Name: project, Filter: filter, View: monitoringpb.ListTimeSeriesRequest_FULL,
		Interval: &monitoringpb.TimeInterval{StartTime: timestamppb.New(from), EndTime: timestamppb.New(to)},
	}
	for _, c := range change {
		c(req)
	}
	return req
}

func aligned(d time.Duration, al monitoringpb.Aggregation_Aligner, re monitoringpb.Aggregation_Reducer, by ...string) func(*monitoringpb.ListTimeSeriesRequest) {
	return func(r *monitoringpb.ListTimeSeriesRequest) {
		r.Aggregation = &monitoringpb.Aggregation{PerSeriesAligner: al, CrossSeriesReducer: re, GroupByFields: by}
		if d > 0 {
			r.Aggregation.AlignmentPeriod = durationpb.New(d)
		}
	}
}

// ask lists time series through the real client, which follows pages.
func (p *practice) ask(ctx context.Context, req *monitoringpb.ListTimeSeriesRequest) ([]*monitoringpb.TimeSeries, error) {
	var out []*monitoringpb.TimeSeries
	for it := p.client.ListTimeSeries(ctx, req); ; {
		x, err := it.Next()
		if errors.Is(err, iterator.Done) {
			return out, nil
		}
		if err != nil {
			return out, err
		}
		out = append(out, x)
	}
}

// answer is what is answered, a line for each series.
func (p *practice) answer(req *monitoringpb.ListTimeSeriesRequest) []string {
	p.t.Helper()
	list, err := p.ask(p.t.Context(), req)
	if err != nil {
		p.t.Fatal(err)
	}
	lines := []string{}
	for _, x := range list {
		lines = append(lines, line(x))
	}
	return lines
}

func line(x *monitoringpb.TimeSeries) string {
	var parts []string
	for _, key := range []string{"revision_name", "database_id"} {
		if v := x.GetResource().GetLabels()[key]; v != "" {
			parts = append(parts, strings.TrimPrefix(v, app+"-"))
		}
	}
	for _, key := range []string{"response_code", "response_code_class", "state"} {
		if v := x.GetMetric().GetLabels()[key]; v != "" {
			parts = append(parts, v)
		}
	}
	parts = append(parts, x.GetMetricKind().String())
	for _, p := range x.GetPoints() {
		from, to := p.GetInterval().GetStartTime().AsTime(), p.GetInterval().GetEndTime().AsTime()
		when := to.Format("04:05")
		if from.Before(to) {
			when = from.Format("04:05") + "-" + when
		}
		parts = append(parts, when+"="+text(p.GetValue()))
	}
	return strings.Join(parts, " ")
}

func text(v *monitoringpb.TypedValue) string {
	switch v := v.GetValue().(type) {
	case *monitoringpb.TypedValue_Int64Value:
		return fmt.Sprint(v.Int64Value)
	case *monitoringpb.TypedValue_DoubleValue:
		return fmt.Sprintf("%.2f", v.DoubleValue)
	case *monitoringpb.TypedValue_DistributionValue:
		d := v.DistributionValue
		return fmt.Sprintf("%d×%.3g", d.GetCount(), d.GetMean())
	}
	return "?"
}

func wantCode(t *testing.T, what string, err error, want codes.Code) {
	t.Helper()
	if got := status.Code(err); got != want {
		t.Errorf("%s: %v, want %s", what, err, want)
	}
}
