package secrets_test

import (
	"context"
	"errors"
	"hash/crc32"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"cloud.google.com/go/secretmanager/apiv1/secretmanagerpb"
	"go.uber.org/goleak"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"slipway/internal/deploy"
	"slipway/internal/deploy/provider/secrets"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const value = "p4ss\x00word\n"

// fake has one secret, app-key of prod, and may answer otherwise.
type fake struct {
	secretmanagerpb.UnimplementedSecretManagerServiceServer

	answer func(context.Context) error
	crc    func(call int, right int64) *int64
	state  secretmanagerpb.SecretVersion_State

	mu    sync.Mutex
	asked []string
}

func (f *fake) AccessSecretVersion(ctx context.Context, req *secretmanagerpb.AccessSecretVersionRequest) (*secretmanagerpb.AccessSecretVersionResponse, error) {
	f.mu.Lock()
	f.asked = append(f.asked, req.GetName())
	call := len(f.asked)
	f.mu.Unlock()
	if f.answer != nil {
		if err := f.answer(ctx); err != nil {
			return nil, err
		}
	}
	if req.GetName() != "projects/prod/secrets/app-key/versions/latest" {
		return nil, status.Error(codes.NotFound, "Secret not found or has no versions")
	}
	crc := proto.Int64(int64(crc32.Checksum([]byte(value), crc32.MakeTable(crc32.Castagnoli))))
	if f.crc != nil {
		crc = f.crc(call, *crc)
	}
	return &secretmanagerpb.AccessSecretVersionResponse{
		Name: "projects/1/secrets/app-key/versions/7", Payload: &secretmanagerpb.SecretPayload{Data: []byte(value), DataCrc32C: crc},
	}, nil
}

func serve(t *testing.T, f *fake) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer()
	secretmanagerpb.RegisterSecretManagerServiceServer(server, f)
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

func connect(t *testing.T, address string, timeout time.Duration) *secrets.Secrets {
	t.Helper()
	s, err := secrets.New(t.Context(), &secrets.Options{Endpoint: "http://" + address, Timeout: timeout})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func TestTheNewestVersionAsItIs(t *testing.T) {
	t.Parallel()
	f := &fake{}
	s := connect(t, serve(t, f), 0)
	got, err := s.Value(t.Context(), "prod", "app-key")
	if err != nil || got != value {
		t.Errorf("%q, %v", got, err)
	}
	_, err = s.Value(t.Context(), "prod", "other")
	if deploy.CodeOf(err) != deploy.NotFound || deploy.Message(err) != "there is no secret other, or it has no version" || !strings.Contains(deploy.Hint(err), "versions add other") {
		t.Errorf("%v, %s", err, deploy.Hint(err))
	}
	if len(f.asked) != 2 {
		t.Errorf("asked %v", f.asked)
	}
}

func TestNamesThatCannotBeAreNotAsked(t *testing.T) {
	t.Parallel()
	f := &fake{}
	s := connect(t, serve(t, f), 0)
	for _, n := range [][2]string{{"", "app-key"}, {"prod", ""}, {"prod/secrets/x", "app-key"}, {"prod", "../other/x"}, {"prod", "a b"}, {"prod", strings.Repeat("x", 256)}} {
		if _, err := s.Value(t.Context(), n[0], n[1]); deploy.CodeOf(err) != deploy.Invalid || !strings.Contains(deploy.Hint(err), "catalog") {
			t.Errorf("%.40q: %v", n, err)
		}
	}
	if len(f.asked) != 0 {
		t.Errorf("asked %v", f.asked)
	}
}

func TestTheChecksumIsCompared(t *testing.T) {
	t.Parallel()
	wrong := func(_ int, right int64) *int64 { return proto.Int64(right + 1) }
	once := func(call int, right int64) *int64 { return proto.Int64(right + int64(1/call)) }
	none := func(int, int64) *int64 { return nil }
	for name, tc := range map[string]struct {
		crc   func(int, int64) *int64
		code  deploy.Code
		calls int
	}{"wrong each time": {wrong, deploy.Unavailable, 3}, "wrong once": {once, "", 2}, "none was stored": {none, "", 1}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := &fake{crc: tc.crc}
			got, err := connect(t, serve(t, f), 0).Value(t.Context(), "prod", "app-key")
			if deploy.CodeOf(err) != tc.code || err == nil && got != value || err != nil && (got != "" || !strings.Contains(deploy.Message(err), "app-key arrived damaged")) {
				t.Errorf("%q, %v", got, err)
			}
			if len(f.asked) != tc.calls {
				t.Errorf("%d calls, want %d", len(f.asked), tc.calls)
			}
		})
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
		{codes.InvalidArgument, "malformed", deploy.Invalid, "catalog", 1},
		{codes.Unimplemented, "unknown service", deploy.Invalid, "CLOUDSDK_API_ENDPOINT_OVERRIDES_SECRETMANAGER", 1},
		{codes.NotFound, "has no versions", deploy.NotFound, "gcloud secrets versions add app-key", 1},
		{codes.FailedPrecondition, "is in DISABLED state", deploy.NotFound, "enable it", 1},
		{codes.PermissionDenied, "secretmanager.versions.access", deploy.Forbidden, "roles/secretmanager.secretAccessor", 1},
		{codes.Unauthenticated, "no bearer", deploy.Forbidden, "gcloud auth application-default login", 1},
		{codes.Unauthenticated, "transport: per-RPC creds failed due to error: timeout", deploy.Unavailable, "", 1},
		{codes.ResourceExhausted, "RESOURCE_EXHAUSTED", deploy.Unavailable, "quotas", 1},
		{codes.Unavailable, "is down", deploy.Unavailable, "", 3},
		{codes.DeadlineExceeded, "too late", deploy.Unavailable, "", 1},
		{codes.Internal, "oops", deploy.Unavailable, "", 1},
		{codes.Canceled, "by the server", deploy.Unavailable, "", 1},
	}
	for _, tc := range tests {
		t.Run(tc.status.String()+" "+tc.words, func(t *testing.T) {
			t.Parallel()
			f := &fake{answer: func(context.Context) error { return status.Error(tc.status, tc.words) }}
			_, err := connect(t, serve(t, f), 0).Value(t.Context(), "prod", "app-key")
			if got := deploy.CodeOf(err); got != tc.want {
				t.Errorf("code %s, want %s: %v", got, tc.want, err)
			}
			if got := deploy.Hint(err); !strings.Contains(got, tc.hint) {
				t.Errorf("hint %q does not speak of %q", got, tc.hint)
			}
			msg := deploy.Message(err)
			if strings.Contains(msg, "NAME") || strings.Contains(msg, tc.words) || !strings.Contains(err.Error(), tc.words) {
				t.Errorf("message %q; Google's own words belong into the chain only: %v", msg, err)
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
	_, err := connect(t, address, 50*time.Millisecond).Value(t.Context(), "prod", "app-key")
	if deploy.CodeOf(err) != deploy.Unavailable || deploy.Message(err) != "Secret Manager did not answer in time" {
		t.Errorf("%v", err)
	}
	for len(arrived) > 0 {
		<-arrived
	}
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-arrived
		cancel()
	}()
	_, err = connect(t, address, 0).Value(ctx, "prod", "app-key")
	if deploy.CodeOf(err) != deploy.Unavailable || !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

func TestNothingIsAskedOnceItIsClosed(t *testing.T) {
	t.Parallel()
	s := connect(t, "127.0.0.1:1", 0)
	if err := s.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
	if _, err := s.Value(t.Context(), "prod", "app-key"); deploy.CodeOf(err) != deploy.Unavailable || !strings.Contains(deploy.Message(err), "closed") {
		t.Errorf("%v", err)
	}
}

func TestAnEndpointThatCannotBeIsRefused(t *testing.T) {
	t.Parallel()
	_, err := secrets.New(t.Context(), &secrets.Options{Endpoint: "ftp://host:1"})
	if deploy.CodeOf(err) != deploy.Invalid || !strings.Contains(deploy.Hint(err), "CLOUDSDK_API_ENDPOINT_OVERRIDES_SECRETMANAGER") {
		t.Errorf("%v, hint %q", err, deploy.Hint(err))
	}
}
