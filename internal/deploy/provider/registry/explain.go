package registry

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"

	"slipway/internal/deploy"
	"slipway/internal/deploy/provider/egress"
)

// explain makes an error of the registry one of ours.
func (i *Images) explain(ctx context.Context, doing string, ref name.Reference, err error) error {
	host := ref.Context().RegistryStr()
	e := &deploy.Error{Code: deploy.Unavailable, Op: doing, Err: err}
	known, no := (*deploy.Error)(nil), (*egress.Refusal)(nil)
	switch {
	case ctx.Err() != nil:
		e.Msg, e.Err = "the call to "+host+" was broken off", errors.Join(ctx.Err(), err)
	case errors.Is(err, context.DeadlineExceeded):
		e.Msg = host + " did not answer within " + i.timeout.String()
	case errors.As(err, &known): // of a Login, or of what an image says of itself
		e.Code = known.Code
	case errors.As(err, &no):
		e.Code, e.Msg, e.Hint = deploy.Invalid, host+" leads to "+no.Address+", which is not called: it "+no.Why, "look at who answers as "+host
	case refused(err):
		e.Code, e.Msg, e.Hint = deploy.Forbidden, host+" does not let Slipway read "+ref.Context().RepositoryStr(), remedy(host)
	case statusOf(err) == http.StatusTooManyRequests:
		e.Msg = host + " asks Slipway to slow down"
	case missing(err):
		e.Code, e.Msg = deploy.NotFound, "a part of "+ref.Name()+" is missing in the registry"
		e.Hint = "push the image again"
	case statusOf(err) >= 400 && statusOf(err) < 500:
		e.Code, e.Msg = deploy.Invalid, host+" refuses the question"
	default:
		e.Msg = host + " does not answer"
	}
	return e
}

// otherMachines says what the image is built for instead of our platform.
func otherMachines(doing string, ref name.Tag, instead []string) error {
	msg := ref.RepositoryStr() + ":" + ref.TagStr() + " is not built for " + platform.String()
	if len(instead) > 0 {
		msg += ", only for " + strings.Join(instead, ", ")
	}
	return &deploy.Error{
		Code: deploy.Invalid, Op: doing, Msg: msg, Hint: "build it with `docker build --platform " + platform.String() + "`",
	}
}

func remedy(host string) string {
	if host == "gcr.io" || strings.HasSuffix(host, ".gcr.io") || strings.HasSuffix(host, ".pkg.dev") {
		return "grant the bot roles/artifactregistry.reader on the repository, or run `gcloud auth application-default login`"
	}
	if strings.Contains(host, ".dkr.ecr") || strings.Contains(host, ".dkr-ecr") {
		return "allow the bot's role ecr:GetAuthorizationToken, ecr:BatchGetImage and ecr:GetDownloadUrlForLayer on the repository"
	}
	return "run `docker login " + host + "` for the account the bot runs as"
}

// statusOf is the HTTP status of a registry's answer; 0 if it gave none.
func statusOf(err error) int {
	if answer := (*transport.Error)(nil); errors.As(err, &answer) {
		return answer.StatusCode
	}
	return 0
}

func missing(err error) bool { return statusOf(err) == http.StatusNotFound }

func refused(err error) bool {
	s := statusOf(err)
	return s == http.StatusUnauthorized || s == http.StatusForbidden
}
