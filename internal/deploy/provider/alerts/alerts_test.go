package alerts_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"cloud.google.com/go/monitoring/apiv3/v2/monitoringpb"
	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"slipway/internal/deploy"
	"slipway/internal/deploy/provider/alerts"
	sandbox "slipway/internal/sandbox/monitoring"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var ref = deploy.ServiceRef{
	Kind: deploy.CloudRun, Project: sandbox.DefaultProject, Region: sandbox.DefaultLocation, Name: "coditect-app-production",
}

func practice(t *testing.T) *sandbox.Server {
	t.Helper()
	server := sandbox.New(nil)
	if err := server.Start(""); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	return server
}

func connect(t *testing.T, address string, timeout time.Duration) *alerts.Alerts {
	t.Helper()
	a, err := alerts.New(t.Context(), &alerts.Options{Endpoint: "http://" + address, Timeout: timeout})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	})
	return a
}

func TestThePoliciesOfThePracticeRange(t *testing.T) {
	t.Parallel()
	a := connect(t, practice(t).Addr(), 0)
	for service, want := range map[string][]string{
		"coditect-app-production": {"coditect-app-production: 5xx answers", "coditect-app-production: p99 latency"},
		"coditect-app-staging":    nil,
		"coditect-app":            nil, // a part of the name is not the name
		"app-production":          nil,
	} {
		s := ref
		s.Name = service
		got, err := a.About(t.Context(), s)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%s: %v (-want +got):\n%s", service, err, diff)
		}
	}
}

func TestWhatAPolicyIsAbout(t *testing.T) {
	t.Parallel()
	const app = "coditect-app-production"
	filter := `resource.labels.service_name="` + app + `"`
	type condition = monitoringpb.AlertPolicy_Condition
	for name, tc := range map[string]struct {
		policy *monitoringpb.AlertPolicy
		about  bool
	}{
		"a threshold": {of(&condition{Condition: &monitoringpb.AlertPolicy_Condition_ConditionThreshold{
			ConditionThreshold: &monitoringpb.AlertPolicy_Condition_MetricThreshold{Filter: filter}}}), true},
		"a ratio, by what it is divided by": {of(&condition{Condition: &monitoringpb.AlertPolicy_Condition_ConditionThreshold{
			ConditionThreshold: &monitoringpb.AlertPolicy_Condition_MetricThreshold{Filter: "x", DenominatorFilter: filter}}}), true},
		"an absence": {of(&condition{Condition: &monitoringpb.AlertPolicy_Condition_ConditionAbsent{
			ConditionAbsent: &monitoringpb.AlertPolicy_Condition_MetricAbsence{Filter: filter}}}), true},
		"a log": {of(&condition{Condition: &monitoringpb.AlertPolicy_Condition_ConditionMatchedLog{
			ConditionMatchedLog: &monitoringpb.AlertPolicy_Condition_LogMatch{Filter: filter}}}), true},
		"MQL": {of(&condition{Condition: &monitoringpb.AlertPolicy_Condition_ConditionMonitoringQueryLanguage{
			ConditionMonitoringQueryLanguage: &monitoringpb.AlertPolicy_Condition_MonitoringQueryLanguageCondition{Query: "filter resource.service_name == '" + app + "'"}}}), true},
		"PromQL": {of(&condition{Condition: &monitoringpb.AlertPolicy_Condition_ConditionPrometheusQueryLanguage{
			ConditionPrometheusQueryLanguage: &monitoringpb.AlertPolicy_Condition_PrometheusQueryLanguageCondition{Query: `rate(x{service_name=~"` + app + `|other"}[5m])`}}}), true},
		"SQL": {of(&condition{Condition: &monitoringpb.AlertPolicy_Condition_ConditionSql{
			ConditionSql: &monitoringpb.AlertPolicy_Condition_SqlCondition{Query: "WHERE service = '" + app + "'"}}}), true},
		"the second of two conditions": {of(&condition{}, &condition{Condition: &monitoringpb.AlertPolicy_Condition_ConditionAbsent{
			ConditionAbsent: &monitoringpb.AlertPolicy_Condition_MetricAbsence{Filter: filter}}}), true},
		"a label":              {&monitoringpb.AlertPolicy{DisplayName: "p", UserLabels: map[string]string{"service": app}}, true},
		"nothing but its name": {&monitoringpb.AlertPolicy{DisplayName: app}, false},
		"another service": {of(&condition{Condition: &monitoringpb.AlertPolicy_Condition_ConditionAbsent{
			ConditionAbsent: &monitoringpb.AlertPolicy_Condition_MetricAbsence{Filter: `service_name="` + app + `-eu" OR service_name="my-` + app + `"`}}}), false},
		"a longer name first, then it": {of(&condition{Condition: &monitoringpb.AlertPolicy_Condition_ConditionAbsent{
			ConditionAbsent: &monitoringpb.AlertPolicy_Condition_MetricAbsence{Filter: app + "-eu " + app}}}), true},
		"all services": {of(&condition{Condition: &monitoringpb.AlertPolicy_Condition_ConditionAbsent{
			ConditionAbsent: &monitoringpb.AlertPolicy_Condition_MetricAbsence{Filter: `resource.type="cloud_run_revision"`}}}), false},
		"it, but disabled": {&monitoringpb.AlertPolicy{DisplayName: "p", Enabled: wrapperspb.Bool(false), UserLabels: map[string]string{"service": app}}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := practice(t)
			server.SetPolicies(tc.policy)
			got, err := connect(t, server.Addr(), 0).About(t.Context(), ref)
			if err != nil || (len(got) == 1) != tc.about {
				t.Errorf("%v, %v; want it about the service: %v", got, err, tc.about)
			}
		})
	}
}

func of(conditions ...*monitoringpb.AlertPolicy_Condition) *monitoringpb.AlertPolicy {
	return &monitoringpb.AlertPolicy{DisplayName: "p", Enabled: wrapperspb.Bool(true), Conditions: conditions}
}

func TestAllPagesAreRead(t *testing.T) {
	t.Parallel()
	server := practice(t)
	list := make([]*monitoringpb.AlertPolicy, 1100)
	for i := range list {
		list[i] = of()
	}
	list[1099] = server.Policies()[0]
	server.SetPolicies(list...)
	got, err := connect(t, server.Addr(), 0).About(t.Context(), ref)
	if err != nil || len(got) != 1 {
		t.Errorf("%v, %v; want the last of 1,100", got, err)
	}
}

// answering is a source that does what a test says.
type answering struct {
	monitoringpb.UnimplementedAlertPolicyServiceServer

	answer func(ctx context.Context) error
}

func (a answering) ListAlertPolicies(ctx context.Context, _ *monitoringpb.ListAlertPoliciesRequest) (*monitoringpb.ListAlertPoliciesResponse, error) {
	return &monitoringpb.ListAlertPoliciesResponse{}, a.answer(ctx)
}

func serve(t *testing.T, answer func(context.Context) error) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer()
	monitoringpb.RegisterAlertPolicyServiceServer(server, answering{answer: answer})
	served := make(chan error, 1)
	go func() { served <- server.Serve(l) }()
	t.Cleanup(func() {
		server.Stop()
		if err := <-served; err != nil && !errors.Is(err, grpc.ErrServerStopped) {
			t.Error(err)
		}
	})
	return l.Addr().String()
}

func TestWhatAStatusMeans(t *testing.T) {
	t.Parallel()
	for code, want := range map[codes.Code]struct {
		code deploy.Code
		hint string
	}{
		codes.InvalidArgument:    {deploy.Invalid, "the project in the catalog"},
		codes.FailedPrecondition: {deploy.Invalid, "enabled"},
		codes.NotFound:           {deploy.NotFound, "catalog"},
		codes.PermissionDenied:   {deploy.Forbidden, "roles/monitoring.alertPolicyViewer"},
		codes.Unauthenticated:    {deploy.Forbidden, "gcloud auth"},
		codes.ResourceExhausted:  {deploy.Unavailable, "quotas"},
		codes.Unavailable:        {deploy.Unavailable, "status.cloud.google.com"},
		codes.Internal:           {deploy.Unavailable, "status.cloud.google.com"},
		codes.Unimplemented:      {deploy.Invalid, "CLOUDSDK_API_ENDPOINT_OVERRIDES_MONITORING"},
	} {
		t.Run(code.String(), func(t *testing.T) {
			t.Parallel()
			address := serve(t, func(context.Context) error { return status.Error(code, "google's own words") })
			_, err := connect(t, address, 0).About(t.Context(), ref)
			if deploy.CodeOf(err) != want.code || !strings.Contains(deploy.Hint(err), want.hint) {
				t.Errorf("%v, hint %q; want %s and %q", err, deploy.Hint(err), want.code, want.hint)
			}
			if msg := deploy.Message(err); strings.Contains(msg, "own words") || msg == "" {
				t.Errorf("message %q", msg)
			}
		})
	}
}

func TestASourceThatNeverAnswersIsGivenUp(t *testing.T) {
	t.Parallel()
	arrived := make(chan struct{}, 3)
	address := serve(t, func(ctx context.Context) error {
		arrived <- struct{}{}
		<-ctx.Done()
		return ctx.Err()
	})
	_, err := connect(t, address, 50*time.Millisecond).About(t.Context(), ref)
	if deploy.CodeOf(err) != deploy.Unavailable || deploy.Message(err) != "Cloud Monitoring did not answer in time" {
		t.Errorf("%v", err)
	}
	for len(arrived) > 0 { // it may not even have come so far in that time
		<-arrived
	}
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-arrived
		cancel()
	}()
	if _, err = connect(t, address, 0).About(ctx, ref); deploy.CodeOf(err) != deploy.Unavailable || !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

func TestAnEndpointThatCannotBeIsRefused(t *testing.T) {
	t.Parallel()
	if _, err := alerts.New(t.Context(), &alerts.Options{Endpoint: "ftp://host:1"}); deploy.CodeOf(err) != deploy.Invalid {
		t.Errorf("%v", err)
	}
	a := connect(t, "127.0.0.1:1", 0)
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := a.About(t.Context(), ref); deploy.CodeOf(err) != deploy.Unavailable || !strings.Contains(deploy.Message(err), "closed") {
		t.Errorf("once closed: %v", err)
	}
}
