package monitoring

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"slipway/internal/deploy"
)

const (
	loginHint  = "run `gcloud auth application-default login`, or give the bot a service account"
	roleHint   = "grant the bot roles/monitoring.viewer on the project"
	laterHint  = "see https://status.cloud.google.com if it goes on"
	metricHint = "see that the project is right in the catalog, and that the service it is about has run there"
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
	codes.InvalidArgument:    {deploy.Invalid, "Cloud Monitoring refuses the question", "compare project, region, service and windows in the catalog with what is at Google"},
	codes.OutOfRange:         {deploy.Invalid, "Cloud Monitoring refuses the question", "compare project, region, service and windows in the catalog with what is at Google"},
	codes.FailedPrecondition: {deploy.Invalid, "Cloud Monitoring refuses the question", "see that the Monitoring API is enabled in the project"},
	codes.Unimplemented:      {deploy.Invalid, "what answers is not Cloud Monitoring", "check CLOUDSDK_API_ENDPOINT_OVERRIDES_MONITORING"},
	codes.PermissionDenied:   {deploy.Forbidden, "Cloud Monitoring does not let Slipway read", roleHint},
	codes.Unauthenticated:    {deploy.Forbidden, "Cloud Monitoring does not know who Slipway is", loginHint},
	codes.ResourceExhausted:  {deploy.Unavailable, "Cloud Monitoring asks Slipway to slow down", "look at the project's Monitoring quotas if it goes on, or look less often"},
	codes.DeadlineExceeded:   {deploy.Unavailable, "Cloud Monitoring did not answer in time", laterHint},
}

// explain makes an error of a call one of ours. ctx is the caller's: when it has ended, that is the reason, and
// errors.Is finds context.Canceled or context.DeadlineExceeded. Nothing comes of no error.
func explain(ctx context.Context, op, metric string, err error) error {
	if err == nil {
		return nil
	}
	if ended := ctx.Err(); ended != nil {
		return &deploy.Error{
			Code: deploy.Unavailable, Op: op, Msg: "the call to Cloud Monitoring was broken off",
			Err: errors.Join(ended, err),
		}
	}
	if known := (*deploy.Error)(nil); errors.As(err, &known) {
		return &deploy.Error{Code: known.Code, Op: op, Err: err}
	}
	if errors.Is(err, errPart) {
		return &deploy.Error{Code: deploy.Unavailable, Op: op, Msg: "Cloud Monitoring has answered in part only", Hint: laterHint, Err: err}
	}
	st := status.Convert(err)
	if errors.Is(err, context.DeadlineExceeded) {
		st = status.New(codes.DeadlineExceeded, err.Error())
	}
	if st.Code() == codes.NotFound {
		return &deploy.Error{
			Code: deploy.NotFound, Op: op, Msg: "Cloud Monitoring does not know the metric " + metric, Hint: metricHint, Err: err,
		}
	}
	m, ok := meanings[st.Code()]
	// That credentials could not be fetched just now is reported under the same code as bad ones.
	if !ok || st.Code() == codes.Unauthenticated && strings.Contains(st.Message(), "per-RPC creds failed") {
		m = meaning{deploy.Unavailable, "Cloud Monitoring does not answer", laterHint}
	}
	return &deploy.Error{Code: m.code, Op: op, Msg: m.msg, Hint: m.hint, Err: err}
}

// wrong is an answer that cannot be right. It is no answer: the next look asks again.
func wrong(metric, format string, args ...any) error {
	return &deploy.Error{
		Code: deploy.Unavailable,
		Msg:  "what Cloud Monitoring says of " + metric + " cannot be right: " + fmt.Sprintf(format, args...),
		Hint: laterHint,
	}
}
