package monitoring

import (
	"context"
	"math"
	"slices"
	"strings"

	"cloud.google.com/go/monitoring/apiv3/v2/monitoringpb"
	"google.golang.org/genproto/googleapis/api/distribution"
	"google.golang.org/genproto/googleapis/api/metric"
	"google.golang.org/genproto/googleapis/api/monitoredres"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"

	"slipway/internal/sandbox/filter"
)

// ListTimeSeries answers with the samples that can be seen, newest first in each series.
func (s *Server) ListTimeSeries(_ context.Context, req *monitoringpb.ListTimeSeriesRequest) (*monitoringpb.ListTimeSeriesResponse, error) {
	if err := s.checkProject(req.GetName()); err != nil {
		return nil, err
	}
	k, f, err := readFilter(req.GetFilter())
	if err != nil {
		return nil, err
	}
	in, err := readInterval(req.GetInterval())
	if err != nil {
		return nil, err
	}
	switch {
	case req.GetOrderBy() != "":
		return nil, invalid("Field order_by had an invalid value of \"%s\": It is unsupported and must be blank.", req.GetOrderBy())
	case req.GetSecondaryAggregation() != nil:
		return nil, status.Error(codes.Unimplemented, "the practice Monitoring has no secondary aggregation")
	}
	al, err := s.alignmentOf(req.GetAggregation(), k)
	if err != nil {
		return nil, err
	}
	re, err := reducerOf(req.GetAggregation(), al, k)
	if err != nil {
		return nil, err
	}
	list := re.apply(s.aligned(k, f, al, in), k, al.d)
	out := make([]*monitoringpb.TimeSeries, len(list))
	fault := s.Fault()
	for i, x := range list {
		out[i] = x.pb(k, req.GetView() == monitoringpb.ListTimeSeriesRequest_HEADERS, fault.NaN)
	}
	page, next, err := cut(out, req)
	return &monitoringpb.ListTimeSeriesResponse{TimeSeries: page, NextPageToken: next, Unit: k.unit}, err
}

// aligned are the series of a metric that fit, aligned, of what can be seen by now.
func (s *Server) aligned(k *kind, f filter.Filter, al alignment, in span) []*series {
	s.mu.Lock()
	horizon, missing := s.horizon(), s.fault.Missing
	s.mu.Unlock()
	if missing {
		return nil
	}
	visible := al.reach(in)
	if horizon.Before(visible.to) {
		visible.to = horizon
	}
	var out []*series
	for _, x := range s.samples(k, visible) {
		if x.fits(k, f) {
			out = append(out, al.apply(x, in))
		}
	}
	return out
}

func (s *Server) checkProject(name string) error {
	project, ok := strings.CutPrefix(name, "projects/")
	switch {
	case !ok || project == "" || strings.Contains(project, "/"):
		return invalid("Field name had an invalid value of \"%s\": It is not projects/[PROJECT_ID_OR_NUMBER].", name)
	case project != s.opts.Project:
		return status.Error(codes.PermissionDenied, "Permission monitoring.timeSeries.list denied (or the resource may not exist).")
	}
	return nil
}

func readInterval(i *monitoringpb.TimeInterval) (span, error) {
	if i.GetEndTime() == nil || i.GetStartTime() == nil {
		return span{}, invalid("Field interval had an invalid value: The start time and the end time must be specified.")
	}
	in := span{i.GetStartTime().AsTime(), i.GetEndTime().AsTime()}
	if i.GetStartTime().CheckValid() != nil || i.GetEndTime().CheckValid() != nil || !in.from.Before(in.to) {
		return span{}, invalid("Field interval.startTime had an invalid value: The start time must be before the end time.")
	}
	return in, nil
}

func (x *series) pb(k *kind, headers, nan bool) *monitoringpb.TimeSeries {
	out := &monitoringpb.TimeSeries{
		Metric:     &metric.Metric{Type: k.name, Labels: x.metric},
		Resource:   &monitoredres.MonitoredResource{Type: k.resource.name, Labels: x.resource},
		MetricKind: x.kind, ValueType: x.value,
	}
	if headers {
		return out
	}
	for _, p := range slices.Backward(x.points) {
		out.Points = append(out.Points, &monitoringpb.Point{
			Interval: &monitoringpb.TimeInterval{StartTime: timestamppb.New(p.from), EndTime: timestamppb.New(p.to)},
			Value:    p.value.pb(x.value, nan),
		})
	}
	return out
}

func (v value) pb(t valueType, nan bool) *monitoringpb.TypedValue {
	switch t {
	case whole:
		if nan {
			v.whole = -1 // a whole number cannot be less of one
		}
		return &monitoringpb.TypedValue{Value: &monitoringpb.TypedValue_Int64Value{Int64Value: v.whole}}
	case dist:
		d := v.dist.pb()
		if nan {
			d = &distribution.Distribution{Count: -1, Mean: math.NaN(), SumOfSquaredDeviation: math.NaN(), BucketOptions: d.BucketOptions, BucketCounts: []int64{-1}}
		}
		return &monitoringpb.TypedValue{Value: &monitoringpb.TypedValue_DistributionValue{DistributionValue: d}}
	default:
		if nan {
			v.real = math.NaN()
		}
		return &monitoringpb.TypedValue{Value: &monitoringpb.TypedValue_DoubleValue{DoubleValue: v.real}}
	}
}
