package cloudsql

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"cloud.google.com/go/sql/apiv1/sqlpb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"slipway/internal/deploy"
	"slipway/internal/deploy/provider/google"
)

const (
	rolesHint = "grant the bot roles/cloudsql.admin on the project (or a role of your own with cloudsql.instances.get, cloudsql.instances.clone, cloudsql.instances.restoreBackup, " +
		"cloudsql.backupRuns.create, get and list), and see that the Cloud SQL Admin API is enabled"
	quotaHint = "look at the project's Cloud SQL quotas if it goes on"
	busyHint  = "it can be asked for once that has ended; `gcloud sql operations list --instance INSTANCE` shows it"
	cloneHint = "compare the moment with the backups and logs that are kept; a backup can be restored instead"
	// mostWords is how much of Cloud SQL's own words stands in a message, in bytes.
	mostWords = 400
)

// meanings is for what codeOf says of an answer; Cloud SQL's own words follow the message. What is not here means what it
// does for all of Google's APIs.
var meanings = map[codes.Code]google.Meaning{
	codes.InvalidArgument:    {Code: deploy.Invalid, Msg: "Cloud SQL refuses this", Hint: "compare the database in the catalog with what is at Google"},
	codes.OutOfRange:         {Code: deploy.Invalid, Msg: "Cloud SQL refuses this", Hint: "compare the database in the catalog with what is at Google"},
	codes.FailedPrecondition: {Code: deploy.Invalid, Msg: "Cloud SQL refuses this as things are", Hint: "look at the instance, then try again"},
	codes.AlreadyExists:      {Code: deploy.Invalid, Msg: "the name is taken", Hint: "take another name"},
	codes.PermissionDenied:   {Code: deploy.Forbidden, Msg: "Cloud SQL does not let Slipway do this", Hint: rolesHint},
	codes.ResourceExhausted:  {Code: deploy.Unavailable, Msg: "Cloud SQL asks Slipway to slow down, or a quota is used up", Hint: quotaHint},
	codes.Aborted:            {Code: deploy.Conflict, Msg: "Cloud SQL is doing something else with the instance", Hint: busyHint},
}

// thing is what a call was about, for when it is not there.
type thing struct{ name, hint string }

func anInstance(i deploy.InstanceRef) thing {
	return thing{"the instance " + i.Name + " of " + i.Project, "correct the instance and the project of the database in the catalog; `gcloud sql instances list` shows what there is"}
}

func aBackup(i deploy.InstanceRef, id int64) thing {
	return thing{fmt.Sprintf("backup %d of %s", id, i.Name), backupsHint(i)}
}

func backupsHint(i deploy.InstanceRef) string {
	return "`gcloud sql backups list --instance " + i.Name + "` shows what there is"
}

func anOperation(op deploy.Operation) thing {
	return thing{"operation " + string(op), "Cloud SQL forgets operations after a while; the instance and its backups show what became of it"}
}

// explain makes an error of a call about a thing one of ours.
func explain(ctx context.Context, doing string, about thing, err error) error {
	return api.Explain(ctx, doing, err, func(st *status.Status) google.Meaning {
		if busy(st) {
			return meanings[codes.Aborted]
		}
		code := codeOf(st)
		if code == codes.NotFound {
			return google.Meaning{Code: deploy.NotFound, Msg: about.name + " does not exist", Hint: about.hint}
		}
		return with(meanings[code], oneLine(st.Message()))
	})
}

func with(m google.Meaning, words string) google.Meaning {
	if m.Msg != "" && words != "" {
		m.Msg += ": " + words
	}
	return m
}

// ends is for the code with which an operation has ended, by a part of it; the first that fits counts. Cloud SQL has no
// list of them: these are among those that people report. What is not here is Invalid: no repetition helps.
var ends = []struct {
	part string
	google.Meaning
}{
	{"QUOTA", google.Meaning{Code: deploy.Unavailable, Msg: "Cloud SQL could not finish it", Hint: quotaHint}},
	{"EXHAUSTED", google.Meaning{Code: deploy.Unavailable, Msg: "Cloud SQL could not finish it", Hint: quotaHint}},
	{"STOCKOUT", google.Meaning{Code: deploy.Unavailable, Msg: "Cloud SQL could not finish it", Hint: "the region has no machines left for now; try again later"}},
	{"CANCEL", google.Meaning{Code: deploy.Conflict, Msg: "it was cancelled at Cloud SQL", Hint: "look at the instance, then try again"}},
	{"INTERNAL", google.Meaning{Code: deploy.Unavailable, Msg: "Cloud SQL could not finish it", Hint: google.LaterHint}},
	{"UNKNOWN", google.Meaning{Code: deploy.Unavailable, Msg: "Cloud SQL could not finish it", Hint: google.LaterHint}},
	{"UNAVAILABLE", google.Meaning{Code: deploy.Unavailable, Msg: "Cloud SQL could not finish it", Hint: google.LaterHint}},
}

// ended says how an operation that is done has ended.
func ended(doing string, op *sqlpb.Operation) error {
	all := op.GetError().GetErrors()
	if len(all) == 0 {
		return nil
	}
	m := google.Meaning{Code: deploy.Invalid, Msg: "Cloud SQL could not do it", Hint: "look at the instance and its logs"}
	var words []string
	for _, e := range all {
		words = append(words, inWords(e))
	}
	for _, end := range ends {
		if strings.Contains(strings.ToUpper(all[0].GetCode()), end.part) {
			m = end.Meaning
			break
		}
	}
	said := oneLine(strings.Join(words, "; "))
	m = with(m, said)
	return &deploy.Error{Code: m.Code, Op: doing, Msg: m.Msg, Hint: m.Hint, Err: errors.New("the operation " + op.GetName() + " ended with " + said)}
}

// inWords is what Cloud SQL says of a failure: its message, or its code where it has none.
func inWords(e *sqlpb.OperationError) string {
	if words := oneLine(e.GetMessage()); words != "" {
		return words
	}
	return oneLine(e.GetCode())
}

// oneLine makes the cloud's words fit into a message.
func oneLine(s string) string {
	s = strings.TrimSuffix(strings.Join(strings.Fields(s), " "), ".")
	if len(s) <= mostWords {
		return s
	}
	return strings.ToValidUTF8(s[:mostWords-3], "") + "…"
}
