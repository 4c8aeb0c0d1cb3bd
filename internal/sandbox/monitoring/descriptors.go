package monitoring

import (
	"context"
	"strconv"
	"strings"

	"cloud.google.com/go/monitoring/apiv3/v2/monitoringpb"
	"google.golang.org/genproto/googleapis/api/metric"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"slipway/internal/sandbox/filter"
)

// GetMetricDescriptor describes one metric type, NOT_FOUND if there is none.
func (s *Server) GetMetricDescriptor(_ context.Context, req *monitoringpb.GetMetricDescriptorRequest) (*metric.MetricDescriptor, error) {
	project, name, ok := strings.Cut(req.GetName(), "/metricDescriptors/")
	if !ok {
		return nil, invalid("Field name had an invalid value of \"%s\": It is not projects/[PROJECT_ID_OR_NUMBER]/metricDescriptors/[METRIC_ID].", req.GetName())
	}
	if err := s.checkProject(project); err != nil {
		return nil, err
	}
	k := kindOf(name)
	if k == nil {
		return nil, status.Errorf(codes.NotFound, "Could not find descriptor for metric '%s'.", name)
	}
	return s.descriptor(k), nil
}

// ListMetricDescriptors describes those that fit a filter on metric.type.
func (s *Server) ListMetricDescriptors(_ context.Context, req *monitoringpb.ListMetricDescriptorsRequest) (*monitoringpb.ListMetricDescriptorsResponse, error) {
	if err := s.checkProject(req.GetName()); err != nil {
		return nil, err
	}
	f, err := filter.Parse(req.GetFilter())
	if err == nil {
		err = f.Each(func(c filter.Comparison) error {
			if _, ok := c.Compare(""); !ok || c.Field != "metric.type" {
				return invalid("%s is not understood", c)
			}
			return nil
		})
	}
	if err != nil {
		return nil, invalid("Field filter had an invalid value of \"%s\": %v", req.GetFilter(), err)
	}
	var list []*metric.MetricDescriptor
	for _, k := range kinds {
		if f.Match(func(c filter.Comparison) bool { holds, _ := c.Compare(k.name); return holds }) {
			list = append(list, s.descriptor(k))
		}
	}
	from := 0
	if token := req.GetPageToken(); token != "" {
		if from, err = strconv.Atoi(token); err != nil || from < 0 || from > len(list) {
			return nil, invalid("Field page_token had an invalid value of \"%s\".", token)
		}
	}
	out := &monitoringpb.ListMetricDescriptorsResponse{MetricDescriptors: list[from:]}
	if n := int(req.GetPageSize()); n > 0 && n < len(list)-from {
		out.MetricDescriptors, out.NextPageToken = list[from:from+n], strconv.Itoa(from+n)
	}
	return out, nil
}
