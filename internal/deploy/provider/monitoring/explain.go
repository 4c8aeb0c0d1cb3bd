package monitoring

import (
	"context"
	"errors"
	"fmt"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"slipway/internal/deploy"
	"slipway/internal/deploy/provider/google"
)

// meanings is for the status of a call. What is not here means what it does for all of Google's APIs.
var meanings = map[codes.Code]google.Meaning{
	codes.InvalidArgument:    {Code: deploy.Invalid, Msg: "Cloud Monitoring refuses the question", Hint: "compare project, region, service and windows in the catalog with what is at Google"},
	codes.OutOfRange:         {Code: deploy.Invalid, Msg: "Cloud Monitoring refuses the question", Hint: "compare project, region, service and windows in the catalog with what is at Google"},
	codes.FailedPrecondition: {Code: deploy.Invalid, Msg: "Cloud Monitoring refuses the question", Hint: "see that the Monitoring API is enabled in the project"},
	codes.PermissionDenied:   {Code: deploy.Forbidden, Msg: "Cloud Monitoring does not let Slipway read", Hint: "grant the bot roles/monitoring.viewer on the project"},
	codes.ResourceExhausted:  {Code: deploy.Unavailable, Msg: "Cloud Monitoring asks Slipway to slow down", Hint: "look at the project's Monitoring quotas if it goes on, or look less often"},
}

// explain makes an error of a call about a metric one of ours.
func explain(ctx context.Context, op, metric string, err error) error {
	return api.Explain(ctx, op, err, func(st *status.Status) google.Meaning {
		switch {
		case errors.Is(err, errPart):
			return google.Meaning{Code: deploy.Unavailable, Msg: "Cloud Monitoring has answered in part only", Hint: google.LaterHint}
		case st.Code() == codes.NotFound:
			return google.Meaning{
				Code: deploy.NotFound, Msg: "Cloud Monitoring does not know the metric " + metric,
				Hint: "see that the project is right in the catalog, and that the service it is about has run there",
			}
		}
		return meanings[st.Code()]
	})
}

// wrong is an answer that cannot be right. It is no answer: the next look asks again.
func wrong(metric, format string, args ...any) error {
	return &deploy.Error{
		Code: deploy.Unavailable,
		Msg:  "what Cloud Monitoring says of " + metric + " cannot be right: " + fmt.Sprintf(format, args...),
		Hint: google.LaterHint,
	}
}
