package secrets

import (
	"context"
	"errors"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"slipway/internal/deploy"
	"slipway/internal/deploy/provider/google"
)

// wish is what a call is for, and the least role that allows it.
type wish struct{ verb, role string }

var (
	toRead = wish{"read", "roles/secretmanager.secretAccessor"}
	toLook = wish{"look at", "roles/secretmanager.viewer"}
)

// meanings is for the status of a call; NAME stands for the secret's, DO and ROLE for those of a wish. What is not here means what it does for all of
// Google's APIs.
var meanings = map[codes.Code]google.Meaning{
	codes.InvalidArgument:    {Code: deploy.Invalid, Msg: "Secret Manager refuses the name of the secret NAME", Hint: "correct the name of the secret, or the project, in the catalog"},
	codes.NotFound:           {Code: deploy.NotFound, Msg: "there is no secret NAME, or it has no version", Hint: "create it, or add a version: `gcloud secrets versions add NAME --data-file=-`"},
	codes.FailedPrecondition: {Code: deploy.NotFound, Msg: "the newest version of the secret NAME is disabled or destroyed", Hint: "enable it, or add a version: `gcloud secrets versions add NAME --data-file=-`"},
	codes.PermissionDenied:   {Code: deploy.Forbidden, Msg: "Secret Manager does not let Slipway DO the secret NAME", Hint: "grant the bot ROLE on it, and see that the Secret Manager API is enabled in the project"},
	codes.ResourceExhausted:  {Code: deploy.Unavailable, Msg: "Secret Manager asks Slipway to slow down", Hint: "look at the project's Secret Manager quotas if it goes on"},
}

// explain makes an error of a call for a secret one of ours.
func explain(ctx context.Context, op, name string, w wish, err error) error {
	return api.Explain(ctx, op, err, func(st *status.Status) google.Meaning {
		if errors.Is(err, errDamaged) {
			return google.Meaning{Code: deploy.Unavailable, Msg: "the secret " + name + " arrived damaged each time", Hint: google.LaterHint}
		}
		m := meanings[st.Code()]
		words := strings.NewReplacer("NAME", name, "DO", w.verb, "ROLE", w.role)
		m.Msg, m.Hint = words.Replace(m.Msg), words.Replace(m.Hint)
		return m
	})
}
