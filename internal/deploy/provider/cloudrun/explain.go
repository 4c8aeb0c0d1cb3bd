package cloudrun

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
	rolesHint = "grant the bot roles/run.developer on the project, and roles/iam.serviceAccountUser on the account that the service runs as"
	laterHint = "see https://status.cloud.google.com if it goes on"
)

// meaning is what a gRPC status says to a program and to a person.
type meaning struct {
	code  deploy.Code
	msg   string
	words bool // Cloud Run's own words follow msg
	hint  string
}

// callMeanings is for the status of a call. What is not here is Unavailable: a server that answers with
// INTERNAL or UNKNOWN today may well answer tomorrow.
var callMeanings = map[codes.Code]meaning{
	codes.InvalidArgument:    {deploy.Invalid, "Cloud Run refuses this", true, "compare the settings in the catalog with what Cloud Run allows"},
	codes.OutOfRange:         {deploy.Invalid, "Cloud Run refuses this", true, "compare the settings in the catalog with what Cloud Run allows"},
	codes.Unimplemented:      {deploy.Invalid, "Cloud Run does not know this call", true, "check CLOUDSDK_API_ENDPOINT_OVERRIDES_RUN"},
	codes.PermissionDenied:   {deploy.Forbidden, "Cloud Run does not let Slipway do this", true, rolesHint},
	codes.Unauthenticated:    {deploy.Forbidden, "Cloud Run does not know who Slipway is", false, loginHint},
	codes.Aborted:            {deploy.Conflict, "somebody else is changing the service", false, "wait until they are done, then try again"},
	codes.FailedPrecondition: {deploy.Conflict, "the service is not in a state in which Cloud Run does this", true, "look at the service, then try again"},
	codes.AlreadyExists:      {deploy.Conflict, "the name is taken", true, "start the release again: it will take another name"},
	codes.ResourceExhausted:  {deploy.Unavailable, "Cloud Run asks Slipway to slow down", true, "look at the project's Cloud Run quotas if it goes on"},
	codes.DeadlineExceeded:   {deploy.Unavailable, "Cloud Run did not answer in time", false, laterHint},
}

// operationMeanings is for the status with which an operation has ended. It does not change by asking again, so
// what is Unavailable or Conflict here means that the change itself may be asked for again. What is not here is
// badRevision: NOT_FOUND is a missing image, FAILED_PRECONDITION a container that does not start.
var operationMeanings = map[codes.Code]meaning{
	codes.PermissionDenied:  {deploy.Forbidden, "Cloud Run was not allowed to do it", true, "the account that the service runs as needs access to the image and to each secret"},
	codes.Unauthenticated:   {deploy.Forbidden, "Cloud Run was not allowed to do it", true, "the account that the service runs as needs access to the image and to each secret"},
	codes.Aborted:           {deploy.Conflict, "another change took the place of this one", true, "look at the service, then try again"},
	codes.Canceled:          {deploy.Conflict, "the change was cancelled at Cloud Run", true, "look at the service, then try again"},
	codes.Unavailable:       {deploy.Unavailable, "Cloud Run could not finish it", true, laterHint},
	codes.ResourceExhausted: {deploy.Unavailable, "Cloud Run could not finish it", true, "look at the project's Cloud Run quotas"},
	codes.Internal:          {deploy.Unavailable, "Cloud Run could not finish it", true, laterHint},
	codes.Unknown:           {deploy.Unavailable, "Cloud Run could not finish it", true, laterHint},
}

var (
	unavailable = meaning{deploy.Unavailable, "Cloud Run does not answer", false, laterHint}
	// badRevision: no repetition helps, somebody has to repair something.
	badRevision = meaning{deploy.Invalid, "Cloud Run could not bring it up", true, "look at the revision's logs, repair the image or its settings, then release again"}
)

// thing is what a call was about, for when it is not there.
type thing struct{ name, hint string }

func aService(s deploy.ServiceRef) thing {
	return thing{
		"service " + s.Name + " in " + s.Project + "/" + s.Region,
		"correct project, region and name in the catalog, or create the service once with `gcloud run deploy`",
	}
}

func aRevision(name deploy.RevisionName) thing {
	return thing{"revision " + string(name), "it may have been deleted by hand; `gcloud run revisions list` shows what is left"}
}

func anOperation(op deploy.Operation) thing {
	return thing{"operation " + shortName(string(op)), "Cloud Run forgets operations after a while; the service itself shows what became of it"}
}

// explain makes an error of a call one of ours. ctx is the caller's: when it has ended, that is the reason, and
// errors.Is finds context.Canceled or context.DeadlineExceeded.
func explain(ctx context.Context, op string, about thing, err error) error {
	if ended := ctx.Err(); ended != nil {
		return &deploy.Error{
			Code: deploy.Unavailable, Op: op, Msg: "the call to Cloud Run was broken off",
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
	if st.Code() == codes.NotFound {
		return &deploy.Error{Code: deploy.NotFound, Op: op, Msg: about.name + " does not exist", Hint: about.hint, Err: err}
	}
	m, ok := callMeanings[st.Code()]
	// That credentials could not be fetched just now is reported under the same code as bad ones.
	if !ok || st.Code() == codes.Unauthenticated && strings.Contains(st.Message(), "per-RPC creds failed") {
		m = unavailable
	}
	return m.error(op, st.Message(), err)
}

// operationMeaning finds what the end of an operation means. Cloud Run also uses INTERNAL for a revision that
// cannot serve, and then begins with its name; any other INTERNAL is a failure of its own.
func operationMeaning(st *status.Status) meaning {
	if st.Code() == codes.Internal && strings.HasPrefix(st.Message(), "Revision '") {
		return badRevision
	}
	if m, ok := operationMeanings[st.Code()]; ok {
		return m
	}
	return badRevision
}

func (m meaning) error(op, words string, err error) error {
	msg := m.msg
	if words = oneLine(words); m.words && words != "" {
		msg += ": " + words
	}
	return &deploy.Error{Code: m.code, Op: op, Msg: msg, Hint: m.hint, Err: err}
}

// oneLine makes the platform's words fit into a message: one line of at most 400 bytes.
func oneLine(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if len(s) <= 400 {
		return s
	}
	return strings.ToValidUTF8(s[:397], "") + "…"
}
