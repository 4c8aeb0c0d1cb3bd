package google_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"slipway/internal/deploy"
	"slipway/internal/deploy/provider/google"
)

func nothing(*status.Status) google.Meaning { return google.Meaning{} }

// explained is the code that an error of a call comes to.
func explained(t *testing.T, err error) deploy.Code {
	t.Helper()
	return deploy.CodeOf(api.Explain(t.Context(), "ask", err, nothing))
}

func TestReadsAreRepeatedWhileThatMayHelp(t *testing.T) {
	t.Parallel()
	damaged := errors.New("damaged on the way")
	away := status.Error(codes.Unavailable, "is down")
	for name, tc := range map[string]struct {
		answers []error // of the first calls; the last one stays
		calls   int64
		want    error
	}{
		"an answer":                 {[]error{nil}, 1, nil},
		"unavailable once":          {[]error{away, nil}, 2, nil},
		"unavailable each time":     {[]error{away}, 3, away},
		"what the provider repeats": {[]error{fmt.Errorf("read: %w", damaged), nil}, 2, nil},
		"what is refused":           {[]error{status.Error(codes.PermissionDenied, "no")}, 1, status.Error(codes.PermissionDenied, "no")},
		"refused after it was away": {[]error{away, status.Error(codes.NotFound, "no")}, 2, status.Error(codes.NotFound, "no")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &server{}
			c := connect(t, "http://"+serve(t, "", s))
			_, err := google.Read(t.Context(), c, func(ctx context.Context, c *client) (bool, error) {
				_, err := ask(ctx, c)
				if err != nil {
					return false, err
				}
				return true, tc.answers[min(int(s.calls.Load()), len(tc.answers))-1]
			}, damaged)
			if !errors.Is(err, tc.want) || s.calls.Load() != tc.calls {
				t.Errorf("%v after %d calls, want %v after %d", err, s.calls.Load(), tc.want, tc.calls)
			}
		})
	}
}

func TestAPauseEndsWithItsContext(t *testing.T) {
	t.Parallel()
	if !google.Pause(t.Context(), 1) {
		t.Error("the first pause was broken off")
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if google.Pause(ended, 20) {
		t.Error("a pause outlasts its context")
	}
}

func TestWhatAStatusMeans(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		err  error
		want google.Meaning
	}{
		{status.Error(codes.Unimplemented, "words"), google.Meaning{Code: deploy.Invalid, Msg: "what answers is not Cloud Practice", Hint: "check CLOUDSDK_API_ENDPOINT_OVERRIDES_PRACTICE"}},
		{status.Error(codes.Unauthenticated, "words"), google.Meaning{Code: deploy.Forbidden, Msg: "Cloud Practice does not know who Slipway is",
			Hint: "run `gcloud auth application-default login`, or give the bot a service account"}},
		{status.Error(codes.Unauthenticated, "transport: per-RPC creds failed due to error: words"), google.Meaning{Code: deploy.Unavailable, Msg: "Cloud Practice does not answer", Hint: google.LaterHint}},
		{status.Error(codes.DeadlineExceeded, "words"), google.Meaning{Code: deploy.Unavailable, Msg: "Cloud Practice did not answer in time", Hint: google.LaterHint}},
		{fmt.Errorf("words: %w", context.DeadlineExceeded), google.Meaning{Code: deploy.Unavailable, Msg: "Cloud Practice did not answer in time", Hint: google.LaterHint}},
		{status.Error(codes.Internal, "words"), google.Meaning{Code: deploy.Unavailable, Msg: "Cloud Practice does not answer", Hint: google.LaterHint}},
		{status.Error(codes.Canceled, "words by the server"), google.Meaning{Code: deploy.Unavailable, Msg: "Cloud Practice does not answer", Hint: google.LaterHint}},
		{errors.New("words"), google.Meaning{Code: deploy.Unavailable, Msg: "Cloud Practice does not answer", Hint: google.LaterHint}},
		{status.Error(codes.NotFound, "words"), google.Meaning{Code: deploy.NotFound, Msg: "there is none", Hint: "make one"}},
	} {
		t.Run(tc.err.Error(), func(t *testing.T) {
			t.Parallel()
			err := api.Explain(t.Context(), "ask", tc.err, func(st *status.Status) google.Meaning {
				if st.Code() == codes.NotFound {
					return google.Meaning{Code: deploy.NotFound, Msg: "there is none", Hint: "make one"}
				}
				return google.Meaning{}
			})
			if got := (google.Meaning{Code: deploy.CodeOf(err), Msg: deploy.Message(err), Hint: deploy.Hint(err)}); got != tc.want {
				t.Errorf("%+v, want %+v", got, tc.want)
			}
			if !errors.Is(err, tc.err) || !strings.Contains(err.Error(), "words") {
				t.Errorf("Google's own words are not in the chain: %v", err)
			}
		})
	}
}

func TestWhatIsNoStatus(t *testing.T) {
	t.Parallel()
	if err := api.Explain(t.Context(), "ask", nil, nothing); err != nil {
		t.Errorf("of no error comes %v", err)
	}
	ours := &deploy.Error{Code: deploy.NotYet, Msg: "not before noon", Hint: "wait"}
	if err := api.Explain(t.Context(), "ask", ours, nothing); deploy.CodeOf(err) != deploy.NotYet || deploy.Message(err) != "not before noon" || deploy.Hint(err) != "wait" {
		t.Errorf("one of ours became %v", err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	err := api.Explain(ended, "ask", status.Error(codes.PermissionDenied, "no"), nothing)
	if deploy.CodeOf(err) != deploy.Unavailable || !errors.Is(err, context.Canceled) || deploy.Message(err) != "the call to Cloud Practice was broken off" {
		t.Errorf("once the caller has gone: %v", err)
	}
}
