package logging

import (
	"context"
	"errors"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"slipway/internal/deploy"
)

const (
	loginHint = "run `gcloud auth application-default login`, or give the bot a service account"
	laterHint = "see https://status.cloud.google.com if it goes on"
)

// meaning is what a gRPC status says to a program and to a person.
type meaning struct {
	code deploy.Code
	msg  string
	hint string
}

// meanings is for the status of a call. What is not here is Unavailable: a server that answers with INTERNAL or
// UNKNOWN today may well answer tomorrow.
var meanings = map[codes.Code]meaning{
	codes.InvalidArgument:    {deploy.Invalid, "Cloud Logging refuses the question", "compare project, region and service in the catalog with what is at Google"},
	codes.OutOfRange:         {deploy.Invalid, "Cloud Logging refuses the question", "compare project, region and service in the catalog with what is at Google"},
	codes.FailedPrecondition: {deploy.Invalid, "Cloud Logging refuses the question", "see that the Logging API is enabled in the project"},
	codes.Unimplemented:      {deploy.Invalid, "what answers is not Cloud Logging", "check CLOUDSDK_API_ENDPOINT_OVERRIDES_LOGGING"},
	codes.NotFound:           {deploy.NotFound, "Cloud Logging does not know the project", "correct the project in the catalog"},
	codes.PermissionDenied:   {deploy.Forbidden, "Cloud Logging does not let Slipway read", "grant the bot roles/logging.viewer on the project"},
	codes.Unauthenticated:    {deploy.Forbidden, "Cloud Logging does not know who Slipway is", loginHint},
	codes.ResourceExhausted:  {deploy.Unavailable, "Cloud Logging asks Slipway to slow down", "look at the project's Logging quotas if it goes on: 60 reads a minute is the usual one"},
	codes.DeadlineExceeded:   {deploy.Unavailable, "Cloud Logging did not answer in time", laterHint},
}

// explain makes an error of a call one of ours. ctx is the caller's: when it has ended, that is the reason, and
// errors.Is finds context.Canceled or context.DeadlineExceeded.
func explain(ctx context.Context, op string, err error) error {
	if ended := ctx.Err(); ended != nil {
		return &deploy.Error{
			Code: deploy.Unavailable, Op: op, Msg: "the call to Cloud Logging was broken off",
			Err: errors.Join(ended, err),
		}
	}
	if known := (*deploy.Error)(nil); errors.As(err, &known) {
		return &deploy.Error{Code: known.Code, Op: op, Err: err}
	}
	st := status.Convert(err)
	if errors.Is(err, context.DeadlineExceeded) {
		st = status.New(codes.DeadlineExceeded, err.Error())
	}
	m, ok := meanings[st.Code()]
	// That credentials could not be fetched just now is reported under the same code as bad ones.
	if !ok || st.Code() == codes.Unauthenticated && strings.Contains(st.Message(), "per-RPC creds failed") {
		m = meaning{deploy.Unavailable, "Cloud Logging does not answer", laterHint}
	}
	return &deploy.Error{Code: m.code, Op: op, Msg: m.msg, Hint: m.hint, Err: err}
}
