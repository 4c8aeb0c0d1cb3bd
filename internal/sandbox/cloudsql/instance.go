package cloudsql

import (
	"context"
	"fmt"
	"slices"
	"time"

	"cloud.google.com/go/sql/apiv1/sqlpb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

// instance is one database server as the API knows it. Guarded by Server.mu, but for data: that is whose operation it is.
type instance struct {
	spec     InstanceSpec
	state    sqlpb.DatabaseInstance_SqlInstanceState
	version  sqlpb.SqlDatabaseVersion
	primary  string // of which it is a replica
	replicas []string
	made     time.Time
	first    time.Time // moment that can be recovered
	address  string    // host:port, "" without data
	busy     *operation
	backups  []*backup // the oldest first
	data     *cluster  // nil without

	ready chan struct{} // closed once it can be looked at
	err   error         // why it could not be made
}

// find is an instance that can be looked at. One that is being seeded is waited for.
func (s *Server) find(ctx context.Context, project, name string) (*instance, error) {
	i, err := s.look(project, name)
	if err != nil {
		return nil, err
	}
	select {
	case <-i.ready:
		return i, nil
	case <-ctx.Done():
		return nil, status.FromContextError(ctx.Err()).Err()
	case <-s.ctx.Done():
		return nil, closing()
	}
}

func (s *Server) look(project, name string) (*instance, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !slices.ContainsFunc(s.instances, func(i *instance) bool { return i.spec.Project == project }) {
		return nil, status.Error(codes.PermissionDenied, "The client is not authorized to make this request.")
	}
	if i := s.named(project, name); i != nil {
		return i, nil
	}
	return nil, status.Error(codes.NotFound, "The Cloud SQL instance does not exist.")
}

// named is an instance, or nil. Under mu.
func (s *Server) named(project, name string) *instance {
	for _, i := range s.instances {
		if i.spec.Project == project && i.spec.Name == name {
			return i
		}
	}
	return nil
}

// able says whether an instance can begin an operation. Under mu.
func (s *Server) able(i *instance) error {
	switch {
	case s.closed:
		return closing()
	case i.busy != nil:
		return status.Error(codes.Aborted, "Operation failed because another operation was already in progress. Try your request after the current operation is complete.")
	case i.state != sqlpb.DatabaseInstance_RUNNABLE || s.faults.active(NotRunning, i.spec.Name):
		return invalidState("")
	}
	return nil
}

// invalidState is the answer to what an instance is in no state for: 409 invalidState.
func invalidState(why string) error {
	return status.Error(codes.FailedPrecondition, "The instance or operation is not in an appropriate state to handle the request."+why)
}

func closing() error { return status.Error(codes.Unavailable, "the server is shutting down") }

// pb is what the API says of it. Under mu.
func (s *Server) pb(i *instance) *sqlpb.DatabaseInstance {
	out := &sqlpb.DatabaseInstance{
		Kind: "sql#instance", Project: i.spec.Project, Name: i.spec.Name, Region: i.spec.Region, GceZone: i.spec.Region + "-a",
		State: i.state, DatabaseVersion: i.version, BackendType: sqlpb.SqlBackendType_SECOND_GEN, InstanceType: sqlpb.SqlInstanceType_CLOUD_SQL_INSTANCE,
		ConnectionName: i.spec.Project + ":" + i.spec.Region + ":" + i.spec.Name,
		IpAddresses:    []*sqlpb.IpMapping{{Type: sqlpb.SqlIpAddressType_PRIMARY, IpAddress: "127.0.0.1"}},
		ReplicaNames:   slices.Clone(i.replicas), MasterInstanceName: i.primary, CreateTime: timestamppb.New(i.made),
		SelfLink: link(i.spec.Project, "instances", i.spec.Name),
		Settings: &sqlpb.Settings{Kind: "sql#settings", Tier: "db-custom-2-7680", BackupConfiguration: &sqlpb.BackupConfiguration{
			Kind: "sql#backupConfiguration", StartTime: fmt.Sprintf("%02d:00", nightlyHour), Enabled: wrapperspb.Bool(i.primary == ""),
			PointInTimeRecoveryEnabled: wrapperspb.Bool(!i.spec.NoPointInTime && i.primary == ""), TransactionLogRetentionDays: wrapperspb.Int32(7),
		}},
	}
	if i.primary != "" {
		out.InstanceType = sqlpb.SqlInstanceType_READ_REPLICA_INSTANCE
	}
	if i.state == sqlpb.DatabaseInstance_RUNNABLE {
		if _, ok := s.faults.take(NotRunning, "", i.spec.Name); ok {
			out.State, out.SuspensionReason = sqlpb.DatabaseInstance_SUSPENDED, []sqlpb.SqlSuspensionReason{sqlpb.SqlSuspensionReason_BILLING_ISSUE}
		}
	}
	return out
}

func link(project, collection, name string) string {
	return "https://sqladmin.googleapis.com/v1/projects/" + project + "/" + collection + "/" + name
}
