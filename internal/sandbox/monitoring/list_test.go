package monitoring_test

import (
	"errors"
	"testing"
	"time"

	"cloud.google.com/go/monitoring/apiv3/v2/monitoringpb"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/api/iterator"
	"google.golang.org/grpc/codes"

	"slipway/internal/sandbox/monitoring"
)

const (
	counts    = `metric.type = "run.googleapis.com/request_count"`
	latencies = `metric.type = "run.googleapis.com/request_latencies"`

	alignNone  = monitoringpb.Aggregation_ALIGN_NONE
	alignDelta = monitoringpb.Aggregation_ALIGN_DELTA
	alignRate  = monitoringpb.Aggregation_ALIGN_RATE
	alignMean  = monitoringpb.Aggregation_ALIGN_MEAN
	alignMax   = monitoringpb.Aggregation_ALIGN_MAX
	alignP99   = monitoringpb.Aggregation_ALIGN_PERCENTILE_99

	reduceNone = monitoringpb.Aggregation_REDUCE_NONE
	reduceSum  = monitoringpb.Aggregation_REDUCE_SUM
	reduceMean = monitoringpb.Aggregation_REDUCE_MEAN
	reduceMax  = monitoringpb.Aggregation_REDUCE_MAX

	byRevision = "resource.labels.revision_name"
	byClass    = "metric.labels.response_code_class"
)

// filled has five minutes of requests: ten a minute on the stable revision, two on the canary of which one fails.
func filled(t *testing.T) *practice {
	t.Helper()
	p := start(t, monitoring.Options{})
	p.Level(app, stable, 2, 0, 0, noon)
	p.Level(app, canary, 1, 0.95, 0.5, noon.Add(2*time.Minute))
	p.Database("db", 100, noon)
	for i := range 5 {
		at := noon.Add(time.Duration(i)*time.Minute + 30*time.Second)
		p.requests(stable, 10, 200, 100*time.Millisecond, at)
		p.requests(canary, 1, 200, 100*time.Millisecond, at)
		p.requests(canary, 1, 503, 400*time.Millisecond, at)
	}
	return p
}

func TestListTimeSeries(t *testing.T) {
	t.Parallel()
	p := filled(t)
	type list = []string
	two, five := noon.Add(2*time.Minute), noon.Add(5*time.Minute)
	for _, c := range []struct {
		fact string
		req  *monitoringpb.ListTimeSeriesRequest
		want list
	}{
		{"raw samples are sampling periods, newest first", ask(counts+` AND resource.labels.revision_name = "`+stable+`"`, noon, two), list{
			"00001 200 2xx DELTA 01:00-02:00=10 00:00-01:00=10"}},
		{"the interval is without its start and with its end", ask(counts+` AND metric.labels.response_code_class = "5xx"`, noon.Add(time.Minute), two), list{
			"r1-1 503 5xx DELTA 01:00-02:00=1"}},
		{"one of two revisions, summed by revision", ask(counts+` AND resource.type = "cloud_run_revision" AND resource.labels.service_name = "`+app+
			`" AND resource.labels.revision_name = one_of("`+stable+`", "`+canary+`")`, noon, five, aligned(5*time.Minute, alignDelta, reduceSum, byRevision)), list{
			"00001 DELTA 00:00-05:00=50", "r1-1 DELTA 00:00-05:00=10"}},
		{"summed by revision and class", ask(counts, noon, five, aligned(5*time.Minute, alignDelta, reduceSum, byRevision, byClass)), list{
			"00001 2xx DELTA 00:00-05:00=50", "r1-1 2xx DELTA 00:00-05:00=5", "r1-1 5xx DELTA 00:00-05:00=5"}},
		{"all in one", ask(counts, noon, five, aligned(5*time.Minute, alignDelta, reduceSum)), list{"DELTA 00:00-05:00=60"}},
		{"alignment periods count back from the end", ask(counts+` AND resource.labels.revision_name != "`+canary+`"`, noon, five, aligned(2*time.Minute, alignDelta, reduceNone)), list{
			"00001 200 2xx DELTA 03:00-05:00=20 01:00-03:00=20 59:00-01:00=10"}},
		{"a rate is by the second", ask(counts, noon, five, aligned(time.Minute, alignRate, reduceSum, byRevision)), list{
			"00001 GAUGE 05:00=0.17 04:00=0.17 03:00=0.17 02:00=0.17 01:00=0.17", "r1-1 GAUGE 05:00=0.03 04:00=0.03 03:00=0.03 02:00=0.03 01:00=0.03"}},
		{"latencies are merged", ask(latencies, noon, five, aligned(5*time.Minute, alignDelta, reduceSum, byRevision)), list{
			"00001 DELTA 00:00-05:00=50×100", "r1-1 DELTA 00:00-05:00=10×250"}},
		{"a percentile of latencies", ask(latencies+` AND metric.labels.response_code = "503"`, noon, five, aligned(5*time.Minute, alignP99, reduceNone)), list{
			"r1-1 503 5xx GAUGE 05:00=425.66"}},
		{"CPU follows the requests, of each instance", ask(`metric.type = "`+monitoring.CPUUtilizations+`" AND resource.labels.revision_name = "`+stable+`"`, noon, two), list{
			"00001 DELTA 01:00-02:00=2×0.0806 00:00-01:00=2×0.0806"}},
		{"CPU that was said", ask(`metric.type = "`+monitoring.CPUUtilizations+`" AND resource.labels.revision_name = "`+canary+`"`, noon, noon.Add(3*time.Minute)), list{
			"r1-1 DELTA 02:00-03:00=1×0.95"}},
		{"memory, highest by the hundredth", ask(`metric.type = "`+monitoring.MemUtilizations+`"`, noon, five, aligned(5*time.Minute, alignP99, reduceMax)), list{
			"GAUGE 05:00=0.51"}},
		{"instances by state", ask(`metric.type = "`+monitoring.InstanceCount+`" AND resource.labels.revision_name = "`+stable+`"`, noon.Add(4*time.Minute), noon.Add(6*time.Minute)), list{
			"00001 active GAUGE 06:00=0 05:00=2", "00001 idle GAUGE 06:00=2 05:00=0"}},
		{"mean of instances", ask(`metric.type = "`+monitoring.InstanceCount+`"`, noon, five, aligned(5*time.Minute, alignMean, reduceSum, byRevision)), list{
			"00001 GAUGE 05:00=2.00", "r1-1 GAUGE 05:00=1.00"}},
		{"connections, at most", ask(`metric.type = "`+monitoring.Connections+`" AND resource.labels.database_id = "my-gcp-project:db"`, noon, five, aligned(5*time.Minute, alignMax, reduceNone)), list{
			"my-gcp-project:db GAUGE 05:00=12"}},
		{"another service has none", ask(counts+` AND resource.labels.service_name = "other"`, noon, five), list{}},
		{"another time has none", ask(counts, noon.Add(-time.Hour), noon), list{}},
		{"headers only", ask(counts+` AND resource.labels.revision_name = "`+canary+`"`, noon, five, func(r *monitoringpb.ListTimeSeriesRequest) {
			r.View = monitoringpb.ListTimeSeriesRequest_HEADERS
		}), list{"r1-1 200 2xx DELTA", "r1-1 503 5xx DELTA"}},
	} {
		t.Run(c.fact, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(c.want, p.answer(c.req)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestResourceAndDistributionAreComplete(t *testing.T) {
	t.Parallel()
	p := filled(t)
	list, err := p.ask(t.Context(), ask(latencies+` AND resource.labels.revision_name = "`+stable+`"`, noon, noon.Add(time.Minute)))
	if err != nil || len(list) != 1 {
		t.Fatalf("%v, %v", list, err)
	}
	want := map[string]string{"project_id": "my-gcp-project", "location": "us-central1", "service_name": app, "revision_name": stable, "configuration_name": app}
	if diff := cmp.Diff(want, list[0].GetResource().GetLabels()); diff != "" {
		t.Errorf("labels (-want +got):\n%s", diff)
	}
	d := list[0].GetPoints()[0].GetValue().GetDistributionValue()
	if e := d.GetBucketOptions().GetExponentialBuckets(); e.GetGrowthFactor() != 1.4 || e.GetScale() != 1 || e.GetNumFiniteBuckets() != 66 {
		t.Errorf("buckets %v", e)
	}
	// 1.4^13 = 79.4 and 1.4^14 = 111.1: 100 ms is in bucket 14. Empty ones after it are left out.
	counts := d.GetBucketCounts()
	if len(counts) != 15 || counts[14] != 10 || d.GetSumOfSquaredDeviation() > 1e-6 {
		t.Errorf("counts %v, deviation %g", counts, d.GetSumOfSquaredDeviation())
	}
}

func TestSamplesBecomeVisibleLate(t *testing.T) {
	t.Parallel()
	p := start(t, monitoring.Options{Period: 2 * time.Second, Delay: 3 * time.Second})
	p.requests(stable, 4, 200, time.Millisecond, noon.Add(time.Second))
	req := ask(counts, noon.Add(-time.Minute), noon.Add(time.Minute), aligned(2*time.Second, alignDelta, reduceSum, byRevision))
	for _, c := range []struct {
		after time.Duration
		late  time.Duration
		want  []string
	}{
		{2 * time.Second, 0, []string{}},
		{4999 * time.Millisecond, 30 * time.Second, []string{}},
		{5 * time.Second, 30 * time.Second, []string{}},
		{35 * time.Second, 30 * time.Second, []string{"00001 DELTA 00:00-00:02=4"}},
		{36 * time.Second, time.Hour, []string{"00001 DELTA 00:00-00:02=4"}}, // what was visible stays so
	} {
		p.clock.set(noon.Add(c.after))
		p.SetFault(monitoring.Fault{Late: c.late})
		if diff := cmp.Diff(c.want, p.answer(req)); diff != "" {
			t.Errorf("after %s, late by %s (-want +got):\n%s", c.after, c.late, diff)
		}
	}
}

func TestPagesCountPoints(t *testing.T) {
	t.Parallel()
	p := filled(t)
	want := p.answer(ask(counts, noon, noon.Add(5*time.Minute)))
	for size := int32(1); size < 17; size++ {
		req := ask(counts, noon, noon.Add(5*time.Minute), func(r *monitoringpb.ListTimeSeriesRequest) { r.PageSize = size })
		whole := map[string]*monitoringpb.TimeSeries{}
		for it := p.client.ListTimeSeries(t.Context(), req); ; {
			x, err := it.Next()
			if errors.Is(err, iterator.Done) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			if n := len(x.GetPoints()); n == 0 || n > int(size) {
				t.Errorf("%d points on a page of %d", n, size)
			}
			key := x.GetResource().GetLabels()["revision_name"] + x.GetMetric().GetLabels()["response_code"]
			if whole[key] == nil {
				whole[key] = x
			} else {
				whole[key].Points = append(whole[key].Points, x.GetPoints()...)
			}
		}
		got := []string{}
		for _, key := range []string{stable + "200", canary + "200", canary + "503"} {
			got = append(got, line(whole[key]))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("pages of %d (-want +got):\n%s", size, diff)
		}
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	p := filled(t)
	cpu, five := `metric.type = "`+monitoring.CPUUtilizations+`"`, noon.Add(5*time.Minute)
	change := func(f func(*monitoringpb.ListTimeSeriesRequest)) *monitoringpb.ListTimeSeriesRequest {
		return ask(counts, noon, five, f)
	}
	for fact, c := range map[string]struct {
		req  *monitoringpb.ListTimeSeriesRequest
		want codes.Code
	}{
		"a metric type that there is none of":   {ask(`metric.type = "run.googleapis.com/request_cuont"`, noon, five), codes.NotFound},
		"no metric type":                        {ask(`resource.type = "cloud_run_revision"`, noon, five), codes.InvalidArgument},
		"two metric types":                      {ask(counts+" OR "+latencies, noon, five), codes.InvalidArgument},
		"a family of metric types":              {ask(`metric.type = starts_with("run.")`, noon, five), codes.InvalidArgument},
		"no filter":                             {ask("", noon, five), codes.InvalidArgument},
		"a filter that cannot be read":          {ask(counts+` AND (`, noon, five), codes.InvalidArgument},
		"a label that there is none of":         {ask(counts+` AND resource.labels.revision = "x"`, noon, five), codes.InvalidArgument},
		"a label of another metric":             {ask(counts+` AND metric.labels.state = "idle"`, noon, five), codes.InvalidArgument},
		"a comparison of another kind":          {ask(counts+` AND resource.labels.revision_name > "x"`, noon, five), codes.InvalidArgument},
		"a resource of another metric":          {ask(counts+` AND resource.type = "cloudsql_database"`, noon, five), codes.InvalidArgument},
		"an interval that goes back":            {ask(counts, five, noon), codes.InvalidArgument},
		"an interval of nothing":                {ask(counts, noon, noon), codes.InvalidArgument},
		"no interval":                           {change(func(r *monitoringpb.ListTimeSeriesRequest) { r.Interval = nil }), codes.InvalidArgument},
		"no start":                              {change(func(r *monitoringpb.ListTimeSeriesRequest) { r.Interval.StartTime = nil }), codes.InvalidArgument},
		"an order":                              {change(func(r *monitoringpb.ListTimeSeriesRequest) { r.OrderBy = "timestamp" }), codes.InvalidArgument},
		"another project":                       {change(func(r *monitoringpb.ListTimeSeriesRequest) { r.Name = "projects/another" }), codes.PermissionDenied},
		"no project":                            {change(func(r *monitoringpb.ListTimeSeriesRequest) { r.Name = "my-gcp-project" }), codes.InvalidArgument},
		"a page that is not ours":               {change(func(r *monitoringpb.ListTimeSeriesRequest) { r.PageToken = "next" }), codes.InvalidArgument},
		"a second aggregation":                  {change(func(r *monitoringpb.ListTimeSeriesRequest) { r.SecondaryAggregation = &monitoringpb.Aggregation{} }), codes.Unimplemented},
		"less than a minute":                    {change(aligned(59*time.Second, alignDelta, reduceNone)), codes.InvalidArgument},
		"an aligner without a period":           {change(aligned(0, alignDelta, reduceNone)), codes.InvalidArgument},
		"a mean of deltas":                      {change(aligned(time.Minute, alignMean, reduceNone)), codes.InvalidArgument},
		"a mean of distributions":               {ask(cpu, noon, five, aligned(time.Minute, alignMean, reduceNone)), codes.InvalidArgument},
		"the most of distributions":             {ask(cpu, noon, five, aligned(time.Minute, alignMax, reduceNone)), codes.InvalidArgument},
		"a rate of distributions":               {ask(latencies, noon, five, aligned(time.Minute, alignRate, reduceNone)), codes.InvalidArgument},
		"a percentile of counts":                {change(aligned(time.Minute, alignP99, reduceNone)), codes.InvalidArgument},
		"the most of reduced distributions":     {ask(latencies, noon, five, aligned(time.Minute, alignDelta, reduceMax)), codes.InvalidArgument},
		"a reducer without an aligner":          {change(aligned(time.Minute, alignNone, reduceSum)), codes.InvalidArgument},
		"a group by what is not":                {change(aligned(time.Minute, alignDelta, reduceSum, "resource.labels.revision")), codes.InvalidArgument},
		"an aligner that the practice has none": {change(aligned(time.Minute, monitoringpb.Aggregation_ALIGN_STDDEV, reduceNone)), codes.Unimplemented},
		"a reducer that the practice has none":  {change(aligned(time.Minute, alignDelta, monitoringpb.Aggregation_REDUCE_STDDEV)), codes.Unimplemented},
	} {
		t.Run(fact, func(t *testing.T) {
			t.Parallel()
			_, err := p.ask(t.Context(), c.req)
			wantCode(t, fact, err, c.want)
		})
	}
}

func TestPracticeMinutesAreShorter(t *testing.T) {
	t.Parallel()
	p := start(t, monitoring.Options{Period: 2 * time.Second})
	p.requests(stable, 3, 200, time.Millisecond, noon)
	req := func(d time.Duration) *monitoringpb.ListTimeSeriesRequest {
		return ask(counts, noon.Add(-4*time.Second), noon.Add(4*time.Second), aligned(d, alignDelta, reduceNone))
	}
	if diff := cmp.Diff([]string{"00001 200 2xx DELTA 00:00-00:04=3"}, p.answer(req(4*time.Second))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	_, err := p.ask(t.Context(), req(time.Second))
	wantCode(t, "shorter than a sampling period", err, codes.InvalidArgument)
}

func TestReducedMean(t *testing.T) {
	t.Parallel()
	p := filled(t)
	for fact, c := range map[string]struct{ filter, want string }{
		"of distributions is that of all values": {latencies, "DELTA 00:00-05:00=125.00"},
		"of counts is that of the series":        {counts, "DELTA 00:00-05:00=20.00"},
	} {
		if diff := cmp.Diff([]string{c.want}, p.answer(ask(c.filter, noon, noon.Add(5*time.Minute), aligned(5*time.Minute, alignDelta, reduceMean)))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", fact, diff)
		}
	}
}
