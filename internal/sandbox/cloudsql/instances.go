package cloudsql

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"time"

	"cloud.google.com/go/sql/apiv1/sqlpb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// instancesAPI is the API of instances.
type instancesAPI struct{ *Server }

// instanceName is what an instance may be called, as documented.
var instanceName = regexp.MustCompile(`^[a-z]([-a-z0-9]{0,96}[a-z0-9])?$`)

// Get answers with an instance.
func (a instancesAPI) Get(ctx context.Context, req *sqlpb.SqlInstancesGetRequest) (*sqlpb.DatabaseInstance, error) {
	i, err := a.find(ctx, req.GetProject(), req.GetInstance())
	if err != nil {
		return nil, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.pb(i), nil
}

// List answers with the instances of a project, in the order in which they were made. Filters are INVALID_ARGUMENT.
func (a instancesAPI) List(_ context.Context, req *sqlpb.SqlInstancesListRequest) (*sqlpb.InstancesListResponse, error) {
	if req.GetFilter() != "" {
		return nil, status.Error(codes.InvalidArgument, "the sandbox understands no filter of instances")
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	out := &sqlpb.InstancesListResponse{Kind: "sql#instancesList"}
	for _, i := range a.instances {
		if i.spec.Project == req.GetProject() {
			out.Items = append(out.Items, a.pb(i))
		}
	}
	var err error
	out.Items, out.NextPageToken, err = page(out.Items, int(req.GetMaxResults()), req.GetPageToken())
	return out, err
}

// GetLatestRecoveryTime answers with the moments that can be cloned.
func (a instancesAPI) GetLatestRecoveryTime(ctx context.Context, req *sqlpb.SqlInstancesGetLatestRecoveryTimeRequest) (*sqlpb.SqlInstancesGetLatestRecoveryTimeResponse, error) {
	i, err := a.find(ctx, req.GetProject(), req.GetInstance())
	if err != nil {
		return nil, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	return &sqlpb.SqlInstancesGetLatestRecoveryTimeResponse{
		Kind: "sql#getLatestRecoveryTime", EarliestRecoveryTime: timestamppb.New(i.first), LatestRecoveryTime: timestamppb.New(a.opts.Now()),
	}, nil
}

// Clone makes an instance with what another had at a moment, or has. Both are busy until it is there.
func (a instancesAPI) Clone(ctx context.Context, req *sqlpb.SqlInstancesCloneRequest) (*sqlpb.Operation, error) {
	source, err := a.find(ctx, req.GetProject(), req.GetInstance())
	if err != nil {
		return nil, err
	}
	q := req.GetBody().GetCloneContext()
	var at time.Time
	if q.GetPointInTime() != nil {
		at = q.GetPointInTime().AsTime()
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if err := a.clonable(source, q.GetDestinationInstanceName(), at); err != nil {
		return nil, err
	}
	made := &instance{spec: source.spec, state: sqlpb.DatabaseInstance_PENDING_CREATE, version: source.version, made: a.opts.Now(), ready: make(chan struct{})}
	made.spec.Name, made.spec.Replicas = q.GetDestinationInstanceName(), nil
	close(made.ready)
	a.instances = append(a.instances, made)
	op := a.begin(ctx, sqlpb.Operation_CLONE, made, source)
	a.run(op, a.opts.Clone, func(ctx context.Context) error { return a.clone(ctx, op, source, made, at) }, func(err error) {
		made.state = sqlpb.DatabaseInstance_RUNNABLE
		if err != nil {
			made.state = sqlpb.DatabaseInstance_FAILED
		}
	})
	return op.pb(), nil
}

// clonable says whether an instance of the name can be made. Under mu.
func (s *Server) clonable(source *instance, name string, at time.Time) error {
	switch {
	case !instanceName.MatchString(name):
		return status.Errorf(codes.InvalidArgument, "Invalid request: Invalid instance name (%s).", name)
	case s.named(source.spec.Project, name) != nil:
		return status.Error(codes.AlreadyExists, "The Cloud SQL instance already exists.")
	case source.primary != "":
		return status.Error(codes.InvalidArgument, "Invalid request: a replica cannot be cloned.")
	}
	if err := s.able(source); err != nil || at.IsZero() {
		return err
	}
	// The words of the next three are the sandbox's: what the real one says is not documented.
	switch {
	case source.spec.NoPointInTime:
		return status.Error(codes.InvalidArgument, "Invalid request: Point-in-time recovery is not enabled for the instance.")
	case at.Before(source.first):
		return status.Errorf(codes.InvalidArgument, "Invalid request: The point in time %s is before the earliest recovery time %s.", stamp(at), stamp(source.first))
	case at.After(s.opts.Now()):
		return status.Errorf(codes.InvalidArgument, "Invalid request: The point in time %s is in the future.", stamp(at))
	}
	return nil
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

func (s *Server) clone(ctx context.Context, op *operation, source, made *instance, at time.Time) error {
	if source.data == nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		made.first = s.opts.Now()
		return nil
	}
	data, err := source.data.clone(ctx, op.place(), at)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	made.data, made.address, made.first = data, data.server.Addr, data.past[0].from
	return nil
}

// RestoreBackup puts a backup of the instance in the place of what it has. While that goes on the state is MAINTENANCE,
// which is the sandbox's choice: what the real one reports is not documented.
func (a instancesAPI) RestoreBackup(ctx context.Context, req *sqlpb.SqlInstancesRestoreBackupRequest) (*sqlpb.Operation, error) {
	i, err := a.find(ctx, req.GetProject(), req.GetInstance())
	if err != nil {
		return nil, err
	}
	q := req.GetBody().GetRestoreBackupContext()
	if q.GetInstanceId() != "" && q.GetInstanceId() != i.spec.Name || q.GetProject() != "" && q.GetProject() != i.spec.Project {
		return nil, status.Error(codes.Unimplemented, "the sandbox restores backups of the instance itself only")
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	b := i.backup(q.GetBackupRunId())
	switch {
	case b == nil:
		return nil, noBackup()
	case b.run.GetStatus() != sqlpb.SqlBackupRunStatus_SUCCESSFUL:
		return nil, status.Error(codes.InvalidArgument, "Invalid request: Backup run is not successful.")
	}
	if err := a.able(i); err != nil {
		return nil, err
	}
	if len(i.replicas) > 0 {
		// Documented is that replicas have to be deleted before a restore; not in which words it is refused.
		return nil, invalidState(" The instance has replicas: delete all of them, and make them again once the backup is restored.")
	}
	op := a.begin(ctx, sqlpb.Operation_RESTORE_VOLUME, i)
	i.state = sqlpb.DatabaseInstance_MAINTENANCE
	a.run(op, a.opts.Restore, func(ctx context.Context) error {
		if i.data == nil {
			return nil
		}
		return i.data.restore(ctx, op.place(), b.place)
	}, func(error) { i.state = sqlpb.DatabaseInstance_RUNNABLE })
	return op.pb(), nil
}

// Delete ends an instance and everything that it had, its backups too.
func (a instancesAPI) Delete(ctx context.Context, req *sqlpb.SqlInstancesDeleteRequest) (*sqlpb.Operation, error) {
	i, err := a.find(ctx, req.GetProject(), req.GetInstance())
	if err != nil {
		return nil, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	failed := i.state == sqlpb.DatabaseInstance_FAILED && i.busy == nil && !a.closed // there is nothing else to do with it
	if err := a.able(i); err != nil && !failed {
		return nil, err
	}
	if len(i.replicas) > 0 {
		return nil, invalidState(" The instance has replicas: delete all of them first.")
	}
	op := a.begin(ctx, sqlpb.Operation_DELETE, i)
	i.state = sqlpb.DatabaseInstance_PENDING_DELETE
	a.run(op, 0, func(context.Context) error {
		if i.data == nil {
			return nil
		}
		return i.data.close()
	}, func(err error) {
		if errors.Is(err, context.Canceled) {
			return // Close came first: it is closed there
		}
		a.instances = slices.DeleteFunc(a.instances, func(x *instance) bool { return x == i })
		if p := a.named(i.spec.Project, i.primary); p != nil {
			p.replicas = slices.DeleteFunc(p.replicas, func(name string) bool { return name == i.spec.Name })
		}
	})
	return op.pb(), nil
}

func formatUUID(b [16]byte) string {
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[0:4], b[4:6], b[6:8], b[8:10], b[10:16])
}
