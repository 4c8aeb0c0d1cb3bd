package monitoring_test

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"cloud.google.com/go/monitoring/apiv3/v2/monitoringpb"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/genproto/googleapis/api/distribution"
	"google.golang.org/genproto/googleapis/api/metric"
	"google.golang.org/genproto/googleapis/api/monitoredres"
	rpc "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"

	"slipway/internal/deploy"
	"slipway/internal/deploy/provider/metricstest"
	"slipway/internal/deploy/provider/monitoring"
	sandbox "slipway/internal/sandbox/monitoring"
)

const revision deploy.RevisionName = "app-r42-1"

var end = time.Date(2026, 3, 2, 14, 30, 0, 0, time.UTC)

// answer asks a source with these pages, by metric type, about five minutes and these objectives.
func answer(t *testing.T, pages map[string][]*monitoringpb.ListTimeSeriesResponse, names ...deploy.MetricName) (deploy.Reading, error) {
	t.Helper()
	f := &front{MetricServiceServer: &canned{pages: pages}}
	s := spec(time.Minute)
	s.Objectives = nil
	for _, name := range names {
		s.Objectives = append(s.Objectives, deploy.Objective{Metric: name})
	}
	return connect(t, f.serve(t), monitoring.Options{}).Read(t.Context(), deploy.MetricsQuery{
		Service: ref, Spec: s, Revisions: []deploy.RevisionName{revision}, From: end.Add(-5 * time.Minute), To: end,
	})
}

// page is an answer with one series, of the revision, for each value; the next one follows if more is true.
func page(next string, values ...*monitoringpb.TypedValue) *monitoringpb.ListTimeSeriesResponse {
	res := &monitoringpb.ListTimeSeriesResponse{NextPageToken: next}
	for _, v := range values {
		res.TimeSeries = append(res.TimeSeries, &monitoringpb.TimeSeries{
			Metric:   &metric.Metric{Labels: map[string]string{"response_code_class": "2xx"}},
			Resource: &monitoredres.MonitoredResource{Labels: map[string]string{"revision_name": string(revision)}},
			Points: []*monitoringpb.Point{{
				Interval: &monitoringpb.TimeInterval{StartTime: timestamppb.New(end.Add(-time.Minute)), EndTime: timestamppb.New(end)},
				Value:    v,
			}},
		})
	}
	return res
}

func one(values ...*monitoringpb.TypedValue) []*monitoringpb.ListTimeSeriesResponse {
	return []*monitoringpb.ListTimeSeriesResponse{page("", values...)}
}

func whole(n int64) *monitoringpb.TypedValue {
	return &monitoringpb.TypedValue{Value: &monitoringpb.TypedValue_Int64Value{Int64Value: n}}
}

func real(n float64) *monitoringpb.TypedValue {
	return &monitoringpb.TypedValue{Value: &monitoringpb.TypedValue_DoubleValue{DoubleValue: n}}
}

func dist(d *distribution.Distribution) *monitoringpb.TypedValue {
	return &monitoringpb.TypedValue{Value: &monitoringpb.TypedValue_DistributionValue{DistributionValue: d}}
}

func explicit(bounds ...float64) *distribution.Distribution_BucketOptions {
	return &distribution.Distribution_BucketOptions{Options: &distribution.Distribution_BucketOptions_ExplicitBuckets{
		ExplicitBuckets: &distribution.Distribution_BucketOptions_Explicit{Bounds: bounds}}}
}

func exponential(finite int32, growth, scale float64) *distribution.Distribution_BucketOptions {
	return &distribution.Distribution_BucketOptions{Options: &distribution.Distribution_BucketOptions_ExponentialBuckets{
		ExponentialBuckets: &distribution.Distribution_BucketOptions_Exponential{NumFiniteBuckets: finite, GrowthFactor: growth, Scale: scale}}}
}

func linear(finite int32, width, offset float64) *distribution.Distribution_BucketOptions {
	return &distribution.Distribution_BucketOptions{Options: &distribution.Distribution_BucketOptions_LinearBuckets{
		LinearBuckets: &distribution.Distribution_BucketOptions_Linear{NumFiniteBuckets: finite, Width: width, Offset: offset}}}
}

func counted(o *distribution.Distribution_BucketOptions, counts ...int64) *monitoringpb.TypedValue {
	d := &distribution.Distribution{BucketOptions: o, BucketCounts: counts}
	for _, n := range counts {
		d.Count += n
	}
	return dist(d)
}

func TestBuckets(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		values []*monitoringpb.TypedValue
		want   deploy.Histogram
	}{
		"explicit bounds are taken as they are": {
			[]*monitoringpb.TypedValue{counted(explicit(10, 100), 1, 2, 3)},
			deploy.Histogram{Bounds: []float64{10, 100}, Counts: []int64{1, 2, 3}},
		},
		"exponential bounds grow from the scale": {
			[]*monitoringpb.TypedValue{counted(exponential(3, 2, 5), 1, 2, 3, 4, 5)},
			deploy.Histogram{Bounds: []float64{5, 10, 20, 40}, Counts: []int64{1, 2, 3, 4, 5}},
		},
		"linear bounds are a width apart": {
			[]*monitoringpb.TypedValue{counted(linear(2, 50, 100), 0, 7, 0, 1)},
			deploy.Histogram{Bounds: []float64{100, 150, 200}, Counts: []int64{0, 7, 0, 1}},
		},
		"buckets missing at the end are empty": {
			[]*monitoringpb.TypedValue{counted(exponential(3, 2, 5), 0, 2)},
			deploy.Histogram{Bounds: []float64{5, 10, 20, 40}, Counts: []int64{0, 2, 0, 0, 0}},
		},
		"points with the same buckets are added": {
			[]*monitoringpb.TypedValue{counted(explicit(10, 100), 1, 2), counted(explicit(10, 100), 0, 1, 4)},
			deploy.Histogram{Bounds: []float64{10, 100}, Counts: []int64{1, 3, 4}},
		},
		"a distribution of nothing says nothing of its buckets": {
			[]*monitoringpb.TypedValue{dist(&distribution.Distribution{}), counted(explicit(10), 1, 1)},
			deploy.Histogram{Bounds: []float64{10}, Counts: []int64{1, 1}},
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := answer(t, map[string][]*monitoringpb.ListTimeSeriesResponse{sandbox.RequestLatencies: one(tc.values...)}, deploy.LatencyP99)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, got.Revisions[revision].Latency); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestWhatCannotBeIsNoNumber(t *testing.T) {
	t.Parallel()
	nan := math.NaN()
	tests := map[string]struct {
		metric string
		of     deploy.MetricName
		values []*monitoringpb.TypedValue
	}{
		"a negative count":              {sandbox.RequestCount, deploy.ErrorRate, []*monitoringpb.TypedValue{whole(-1)}},
		"a count that is not a number":  {sandbox.RequestCount, deploy.ErrorRate, []*monitoringpb.TypedValue{real(nan)}},
		"an infinite count":             {sandbox.RequestCount, deploy.ErrorRate, []*monitoringpb.TypedValue{real(math.Inf(1))}},
		"a count beyond counting":       {sandbox.RequestCount, deploy.ErrorRate, []*monitoringpb.TypedValue{whole(math.MaxInt64)}},
		"a count without a value":       {sandbox.RequestCount, deploy.ErrorRate, []*monitoringpb.TypedValue{{}}},
		"a latency that is a number":    {sandbox.RequestLatencies, deploy.LatencyP50, []*monitoringpb.TypedValue{whole(3)}},
		"a negative bucket":             {sandbox.RequestLatencies, deploy.LatencyP50, []*monitoringpb.TypedValue{counted(explicit(1), 3, -1)}},
		"more buckets than bounds":      {sandbox.RequestLatencies, deploy.LatencyP50, []*monitoringpb.TypedValue{counted(explicit(1), 1, 1, 1)}},
		"values, and no buckets":        {sandbox.RequestLatencies, deploy.LatencyP50, []*monitoringpb.TypedValue{dist(&distribution.Distribution{Count: 4})}},
		"buckets of no kind":            {sandbox.RequestLatencies, deploy.LatencyP50, []*monitoringpb.TypedValue{counted(nil, 1)}},
		"bounds that fall":              {sandbox.RequestLatencies, deploy.LatencyP50, []*monitoringpb.TypedValue{counted(explicit(2, 1), 1)}},
		"bounds that are not numbers":   {sandbox.RequestLatencies, deploy.LatencyP50, []*monitoringpb.TypedValue{counted(explicit(nan), 1)}},
		"bounds that do not grow":       {sandbox.RequestLatencies, deploy.LatencyP50, []*monitoringpb.TypedValue{counted(exponential(3, 1, 1), 1)}},
		"a million buckets":             {sandbox.RequestLatencies, deploy.LatencyP50, []*monitoringpb.TypedValue{counted(linear(1_000_000, 1, 0), 1)}},
		"buckets that change":           {sandbox.RequestLatencies, deploy.LatencyP50, []*monitoringpb.TypedValue{counted(explicit(1), 1), counted(explicit(2), 1)}},
		"a use that is not a number":    {sandbox.CPUUtilizations, deploy.CPU, []*monitoringpb.TypedValue{dist(&distribution.Distribution{Count: 1, Mean: nan, BucketOptions: explicit(1), BucketCounts: []int64{1}})}},
		"a negative use":                {sandbox.MemUtilizations, deploy.Memory, []*monitoringpb.TypedValue{dist(&distribution.Distribution{Count: 1, Mean: -1, BucketOptions: explicit(1), BucketCounts: []int64{1}})}},
		"a use of a thousand instances": {sandbox.MemUtilizations, deploy.Memory, []*monitoringpb.TypedValue{dist(&distribution.Distribution{Count: 1, Mean: 1000, BucketOptions: explicit(1), BucketCounts: []int64{1}})}},
		"half an instance less":         {sandbox.InstanceCount, deploy.CPU, []*monitoringpb.TypedValue{real(-0.5)}},
		"connections that are owed":     {sandbox.Connections, deploy.Connections, []*monitoringpb.TypedValue{whole(-3)}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := answer(t, map[string][]*monitoringpb.ListTimeSeriesResponse{tc.metric: one(tc.values...)}, tc.of)
			if deploy.CodeOf(err) != deploy.Unavailable || !strings.Contains(deploy.Message(err), tc.metric+" cannot be right: ") {
				t.Errorf("code %q, %v", deploy.CodeOf(err), err)
			}
			if len(got.Revisions) != 0 || got.Connections.Samples != 0 {
				t.Errorf("an error, and %+v", got)
			}
		})
	}
}

func TestAllPagesAreRead(t *testing.T) {
	t.Parallel()
	got, err := answer(t, map[string][]*monitoringpb.ListTimeSeriesResponse{
		sandbox.RequestCount: {page("x", whole(3)), page("xx"), page("", whole(4), whole(5))},
	}, deploy.ErrorRate)
	if n := got.Revisions[revision].Requests; err != nil || n != 12 {
		t.Errorf("%d requests, want 12: %v", n, err)
	}
}

func TestAnAnswerInPartIsNone(t *testing.T) {
	t.Parallel()
	// The page with the error has no series: the client's iterator passes over it.
	half := page("xx")
	half.ExecutionErrors = []*rpc.Status{{Code: 14, Message: "a shard is away"}}
	_, err := answer(t, map[string][]*monitoringpb.ListTimeSeriesResponse{
		sandbox.RequestCount: {page("x", whole(3)), half, page("", whole(4))},
	}, deploy.ErrorRate)
	if deploy.CodeOf(err) != deploy.Unavailable || !strings.Contains(deploy.Message(err), "in part") || !strings.Contains(err.Error(), "a shard is away") {
		t.Errorf("%q: %v", deploy.CodeOf(err), err)
	}
}

func TestAClassOfAnswersThatIsNot5xxIsNoFailure(t *testing.T) {
	t.Parallel()
	failed := page("", whole(2), whole(40), whole(7))
	for i, class := range []string{"5xx", "4xx", ""} {
		failed.TimeSeries[i].Metric.Labels["response_code_class"] = class
	}
	got, err := answer(t, map[string][]*monitoringpb.ListTimeSeriesResponse{sandbox.RequestCount: {failed}}, deploy.ErrorRate)
	if m := got.Revisions[revision]; err != nil || m.Requests != 49 || m.Failed != 2 {
		t.Errorf("%d of %d failed, want 2 of 49: %v", m.Failed, m.Requests, err)
	}
}

func TestTheHighestUse(t *testing.T) {
	t.Parallel()
	d := func(mean float64, n int64, highest *distribution.Distribution_Range, counts ...int64) *monitoringpb.TypedValue {
		return dist(&distribution.Distribution{Count: n, Mean: mean, BucketOptions: explicit(0.5, 0.75, 1), BucketCounts: counts, Range: highest})
	}
	tests := map[string]struct {
		values []*monitoringpb.TypedValue
		want   deploy.Gauge
	}{
		"is the bound of the last bucket with anything in it": {[]*monitoringpb.TypedValue{d(0.4, 4, nil, 3, 1)}, deploy.Gauge{Mean: 0.4, Max: 0.75, Samples: 4}},
		"is what the distribution says exactly":               {[]*monitoringpb.TypedValue{d(0.4, 4, &distribution.Distribution_Range{Max: 0.6}, 3, 1)}, deploy.Gauge{Mean: 0.4, Max: 0.6, Samples: 4}},
		"above all bounds is the last of them":                {[]*monitoringpb.TypedValue{d(0.9, 1, nil, 0, 0, 0, 1)}, deploy.Gauge{Mean: 0.9, Max: 1, Samples: 1}},
		"is that of all points, whose means are weighed":      {[]*monitoringpb.TypedValue{d(0.25, 3, nil, 3), d(0.65, 1, nil, 0, 1)}, deploy.Gauge{Mean: 0.35, Max: 0.75, Samples: 4}},
		"of nothing is not known":                             {[]*monitoringpb.TypedValue{d(0, 0, nil)}, deploy.Gauge{}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := answer(t, map[string][]*monitoringpb.ListTimeSeriesResponse{sandbox.CPUUtilizations: one(tc.values...)}, deploy.CPU)
			if err != nil {
				t.Fatal(err)
			}
			g := got.Revisions[revision].CPU
			g.Mean = math.Round(g.Mean*1e9) / 1e9
			if diff := cmp.Diff(tc.want, g); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestInstancesAreThoseOfAllStates(t *testing.T) {
	t.Parallel()
	p := newPractice(t)
	p.Write(ref.Name, revision, p.start, 10, metricstest.Sample{Requests: 1, Instances: 4})
	p.Write(ref.Name, revision, p.start.Add(10*p.step), 10, metricstest.Sample{Instances: 2})
	got, err := connect(t, p.serve(t), monitoring.Options{}).Read(t.Context(), deploy.MetricsQuery{
		Service: ref, Spec: spec(time.Minute), Revisions: []deploy.RevisionName{revision},
		From: p.start.Add(5 * p.step), To: p.start.Add(15 * p.step),
	})
	if n := got.Revisions[revision].Instances; err != nil || n != 3 {
		t.Errorf("%g instances, want 3: %v", n, err)
	}
}

func TestWhatIsAsked(t *testing.T) {
	t.Parallel()
	f := &front{MetricServiceServer: &canned{}}
	odd := ref
	odd.Name = `a" OR resource.labels.service_name = "b\`
	_, err := connect(t, f.serve(t), monitoring.Options{Minimum: time.Minute}).Read(t.Context(), deploy.MetricsQuery{
		Service: odd, Spec: spec(2 * time.Minute), Revisions: []deploy.RevisionName{"r1", `r"2`},
		From: end.Add(-10500 * time.Millisecond), To: end,
	})
	if err != nil {
		t.Fatal(err)
	}
	const where = ` AND resource.labels.service_name = "a\" OR resource.labels.service_name = \"b\\" AND resource.labels.location = "us-central1" AND resource.labels.revision_name = one_of("r1", "r\"2")`
	revisions := func(metric string) string {
		return `resource.type = "cloud_run_revision" AND metric.type = "` + metric + `"` + where
	}
	// A window shorter than Google aligns to begins earlier; points as written are read until now.
	const short, wide = "14:29:00 to 14:30:00", "14:20:00 to 14:32:00"
	want := map[string]bool{
		revisions(sandbox.RequestCount) + " " + short + " ALIGN_DELTA 60s REDUCE_SUM [resource.labels.revision_name metric.labels.response_code_class]": true,
		revisions(sandbox.RequestLatencies) + " " + short + " ALIGN_DELTA 60s REDUCE_SUM [resource.labels.revision_name]":                               true,
		revisions(sandbox.CPUUtilizations) + " " + short + " ALIGN_DELTA 60s REDUCE_SUM [resource.labels.revision_name]":                                true,
		revisions(sandbox.MemUtilizations) + " " + short + " ALIGN_DELTA 60s REDUCE_SUM [resource.labels.revision_name]":                                true,
		revisions(sandbox.RequestCount) + " " + wide:  true,
		revisions(sandbox.InstanceCount) + " " + wide: true,
		`resource.type = "cloudsql_database" AND metric.type = "` + sandbox.Connections + `" AND resource.labels.database_id = "my-gcp-project:coditect-db" ` + short: true,
	}
	got := map[string]bool{}
	for _, req := range f.asked {
		s := fmt.Sprintf("%s %s to %s", req.GetFilter(), req.GetInterval().GetStartTime().AsTime().Format(time.TimeOnly),
			req.GetInterval().GetEndTime().AsTime().Format(time.TimeOnly))
		if a := req.GetAggregation(); a != nil {
			s += fmt.Sprintf(" %s %gs %s %v", a.GetPerSeriesAligner(), a.GetAlignmentPeriod().AsDuration().Seconds(), a.GetCrossSeriesReducer(), a.GetGroupByFields())
		}
		if req.GetName() != "projects/my-gcp-project" || req.GetView() != monitoringpb.ListTimeSeriesRequest_FULL {
			t.Errorf("asked of %q with view %s", req.GetName(), req.GetView())
		}
		got[s] = true
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestAShortWindowIsAskedForAsItIsElsewhere(t *testing.T) {
	t.Parallel()
	f := &front{MetricServiceServer: &canned{}}
	_, err := connect(t, f.serve(t), monitoring.Options{}).Read(t.Context(), deploy.MetricsQuery{
		Service: ref, Spec: deploy.MetricsSpec{Objectives: []deploy.Objective{{Metric: deploy.CPU}}},
		Revisions: []deploy.RevisionName{revision}, From: end.Add(-1500 * time.Millisecond), To: end,
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, req := range f.asked {
		if a := req.GetAggregation(); a != nil && a.GetAlignmentPeriod().AsDuration() != 1500*time.Millisecond {
			t.Errorf("aligned over %s, want 1.5 s", a.GetAlignmentPeriod().AsDuration())
		}
	}
}
