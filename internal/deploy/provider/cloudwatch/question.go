package cloudwatch

import (
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
)

// The namespaces and metrics, from AWS's lists.
const (
	balancing          = "AWS/ApplicationELB"
	requestCount       = "RequestCount"
	targetFailures     = "HTTPCode_Target_5XX_Count"
	connectionErrors   = "TargetConnectionErrorCount"
	targetResponseTime = "TargetResponseTime" // seconds
	healthyHosts       = "HealthyHostCount"

	insights         = "ECS/ContainerInsights"
	runningTaskCount = "RunningTaskCount"

	containers = "AWS/ECS" // per cent

	relational          = "AWS/RDS"
	databaseConnections = "DatabaseConnections"
)

// The statistics that are no range of values.
const (
	sum         = "Sum"
	average     = "Average"
	maximum     = "Maximum"
	sampleCount = "SampleCount"
)

// mostCount is more than a service answers in any window: whole numbers above it are not exact any more.
const mostCount = 1 << 53

// question is one statistic of one metric, with its answer.
type question struct {
	namespace, metric, stat string
	dims                    []string // names and values in turn
	points                  []point
	status                  types.StatusCode
}

// point is a period.
type point struct {
	end   time.Time
	value float64
}

// questions are those of one reading.
type questions struct {
	list  []*question
	known map[string]*question
}

// ask adds a question; one that is asked already is not asked again.
func (q *questions) ask(namespace, metric, stat string, dims ...string) *question {
	key := strings.Join(append([]string{namespace, metric, stat}, dims...), "\x00")
	if known := q.known[key]; known != nil {
		return known
	}
	if q.known == nil {
		q.known = map[string]*question{}
	}
	made := &question{namespace: namespace, metric: metric, stat: stat, dims: dims}
	q.known[key], q.list = made, append(q.list, made)
	return made
}

// query is the question in AWS's words.
func (q *question) query(id string, period time.Duration) types.MetricDataQuery {
	m := &types.Metric{Namespace: aws.String(q.namespace), MetricName: aws.String(q.metric)}
	for i := 0; i+1 < len(q.dims); i += 2 {
		m.Dimensions = append(m.Dimensions, types.Dimension{Name: aws.String(q.dims[i]), Value: aws.String(q.dims[i+1])})
	}
	return types.MetricDataQuery{Id: aws.String(id), MetricStat: &types.MetricStat{
		Metric: m, Stat: aws.String(q.stat), Period: aws.Int32(int32(period / time.Second)),
	}}
}

// window is a stretch of time, from excluded, to included.
type window struct{ from, to time.Time }

func (w window) has(t time.Time) bool { return t.After(w.from) && !t.After(w.to) }

// within gives the points that end in a window. A number that cannot be is an error, wherever it is.
func (q *question) within(w window) ([]point, error) {
	var in []point
	for _, p := range q.points {
		if !(p.value >= 0 && p.value <= mostCount) { // NaN is neither
			return nil, wrong(q.metric, "it is %g", p.value)
		}
		if w.has(p.end) {
			in = append(in, p)
		}
	}
	return in, nil
}

// total adds a count up; n is how many points there were.
func (q *question) total(w window) (count float64, n int, err error) {
	points, err := q.within(w)
	for _, p := range points {
		count += p.value
	}
	return count, len(points), err
}

// newest is the later of a time and the end of the last point.
func (q *question) newest(t time.Time) time.Time {
	for _, p := range q.points {
		if p.end.After(t) {
			t = p.end
		}
	}
	return t
}

// trimmed is the statistic that counts values above low, up to high.
func trimmed(low, high float64) string { return "TC(" + end(low) + ":" + end(high) + ")" }

func end(v float64) string {
	if math.IsInf(v, 0) {
		return ""
	}
	text := strconv.FormatFloat(v, 'f', 10, 64) // digits that AWS reads
	return strings.TrimRight(strings.TrimRight(text, "0"), ".")
}
