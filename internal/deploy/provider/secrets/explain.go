package secrets

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

// meaning is what a gRPC status says to a program and to a person. NAME stands for the secret's.
type meaning struct {
	code deploy.Code
	msg  string
	hint string
}

// meanings is for the status of a call. What is not here is Unavailable: a server that answers with INTERNAL or
// UNKNOWN today may well answer tomorrow.
var meanings = map[codes.Code]meaning{
	codes.InvalidArgument:    {deploy.Invalid, "Secret Manager refuses the name of the secret NAME", "correct the name of the secret, or the project, in the catalog"},
	codes.Unimplemented:      {deploy.Invalid, "what answers is not Secret Manager", "check CLOUDSDK_API_ENDPOINT_OVERRIDES_SECRETMANAGER"},
	codes.NotFound:           {deploy.NotFound, "there is no secret NAME, or it has no version", "create it, or add a version: `gcloud secrets versions add NAME --data-file=-`"},
	codes.FailedPrecondition: {deploy.NotFound, "the newest version of the secret NAME is disabled or destroyed", "enable it, or add a version: `gcloud secrets versions add NAME --data-file=-`"},
	codes.PermissionDenied:   {deploy.Forbidden, "Secret Manager does not let Slipway read the secret NAME", "grant the bot roles/secretmanager.secretAccessor on it, and see that the Secret Manager API is enabled in the project"},
	codes.Unauthenticated:    {deploy.Forbidden, "Secret Manager does not know who Slipway is", loginHint},
	codes.ResourceExhausted:  {deploy.Unavailable, "Secret Manager asks Slipway to slow down", "look at the project's Secret Manager quotas if it goes on"},
	codes.DeadlineExceeded:   {deploy.Unavailable, "Secret Manager did not answer in time", laterHint},
}

// explain makes an error of a call one of ours. ctx is the caller's: when it has ended, that is the reason, and
// errors.Is finds context.Canceled or context.DeadlineExceeded.
func explain(ctx context.Context, op, name string, err error) error {
	if ended := ctx.Err(); ended != nil {
		return &deploy.Error{
			Code: deploy.Unavailable, Op: op, Msg: "the call to Secret Manager was broken off",
			Err: errors.Join(ended, err),
		}
	}
	if known := (*deploy.Error)(nil); errors.As(err, &known) {
		return &deploy.Error{Code: known.Code, Op: op, Err: err}
	}
	if errors.Is(err, errDamaged) {
		return &deploy.Error{Code: deploy.Unavailable, Op: op, Msg: "the secret " + name + " arrived damaged each time", Hint: laterHint, Err: err}
	}
	st := status.Convert(err)
	if errors.Is(err, context.DeadlineExceeded) {
		st = status.New(codes.DeadlineExceeded, err.Error())
	}
	m, ok := meanings[st.Code()]
	// That credentials could not be fetched just now is reported under the same code as bad ones.
	if !ok || st.Code() == codes.Unauthenticated && strings.Contains(st.Message(), "per-RPC creds failed") {
		m = meaning{deploy.Unavailable, "Secret Manager does not answer", laterHint}
	}
	named := func(s string) string { return strings.ReplaceAll(s, "NAME", name) }
	return &deploy.Error{Code: m.code, Op: op, Msg: named(m.msg), Hint: named(m.hint), Err: err}
}
