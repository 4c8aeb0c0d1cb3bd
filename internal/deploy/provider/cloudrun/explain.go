package cloudrun

import (
	"context"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"slipway/internal/deploy"
	"slipway/internal/deploy/provider/google"
)

const rolesHint = "grant the bot roles/run.developer on the project, and roles/iam.serviceAccountUser on the account that the service runs as"

// meaning is what a gRPC status says to a program and to a person.
type meaning struct {
	code  deploy.Code
	msg   string
	words bool // Cloud Run's own words follow msg
	hint  string
}

// callMeanings is for the status of a call. What is not here means what it does for all of Google's APIs.
var callMeanings = map[codes.Code]meaning{
	codes.InvalidArgument:    {deploy.Invalid, "Cloud Run refuses this", true, "compare the settings in the catalog with what Cloud Run allows"},
	codes.OutOfRange:         {deploy.Invalid, "Cloud Run refuses this", true, "compare the settings in the catalog with what Cloud Run allows"},
	codes.Unimplemented:      {deploy.Invalid, "Cloud Run does not know this call", true, "check CLOUDSDK_API_ENDPOINT_OVERRIDES_RUN"},
	codes.PermissionDenied:   {deploy.Forbidden, "Cloud Run does not let Slipway do this", true, rolesHint},
	codes.Aborted:            {deploy.Conflict, "somebody else is changing the service", false, "wait until they are done, then try again"},
	codes.FailedPrecondition: {deploy.Conflict, "the service is not in a state in which Cloud Run does this", true, "look at the service, then try again"},
	codes.AlreadyExists:      {deploy.Conflict, "the name is taken", true, "start the release again: it will take another name"},
	codes.ResourceExhausted:  {deploy.Unavailable, "Cloud Run asks Slipway to slow down", true, "look at the project's Cloud Run quotas if it goes on"},
}

// operationMeanings is for the status with which an operation has ended. It does not change by asking again, so
// what is Unavailable or Conflict here means that the change itself may be asked for again. What is not here is
// badRevision: NOT_FOUND is a missing image, FAILED_PRECONDITION a container that does not start.
var operationMeanings = map[codes.Code]meaning{
	codes.PermissionDenied:  {deploy.Forbidden, "Cloud Run was not allowed to do it", true, "the account that the service runs as needs access to the image and to each secret"},
	codes.Unauthenticated:   {deploy.Forbidden, "Cloud Run was not allowed to do it", true, "the account that the service runs as needs access to the image and to each secret"},
	codes.Aborted:           {deploy.Conflict, "another change took the place of this one", true, "look at the service, then try again"},
	codes.Canceled:          {deploy.Conflict, "the change was cancelled at Cloud Run", true, "look at the service, then try again"},
	codes.Unavailable:       {deploy.Unavailable, "Cloud Run could not finish it", true, google.LaterHint},
	codes.ResourceExhausted: {deploy.Unavailable, "Cloud Run could not finish it", true, "look at the project's Cloud Run quotas"},
	codes.Internal:          {deploy.Unavailable, "Cloud Run could not finish it", true, google.LaterHint},
	codes.Unknown:           {deploy.Unavailable, "Cloud Run could not finish it", true, google.LaterHint},
}

// badRevision: no repetition helps, somebody has to repair something.
var badRevision = meaning{deploy.Invalid, "Cloud Run could not bring it up", true, "look at the revision's logs, repair the image or its settings, then release again"}

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

// explain makes an error of a call about a thing one of ours.
func explain(ctx context.Context, op string, about thing, err error) error {
	return api.Explain(ctx, op, err, func(st *status.Status) google.Meaning {
		if st.Code() == codes.NotFound {
			return google.Meaning{Code: deploy.NotFound, Msg: about.name + " does not exist", Hint: about.hint}
		}
		return callMeanings[st.Code()].with(st.Message())
	})
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

// with is the meaning together with Cloud Run's words.
func (m meaning) with(words string) google.Meaning {
	msg := m.msg
	if words = oneLine(words); m.words && words != "" {
		msg += ": " + words
	}
	return google.Meaning{Code: m.code, Msg: msg, Hint: m.hint}
}

// oneLine makes the platform's words fit into a message: one line of at most 400 bytes.
func oneLine(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if len(s) <= 400 {
		return s
	}
	return strings.ToValidUTF8(s[:397], "") + "…"
}
