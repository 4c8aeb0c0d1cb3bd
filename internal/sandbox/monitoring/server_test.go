package monitoring_test

import (
	"context"
	"errors"
	"math"
	"net"
	"sync"
	"testing"
	"time"

	"cloud.google.com/go/monitoring/apiv3/v2/monitoringpb"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"

	"slipway/internal/sandbox/monitoring"
)

func TestFaults(t *testing.T) {
	t.Parallel()
	p := filled(t)
	// The real client asks again while a service is unavailable; this one does not.
	conn, err := grpc.NewClient(p.Addr(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	bare := monitoringpb.NewMetricServiceClient(conn)
	req := ask(counts+` AND metric.labels.response_code = "503"`, noon, noon.Add(time.Minute))
	for _, c := range []struct {
		fact  string
		fault monitoring.Fault
		code  codes.Code
		want  []string
	}{
		{"down", monitoring.Fault{Down: true}, codes.Unavailable, nil},
		{"refused", monitoring.Fault{Refuse: codes.PermissionDenied}, codes.PermissionDenied, nil},
		{"without samples", monitoring.Fault{Missing: true}, codes.OK, []string{}},
		{"a count that cannot be", monitoring.Fault{NaN: true}, codes.OK, []string{"r1-1 503 5xx DELTA 00:00-01:00=-1"}},
		{"well again", monitoring.Fault{}, codes.OK, []string{"r1-1 503 5xx DELTA 00:00-01:00=1"}},
	} {
		p.SetFault(c.fault)
		if got := p.Fault(); got != c.fault {
			t.Errorf("%s: the fault is %+v", c.fact, got)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		if c.code == codes.Unavailable {
			_, err := bare.ListTimeSeries(ctx, req)
			wantCode(t, c.fact, err, c.code)
		} else if _, err := p.ask(ctx, req); c.code != codes.OK {
			wantCode(t, c.fact, err, c.code)
		} else if diff := cmp.Diff(c.want, p.answer(req)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.fact, diff)
		}
		cancel()
	}
}

func TestValuesThatCannotBe(t *testing.T) {
	t.Parallel()
	p := filled(t)
	p.SetFault(monitoring.Fault{NaN: true})
	for _, req := range []*monitoringpb.ListTimeSeriesRequest{
		ask(latencies, noon, noon.Add(time.Minute)),
		ask(counts, noon, noon.Add(time.Minute), aligned(time.Minute, alignRate, reduceNone)),
	} {
		list, err := p.ask(t.Context(), req)
		if err != nil || len(list) == 0 {
			t.Fatalf("%v, %v", list, err)
		}
		v := list[0].GetPoints()[0].GetValue()
		if !math.IsNaN(v.GetDoubleValue()) && !math.IsNaN(v.GetDistributionValue().GetMean()) {
			t.Errorf("a number: %v", v)
		}
	}
}

func TestSlowAnswersEndWithTheClientAndTheServer(t *testing.T) {
	t.Parallel()
	p := filled(t)
	p.SetFault(monitoring.Fault{Slow: 30 * time.Millisecond})
	req := ask(counts, noon, noon.Add(time.Minute))
	began := time.Now()
	if _, err := p.ask(t.Context(), req); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(began); took < 30*time.Millisecond {
		t.Errorf("answered after %s", took)
	}
	p.SetFault(monitoring.Fault{Slow: time.Hour})
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	_, err := p.ask(ctx, req)
	wantCode(t, "a client that does not wait an hour", err, codes.DeadlineExceeded)
	if err := p.Close(); err != nil {
		t.Error(err)
	}
}

func TestDescriptors(t *testing.T) {
	t.Parallel()
	p := start(t, monitoring.Options{Delay: 3 * time.Minute})
	d, err := p.client.GetMetricDescriptor(t.Context(), &monitoringpb.GetMetricDescriptorRequest{Name: project + "/metricDescriptors/" + monitoring.RequestLatencies})
	if err != nil {
		t.Fatal(err)
	}
	if d.GetUnit() != "ms" || d.GetMetricKind().String() != "DELTA" || d.GetValueType().String() != "DISTRIBUTION" || len(d.GetLabels()) != 2 ||
		d.GetMetadata().GetSamplePeriod().AsDuration() != time.Minute || d.GetMetadata().GetIngestDelay().AsDuration() != 3*time.Minute {
		t.Errorf("descriptor %v", d)
	}
	for name, want := range map[string]codes.Code{
		project + "/metricDescriptors/run.googleapis.com/nothing":                 codes.NotFound,
		"projects/another/metricDescriptors/" + monitoring.RequestCount:           codes.PermissionDenied,
		project + "/timeSeries/" + monitoring.RequestCount:                        codes.InvalidArgument,
		project + "/metricDescriptors/" + monitoring.Connections:                  codes.OK,
		"projects/my-gcp-project/metricDescriptors/" + monitoring.InstanceCount:   codes.OK,
		"projects/my-gcp-project/metricDescriptors/" + monitoring.CPUUtilizations: codes.OK,
	} {
		_, err := p.client.GetMetricDescriptor(t.Context(), &monitoringpb.GetMetricDescriptorRequest{Name: name})
		wantCode(t, name, err, want)
	}
	for filter, want := range map[string]int{
		"": 6, `metric.type = starts_with("run.googleapis.com/")`: 5, `metric.type = "run.googleapis.com/nothing"`: 0, `resource.type = "x"`: -1,
	} {
		n := 0
		it := p.client.ListMetricDescriptors(t.Context(), &monitoringpb.ListMetricDescriptorsRequest{Name: project, Filter: filter, PageSize: 2})
		for {
			_, err := it.Next()
			if err != nil {
				if want < 0 {
					wantCode(t, filter, err, codes.InvalidArgument)
					n = want
				}
				break
			}
			n++
		}
		if n != want {
			t.Errorf("%q lists %d, want %d", filter, n, want)
		}
	}
}

func TestOldSamplesAreLetGo(t *testing.T) {
	t.Parallel()
	p := start(t, monitoring.Options{Period: time.Second})
	p.clock.set(noon.Add(24 * time.Hour))
	for i := range 6000 {
		p.Record(app, stable, 200, time.Millisecond, noon.Add(time.Duration(i)*time.Second))
	}
	list, err := p.ask(t.Context(), ask(counts, noon.Add(-time.Hour), noon.Add(12*time.Hour)))
	if err != nil || len(list) != 1 {
		t.Fatalf("%d series, %v", len(list), err)
	}
	points := list[0].GetPoints()
	if len(points) != 5000 || !points[0].GetInterval().GetEndTime().AsTime().Equal(noon.Add(6000*time.Second)) {
		t.Errorf("%d samples, the newest of %s", len(points), points[0].GetInterval().GetEndTime().AsTime())
	}
}

func TestRecordingFromEverywhereLosesNothing(t *testing.T) {
	t.Parallel()
	p := start(t, monitoring.Options{})
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for j := range 500 {
				p.Record(app, []string{stable, canary}[j%2], 200, time.Millisecond, noon.Add(time.Duration(i*j)*time.Millisecond))
			}
		})
	}
	all.Wait()
	if diff := cmp.Diff([]string{"DELTA 00:00-05:00=4000"}, p.answer(ask(counts, noon, noon.Add(5*time.Minute), aligned(5*time.Minute, alignDelta, reduceSum)))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestConnectionsFollowWhatWasSaid(t *testing.T) {
	t.Parallel()
	p := start(t, monitoring.Options{})
	p.Database("one", 100, noon)
	p.Database("two", 50, noon)
	if err := errors.Join(p.Connections("one", 0.5, noon.Add(time.Minute)), p.Connections("", 0.96, noon.Add(2*time.Minute))); err != nil {
		t.Fatal(err)
	}
	if err := p.Connections("three", 1, noon); err == nil {
		t.Error("connections to a database that there is none of")
	}
	want := []string{
		"my-gcp-project:one GAUGE 03:00=96 02:00=50 01:00=12", "my-gcp-project:two GAUGE 03:00=48 02:00=6 01:00=6",
	}
	req := ask(`metric.type = "`+monitoring.Connections+`"`, noon, noon.Add(3*time.Minute))
	if diff := cmp.Diff(want, p.answer(req)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestRevisionWithoutInstancesHasNoLevels(t *testing.T) {
	t.Parallel()
	p := start(t, monitoring.Options{})
	p.Level(app, stable, 0, 0, 0, noon)
	p.Level(app, stable, 2, 0, 0, noon.Add(time.Minute))
	p.Level(app, stable, 2, 0, 0, noon.Add(90*time.Second))
	p.Level(app, stable, 0, 0, 0, noon.Add(150*time.Second))
	want := []string{"00001 DELTA 01:00-02:00=2×0.221"}
	if diff := cmp.Diff(want, p.answer(ask(`metric.type = "`+monitoring.MemUtilizations+`"`, noon, noon.Add(10*time.Minute)))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestStartAndClose(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	s := monitoring.New(nil)
	if err := s.Start(taken.Addr().String()); err == nil {
		t.Error("it listens where another does")
	}
	for range 2 { // closing twice is harmless
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
	if err := s.Start(""); err == nil {
		t.Error("a closed one starts")
	}
}

func BenchmarkRecord(b *testing.B) {
	s := monitoring.New(nil)
	b.Cleanup(func() { _ = s.Close() })
	at := noon
	for b.Loop() {
		s.Record(app, stable, 200, 80*time.Millisecond, at)
	}
}
