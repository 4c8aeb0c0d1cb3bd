package monitoring

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"cloud.google.com/go/monitoring/apiv3/v2/monitoringpb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

// mostPolicies is how many alert policies a page has at most, and how many it has if nobody says.
const mostPolicies = 1000

// seeded are the alert policies that there are from the beginning: the two that the guide asks for, about one service.
func seeded(project string) []*monitoringpb.AlertPolicy {
	const service = "coditect-app-production"
	return []*monitoringpb.AlertPolicy{
		policy(project, 1, service+": 5xx answers", fmt.Sprintf(
			`resource.type = "cloud_run_revision" AND resource.labels.service_name = %q AND metric.type = %q AND metric.labels.response_code_class = "5xx"`,
			service, RequestCount)),
		policy(project, 2, service+": p99 latency", fmt.Sprintf(
			`resource.type = "cloud_run_revision" AND resource.labels.service_name = %q AND metric.type = %q`, service, RequestLatencies)),
	}
}

func policy(project string, n int, name, filter string) *monitoringpb.AlertPolicy {
	full := fmt.Sprintf("projects/%s/alertPolicies/%d", project, n)
	return &monitoringpb.AlertPolicy{
		Name: full, DisplayName: name, Enabled: wrapperspb.Bool(true), Combiner: monitoringpb.AlertPolicy_OR,
		Conditions: []*monitoringpb.AlertPolicy_Condition{{
			Name: full + "/conditions/1", DisplayName: name,
			Condition: &monitoringpb.AlertPolicy_Condition_ConditionThreshold{ConditionThreshold: &monitoringpb.AlertPolicy_Condition_MetricThreshold{
				Filter: filter, Comparison: monitoringpb.ComparisonType_COMPARISON_GT, Duration: durationpb.New(DefaultPeriod),
			}},
		}},
	}
}

// SetPolicies replaces the alert policies that there are.
func (s *Server) SetPolicies(list ...*monitoringpb.AlertPolicy) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.policies = nil
	for _, p := range list {
		s.policies = append(s.policies, proto.CloneOf(p))
	}
}

// Policies are the alert policies that there are.
func (s *Server) Policies() []*monitoringpb.AlertPolicy {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := make([]*monitoringpb.AlertPolicy, len(s.policies))
	for i, p := range s.policies {
		list[i] = proto.CloneOf(p)
	}
	return list
}

// alerting is the AlertPolicyService of a Server.
type alerting struct {
	monitoringpb.UnimplementedAlertPolicyServiceServer

	*Server
}

// ListAlertPolicies answers with the alert policies, in pages. Filters and orders are UNIMPLEMENTED.
func (a alerting) ListAlertPolicies(_ context.Context, req *monitoringpb.ListAlertPoliciesRequest) (*monitoringpb.ListAlertPoliciesResponse, error) {
	project, ok := strings.CutPrefix(req.GetName(), "projects/")
	switch {
	case !ok || project == "" || strings.Contains(project, "/"):
		return nil, invalid("Field name had an invalid value of \"%s\": It is not projects/[PROJECT_ID_OR_NUMBER].", req.GetName())
	case project != a.opts.Project:
		return nil, status.Error(codes.PermissionDenied, "Permission monitoring.alertPolicies.list denied (or the resource may not exist).")
	case req.GetFilter() != "", req.GetOrderBy() != "":
		return nil, status.Error(codes.Unimplemented, "the practice Monitoring neither filters nor orders alert policies")
	}
	all, from := a.Policies(), 0
	if token := req.GetPageToken(); token != "" {
		n, err := strconv.Atoi(token)
		if err != nil || n < 0 || n > len(all) {
			return nil, invalid("Field page_token had an invalid value of \"%s\".", token)
		}
		from = n
	}
	size := int(req.GetPageSize())
	if size <= 0 || size > mostPolicies {
		size = mostPolicies
	}
	out := &monitoringpb.ListAlertPoliciesResponse{TotalSize: int32(len(all))}
	end := min(from+size, len(all))
	out.AlertPolicies = slices.Clone(all[from:end])
	if end < len(all) {
		out.NextPageToken = strconv.Itoa(end)
	}
	return out, nil
}
