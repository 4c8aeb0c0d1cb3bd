package runjobs

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"cloud.google.com/go/run/apiv2/runpb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"slipway/internal/deploy"
	"slipway/internal/deploy/provider/google"
)

// mostWords is how much of an output, or of the platform's words, stands in a message.
const mostWords = 400

// meanings is for the status of a call. What is not here means what it does for all of Google's APIs.
var meanings = map[codes.Code]google.Meaning{
	codes.InvalidArgument:   {Code: deploy.Invalid, Msg: "Cloud Run refuses to run the job", Hint: "compare job, project and region in the catalog with what is at Google"},
	codes.PermissionDenied:  {Code: deploy.Forbidden, Msg: "Cloud Run does not let Slipway run the job", Hint: "grant the bot roles/run.developer on it: it has to run it with other arguments"},
	codes.ResourceExhausted: {Code: deploy.Unavailable, Msg: "Cloud Run asks Slipway to slow down", Hint: "look at the project's Cloud Run quotas if it goes on"},
	codes.Aborted:           {Code: deploy.Unavailable, Msg: "somebody is changing the job", Hint: "try again when they are done"},
}

// explain makes an error of a call one of ours. Calls end with the time of the execution at the latest, which is not the
// caller's doing.
func explain(within context.Context, doing string, q *deploy.JobRequest, err error) error {
	if errors.Is(context.Cause(within), errTime) {
		return &deploy.Error{Code: deploy.Unavailable, Op: doing, Msg: "Cloud Run did not answer in time", Hint: google.LaterHint, Err: err}
	}
	return api.Explain(within, doing, err, func(st *status.Status) google.Meaning {
		if st.Code() == codes.NotFound {
			return google.Meaning{
				Code: deploy.NotFound, Msg: fmt.Sprintf("the job %s in %s/%s does not exist", q.Job, q.Service.Project, q.Service.Region),
				Hint: "create it once: `gcloud run jobs create " + q.Job + " --image IMAGE --max-retries 0`; for dependencies IMAGE is Slipway's own",
			}
		}
		return meanings[st.Code()]
	})
}

// passing says whether a look that failed may be followed by another: the execution goes on meanwhile.
func passing(err error) bool {
	switch status.Code(err) {
	case codes.Unavailable, codes.DeadlineExceeded, codes.ResourceExhausted, codes.Internal, codes.Unknown, codes.Aborted:
		return deploy.CodeOf(err) == deploy.Internal // a foreign one: those of ours have decided already
	default:
		return errors.Is(err, context.DeadlineExceeded)
	}
}

// unfinished is an execution whose end nobody has seen.
func (j *Jobs) unfinished(ctx, within context.Context, doing string, q *deploy.JobRequest, last *runpb.Execution, err error) error {
	switch {
	case errors.Is(ctx.Err(), context.Canceled):
		return &deploy.Error{Code: deploy.Unavailable, Op: doing, Msg: "the job " + q.Job + " was broken off", Err: ctx.Err()}
	case within.Err() != nil && last.GetStartTime() == nil:
		return &deploy.Error{
			Code: deploy.Unavailable, Op: doing, Msg: fmt.Sprintf("Cloud Run has not started the job %s within %s", q.Job, deploy.Planned(q.Within)),
			Hint: "give the check more time (within): a job takes some seconds to start", Err: within.Err(),
		}
	case within.Err() != nil:
		return &deploy.Error{
			Code: deploy.Invalid, Op: doing, Msg: fmt.Sprintf("the job %s took longer than %s and was cancelled", q.Job, deploy.Planned(q.Within)),
			Hint: "give the check more time (within), or the job less to do", Err: within.Err(),
		}
	}
	return explain(within, doing, q, err)
}

// outcome says how an execution has ended, in the platform's words where it is badly.
func outcome(e *runpb.Execution) (well bool, why string) {
	for _, c := range e.GetConditions() {
		if c.GetType() == "Completed" {
			return c.GetState() == runpb.Condition_CONDITION_SUCCEEDED, c.GetMessage()
		}
	}
	return e.GetSucceededCount() > 0 && e.GetFailedCount() == 0 && e.GetCancelledCount() == 0, ""
}

// failed is an execution that ended badly: the last lines that it wrote say why, or else the platform.
func failed(doing string, q *deploy.JobRequest, r *deploy.JobReport, why string) error {
	e := &deploy.Error{Code: deploy.Invalid, Op: doing, Msg: "the job " + q.Job + " ended badly", Hint: "look at the logs of its execution " + r.Execution}
	switch {
	case strings.TrimSpace(r.Output) != "":
		e.Msg += ". It wrote last:\n" + lastLines(r.Output)
	case why != "":
		e.Msg += ": " + cut(strings.Join(strings.Fields(why), " "))
	}
	return e
}

// lastLines are those at the end of a text that fit into a message.
func lastLines(text string) string {
	text = strings.TrimSpace(text)
	for len(text) > mostWords {
		_, rest, found := strings.Cut(text, "\n")
		if !found {
			return "…" + strings.ToValidUTF8(text[len(text)-mostWords:], "")
		}
		text = rest
	}
	return text
}

func cut(s string) string {
	if len(s) <= mostWords {
		return s
	}
	return strings.ToValidUTF8(s[:mostWords], "") + "…"
}
