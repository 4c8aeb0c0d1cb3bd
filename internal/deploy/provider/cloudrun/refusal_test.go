package cloudrun_test

import (
	"errors"
	"net"
	"strings"
	"testing"

	"cloud.google.com/go/longrunning/autogen/longrunningpb"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"slipway/internal/deploy"
	"slipway/internal/deploy/provider/cloudrun"
)

// answering is a platform whose every call is answered by f.
func answering(t *testing.T, f func(stream grpc.ServerStream) error) *cloudrun.Platform {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer(grpc.UnknownServiceHandler(func(_ any, stream grpc.ServerStream) error {
		return f(stream)
	}))
	served := make(chan error, 1)
	go func() { served <- server.Serve(l) }()
	p, err := cloudrun.New(t.Context(), &cloudrun.Options{Endpoint: "http://" + l.Addr().String()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
		server.Stop()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	return p
}

func TestWhatAStatusMeans(t *testing.T) {
	t.Parallel()
	tests := []struct {
		status codes.Code
		words  string
		want   deploy.Code
		hint   string // part of it
	}{
		{codes.InvalidArgument, "cpu", deploy.Invalid, "catalog"},
		{codes.OutOfRange, "cpu", deploy.Invalid, "catalog"},
		{codes.Unimplemented, "what", deploy.Invalid, "CLOUDSDK_API_ENDPOINT_OVERRIDES_RUN"},
		{codes.NotFound, "gone", deploy.NotFound, "gcloud run deploy"},
		{codes.PermissionDenied, "run.services.get", deploy.Forbidden, "roles/run.developer"},
		{codes.PermissionDenied, "iam.serviceaccounts.actAs", deploy.Forbidden, "roles/iam.serviceAccountUser"},
		{codes.Unauthenticated, "who", deploy.Forbidden, "gcloud auth application-default login"},
		{codes.Unauthenticated, "transport: per-RPC creds failed due to error: timeout", deploy.Unavailable, ""},
		{codes.Aborted, "etag", deploy.Conflict, "try again"},
		{codes.FailedPrecondition, "etag", deploy.Conflict, "try again"},
		{codes.AlreadyExists, "name", deploy.Conflict, "another name"},
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
			p := answering(t, func(grpc.ServerStream) error { return status.Error(tc.status, tc.words) })
			_, err := p.Describe(t.Context(), deploy.ServiceRef{Project: "p", Region: "r", Name: "app"})
			if got := deploy.CodeOf(err); got != tc.want {
				t.Errorf("code %s, want %s: %v", got, tc.want, err)
			}
			if got := deploy.Hint(err); !strings.Contains(got, tc.hint) {
				t.Errorf("hint %q does not speak of %q", got, tc.hint)
			}
			if status.Code(errors.Unwrap(err)) != tc.status {
				t.Errorf("the platform's status is not in the chain of %v", err)
			}
		})
	}
}

func TestWhatTheEndOfAnOperationMeans(t *testing.T) {
	t.Parallel()
	tests := []struct {
		status codes.Code
		words  string
		want   deploy.Code
	}{
		{codes.NotFound, "Image 'gcr.io/x' not found.", deploy.Invalid},
		{codes.FailedPrecondition, "Revision 'a' is not ready and cannot serve traffic.", deploy.Invalid},
		{codes.Internal, "Revision 'a' is not ready and cannot serve traffic.", deploy.Invalid},
		{codes.Internal, "An internal error has occurred.", deploy.Unavailable},
		{codes.DeadlineExceeded, "Resource readiness deadline exceeded.", deploy.Invalid},
		{codes.InvalidArgument, "no", deploy.Invalid},
		{codes.PermissionDenied, "no access to the image", deploy.Forbidden},
		{codes.Aborted, "overtaken", deploy.Conflict},
		{codes.Canceled, "cancelled", deploy.Conflict},
		{codes.Unavailable, "down", deploy.Unavailable},
		{codes.ResourceExhausted, "quota", deploy.Unavailable},
		{codes.Unknown, "oops", deploy.Unavailable},
	}
	for _, tc := range tests {
		t.Run(tc.status.String()+" "+tc.words, func(t *testing.T) {
			t.Parallel()
			p := answering(t, func(stream grpc.ServerStream) error {
				return stream.SendMsg(&longrunningpb.Operation{
					Name: "projects/p/locations/r/operations/o", Done: true,
					Result: &longrunningpb.Operation_Error{Error: status.New(tc.status, tc.words).Proto()},
				})
			})
			done, err := p.Wait(t.Context(), "projects/p/locations/r/operations/o")
			if got := deploy.CodeOf(err); got != tc.want || !done {
				t.Errorf("done %v, code %s, want %s: %v", done, got, tc.want, err)
			}
			if !strings.Contains(deploy.Message(err), tc.words) {
				t.Errorf("message %q is not in the platform's words", deploy.Message(err))
			}
		})
	}
}

func TestThePlatformsWordsFitOnALine(t *testing.T) {
	t.Parallel()
	p := answering(t, func(grpc.ServerStream) error {
		return status.Error(codes.InvalidArgument, "first\nsecond  third "+strings.Repeat("é", 5000))
	})
	_, err := p.Describe(t.Context(), deploy.ServiceRef{Project: "p", Region: "r", Name: "app"})
	msg := deploy.Message(err)
	if !strings.HasPrefix(msg, "Cloud Run refuses this: first second third éé") || len(msg) > 450 || !strings.HasSuffix(msg, "é…") {
		t.Errorf("%d bytes: %q", len(msg), msg)
	}
}

func TestAnOperationNobodyKnows(t *testing.T) {
	t.Parallel()
	h := newPractice(t)
	done, err := h.connect(nil).Wait(t.Context(), "projects/p/locations/r/operations/gone")
	if done || deploy.CodeOf(err) != deploy.NotFound || deploy.Message(err) != "operation gone does not exist" {
		t.Errorf("done %v, %v", done, err)
	}
}
