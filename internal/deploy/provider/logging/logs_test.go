package logging_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"cloud.google.com/go/logging/apiv2/loggingpb"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"

	"slipway/internal/deploy"
	"slipway/internal/deploy/provider/logging"
	sandbox "slipway/internal/sandbox/logging"
)

func TestTheNewestErrorsOfARevision(t *testing.T) {
	t.Parallel()
	server := sandbox.New(nil)
	if err := server.Start(""); err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	write := func(service, rev, severity, text string, ago time.Duration) {
		server.Write(service, rev, "run.googleapis.com/stderr", severity, text, end.Add(-ago))
	}
	write(ref.Name, string(revision), "ERROR", "too old", 6*time.Minute)
	write(ref.Name, string(revision), "ERROR", "first", 5*time.Minute)
	write(ref.Name, string(revision), "CRITICAL", "second", 4*time.Minute)
	write(ref.Name, string(revision), "WARNING", "only a warning", 3*time.Minute)
	write(ref.Name, "app-00001", "ERROR", "of another revision", 3*time.Minute)
	write("other", string(revision), "ERROR", "of another service", 3*time.Minute)
	write(ref.Name, string(revision), "ERROR", "third", 0)
	write(ref.Name, string(revision), "ERROR", "too new", -time.Second)
	l := connect(t, server.Addr(), logging.Options{})
	for limit, want := range map[int][]string{
		10: {"third", "second", "first"},
		2:  {"third", "second"},
		0:  nil,
	} {
		lines, err := l.Errors(t.Context(), query(limit))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, line := range lines {
			got = append(got, line.Text)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("limit %d (-want +got):\n%s", limit, diff)
		}
	}
	server.Down(true)
	if _, err := l.Errors(t.Context(), query(1)); deploy.CodeOf(err) != deploy.Unavailable {
		t.Errorf("a server that is down: %v", err)
	}
}

func TestWhatIsAsked(t *testing.T) {
	t.Parallel()
	f := &fake{}
	q := query(25)
	q.Service.Name = `a" OR severity>=DEFAULT OR "\`
	q.From = q.From.Add(250 * time.Millisecond).In(time.FixedZone("", 3600))
	if _, err := connect(t, serve(t, f), logging.Options{}).Errors(t.Context(), q); err != nil {
		t.Fatal(err)
	}
	req := f.asked[0]
	const want = `resource.type="cloud_run_revision" AND resource.labels.service_name="a\" OR severity>=DEFAULT OR \"\\"` +
		` AND resource.labels.revision_name="app-r42-1" AND resource.labels.location="us-central1" AND severity>=ERROR` +
		` AND timestamp>="2026-03-02T14:25:00.25Z" AND timestamp<="2026-03-02T14:30:00Z"`
	if diff := cmp.Diff(want, req.GetFilter()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if req.GetOrderBy() != "timestamp desc" || req.GetPageSize() != 25 || len(req.GetResourceNames()) != 1 || req.GetResourceNames()[0] != "projects/my-gcp-project" {
		t.Errorf("asked %v", req)
	}
}

func TestPagesAreReadUntilThereIsEnough(t *testing.T) {
	t.Parallel()
	entry := func(n int) *loggingpb.LogEntry {
		e := text(fmt.Sprint("line ", n))
		e.ReceiveTimestamp = timestamppb.New(end) // and no timestamp
		return e
	}
	f := &fake{pages: [][]*loggingpb.LogEntry{{entry(1)}, {}, {entry(2), entry(3)}, {entry(4)}}}
	lines, err := connect(t, serve(t, f), logging.Options{}).Errors(t.Context(), query(3))
	if err != nil || len(lines) != 3 || lines[2].Text != "line 3" || !lines[0].At.Equal(end) {
		t.Errorf("%+v, %v", lines, err)
	}
	if len(f.asked) != 3 {
		t.Errorf("%d pages were asked for, want 3", len(f.asked))
	}
}

func TestAQuestionThatMakesNoSenseIsNotAsked(t *testing.T) {
	t.Parallel()
	f := &fake{}
	l := connect(t, serve(t, f), logging.Options{})
	nobody, backwards := query(1), query(1)
	nobody.Revision, backwards.To = "", backwards.From.Add(-1)
	for name, q := range map[string]deploy.LogQuery{"no revision": nobody, "a window that ends before it begins": backwards} {
		if _, err := l.Errors(t.Context(), q); deploy.CodeOf(err) != deploy.Invalid || len(f.asked) != 0 {
			t.Errorf("%s: %v, %d calls", name, err, len(f.asked))
		}
	}
}

func TestWhatAStatusMeans(t *testing.T) {
	t.Parallel()
	tests := []struct {
		status codes.Code
		words  string
		want   deploy.Code
		hint   string // part of it
		calls  int
	}{
		{codes.InvalidArgument, "filter", deploy.Invalid, "catalog", 1},
		{codes.OutOfRange, "page", deploy.Invalid, "catalog", 1},
		{codes.FailedPrecondition, "disabled", deploy.Invalid, "Logging API", 1},
		{codes.Unimplemented, "unknown service", deploy.Invalid, "CLOUDSDK_API_ENDPOINT_OVERRIDES_LOGGING", 1},
		{codes.NotFound, "no project", deploy.NotFound, "catalog", 1},
		{codes.PermissionDenied, "logging.logEntries.list", deploy.Forbidden, "roles/logging.viewer", 1},
		{codes.Unauthenticated, "no token", deploy.Forbidden, "gcloud auth application-default login", 1},
		{codes.Unauthenticated, "transport: per-RPC creds failed due to error: timeout", deploy.Unavailable, "", 1},
		{codes.ResourceExhausted, "quota", deploy.Unavailable, "quotas", 1},
		{codes.Unavailable, "down", deploy.Unavailable, "", 3},
		{codes.DeadlineExceeded, "late", deploy.Unavailable, "", 1},
		{codes.Internal, "oops", deploy.Unavailable, "", 1},
		{codes.Canceled, "by the server", deploy.Unavailable, "", 1},
	}
	for _, tc := range tests {
		t.Run(tc.status.String()+" "+tc.words, func(t *testing.T) {
			t.Parallel()
			f := &fake{answer: func(context.Context) error { return status.Error(tc.status, tc.words) }}
			_, err := connect(t, serve(t, f), logging.Options{}).Errors(t.Context(), query(1))
			if got := deploy.CodeOf(err); got != tc.want {
				t.Errorf("code %s, want %s: %v", got, tc.want, err)
			}
			if got := deploy.Hint(err); !strings.Contains(got, tc.hint) {
				t.Errorf("hint %q does not speak of %q", got, tc.hint)
			}
			if strings.Contains(deploy.Message(err), tc.words) || !strings.Contains(err.Error(), tc.words) {
				t.Errorf("message %q; the source's own words belong into the chain only: %v", deploy.Message(err), err)
			}
			if len(f.asked) != tc.calls {
				t.Errorf("%d calls, want %d", len(f.asked), tc.calls)
			}
		})
	}
}

func TestASourceThatNeverAnswersIsGivenUp(t *testing.T) {
	t.Parallel()
	arrived := make(chan struct{}, 3)
	f := &fake{answer: func(ctx context.Context) error {
		arrived <- struct{}{}
		<-ctx.Done()
		return ctx.Err()
	}}
	address := serve(t, f)
	_, err := connect(t, address, logging.Options{Timeout: 20 * time.Millisecond}).Errors(t.Context(), query(1))
	if deploy.CodeOf(err) != deploy.Unavailable || deploy.Message(err) != "Cloud Logging did not answer in time" {
		t.Errorf("%v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-arrived
		<-arrived
		cancel()
	}()
	_, err = connect(t, address, logging.Options{}).Errors(ctx, query(1))
	if deploy.CodeOf(err) != deploy.Unavailable || !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

func TestNothingIsAskedOnceItIsClosed(t *testing.T) {
	t.Parallel()
	l := connect(t, "127.0.0.1:1", logging.Options{})
	if err := l.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
	if _, err := l.Errors(t.Context(), query(1)); deploy.CodeOf(err) != deploy.Unavailable || !strings.Contains(deploy.Message(err), "closed") {
		t.Errorf("%v", err)
	}
}

func TestAnEndpointThatCannotBeIsRefused(t *testing.T) {
	t.Parallel()
	_, err := logging.New(t.Context(), &logging.Options{Endpoint: "ftp://host:1"})
	if deploy.CodeOf(err) != deploy.Invalid || !strings.Contains(deploy.Hint(err), "CLOUDSDK_API_ENDPOINT_OVERRIDES_LOGGING") {
		t.Errorf("%v, hint %q", err, deploy.Hint(err))
	}
}
