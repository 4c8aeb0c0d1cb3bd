package cloudwatch_test

import (
	"context"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	metrics "github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	logs "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"go.uber.org/goleak"

	"slipway/internal/sandbox/awsapi"
	"slipway/internal/sandbox/cloudwatch"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var start = time.Date(2026, 3, 2, 14, 0, 0, 0, time.UTC)

const (
	group    = "targetgroup/blue/0123456789abcdef"
	balancer = "app/coditect/fedcba9876543210"
)

// still is a clock that stands still.
type still struct{ time.Time }

func (c still) Now() time.Time { return c.Time }

// serve answers with a server until the test ends.
func serve(t *testing.T, s *cloudwatch.Server) aws.Config {
	t.Helper()
	api := awsapi.New(nil)
	for _, a := range s.APIs() {
		api.Handle(a)
	}
	if err := api.Start(""); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := api.Close(); err != nil {
			t.Error(err)
		}
	})
	return aws.Config{
		Region: "us-east-1", BaseEndpoint: aws.String("http://" + api.Addr()), Retryer: func() aws.Retryer { return aws.NopRetryer{} },
		Credentials: credentials.NewStaticCredentialsProvider("AKIDEXAMPLE", "secret", ""), HTTPClient: alone(t),
	}
}

// moving is a clock that is set.
type moving struct {
	mu  sync.Mutex
	now time.Time
}

func (c *moving) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *moving) set(now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = now
}

func practice(t *testing.T, opts cloudwatch.Options) (*cloudwatch.Server, *metrics.Client, *logs.Client) {
	t.Helper()
	if opts.Clock == nil {
		opts.Clock = still{start.Add(30 * time.Minute)}
	}
	s := cloudwatch.New(&opts)
	cfg := serve(t, s)
	return s, metrics.NewFromConfig(cfg), logs.NewFromConfig(cfg)
}

// ask asks one statistic by the minute, over the first ten.
func ask(namespace, metric, stat string, dims ...string) *metrics.GetMetricDataInput {
	m := &types.Metric{Namespace: aws.String(namespace), MetricName: aws.String(metric)}
	for i := 0; i < len(dims); i += 2 {
		m.Dimensions = append(m.Dimensions, types.Dimension{Name: aws.String(dims[i]), Value: aws.String(dims[i+1])})
	}
	return &metrics.GetMetricDataInput{
		StartTime: aws.Time(start), EndTime: aws.Time(start.Add(10 * time.Minute)), ScanBy: types.ScanByTimestampAscending,
		MetricDataQueries: []types.MetricDataQuery{{Id: aws.String("a"), MetricStat: &types.MetricStat{
			Metric: m, Stat: aws.String(stat), Period: aws.Int32(60),
		}}},
	}
}

func traffic(metric, stat string) *metrics.GetMetricDataInput {
	return ask("AWS/ApplicationELB", metric, stat, "LoadBalancer", balancer, "TargetGroup", group)
}

// values are those of the one answer, by the minute at which they begin.
func values(t *testing.T, c *metrics.Client, in *metrics.GetMetricDataInput) map[int]float64 {
	t.Helper()
	out, err := c.GetMetricData(context.Background(), in)
	if err != nil {
		t.Fatal(err)
	}
	if len(out.MetricDataResults) != 1 || len(out.MetricDataResults[0].Timestamps) != len(out.MetricDataResults[0].Values) {
		t.Fatalf("%+v", out)
	}
	got := map[int]float64{}
	for i, at := range out.MetricDataResults[0].Timestamps {
		got[int(at.Sub(start)/time.Minute)] = out.MetricDataResults[0].Values[i]
	}
	return got
}

// alone is a client whose connections end with the test.
func alone(t *testing.T) *http.Client {
	t.Helper()
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}
