package monitoring_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"slipway/internal/deploy"
	"slipway/internal/deploy/provider/metricstest"
	"slipway/internal/deploy/provider/monitoring"
)

func ask(t *testing.T, m *monitoring.Metrics) error {
	t.Helper()
	_, err := m.Read(t.Context(), deploy.MetricsQuery{
		Service: ref, Spec: spec(time.Minute), Revisions: []deploy.RevisionName{revision}, From: end.Add(-5 * time.Minute), To: end,
	})
	return err
}

func TestWhatAStatusMeans(t *testing.T) {
	t.Parallel()
	tests := []struct {
		status codes.Code
		words  string
		want   deploy.Code
		hint   string // part of it
	}{
		{codes.InvalidArgument, "filter", deploy.Invalid, "catalog"},
		{codes.OutOfRange, "interval", deploy.Invalid, "catalog"},
		{codes.FailedPrecondition, "disabled", deploy.Invalid, "Monitoring API"},
		{codes.Unimplemented, "unknown service", deploy.Invalid, "CLOUDSDK_API_ENDPOINT_OVERRIDES_MONITORING"},
		{codes.NotFound, "Cannot find metric(s)", deploy.NotFound, "catalog"},
		{codes.PermissionDenied, "monitoring.timeSeries.list", deploy.Forbidden, "roles/monitoring.viewer"},
		{codes.Unauthenticated, "no token", deploy.Forbidden, "gcloud auth application-default login"},
		{codes.Unauthenticated, "transport: per-RPC creds failed due to error: timeout", deploy.Unavailable, ""},
		{codes.ResourceExhausted, "quota", deploy.Unavailable, "quotas"},
		{codes.Unavailable, "down", deploy.Unavailable, ""},
		{codes.DeadlineExceeded, "late", deploy.Unavailable, ""},
		{codes.Internal, "oops", deploy.Unavailable, ""},
		{codes.Unknown, "oops", deploy.Unavailable, ""},
		{codes.Canceled, "by the server", deploy.Unavailable, ""},
	}
	for _, tc := range tests {
		t.Run(tc.status.String()+" "+tc.words, func(t *testing.T) {
			t.Parallel()
			f := &front{MetricServiceServer: &canned{}, refuse: tc.status, words: tc.words}
			err := ask(t, connect(t, f.serve(t), monitoring.Options{}))
			if got := deploy.CodeOf(err); got != tc.want {
				t.Errorf("code %s, want %s: %v", got, tc.want, err)
			}
			if got := deploy.Hint(err); !strings.Contains(got, tc.hint) {
				t.Errorf("hint %q does not speak of %q", got, tc.hint)
			}
			if status.Code(errors.Unwrap(err)) != tc.status || strings.Contains(deploy.Message(err), tc.words) {
				t.Errorf("message %q; the source's own words belong into the chain only: %v", deploy.Message(err), err)
			}
		})
	}
}

func TestAReadingIsRepeatedWhileTheSourceIsAway(t *testing.T) {
	t.Parallel()
	f := &front{MetricServiceServer: &canned{}, refuse: codes.Unavailable}
	m := connect(t, f.serve(t), monitoring.Options{})
	if err := m.Check(t.Context(), ref, deploy.MetricsSpec{}); deploy.CodeOf(err) != deploy.Unavailable || f.calls != 3 {
		t.Errorf("%d calls, want 3: %v", f.calls, err)
	}
}

func TestASourceThatNeverAnswersIsGivenUp(t *testing.T) {
	t.Parallel()
	f := &front{MetricServiceServer: &canned{}, hang: true}
	m := connect(t, f.serve(t), monitoring.Options{Timeout: 20 * time.Millisecond})
	for name, err := range map[string]error{"read": ask(t, m), "check": m.Check(t.Context(), ref, spec(time.Minute))} {
		if deploy.CodeOf(err) != deploy.Unavailable || deploy.Message(err) != "Cloud Monitoring did not answer in time" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestNothingIsAskedOnceItIsClosed(t *testing.T) {
	t.Parallel()
	m := connect(t, "127.0.0.1:1", monitoring.Options{})
	if err := m.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
	if err := ask(t, m); deploy.CodeOf(err) != deploy.Unavailable || !strings.Contains(deploy.Message(err), "closed") {
		t.Errorf("%v", err)
	}
}

func TestAnEndpointThatCannotBeIsRefused(t *testing.T) {
	t.Parallel()
	_, err := monitoring.New(t.Context(), &monitoring.Options{Endpoint: "ftp://host:1"})
	if deploy.CodeOf(err) != deploy.Invalid || !strings.Contains(deploy.Hint(err), "CLOUDSDK_API_ENDPOINT_OVERRIDES_MONITORING") {
		t.Errorf("%v, hint %q", err, deploy.Hint(err))
	}
}

func TestCheckNamesTheDatabaseThatIsMissingInTheCatalog(t *testing.T) {
	t.Parallel()
	p := newPractice(t)
	p.Write(ref.Name, revision, p.start, 1, metricstest.Sample{Requests: 1, Instances: 1})
	s := spec(time.Minute)
	s.Database = nil
	err := connect(t, p.serve(t), monitoring.Options{}).Check(t.Context(), ref, s)
	if deploy.CodeOf(err) != deploy.Invalid || !strings.Contains(deploy.Hint(err), "Cloud SQL") {
		t.Errorf("%v", err)
	}
}
