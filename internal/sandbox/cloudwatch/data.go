package cloudwatch

import (
	"context"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
)

const (
	mostQueries = 500
	mostPoints  = 100_800
)

var queryIDs = regexp.MustCompile(`^[a-z][a-zA-Z0-9_]{0,254}$`)

func invalid(format string, args ...any) error {
	return refuse("ValidationError", fmt.Sprintf(format, args...))
}

// query is one MetricDataQuery that makes sense.
type query struct {
	id, label string
	key       key
	stat      statistic
	period    time.Duration
}

func (s *Server) getMetricData(_ context.Context, in *cloudwatch.GetMetricDataInput) (*cloudwatch.GetMetricDataOutput, error) {
	switch {
	case in.StartTime == nil:
		return nil, missing("StartTime")
	case in.EndTime == nil:
		return nil, missing("EndTime")
	case len(in.MetricDataQueries) == 0:
		return nil, missing("MetricDataQueries")
	case len(in.MetricDataQueries) > mostQueries:
		return nil, invalid("The collection MetricDataQueries must not have a size greater than %d.", mostQueries)
	case !in.StartTime.Before(*in.EndTime):
		return nil, invalid("The parameter StartTime must be less than the parameter EndTime.")
	}
	queries, err := readQueries(in.MetricDataQueries)
	if err != nil {
		return nil, err
	}
	first := 0
	if in.NextToken != nil {
		if first, err = strconv.Atoi(*in.NextToken); err != nil || first <= 0 || first >= len(queries) {
			return nil, refuse("InvalidNextToken", "The next token specified is invalid.")
		}
	}
	most := mostPoints
	if in.MaxDatapoints != nil {
		most = min(most, int(*in.MaxDatapoints))
	}
	out, points := &cloudwatch.GetMetricDataOutput{}, 0
	for i, q := range queries[first:] {
		r := s.result(&q, *in.StartTime, *in.EndTime, in.ScanBy != types.ScanByTimestampAscending)
		if points += len(r.Values); points > most && i > 0 {
			out.NextToken = aws.String(strconv.Itoa(first + i))
			break
		}
		out.MetricDataResults = append(out.MetricDataResults, r)
	}
	return out, nil
}

func readQueries(list []types.MetricDataQuery) ([]query, error) {
	ids := map[string]bool{}
	var all []query
	for _, in := range list {
		id := aws.ToString(in.Id)
		switch {
		case !queryIDs.MatchString(id):
			return nil, invalid("The value %q for parameter MetricDataQueries.member.Id is not matching the expected pattern ^[a-z][a-zA-Z0-9_]*$.", id)
		case ids[id]:
			return nil, invalid("The values for parameter id in MetricDataQueries are not unique.")
		case in.Expression != nil:
			return nil, invalid("Error in expression %q: the practice CloudWatch has no metric math.", id)
		case in.MetricStat == nil || in.MetricStat.Metric == nil || in.MetricStat.Period == nil || in.MetricStat.Stat == nil:
			return nil, invalid("The parameter MetricDataQueries.member.MetricStat is incomplete for the query %q.", id)
		}
		ids[id] = true
		m := in.MetricStat
		period, err := readPeriod(*m.Period)
		if err != nil {
			return nil, err
		}
		stat, known := readStatistic(*m.Stat)
		if !known {
			return nil, invalid("The value %s for parameter MetricDataQueries.member.MetricStat.Stat is not supported.", *m.Stat)
		}
		q := query{id: id, label: aws.ToString(in.Label), stat: stat, period: period}
		if q.label == "" {
			q.label = aws.ToString(m.Metric.MetricName)
		}
		q.key = keyOf(aws.ToString(m.Metric.Namespace), aws.ToString(m.Metric.MetricName), m.Metric.Dimensions)
		if in.ReturnData == nil || *in.ReturnData {
			all = append(all, q)
		}
	}
	return all, nil
}

func readPeriod(seconds int32) (time.Duration, error) {
	if seconds < 1 || seconds%60 != 0 && !slices.Contains([]int32{1, 5, 10, 20, 30}, seconds) {
		return 0, invalid("Period must be 1, 5, 10, 20, 30, or a multiple of 60.")
	}
	return time.Duration(seconds) * time.Second, nil
}

func (s *Server) result(q *query, from, to time.Time, newestFirst bool) types.MetricDataResult {
	s.mu.RLock()
	defer s.mu.RUnlock()
	r := types.MetricDataResult{Id: aws.String(q.id), Label: aws.String(q.label), StatusCode: types.StatusCodeComplete}
	points := s.visible(q.key, from, to, q.period)
	if s.fault.Partial {
		points, r.StatusCode = points[:len(points)/2], types.StatusCodePartialData
	}
	if newestFirst {
		slices.Reverse(points)
	}
	for _, p := range points {
		if v, ok := q.stat(&p.bucket); ok {
			r.Timestamps, r.Values = append(r.Timestamps, p.at), append(r.Values, s.spoilt(v))
		}
	}
	return r
}

// visible are the points of a metric that can be read by now; none of one that there is not. Under mu.
func (s *Server) visible(k key, from, to time.Time, period time.Duration) []point {
	x := s.series[k]
	if x == nil || s.hides(k.name) {
		return nil
	}
	return x.points(from, to, s.horizon(), period, s.opts.Period)
}

// spoilt is a value as the fault has it. Under mu.
func (s *Server) spoilt(v float64) float64 {
	if s.fault.NaN {
		return math.NaN()
	}
	return v
}
