package scans

import (
	"context"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"slipway/internal/deploy"
	"slipway/internal/deploy/provider/google"
)

// meanings is for the status of a call; PROJECT stands for the image's. What is not here means what it does for all of
// Google's APIs.
var meanings = map[codes.Code]google.Meaning{
	codes.InvalidArgument:   {Code: deploy.Invalid, Msg: "Artifact Analysis refuses the question about the image", Hint: "see that image in the catalog is registry/project/…, as in gcr.io/my-project/app"},
	codes.NotFound:          {Code: deploy.NotFound, Msg: "Artifact Analysis knows no project PROJECT", Hint: "see that image in the catalog is registry/project/…, as in gcr.io/my-project/app"},
	codes.PermissionDenied:  {Code: deploy.Forbidden, Msg: "Artifact Analysis does not let Slipway read the scans of PROJECT", Hint: "grant the bot roles/containeranalysis.occurrences.viewer in the project, and see that the Container Analysis API is enabled in it"},
	codes.ResourceExhausted: {Code: deploy.Unavailable, Msg: "Artifact Analysis asks Slipway to slow down", Hint: "look at the project's Container Analysis quotas if it goes on"},
}

// explain makes an error of a call about a project's image one of ours.
func explain(ctx context.Context, op, project string, err error) error {
	return api.Explain(ctx, op, err, func(st *status.Status) google.Meaning {
		m := meanings[st.Code()]
		m.Msg = strings.ReplaceAll(m.Msg, "PROJECT", project)
		return m
	})
}
