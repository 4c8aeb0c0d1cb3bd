package cloudwatch

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
)

const (
	// metricsPage is how many metrics ListMetrics answers with.
	metricsPage = 500
	// recently is what RecentlyActive asks for.
	recently = 3 * time.Hour
)

func (s *Server) listMetrics(_ context.Context, in *cloudwatch.ListMetricsInput) (*cloudwatch.ListMetricsOutput, error) {
	first := 0
	if in.NextToken != nil {
		var err error
		if first, err = strconv.Atoi(*in.NextToken); err != nil || first < 0 {
			return nil, refuse("InvalidParameterValue", "The next token specified is invalid.")
		}
	}
	found := s.known(in)
	out := &cloudwatch.ListMetricsOutput{Metrics: []types.Metric{}}
	for _, x := range found[min(first, len(found)):] {
		if len(out.Metrics) == metricsPage {
			out.NextToken = aws.String(strconv.Itoa(first + metricsPage))
			break
		}
		out.Metrics = append(out.Metrics, types.Metric{
			Namespace: aws.String(x.key.namespace), MetricName: aws.String(x.key.name), Dimensions: x.dims,
		})
	}
	return out, nil
}

// known are the metrics that were asked for, in order, of those that can be seen: with a sample that can be read.
func (s *Server) known(in *cloudwatch.ListMetricsInput) []*series {
	s.mu.RLock()
	defer s.mu.RUnlock()
	horizon, since := s.horizon(), time.Time{}
	if in.RecentlyActive != "" {
		since = s.opts.Clock.Now().Add(-recently)
	}
	var found []*series
	for k, x := range s.series {
		if s.hides(k.name) || in.Namespace != nil && *in.Namespace != k.namespace || in.MetricName != nil && *in.MetricName != k.name ||
			!x.has(in.Dimensions) || !x.seen(since, horizon, s.opts.Period) {
			continue
		}
		found = append(found, x)
	}
	slices.SortFunc(found, func(a, b *series) int {
		return cmp.Or(cmp.Compare(a.key.namespace, b.key.namespace), cmp.Compare(a.key.name, b.key.name), cmp.Compare(a.key.dims, b.key.dims))
	})
	return found
}

// has says whether a metric has these dimensions, and perhaps others.
func (x *series) has(filters []types.DimensionFilter) bool {
	for _, f := range filters {
		if !slices.ContainsFunc(x.dims, func(d types.Dimension) bool {
			return aws.ToString(d.Name) == aws.ToString(f.Name) && (f.Value == nil || aws.ToString(d.Value) == *f.Value)
		}) {
			return false
		}
	}
	return true
}

// seen says whether any sampling period of a metric ended between two times.
func (x *series) seen(since, horizon time.Time, period time.Duration) bool {
	end := func(index int64) time.Time { return time.Unix(0, (index+1)*int64(period)) }
	for _, p := range x.samples {
		if e := end(p.index); !e.After(horizon) && e.After(since) {
			return true
		}
	}
	for _, levels := range x.held {
		for i, l := range levels {
			// A level counts where the first sampling period after it ends before the next one begins.
			e := end(floor(l.at.UnixNano(), int64(period)))
			if len(l.values) > 0 && !e.After(horizon) && (i+1 == len(levels) || levels[i+1].at.After(since)) {
				return true
			}
		}
	}
	return false
}
