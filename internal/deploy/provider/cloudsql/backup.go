package cloudsql

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"cloud.google.com/go/sql/apiv1/sqlpb"
	"google.golang.org/api/iterator"
	"google.golang.org/protobuf/types/known/timestamppb"

	"slipway/internal/deploy"
)

const (
	// mostRuns is how many backups are looked through: Cloud SQL keeps up to 365 of its own, and those that were asked for
	// until somebody deletes them. The newest come first, and a description that is looked for is new.
	mostRuns = 1000
	// pageRuns of them are asked for at once.
	pageRuns = 100
)

// Backups are the newest first, by when they began or were asked for. Those that were deleted, or are being deleted, are
// left out: nobody can restore them. One that Cloud SQL skipped, or did not get to in its window, has failed.
func (s *Instances) Backups(ctx context.Context, i deploy.InstanceRef, limit int) ([]deploy.BackupRun, error) {
	if err := plausible(i); err != nil {
		return nil, err
	}
	found, err := read(ctx, s, func(ctx context.Context, c *clients) ([]deploy.BackupRun, error) {
		return list(ctx, c, i, limit)
	})
	if err != nil {
		return nil, explain(ctx, "look at the backups of "+i.String(), anInstance(i), err)
	}
	return found, nil
}

func list(ctx context.Context, c *clients, i deploy.InstanceRef, limit int) ([]deploy.BackupRun, error) {
	all := c.runs.List(ctx, &sqlpb.SqlBackupRunsListRequest{Project: i.Project, Instance: i.Name, MaxResults: pageRuns})
	var out []deploy.BackupRun
	for range mostRuns {
		if len(out) >= limit {
			break
		}
		run, err := all.Next()
		if errors.Is(err, iterator.Done) {
			break
		}
		if err != nil {
			return nil, err
		}
		if b, there := described(run); there {
			out = append(out, b)
		}
	}
	slices.SortStableFunc(out, func(a, b deploy.BackupRun) int { return b.Started.Compare(a.Started) })
	return out, nil
}

// Backup asks for a backup unless there is one with the description that runs or went well. Nothing comes of a second call
// whose first is still being started: Cloud SQL refuses it as a Conflict, and then it is there to be found. If there are
// several of the description, made by hand or by a mistake, the oldest that has not failed is the one.
func (s *Instances) Backup(ctx context.Context, i deploy.InstanceRef, description string) (deploy.Operation, error) {
	doing := "back up " + i.String()
	if strings.TrimSpace(description) == "" {
		return "", &deploy.Error{Code: deploy.Invalid, Op: doing, Msg: "a backup without a description could not be found again"}
	}
	there, err := s.Backups(ctx, i, mostRuns)
	if err != nil {
		return "", err
	}
	if slices.ContainsFunc(there, func(b deploy.BackupRun) bool { return b.Description == description && b.State != deploy.RunFailed }) {
		return "", nil
	}
	op, err := s.send(ctx, func(ctx context.Context, c *clients) (*sqlpb.Operation, error) {
		return c.runs.Insert(ctx, &sqlpb.SqlBackupRunsInsertRequest{
			Project: i.Project, Instance: i.Name, Body: &sqlpb.BackupRun{Description: description},
		})
	})
	return op, explain(ctx, doing, anInstance(i), err)
}

// described is a run in our words; false if there is nothing left of it.
func described(run *sqlpb.BackupRun) (deploy.BackupRun, bool) {
	b := deploy.BackupRun{
		ID: strconv.FormatInt(run.GetId(), 10), Description: run.GetDescription(),
		Started: moment(run.GetStartTime()), Ended: moment(run.GetEndTime()),
		Size: run.GetMaxChargeableBytes(), OnDemand: run.GetType() == sqlpb.SqlBackupRunType_ON_DEMAND,
	}
	if b.Started.IsZero() {
		b.Started = moment(run.GetEnqueuedTime())
	}
	switch run.GetStatus() {
	case sqlpb.SqlBackupRunStatus_SUCCESSFUL:
		b.State = deploy.RunDone
	case sqlpb.SqlBackupRunStatus_FAILED, sqlpb.SqlBackupRunStatus_OVERDUE, sqlpb.SqlBackupRunStatus_SKIPPED:
		b.State, b.Trouble = deploy.RunFailed, trouble(run)
	case sqlpb.SqlBackupRunStatus_DELETION_PENDING, sqlpb.SqlBackupRunStatus_DELETION_FAILED, sqlpb.SqlBackupRunStatus_DELETED:
		return deploy.BackupRun{}, false
	case sqlpb.SqlBackupRunStatus_ENQUEUED, sqlpb.SqlBackupRunStatus_RUNNING, sqlpb.SqlBackupRunStatus_SQL_BACKUP_RUN_STATUS_UNSPECIFIED:
		b.State = deploy.RunGoing
	default: // what Cloud SQL learns to say later is not over: a second backup would be made otherwise
		b.State = deploy.RunGoing
	}
	return b, true
}

func trouble(run *sqlpb.BackupRun) string {
	if words := inWords(run.GetError()); words != "" {
		return words
	}
	return run.GetStatus().String()
}

func moment(t *timestamppb.Timestamp) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.AsTime()
}
