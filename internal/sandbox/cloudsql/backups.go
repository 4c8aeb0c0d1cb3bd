package cloudsql

import (
	"context"
	"slices"
	"time"

	"cloud.google.com/go/sql/apiv1/sqlpb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// backupsAPI is the API of backup runs.
type backupsAPI struct{ *Server }

// backup is one backup run, and where in the data it is. Guarded by Server.mu.
type backup struct {
	run   *sqlpb.BackupRun
	place mark
}

// backup is one of its backups, or nil. Under mu.
func (i *instance) backup(id int64) *backup {
	for _, b := range i.backups {
		if b.run.GetId() == id {
			return b
		}
	}
	return nil
}

func noBackup() error {
	return status.Error(codes.NotFound, "The Cloud SQL backup run does not exist.")
}

// newBackup is a run that was asked for. Ids are milliseconds, as the real ones, and rise. Under mu.
func (i *instance) newBackup(kind sqlpb.SqlBackupRunType, description string, at time.Time) *backup {
	id := at.UnixMilli()
	if n := len(i.backups); n > 0 {
		id = max(id, i.backups[n-1].run.GetId()+1)
	}
	b := &backup{run: &sqlpb.BackupRun{
		Kind: "sql#backupRun", Id: id, Instance: i.spec.Name, Description: description, Type: kind, Status: sqlpb.SqlBackupRunStatus_ENQUEUED,
		EnqueuedTime: timestamppb.New(at), WindowStartTime: timestamppb.New(at), Location: "us", DatabaseVersion: i.version, BackupKind: sqlpb.SqlBackupKind_SNAPSHOT,
	}}
	i.backups = append(i.backups, b)
	return b
}

// Insert begins a backup.
func (a backupsAPI) Insert(ctx context.Context, req *sqlpb.SqlBackupRunsInsertRequest) (*sqlpb.Operation, error) {
	i, err := a.find(ctx, req.GetProject(), req.GetInstance())
	if err != nil {
		return nil, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if i.primary != "" {
		return nil, status.Error(codes.InvalidArgument, "Invalid request: a replica cannot be backed up.")
	}
	if err := a.able(i); err != nil {
		return nil, err
	}
	b := i.newBackup(sqlpb.SqlBackupRunType_ON_DEMAND, req.GetBody().GetDescription(), a.opts.Now())
	op := a.begin(ctx, sqlpb.Operation_BACKUP_VOLUME, i)
	op.message.BackupContext = &sqlpb.BackupContext{Kind: "sql#backupContext", BackupId: b.run.GetId()}
	a.run(op, a.opts.Backup, func(ctx context.Context) error { return a.backUp(ctx, op, i, b) }, func(err error) {
		b.run.EndTime, b.run.Status = timestamppb.New(a.opts.Now()), sqlpb.SqlBackupRunStatus_SUCCESSFUL
		if err != nil {
			b.run.Status, b.run.Error = sqlpb.SqlBackupRunStatus_FAILED, operationError(err)
		}
	})
	return op.pb(), nil
}

// backUp makes the backup. What it has is what was there once it had begun.
func (s *Server) backUp(ctx context.Context, op *operation, i *instance, b *backup) error {
	s.mu.Lock()
	b.run.Status, b.run.StartTime = sqlpb.SqlBackupRunStatus_RUNNING, timestamppb.New(s.opts.Now())
	s.mu.Unlock()
	if _, ok := s.faults.take(BackupFails, op.method, i.spec.Name); ok {
		return errBackupFails
	}
	if i.data == nil {
		return nil
	}
	place, err := i.data.mark(ctx, op.place())
	s.mu.Lock()
	defer s.mu.Unlock()
	b.place = place
	return err
}

// Get answers with a backup run.
func (a backupsAPI) Get(ctx context.Context, req *sqlpb.SqlBackupRunsGetRequest) (*sqlpb.BackupRun, error) {
	i, err := a.find(ctx, req.GetProject(), req.GetInstance())
	if err != nil {
		return nil, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	b := i.backup(req.GetId())
	if b == nil {
		return nil, noBackup()
	}
	return b.pb(), nil
}

// List answers with the backup runs of an instance, the newest first.
func (a backupsAPI) List(ctx context.Context, req *sqlpb.SqlBackupRunsListRequest) (*sqlpb.BackupRunsListResponse, error) {
	i, err := a.find(ctx, req.GetProject(), req.GetInstance())
	if err != nil {
		return nil, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	out := &sqlpb.BackupRunsListResponse{Kind: "sql#backupRunsList"}
	for _, b := range slices.Backward(i.backups) {
		out.Items = append(out.Items, b.pb())
	}
	out.Items, out.NextPageToken, err = page(out.Items, int(req.GetMaxResults()), req.GetPageToken())
	return out, err
}

// Delete forgets a backup.
func (a backupsAPI) Delete(ctx context.Context, req *sqlpb.SqlBackupRunsDeleteRequest) (*sqlpb.Operation, error) {
	i, err := a.find(ctx, req.GetProject(), req.GetInstance())
	if err != nil {
		return nil, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	b := i.backup(req.GetId())
	if b == nil {
		return nil, noBackup()
	}
	if err := a.able(i); err != nil {
		return nil, err
	}
	op := a.begin(ctx, sqlpb.Operation_DELETE_BACKUP, i)
	b.run.Status = sqlpb.SqlBackupRunStatus_DELETION_PENDING
	a.run(op, 0, func(context.Context) error { return nil }, func(error) {
		i.backups = slices.DeleteFunc(i.backups, func(x *backup) bool { return x == b })
	})
	return op.pb(), nil
}

// pb is what the API says of it. Under mu.
func (b *backup) pb() *sqlpb.BackupRun {
	return proto.CloneOf(b.run)
}

// BackupsWith counts the backup runs with a description, of whatever instance, and whatever came of them. Those that were
// deleted do not count.
func (s *Server) BackupsWith(description string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, i := range s.instances {
		for _, b := range i.backups {
			if b.run.GetDescription() == description {
				n++
			}
		}
	}
	return n
}
