package logging_test

import (
	"context"
	"errors"
	"net"
	"sync"
	"testing"
	"time"

	"cloud.google.com/go/logging/apiv2/loggingpb"
	"go.uber.org/goleak"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/timestamppb"

	"slipway/internal/deploy"
	"slipway/internal/deploy/provider/logging"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var (
	ref = deploy.ServiceRef{Kind: deploy.CloudRun, Project: "my-gcp-project", Region: "us-central1", Name: "coditect-app-production"}
	end = time.Date(2026, 3, 2, 14, 30, 0, 0, time.UTC)
)

const revision deploy.RevisionName = "app-r42-1"

// fake answers with the same pages, in order, or as it is told.
type fake struct {
	loggingpb.UnimplementedLoggingServiceV2Server

	pages  [][]*loggingpb.LogEntry
	answer func(context.Context) error

	mu    sync.Mutex
	asked []*loggingpb.ListLogEntriesRequest
}

func (f *fake) ListLogEntries(ctx context.Context, req *loggingpb.ListLogEntriesRequest) (*loggingpb.ListLogEntriesResponse, error) {
	f.mu.Lock()
	f.asked = append(f.asked, req)
	f.mu.Unlock()
	if f.answer != nil {
		if err := f.answer(ctx); err != nil {
			return nil, err
		}
	}
	res := &loggingpb.ListLogEntriesResponse{}
	n := len(req.GetPageToken()) // the token of page n is n letters
	if n < len(f.pages) {
		res.Entries = f.pages[n]
	}
	if n+1 < len(f.pages) {
		res.NextPageToken = req.GetPageToken() + "x"
	}
	return res, nil
}

// serve answers over gRPC until the test ends, and gives the address.
func serve(t *testing.T, f loggingpb.LoggingServiceV2Server) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer()
	loggingpb.RegisterLoggingServiceV2Server(server, f)
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

func connect(t *testing.T, address string, opts logging.Options) *logging.Logs {
	t.Helper()
	opts.Endpoint = "http://" + address
	l, err := logging.New(t.Context(), &opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	return l
}

func query(limit int) deploy.LogQuery {
	return deploy.LogQuery{Service: ref, Revision: revision, From: end.Add(-5 * time.Minute), To: end, Limit: limit}
}

// one gives the text that becomes of an entry.
func one(t *testing.T, e *loggingpb.LogEntry) string {
	t.Helper()
	e.Timestamp = timestamppb.New(end)
	lines, err := connect(t, serve(t, &fake{pages: [][]*loggingpb.LogEntry{{e}}}), logging.Options{}).Errors(t.Context(), query(10))
	if err != nil || len(lines) != 1 || !lines[0].At.Equal(end) {
		t.Fatalf("%+v, %v", lines, err)
	}
	return lines[0].Text
}

func text(s string) *loggingpb.LogEntry {
	return &loggingpb.LogEntry{Payload: &loggingpb.LogEntry_TextPayload{TextPayload: s}}
}
