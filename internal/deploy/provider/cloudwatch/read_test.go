package cloudwatch_test

import (
	"context"
	"math"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	metrics "github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"slipway/internal/deploy"
	"slipway/internal/deploy/provider/cloudwatch"
	"slipway/internal/deploy/provider/metricstest"
	"slipway/internal/sandbox/awsapi"
	sandbox "slipway/internal/sandbox/cloudwatch"
)

const (
	candidate deploy.RevisionName = "coditect-web:42"
	baseline  deploy.RevisionName = "coditect-web:41"
)

func query(s deploy.MetricsSpec) deploy.MetricsQuery {
	return deploy.MetricsQuery{
		Service: ref, Spec: s, Revisions: []deploy.RevisionName{candidate, baseline}, From: start.Add(5 * time.Minute), To: start.Add(15 * time.Minute),
	}
}

func read(t *testing.T, c *cloudwatch.CloudWatch, q deploy.MetricsQuery) deploy.Reading {
	t.Helper()
	got, err := c.Read(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestTwoVersionsBehindOneTargetGroupAreOneNumber(t *testing.T) {
	t.Parallel()
	p := newPractice(t)
	p.Write(ref.Name, "shared", start, 20, metricstest.Sample{Requests: 10, Failed: 1, Took: time.Millisecond, CPU: 0.5, Memory: 0.5, Instances: 4})
	shared := place(ref.Name, "shared")
	got := read(t, connect(t, p.api.Addr(), places{candidate: shared, baseline: shared}, cloudwatch.Options{}), query(spec(time.Minute)))
	m := got.Revisions[candidate]
	if m.Requests != 100 || m.Failed != 10 || m.Instances != 4 || !near(m.CPU.Mean, 0.5) {
		t.Errorf("all of it is the candidate's: %+v", m)
	}
	if m, ok := got.Revisions[baseline]; ok {
		t.Errorf("the baseline cannot be told apart, and is in the answer: %+v", m)
	}
}

func TestTaskSetsShareAServiceAndNotATargetGroup(t *testing.T) {
	t.Parallel()
	p := newPractice(t)
	for revision, n := range map[deploy.RevisionName]int64{candidate: 1, baseline: 9} {
		p.Write(ref.Name, revision, start, 20, metricstest.Sample{Requests: n, Took: time.Millisecond, CPU: 0.5, Memory: 0.5, Instances: 2})
	}
	p.At(start.Add(time.Second)).Task(sandbox.Tasks{Cluster: ref.Project, Service: "both", Running: 4, CPU: 0.25})
	a, b := place(ref.Name, candidate), place(ref.Name, baseline)
	a.Service, b.Service = "both", "both"
	got := read(t, connect(t, p.api.Addr(), places{candidate: a, baseline: b}, cloudwatch.Options{}), query(spec(time.Minute)))
	if one, other := got.Revisions[candidate], got.Revisions[baseline]; one.Requests != 10 || other.Requests != 90 || !near(one.CPU.Mean, 0.25) || other.CPU.Samples != 0 {
		t.Errorf("%+v and %+v", one, other)
	}
}

func TestARevisionThatIsNotThereAnyMoreIsNotInTheAnswer(t *testing.T) {
	t.Parallel()
	p := newPractice(t)
	p.Write(ref.Name, candidate, start, 20, metricstest.Sample{Requests: 1, Instances: 1})
	got := read(t, connect(t, p.api.Addr(), places{candidate: place(ref.Name, candidate)}, cloudwatch.Options{}), query(spec(time.Minute)))
	if _, ok := got.Revisions[baseline]; ok || got.Revisions[candidate].Requests != 10 {
		t.Errorf("%+v", got.Revisions)
	}
}

func TestConnectionsThatTargetsDidNotTakeAreFailures(t *testing.T) {
	t.Parallel()
	p := newPractice(t)
	at := place(ref.Name, candidate)
	p.Write(ref.Name, candidate, start, 20, metricstest.Sample{Requests: 10, Failed: 1, Instances: 1})
	p.At(start.Add(10*time.Minute)).Unanswered(at.TargetGroup, at.LoadBalancer)
	m := read(t, connect(t, p.api.Addr(), places(nil), cloudwatch.Options{}), query(spec(time.Minute))).Revisions[candidate]
	if m.Requests != 101 || m.Failed != 11 {
		t.Errorf("%d of %d failed, want 11 of 101", m.Failed, m.Requests)
	}
}

func TestAServiceWithoutALoadBalancerIsKnownByItsTasks(t *testing.T) {
	t.Parallel()
	p := newPractice(t)
	p.At(start.Add(time.Second)).Task(sandbox.Tasks{Cluster: ref.Project, Service: ref.Name, Running: 3, CPU: 0.5})
	got := read(t, connect(t, p.api.Addr(), places{candidate: {}}, cloudwatch.Options{}), query(spec(2*time.Minute)))
	if m := got.Revisions[candidate]; m.Instances != 3 || !near(m.CPU.Mean, 0.5) || m.Requests != 0 {
		t.Errorf("%+v", m)
	}
	if want := start.Add(17 * time.Minute); !got.Newest.Equal(want) {
		t.Errorf("newest %s, want %s", got.Newest, want)
	}
}

func TestAClusterWithoutContainerInsightsIsReadAllTheSame(t *testing.T) {
	t.Parallel()
	p := newPractice(t)
	p.Write(ref.Name, candidate, start, 10, metricstest.Sample{CPU: 0.25, Memory: 0.5, Instances: 1})
	p.Write(ref.Name, candidate, start.Add(10*time.Minute), 10, metricstest.Sample{CPU: 0.75, Memory: 0.5, Instances: 3})
	p.set(func(f *sandbox.Fault) {
		f.Unknown = []string{"CpuUtilized", "CpuReserved", "MemoryUtilized", "MemoryReserved"}
	})
	c := connect(t, p.api.Addr(), places(nil), cloudwatch.Options{})
	m := read(t, c, query(spec(time.Minute))).Revisions[candidate]
	// Five samples of one task, fifteen of three.
	if !near(m.CPU.Mean, (5*0.25+15*0.75)/20) || !near(m.CPU.Max, 0.75) || m.CPU.Samples != 20 || !near(m.Memory.Mean, 0.5) {
		t.Errorf("%+v, %+v", m.CPU, m.Memory)
	}
	p.At(start.Add(time.Second)).Connections(instance, 1)
	p.Write(ref.Name, candidate, end, 0, metricstest.Sample{})
	if err := c.Check(t.Context(), ref, only(deploy.Objective{Metric: deploy.CPU})); err != nil {
		t.Errorf("check: %v", err)
	}
}

func TestLimitsOfObjectivesAreBounds(t *testing.T) {
	t.Parallel()
	p := newPractice(t)
	for revision, took := range map[deploy.RevisionName]time.Duration{candidate: 333 * time.Millisecond, baseline: 334 * time.Millisecond} {
		p.Write(ref.Name, revision, start, 20, metricstest.Sample{Requests: 1, Took: took, Instances: 1})
	}
	s := only(deploy.Objective{Metric: deploy.LatencyP95, Target: 333, Critical: 1000})
	got := read(t, connect(t, p.api.Addr(), places(nil), cloudwatch.Options{}), query(s))
	for revision, want := range map[deploy.RevisionName]int64{candidate: 10, baseline: 0} {
		h, below := got.Revisions[revision].Latency, int64(0)
		for i, b := range h.Bounds {
			if b <= 333 {
				below += h.Counts[i]
			}
			if i > 0 && b > h.Bounds[i-1]*1.2801 {
				t.Errorf("a bucket from %g to %g ms", h.Bounds[i-1], b)
			}
		}
		if below != want {
			t.Errorf("%s: %d up to the target, want %d", revision, below, want)
		}
	}
}

func TestAShortWindowBeginsEarlier(t *testing.T) {
	t.Parallel()
	p := newPractice(t)
	p.Write(ref.Name, candidate, start, 20, metricstest.Sample{Requests: 7, Instances: 1})
	q := query(spec(time.Minute))
	q.From, q.To = start.Add(10*time.Minute+10*time.Second), start.Add(10*time.Minute+30*time.Second)
	if m := read(t, connect(t, p.api.Addr(), places(nil), cloudwatch.Options{}), q).Revisions[candidate]; m.Requests != 7 {
		t.Errorf("%+v", m)
	}
}

func TestAReadingIsOneCall(t *testing.T) {
	t.Parallel()
	p := newPractice(t)
	read(t, connect(t, p.api.Addr(), places(nil), cloudwatch.Options{}), query(spec(time.Minute)))
	calls := p.api.Calls()
	if len(calls) != 1 || calls[0].Operation != "GetMetricData" {
		t.Fatalf("%v", calls)
	}
	in, ok := calls[0].Input.(*metrics.GetMetricDataInput)
	if !ok {
		t.Fatalf("%T", calls[0].Input)
	}
	asked := map[string]bool{}
	for _, q := range in.MetricDataQueries {
		what := *q.MetricStat.Metric.MetricName + " " + *q.MetricStat.Stat
		for _, d := range q.MetricStat.Metric.Dimensions {
			what += " " + *d.Value
		}
		if asked[what] {
			t.Errorf("asked twice: %s", what)
		}
		asked[what] = true
	}
}

// canned answers GetMetricData with what a test makes of each question.
func canned(t *testing.T, result func(q types.MetricDataQuery) types.MetricDataResult, more func(in *metrics.GetMetricDataInput, out *metrics.GetMetricDataOutput)) *cloudwatch.CloudWatch {
	t.Helper()
	api := sandbox.New(nil).Metrics()
	api.Operations = map[string]awsapi.Operation{"GetMetricData": awsapi.Op(func(_ context.Context, in *metrics.GetMetricDataInput) (*metrics.GetMetricDataOutput, error) {
		out := &metrics.GetMetricDataOutput{}
		for _, q := range in.MetricDataQueries {
			r := result(q)
			if r.Id == nil {
				r.Id = q.Id
			}
			if r.StatusCode == "" {
				r.StatusCode = types.StatusCodeComplete
			}
			out.MetricDataResults = append(out.MetricDataResults, r)
		}
		if more != nil {
			more(in, out)
		}
		return out, nil
	})}
	return connect(t, serve(t, api).Addr(), places(nil), cloudwatch.Options{})
}

// at answers one metric with a value in the window.
func at(metric, stat string, value float64) func(q types.MetricDataQuery) types.MetricDataResult {
	return func(q types.MetricDataQuery) types.MetricDataResult {
		if *q.MetricStat.Metric.MetricName != metric || stat != "" && *q.MetricStat.Stat != stat {
			return types.MetricDataResult{}
		}
		return types.MetricDataResult{Timestamps: []time.Time{start.Add(10 * time.Minute)}, Values: []float64{value}}
	}
}

func TestAnswersThatCannotBeRightAreNone(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		result func(q types.MetricDataQuery) types.MetricDataResult
		of     deploy.MetricName
		says   string
	}{
		"a request less":              {at("RequestCount", "", -1), deploy.ErrorRate, "RequestCount cannot be right"},
		"more than can be":            {at("RequestCount", "", math.Inf(1)), deploy.ErrorRate, "RequestCount cannot be right"},
		"more failures than requests": {at("HTTPCode_Target_5XX_Count", "", 5), deploy.ErrorRate, "5 among 0 requests"},
		"latencies without parts":     {at("TargetResponseTime", "SampleCount", 50), deploy.LatencyP95, "its parts have 0 values, all of it 50"},
		"a negative part":             {at("TargetResponseTime", "TC(0.1:0.125)", -1), deploy.LatencyP95, "TargetResponseTime cannot be right"},
		"a use of a thousand":         {at("CPUUtilization", "", 200_000), deploy.CPU, "CpuUtilized cannot be right"},
		"targets that are no number":  {at("HealthyHostCount", "", math.NaN()), deploy.CPU, "HealthyHostCount cannot be right"},
		"connections that are owed":   {at("DatabaseConnections", "", -3), deploy.Connections, "DatabaseConnections cannot be right"},
		"times without values": {func(types.MetricDataQuery) types.MetricDataResult {
			return types.MetricDataResult{Timestamps: []time.Time{start}}
		}, deploy.CPU, "0 values at 1 times"},
		"a part": {func(types.MetricDataQuery) types.MetricDataResult {
			return types.MetricDataResult{StatusCode: "PartialData"}
		}, deploy.CPU, "in part only"},
		"a mistake": {func(types.MetricDataQuery) types.MetricDataResult {
			return types.MetricDataResult{StatusCode: "InternalError"}
		}, deploy.CPU, "in part only"},
		"a new word": {func(types.MetricDataQuery) types.MetricDataResult {
			return types.MetricDataResult{StatusCode: "Perhaps"}
		}, deploy.CPU, "in part only"},
		"a message": {func(types.MetricDataQuery) types.MetricDataResult {
			return types.MetricDataResult{Messages: []types.MessageData{{Code: aws.String("ArchiveError"), Value: aws.String("x")}}}
		}, deploy.CPU, "in part only"},
		"an answer to nothing": {func(types.MetricDataQuery) types.MetricDataResult { return types.MetricDataResult{Id: aws.String("z")} }, deploy.CPU, "in part only"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := only(deploy.Objective{Metric: tc.of})
			s.Database = &deploy.DatabaseMetrics{Instance: instance, Most: most}
			got, err := canned(t, tc.result, nil).Read(t.Context(), query(s))
			wantCode(t, err, deploy.Unavailable, tc.says)
			if len(got.Revisions) != 0 || got.Connections.Samples != 0 {
				t.Errorf("an error, and %+v", got)
			}
		})
	}
}

func TestAMetricThatMayNotBeReadIsForbidden(t *testing.T) {
	t.Parallel()
	_, err := canned(t, func(types.MetricDataQuery) types.MetricDataResult {
		return types.MetricDataResult{StatusCode: "Forbidden"}
	}, nil).
		Read(t.Context(), query(spec(time.Minute)))
	wantCode(t, err, deploy.Forbidden, "cloudwatch:GetMetricData")
}

func TestAllPagesAreRead(t *testing.T) {
	t.Parallel()
	// A part of an answer goes on with the next page.
	c := canned(t, at("RequestCount", "", 3), func(in *metrics.GetMetricDataInput, out *metrics.GetMetricDataOutput) {
		if in.NextToken == nil {
			out.NextToken = aws.String("more")
			for i := range out.MetricDataResults {
				out.MetricDataResults[i].StatusCode = types.StatusCodePartialData
			}
		}
	})
	if m := read(t, c, query(only(deploy.Objective{Metric: deploy.ErrorRate}))).Revisions[candidate]; m.Requests != 6 {
		t.Errorf("%d requests, want 6", m.Requests)
	}
}

func TestAMessageAboutTheWholeAnswerMakesItNone(t *testing.T) {
	t.Parallel()
	c := canned(t, at("RequestCount", "", 3), func(_ *metrics.GetMetricDataInput, out *metrics.GetMetricDataOutput) {
		out.Messages = []types.MessageData{{Code: aws.String("MaxMetricsExceeded"), Value: aws.String("too many")}}
	})
	_, err := c.Read(t.Context(), query(spec(time.Minute)))
	wantCode(t, err, deploy.Unavailable, "in part only")
}

func TestAMinuteThatIsNotOverDoesNotCount(t *testing.T) {
	t.Parallel()
	c := canned(t, func(q types.MetricDataQuery) types.MetricDataResult {
		if *q.MetricStat.Metric.MetricName != "RequestCount" {
			return types.MetricDataResult{}
		}
		return types.MetricDataResult{Timestamps: []time.Time{start.Add(14 * time.Minute), start.Add(15 * time.Minute)}, Values: []float64{5, 1}}
	}, nil)
	q := query(only(deploy.Objective{Metric: deploy.ErrorRate}))
	q.Spec.Lag = 30 * time.Second
	got := read(t, c, q)
	if want := start.Add(15 * time.Minute); !got.Newest.Equal(want) || got.Revisions[candidate].Requests != 5 {
		t.Errorf("newest %s, want %s; %+v", got.Newest, want, got.Revisions)
	}
}
