package monitoring_test

import (
	"strings"
	"testing"

	"cloud.google.com/go/monitoring/apiv3/v2/monitoringpb"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"

	"slipway/internal/sandbox/monitoring"
)

func (p *practice) alerting() monitoringpb.AlertPolicyServiceClient {
	p.t.Helper()
	conn, err := grpc.NewClient(p.Addr(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { _ = conn.Close() })
	return monitoringpb.NewAlertPolicyServiceClient(conn)
}

func TestAlertPolicies(t *testing.T) {
	t.Parallel()
	p := start(t, monitoring.Options{})
	client := p.alerting()
	got, err := client.ListAlertPolicies(t.Context(), &monitoringpb.ListAlertPoliciesRequest{Name: project})
	if err != nil || len(got.GetAlertPolicies()) != 2 || got.GetTotalSize() != 2 || got.GetNextPageToken() != "" {
		t.Fatalf("%v, %v", got, err)
	}
	for _, a := range got.GetAlertPolicies() {
		filter := a.GetConditions()[0].GetConditionThreshold().GetFilter()
		if !a.GetEnabled().GetValue() || !strings.HasPrefix(a.GetName(), project+"/alertPolicies/") || !strings.Contains(filter, `service_name = "coditect-app-production"`) {
			t.Errorf("%v", a)
		}
	}

	first, err := client.ListAlertPolicies(t.Context(), &monitoringpb.ListAlertPoliciesRequest{Name: project, PageSize: 1})
	if err != nil || len(first.GetAlertPolicies()) != 1 || first.GetNextPageToken() == "" {
		t.Fatalf("a page of one: %v, %v", first, err)
	}
	second, err := client.ListAlertPolicies(t.Context(), &monitoringpb.ListAlertPoliciesRequest{Name: project, PageSize: 1, PageToken: first.GetNextPageToken()})
	if err != nil || len(second.GetAlertPolicies()) != 1 || second.GetNextPageToken() != "" || second.GetAlertPolicies()[0].GetName() == first.GetAlertPolicies()[0].GetName() {
		t.Errorf("the next one: %v, %v", second, err)
	}

	p.SetPolicies()
	none, err := client.ListAlertPolicies(t.Context(), &monitoringpb.ListAlertPoliciesRequest{Name: project})
	if err != nil || len(none.GetAlertPolicies()) != 0 || len(p.Policies()) != 0 {
		t.Errorf("once there is none: %v, %v", none, err)
	}
}

func TestAlertPoliciesThatAreRefused(t *testing.T) {
	t.Parallel()
	p := start(t, monitoring.Options{})
	client := p.alerting()
	for fact, c := range map[string]struct {
		req  *monitoringpb.ListAlertPoliciesRequest
		code codes.Code
	}{
		"of another project":      {&monitoringpb.ListAlertPoliciesRequest{Name: "projects/another"}, codes.PermissionDenied},
		"of no project":           {&monitoringpb.ListAlertPoliciesRequest{Name: project + "/alertPolicies"}, codes.InvalidArgument},
		"filtered":                {&monitoringpb.ListAlertPoliciesRequest{Name: project, Filter: "enabled = true"}, codes.Unimplemented},
		"a page that there isn't": {&monitoringpb.ListAlertPoliciesRequest{Name: project, PageToken: "7"}, codes.InvalidArgument},
	} {
		_, err := client.ListAlertPolicies(t.Context(), c.req)
		wantCode(t, fact, err, c.code)
	}
	p.SetFault(monitoring.Fault{Down: true})
	_, err := client.ListAlertPolicies(t.Context(), &monitoringpb.ListAlertPoliciesRequest{Name: project})
	wantCode(t, "while it is down", err, codes.Unavailable)
}
