package sandbox_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	loggingapi "cloud.google.com/go/logging/apiv2"
	"cloud.google.com/go/logging/apiv2/loggingpb"
	monitoringapi "cloud.google.com/go/monitoring/apiv3/v2"
	"cloud.google.com/go/monitoring/apiv3/v2/monitoringpb"
	"google.golang.org/api/iterator"
	"google.golang.org/api/option"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"slipway/internal/sandbox"
)

const (
	production = "coditect-app-production"
	project    = "projects/my-gcp-project"
	second     = time.Second
)

// dial is how the real clients reach a part of the sandbox, by its environment.
func dial(s *sandbox.Sandbox, key string) []option.ClientOption {
	address := strings.TrimPrefix(environ(s)["CLOUDSDK_API_ENDPOINT_OVERRIDES_"+key], "http://")
	return []option.ClientOption{option.WithEndpoint(address), option.WithoutAuthentication(),
		option.WithGRPCDialOption(grpc.WithTransportCredentials(insecure.NewCredentials()))}
}

// eventually asks again and again for twenty seconds.
func eventually(t *testing.T, what string, ok func(ctx context.Context) bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for !ok(ctx) {
		select {
		case <-time.After(20 * time.Millisecond):
		case <-ctx.Done():
			t.Fatalf("%s: not within 20 s", what)
		}
	}
}

// counted is what Monitoring says of production in the last ten seconds, summed by what labels say.
func counted(ctx context.Context, client *monitoringapi.MetricClient, metric, label string) map[string]*monitoringpb.TypedValue {
	now, out := time.Now(), map[string]*monitoringpb.TypedValue{}
	it := client.ListTimeSeries(ctx, &monitoringpb.ListTimeSeriesRequest{
		Name: project, Filter: `metric.type = "` + metric + `" AND resource.labels.service_name = "` + production + `"`,
		Interval: &monitoringpb.TimeInterval{StartTime: timestamppb.New(now.Add(-10 * second)), EndTime: timestamppb.New(now)},
		Aggregation: &monitoringpb.Aggregation{
			AlignmentPeriod: durationpb.New(10 * second), PerSeriesAligner: monitoringpb.Aggregation_ALIGN_DELTA,
			CrossSeriesReducer: monitoringpb.Aggregation_REDUCE_SUM, GroupByFields: []string{label},
		},
	})
	for {
		x, err := it.Next()
		if err != nil {
			if !errors.Is(err, iterator.Done) {
				return nil
			}
			return out
		}
		for _, l := range []map[string]string{x.GetMetric().GetLabels(), x.GetResource().GetLabels()} {
			for key, value := range l {
				if strings.HasSuffix(label, "."+key) {
					out[value] = x.GetPoints()[0].GetValue()
				}
			}
		}
	}
}

func TestWhatUsersMeetIsInMonitoringAndLogging(t *testing.T) {
	t.Parallel()
	s := start(t, sandbox.Options{Traffic: 100, Speed: 600})
	metrics, err := monitoringapi.NewMetricClient(t.Context(), dial(s, "MONITORING")...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = metrics.Close() })
	logs, err := loggingapi.NewClient(t.Context(), dial(s, "LOGGING")...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = logs.Close() })

	fault := `app v1.2.3 errors=50% latency=20ms message="relation \"orders\" does not exist"`
	if err := s.Client().Fault(t.Context(), fault); err != nil {
		t.Fatal(err)
	}
	eventually(t, "errors are counted", func(ctx context.Context) bool {
		by := counted(ctx, metrics, "run.googleapis.com/request_count", "metric.labels.response_code_class")
		return by["5xx"].GetInt64Value() > 20 && by["2xx"].GetInt64Value() > 0
	})
	latency := counted(t.Context(), metrics, "run.googleapis.com/request_latencies", "resource.labels.revision_name")[production+"-00001"].GetDistributionValue()
	if latency.GetCount() == 0 || latency.GetMean() < 1 {
		t.Errorf("latency %v", latency)
	}
	use := counted(t.Context(), metrics, "run.googleapis.com/container/cpu/utilizations", "resource.labels.revision_name")[production+"-00001"].GetDistributionValue()
	if use.GetCount() == 0 || use.GetMean() < 0.08 || use.GetMean() > 1 {
		t.Errorf("use of CPU %v", use)
	}
	e, err := logs.ListLogEntries(t.Context(), &loggingpb.ListLogEntriesRequest{
		ResourceNames: []string{project}, OrderBy: "timestamp desc",
		Filter: `resource.type="cloud_run_revision" resource.labels.revision_name="` + production + `-00001" severity>=ERROR`,
	}).Next()
	if err != nil || e.GetTextPayload() != `relation "orders" does not exist` {
		t.Errorf("log entry %v, %v", e, err)
	}
}

func TestPracticeMinutesAreAsFastAsThePractice(t *testing.T) {
	t.Parallel()
	for speed, want := range map[float64][2]time.Duration{
		0:    {time.Minute, 90 * second},
		30:   {2 * second, 3 * second},
		600:  {100 * time.Millisecond, 150 * time.Millisecond},
		6000: {100 * time.Millisecond, 15 * time.Millisecond},
	} {
		s := start(t, sandbox.Options{Speed: speed})
		client, err := monitoringapi.NewMetricClient(t.Context(), dial(s, "MONITORING")...)
		if err != nil {
			t.Fatal(err)
		}
		d, err := client.GetMetricDescriptor(t.Context(), &monitoringpb.GetMetricDescriptorRequest{Name: project + "/metricDescriptors/run.googleapis.com/request_count"})
		if err != nil {
			t.Fatal(err)
		}
		_ = client.Close()
		if got := [2]time.Duration{d.GetMetadata().GetSamplePeriod().AsDuration(), d.GetMetadata().GetIngestDelay().AsDuration()}; got != want {
			t.Errorf("at speed %g: period and delay %v, want %v", speed, got, want)
		}
	}
}

func TestDatabasesHaveRunForLongerThanThePractice(t *testing.T) {
	t.Parallel()
	s := start(t, sandbox.Options{})
	client, err := monitoringapi.NewMetricClient(t.Context(), dial(s, "MONITORING")...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	now := time.Now()
	x, err := client.ListTimeSeries(t.Context(), &monitoringpb.ListTimeSeriesRequest{
		Name:     project,
		Filter:   `metric.type = "cloudsql.googleapis.com/database/network/connections" AND resource.labels.database_id = "my-gcp-project:coditect-postgres-production"`,
		Interval: &monitoringpb.TimeInterval{StartTime: timestamppb.New(now.Add(-time.Hour)), EndTime: timestamppb.New(now)},
	}).Next()
	if err != nil || len(x.GetPoints()) == 0 {
		t.Errorf("at the beginning of a practice at speed 1 its database has not been reported: %v, %v", x, err)
	}
}

func TestDatabaseOfTheGuideIsMonitored(t *testing.T) {
	t.Parallel()
	s := start(t, sandbox.Options{Speed: 600})
	client, err := monitoringapi.NewMetricClient(t.Context(), dial(s, "MONITORING")...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	if err := s.Client().Fault(t.Context(), "database connections=96%"); err != nil {
		t.Fatal(err)
	}
	eventually(t, "96 connections are open", func(ctx context.Context) bool {
		now := time.Now()
		x, err := client.ListTimeSeries(ctx, &monitoringpb.ListTimeSeriesRequest{
			Name:     project,
			Filter:   `metric.type = "cloudsql.googleapis.com/database/network/connections" AND resource.labels.database_id = "my-gcp-project:coditect-postgres-production"`,
			Interval: &monitoringpb.TimeInterval{StartTime: timestamppb.New(now.Add(-10 * second)), EndTime: timestamppb.New(now)},
		}).Next()
		return err == nil && x.GetPoints()[0].GetValue().GetInt64Value() == 96
	})
}
