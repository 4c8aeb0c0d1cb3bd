package cloudsql

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"cloud.google.com/go/sql/apiv1/sqlpb"

	"slipway/internal/deploy"
)

// clocks is how far the clocks of Cloud SQL and of the bot may be apart.
const clocks = time.Minute

// Restore puts a backup of the instance in place. Before anything is sent its operations are looked through for a restore
// that was asked for since q.Since, give or take a minute for the clocks. One that does not say which backup it is of
// counts, too: Cloud SQL leaves that out at times, and a restore that is begun a second time costs what was written in
// between.
func (s *Instances) Restore(ctx context.Context, q deploy.RestoreRequest) (deploy.Operation, error) {
	doing := "restore backup " + q.Backup + " of " + q.Instance.String()
	id, err := strconv.ParseInt(q.Backup, 10, 64)
	if err != nil || id <= 0 {
		return "", &deploy.Error{Code: deploy.Invalid, Op: doing, Msg: fmt.Sprintf("%.40q cannot be a backup: it is a number", q.Backup), Hint: backupsHint(q.Instance), Err: err}
	}
	got, err := s.look(ctx, q.Instance)
	if err != nil {
		return "", err
	}
	asked, err := s.operation(ctx, q.Instance, func(op *sqlpb.Operation) bool {
		since := q.Since
		if len(op.GetError().GetErrors()) == 0 { // one that has failed before may be asked for anew, at once
			since = since.Add(-clocks)
		}
		of := op.GetBackupContext().GetBackupId()
		return op.GetOperationType() == sqlpb.Operation_RESTORE_VOLUME && (of == id || of == 0) && !moment(op.GetInsertTime()).Before(since)
	})
	if err != nil || asked != "" {
		return asked, err
	}
	if replicas := got.GetReplicaNames(); len(replicas) > 0 {
		what := "replicas"
		if len(replicas) == 1 {
			what = "a replica"
		}
		return "", &deploy.Error{
			Code: deploy.Invalid, Op: doing, Msg: fmt.Sprintf("%s has %s (%s): a restore in place is refused while there are any", q.Instance.Name, what, strings.Join(replicas, ", ")),
			Hint: "delete them first, or restore to a new instance",
		}
	}
	if err := s.restorable(ctx, doing, q.Instance, id); err != nil {
		return "", err
	}
	op, err := s.send(ctx, func(ctx context.Context, c *clients) (*sqlpb.Operation, error) {
		return c.instances.RestoreBackup(ctx, &sqlpb.SqlInstancesRestoreBackupRequest{
			Project: q.Instance.Project, Instance: q.Instance.Name,
			Body: &sqlpb.InstancesRestoreBackupRequest{RestoreBackupContext: &sqlpb.RestoreBackupContext{
				BackupRunId: id, InstanceId: q.Instance.Name, Project: q.Instance.Project,
			}},
		})
	})
	return op, explain(ctx, doing, aBackup(q.Instance, id), err)
}

// restorable looks whether a backup can be put in place: NotFound if it is not there (any more), Invalid if it is not whole.
func (s *Instances) restorable(ctx context.Context, doing string, i deploy.InstanceRef, id int64) error {
	run, err := read(ctx, s, func(ctx context.Context, c *clients) (*sqlpb.BackupRun, error) {
		return c.runs.Get(ctx, &sqlpb.SqlBackupRunsGetRequest{Project: i.Project, Instance: i.Name, Id: id})
	})
	if err != nil {
		return explain(ctx, doing, aBackup(i, id), err)
	}
	b, there := described(run)
	switch {
	case !there:
		return &deploy.Error{Code: deploy.NotFound, Op: doing, Msg: fmt.Sprintf("backup %d of %s has been deleted", id, i.Name), Hint: backupsHint(i)}
	case b.State != deploy.RunDone:
		return &deploy.Error{Code: deploy.Invalid, Op: doing, Msg: fmt.Sprintf("backup %d of %s is not whole: it is %s", id, i.Name, run.GetStatus()), Hint: backupsHint(i)}
	}
	return nil
}
