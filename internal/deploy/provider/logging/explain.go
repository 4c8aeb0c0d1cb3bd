package logging

import (
	"context"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"slipway/internal/deploy"
	"slipway/internal/deploy/provider/google"
)

// meanings is for the status of a call. What is not here means what it does for all of Google's APIs.
var meanings = map[codes.Code]google.Meaning{
	codes.InvalidArgument:    {Code: deploy.Invalid, Msg: "Cloud Logging refuses the question", Hint: "compare project, region and service in the catalog with what is at Google"},
	codes.OutOfRange:         {Code: deploy.Invalid, Msg: "Cloud Logging refuses the question", Hint: "compare project, region and service in the catalog with what is at Google"},
	codes.FailedPrecondition: {Code: deploy.Invalid, Msg: "Cloud Logging refuses the question", Hint: "see that the Logging API is enabled in the project"},
	codes.NotFound:           {Code: deploy.NotFound, Msg: "Cloud Logging does not know the project", Hint: "correct the project in the catalog"},
	codes.PermissionDenied:   {Code: deploy.Forbidden, Msg: "Cloud Logging does not let Slipway read", Hint: "grant the bot roles/logging.viewer on the project"},
	codes.ResourceExhausted:  {Code: deploy.Unavailable, Msg: "Cloud Logging asks Slipway to slow down", Hint: "look at the project's Logging quotas if it goes on: 60 reads a minute is the usual one"},
}

func explain(ctx context.Context, op string, err error) error {
	return api.Explain(ctx, op, err, func(st *status.Status) google.Meaning { return meanings[st.Code()] })
}
