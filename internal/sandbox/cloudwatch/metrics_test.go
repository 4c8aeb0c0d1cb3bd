package cloudwatch_test

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	metrics "github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"

	"slipway/internal/sandbox/cloudwatch"
)

// told is a server that was told of requests in minutes 1 and 3, and of tasks from minute 2 to 5.
func told(t *testing.T, opts cloudwatch.Options) (*cloudwatch.Server, *metrics.Client) {
	t.Helper()
	s, c, _ := practice(t, opts)
	at := func(m float64) cloudwatch.Moment { return s.At(start.Add(time.Duration(m * float64(time.Minute)))) }
	for i := 1; i <= 100; i++ {
		at(1.5).Request(group, balancer, 200, time.Duration(i)*time.Millisecond)
	}
	for _, status := range []int{200, 302, 404, 500, 503} {
		at(3).Request(group, balancer, status, 2*time.Second)
	}
	at(3.2).Unanswered(group, balancer)
	at(3.3).Unanswered("", balancer)
	at(0.5).Hosts(group, balancer, 3, 1)
	at(4).Hosts(group, balancer, 0, 0)
	at(2).Task(cloudwatch.Tasks{Cluster: "c", Service: "s", Family: "f", Group: "old", Running: 3, Desired: 4, CPU: 0.5, Memory: 0.25})
	at(3).Task(cloudwatch.Tasks{Cluster: "c", Service: "s", Family: "f", Group: "new", Running: 1, CPU: 1, Memory: 0.5, Units: 512, MiB: 1024})
	at(5).Task(cloudwatch.Tasks{Cluster: "c", Service: "s", Family: "f", Group: "old", Gone: true})
	at(5).Task(cloudwatch.Tasks{Cluster: "c", Service: "s", Family: "f", Group: "new", Gone: true})
	at(1).Connections("db", 40)
	return s, c
}

func TestWhatIsAnswered(t *testing.T) {
	t.Parallel()
	service := []string{"ServiceName", "s", "ClusterName", "c"}
	tests := map[string]struct {
		in   *metrics.GetMetricDataInput
		want map[int]float64
	}{
		"requests that a target was chosen for":       {traffic("RequestCount", "Sum"), map[int]float64{1: 100, 3: 6}},
		"answers of each class":                       {traffic("HTTPCode_Target_2XX_Count", "Sum"), map[int]float64{1: 100, 3: 1}},
		"failures of targets":                         {traffic("HTTPCode_Target_5XX_Count", "Sum"), map[int]float64{3: 2}},
		"client errors":                               {traffic("HTTPCode_Target_4XX_Count", "Sum"), map[int]float64{3: 1}},
		"connections that were not taken":             {traffic("TargetConnectionErrorCount", "Sum"), map[int]float64{3: 1}},
		"no 5xx of the balancer under a target group": {traffic("HTTPCode_ELB_5XX_Count", "Sum"), map[int]float64{}},
		"5xx of the balancer":                         {ask("AWS/ApplicationELB", "HTTPCode_ELB_5XX_Count", "Sum", "LoadBalancer", balancer), map[int]float64{3: 2}},
		"a metric with too few dimensions":            {ask("AWS/ApplicationELB", "RequestCount", "Sum", "TargetGroup", group), map[int]float64{}},
		"times in seconds":                            {traffic("TargetResponseTime", "Maximum"), map[int]float64{1: 0.1, 3: 2}},
		"their mean":                                  {traffic("TargetResponseTime", "Average"), map[int]float64{1: 0.0505, 3: 2}},
		"the lowest":                                  {traffic("TargetResponseTime", "Minimum"), map[int]float64{1: 0.001, 3: 2}},
		"how many":                                    {traffic("TargetResponseTime", "SampleCount"), map[int]float64{1: 100, 3: 5}},
		"the median":                                  {traffic("TargetResponseTime", "p50"), map[int]float64{1: 0.05, 3: 2}},
		"percentiles":                                 {traffic("TargetResponseTime", "p95"), map[int]float64{1: 0.095, 3: 2}},
		"percentiles with a fraction":                 {traffic("TargetResponseTime", "p99.9"), map[int]float64{1: 0.1, 3: 2}},
		"a range is without its lower end and with its upper": {traffic("TargetResponseTime", "TC(0.01:0.02)"), map[int]float64{1: 10, 3: 0}},
		"a range without a lower end":                         {traffic("TargetResponseTime", "TC(:0.02)"), map[int]float64{1: 20, 3: 0}},
		"a range without an upper end":                        {traffic("TargetResponseTime", "TC(0.02:)"), map[int]float64{1: 80, 3: 5}},
		"per cent of values":                                  {traffic("TargetResponseTime", "PR(0.5:)"), map[int]float64{1: 0, 3: 100}},
		"the mean of a range, where it has values":            {traffic("TargetResponseTime", "TM(0.09:0.1)"), map[int]float64{1: 0.0955}},
		"targets while there are any":                         {traffic("HealthyHostCount", "Average"), map[int]float64{0: 3, 1: 3, 2: 3, 3: 3}},
		"targets that are not well":                           {traffic("UnHealthyHostCount", "Maximum"), map[int]float64{0: 1, 1: 1, 2: 1, 3: 1}},
		"what all tasks use":                                  {ask("ECS/ContainerInsights", "CpuUtilized", "Sum", service...), map[int]float64{2: 1536, 3: 2048, 4: 2048}},
		"what they may use":                                   {ask("ECS/ContainerInsights", "CpuReserved", "Sum", service...), map[int]float64{2: 3072, 3: 3584, 4: 3584}},
		"memory":                                              {ask("ECS/ContainerInsights", "MemoryUtilized", "Maximum", service...), map[int]float64{2: 512, 3: 512, 4: 512}},
		"memory by family":                                    {ask("ECS/ContainerInsights", "MemoryReserved", "Sum", "ClusterName", "c", "TaskDefinitionFamily", "f"), map[int]float64{2: 6144, 3: 7168, 4: 7168}},
		"tasks of a service, whatever their definition":       {ask("ECS/ContainerInsights", "RunningTaskCount", "Average", service...), map[int]float64{2: 3, 3: 4, 4: 4}},
		"CPU in per cent":                                     {ask("AWS/ECS", "CPUUtilization", "Average", service...), map[int]float64{2: 50, 3: 62.5, 4: 62.5}},
		"memory in per cent, one value for each task":         {ask("AWS/ECS", "MemoryUtilization", "SampleCount", service...), map[int]float64{2: 3, 3: 4, 4: 4}},
		"connections": {ask("AWS/RDS", "DatabaseConnections", "Average", "DBInstanceIdentifier", "db"),
			map[int]float64{1: 40, 2: 40, 3: 40, 4: 40, 5: 40, 6: 40, 7: 40, 8: 40, 9: 40}},
	}
	_, c := told(t, cloudwatch.Options{})
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := values(t, c, tc.in)
			for m, v := range got {
				got[m] = math.Round(v*1e6) / 1e6
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestLongerPeriodsAddUpWhatIsInThem(t *testing.T) {
	t.Parallel()
	_, c := told(t, cloudwatch.Options{Period: time.Second})
	in := traffic("RequestCount", "Sum")
	in.MetricDataQueries[0].MetricStat.Period = aws.Int32(300)
	if diff := cmp.Diff(map[int]float64{0: 106}, values(t, c, in)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestSamplesCanBeReadOnlyWhenTheyAreDue(t *testing.T) {
	t.Parallel()
	// Minute 3 is over at minute 4, and can be read two minutes later.
	for name, tc := range map[string]struct {
		now  time.Duration
		want map[int]float64
	}{
		"just before": {6*time.Minute - 1, map[int]float64{1: 100}},
		"then":        {6 * time.Minute, map[int]float64{1: 100, 3: 6}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, c := told(t, cloudwatch.Options{Clock: still{start.Add(tc.now)}, Delay: 2 * time.Minute})
			if diff := cmp.Diff(tc.want, values(t, c, traffic("RequestCount", "Sum"))); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestBadDays(t *testing.T) {
	t.Parallel()
	s, c := told(t, cloudwatch.Options{})
	s.SetFault(cloudwatch.Fault{NaN: true})
	if got := values(t, c, traffic("RequestCount", "Sum")); len(got) != 2 || !math.IsNaN(got[1]) {
		t.Errorf("not a number: %v", got)
	}
	s.SetFault(cloudwatch.Fault{Missing: true})
	if got := values(t, c, traffic("RequestCount", "Sum")); len(got) != 0 {
		t.Errorf("missing: %v", got)
	}
	s.SetFault(cloudwatch.Fault{Unknown: []string{"RequestCount"}})
	if got, other := values(t, c, traffic("RequestCount", "Sum")), values(t, c, traffic("TargetResponseTime", "Sum")); len(got) != 0 || len(other) == 0 {
		t.Errorf("one that is unknown: %v, another: %v", got, other)
	}
	s.SetFault(cloudwatch.Fault{Partial: true})
	out, err := c.GetMetricData(t.Context(), traffic("RequestCount", "Sum"))
	if err != nil || out.MetricDataResults[0].StatusCode != types.StatusCodePartialData || len(out.MetricDataResults[0].Values) != 1 {
		t.Errorf("%+v, %v", out, err)
	}
	s.SetFault(cloudwatch.Fault{Late: time.Hour})
	if got := values(t, c, traffic("RequestCount", "Sum")); len(got) != 2 {
		t.Errorf("what could be read stays readable: %v", got)
	}
	if s.Fault().Late != time.Hour {
		t.Errorf("%+v", s.Fault())
	}
}

func TestWhatIsRefused(t *testing.T) {
	t.Parallel()
	_, c := told(t, cloudwatch.Options{})
	tests := map[string]struct {
		change func(in *metrics.GetMetricDataInput)
		want   string // part of the message
	}{
		"501 questions": {func(in *metrics.GetMetricDataInput) {
			for i := range 500 {
				q := in.MetricDataQueries[0]
				q.Id = aws.String(fmt.Sprintf("b%d", i))
				in.MetricDataQueries = append(in.MetricDataQueries, q)
			}
		}, "500"},
		"an id twice": {func(in *metrics.GetMetricDataInput) {
			in.MetricDataQueries = append(in.MetricDataQueries, in.MetricDataQueries[0])
		}, "unique"},
		"an id that begins with a capital": {func(in *metrics.GetMetricDataInput) { in.MetricDataQueries[0].Id = aws.String("A") }, "pattern"},
		"a period that is none":            {func(in *metrics.GetMetricDataInput) { in.MetricDataQueries[0].MetricStat.Period = aws.Int32(90) }, "multiple of 60"},
		"a statistic that is none":         {func(in *metrics.GetMetricDataInput) { in.MetricDataQueries[0].MetricStat.Stat = aws.String("p101") }, "p101"},
		"a range that is none":             {func(in *metrics.GetMetricDataInput) { in.MetricDataQueries[0].MetricStat.Stat = aws.String("TC(2:1)") }, "TC(2:1)"},
		"metric math": {func(in *metrics.GetMetricDataInput) {
			in.MetricDataQueries[0] = types.MetricDataQuery{Id: aws.String("a"), Expression: aws.String("1+1")}
		}, "metric math"},
		"a window that ends before it begins": {func(in *metrics.GetMetricDataInput) { in.EndTime = in.StartTime }, "EndTime"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := traffic("RequestCount", "Sum")
			tc.change(in)
			_, err := c.GetMetricData(t.Context(), in)
			var refused smithy.APIError
			if !errors.As(err, &refused) || refused.ErrorCode() != "ValidationError" || !strings.Contains(refused.ErrorMessage(), tc.want) {
				t.Errorf("%v", err)
			}
		})
	}
}

func TestPagesHoldAllPoints(t *testing.T) {
	t.Parallel()
	_, c := told(t, cloudwatch.Options{})
	in := traffic("RequestCount", "Sum")
	second := traffic("HealthyHostCount", "Sum").MetricDataQueries[0]
	second.Id = aws.String("b")
	in.MetricDataQueries, in.MaxDatapoints = append(in.MetricDataQueries, second), aws.Int32(3)
	pages, points := 0, 0
	for p := metrics.NewGetMetricDataPaginator(c, in); p.HasMorePages(); pages++ {
		out, err := p.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range out.MetricDataResults {
			points += len(r.Values)
		}
	}
	if pages != 2 || points != 6 {
		t.Errorf("%d pages, %d points", pages, points)
	}
}

func TestMetricsAreListedByNameAndDimension(t *testing.T) {
	t.Parallel()
	s, c := told(t, cloudwatch.Options{})
	names := func(in *metrics.ListMetricsInput) map[string]int {
		out, err := c.ListMetrics(t.Context(), in)
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]int{}
		for _, m := range out.Metrics {
			got[*m.Namespace+" "+*m.MetricName] += len(m.Dimensions)
		}
		return got
	}
	want := map[string]int{"AWS/ECS CPUUtilization": 3, "AWS/ECS MemoryUtilization": 3}
	if diff := cmp.Diff(want, names(&metrics.ListMetricsInput{Namespace: aws.String("AWS/ECS")})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	db := &metrics.ListMetricsInput{Dimensions: []types.DimensionFilter{{Name: aws.String("DBInstanceIdentifier")}}, RecentlyActive: types.RecentlyActivePt3h}
	if diff := cmp.Diff(map[string]int{"AWS/RDS DatabaseConnections": 1}, names(db)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	s.SetFault(cloudwatch.Fault{Unknown: []string{"DatabaseConnections"}})
	if got := names(db); len(got) != 0 {
		t.Errorf("forgotten, and listed: %v", got)
	}
	if got := names(&metrics.ListMetricsInput{MetricName: aws.String("RequestCount"), Dimensions: []types.DimensionFilter{{Name: aws.String("TargetGroup"), Value: aws.String("targetgroup/other/1")}}}); len(got) != 0 {
		t.Errorf("of another group: %v", got)
	}
}

func TestStatisticsForPeople(t *testing.T) {
	t.Parallel()
	_, c := told(t, cloudwatch.Options{})
	in := &metrics.GetMetricStatisticsInput{
		Namespace: aws.String("AWS/ApplicationELB"), MetricName: aws.String("TargetResponseTime"), Period: aws.Int32(60),
		StartTime: aws.Time(start), EndTime: aws.Time(start.Add(3 * time.Minute)), Statistics: []types.Statistic{"Sum", "Maximum"},
		Dimensions: []types.Dimension{{Name: aws.String("LoadBalancer"), Value: aws.String(balancer)}},
	}
	out, err := c.GetMetricStatistics(t.Context(), in)
	if err != nil || len(out.Datapoints) != 1 || *out.Datapoints[0].Maximum != 0.1 || out.Datapoints[0].Average != nil || out.Datapoints[0].Unit != "Seconds" {
		t.Errorf("%+v, %v", out, err)
	}
	in.ExtendedStatistics, in.Statistics = []string{"p99"}, nil
	out, err = c.GetMetricStatistics(t.Context(), in)
	if err != nil || len(out.Datapoints) != 1 || out.Datapoints[0].ExtendedStatistics["p99"] != 0.099 {
		t.Errorf("%+v, %v", out, err)
	}
	in.Statistics = []types.Statistic{"Sum"}
	var refused smithy.APIError
	if _, err = c.GetMetricStatistics(t.Context(), in); !errors.As(err, &refused) || refused.ErrorCode() != "InvalidParameterCombination" {
		t.Errorf("both kinds at once: %v", err)
	}
}

func TestWhatIsPutCanBeRead(t *testing.T) {
	t.Parallel()
	_, c, _ := practice(t, cloudwatch.Options{})
	put := func(d types.MetricDatum, namespace string) error {
		d.MetricName, d.Timestamp = aws.String("Orders"), aws.Time(start.Add(time.Minute))
		_, err := c.PutMetricData(t.Context(), &metrics.PutMetricDataInput{Namespace: aws.String(namespace), MetricData: []types.MetricDatum{d}})
		return err
	}
	for _, d := range []types.MetricDatum{
		{Value: aws.Float64(3)}, {Values: []float64{1, 2}, Counts: []float64{10, 1}},
	} {
		if err := put(d, "Shop"); err != nil {
			t.Fatal(err)
		}
	}
	if got := values(t, c, ask("Shop", "Orders", "p50")); got[1] != 1 {
		t.Errorf("median %v", got)
	}
	set := types.StatisticSet{SampleCount: aws.Float64(2), Sum: aws.Float64(20), Minimum: aws.Float64(9), Maximum: aws.Float64(11)}
	if err := put(types.MetricDatum{StatisticValues: &set}, "Shop"); err != nil {
		t.Fatal(err)
	}
	if got := values(t, c, ask("Shop", "Orders", "Sum")); got[1] != 35 {
		t.Errorf("sum %v", got)
	}
	if got := values(t, c, ask("Shop", "Orders", "p50")); len(got) != 0 {
		t.Errorf("a percentile of values that nobody knows: %v", got)
	}
	if err := put(types.MetricDatum{Value: aws.Float64(1)}, "AWS/ECS"); err == nil {
		t.Error("AWS's own namespace can be written to")
	}
	if err := put(types.MetricDatum{}, "Shop"); err == nil {
		t.Error("nothing can be put")
	}
}
