package control_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	monitoringapi "cloud.google.com/go/monitoring/apiv3/v2"
	"cloud.google.com/go/monitoring/apiv3/v2/monitoringpb"
	"google.golang.org/api/iterator"
	"google.golang.org/api/option"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/types/known/timestamppb"

	"slipway/internal/sandbox/control"
	"slipway/internal/sandbox/monitoring"
	"slipway/internal/sandbox/secrets"
)

func TestTrafficGoesBackToWhatItWas(t *testing.T) {
	t.Parallel()
	p := newPractice(t)
	if err := p.cloud.StartTraffic(production, 20); err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{"traffic 2/s", "traffic 0", "traffic 7.5/s service=" + production} {
		if err := p.Fault(t.Context(), line); err != nil {
			t.Fatal(err)
		}
	}
	if rate := p.cloud.TrafficRate(production); rate != 7.5 {
		t.Errorf("%g requests a second", rate)
	}
	if err := p.Mend(t.Context()); err != nil {
		t.Fatal(err)
	}
	if rate := p.cloud.TrafficRate(production); rate != 20 {
		t.Errorf("mended, %g requests a second", rate)
	}
}

func TestTrafficIsSetOverTheAPI(t *testing.T) {
	t.Parallel()
	p := newPractice(t)
	for body, want := range map[string]float64{`{"rate":3}`: 3, `{"service":"coditect-app-production","rate":0}`: 0} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, p.URL+"/v1/traffic", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		if code, answer := roundTrip(p.HTTP, req); code != http.StatusOK || p.cloud.TrafficRate(production) != want {
			t.Errorf("%s: %d %s, %g requests a second", body, code, answer, p.cloud.TrafficRate(production))
		}
	}
}

func TestConnectionsOfADatabaseAndBack(t *testing.T) {
	t.Parallel()
	// The connections are reported by the minute, which is a hundredth of a second here.
	const minute = 10 * time.Millisecond
	monitor := monitoring.New(&monitoring.Options{Period: minute})
	monitor.Database("db", 50, time.Now())
	if err := monitor.Start(""); err != nil {
		t.Fatal(err)
	}
	p := newPractice(t, func(s *control.Server) { s.Monitoring = monitor })
	t.Cleanup(func() { _ = monitor.Close() })
	client, err := monitoringapi.NewMetricClient(t.Context(), option.WithEndpoint(monitor.Addr()), option.WithoutAuthentication(),
		option.WithGRPCDialOption(grpc.WithTransportCredentials(insecure.NewCredentials())))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	newest := func() int64 {
		now := time.Now()
		x, err := client.ListTimeSeries(t.Context(), &monitoringpb.ListTimeSeriesRequest{
			Name: "projects/my-gcp-project", Filter: `metric.type = "` + monitoring.Connections + `"`,
			Interval: &monitoringpb.TimeInterval{StartTime: timestamppb.New(now.Add(-5 * minute)), EndTime: timestamppb.New(now)},
		}).Next()
		if err != nil {
			if !errors.Is(err, iterator.Done) {
				t.Fatal(err)
			}
			return -1
		}
		return x.GetPoints()[0].GetValue().GetInt64Value()
	}
	until := func(want int64) {
		t.Helper()
		for deadline := time.Now().Add(5 * time.Second); newest() != want; {
			if time.Now().After(deadline) {
				t.Fatalf("%d connections, want %d", newest(), want)
			}
		}
	}
	until(6)
	if err := p.Fault(t.Context(), "database connections=96%"); err != nil {
		t.Fatal(err)
	}
	until(48)
	if err := p.Mend(t.Context()); err != nil {
		t.Fatal(err)
	}
	until(6)
}

func TestUpEndsWhatIsWrong(t *testing.T) {
	t.Parallel()
	p := newPractice(t)
	for _, line := range []string{"monitoring nan late=1h", "monitoring up", "logging down", "logging up", "secrets missing api-key", "secrets up"} {
		if err := p.Fault(t.Context(), line); err != nil {
			t.Fatal(err)
		}
	}
	if p.monitor.Fault() != (monitoring.Fault{}) || p.logs.IsDown() || !kept(secrets.Fault{})(p) {
		t.Errorf("still wrong: %+v, logging down %v, secrets %+v", p.monitor.Fault(), p.logs.IsDown(), p.secrets.Fault())
	}
}
