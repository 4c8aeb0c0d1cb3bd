package cloudsql_test

import (
	"cmp"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"cloud.google.com/go/sql/apiv1/sqlpb"
	"go.uber.org/goleak"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"slipway/internal/deploy"
	"slipway/internal/deploy/provider/cloudsql"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("go.opencensus.io/stats/view.(*worker).start"))
} // the connector's module has it from its init on

const (
	project  = "my-gcp-project"
	instance = "coditect-postgres-production"
	other    = "orders-production"

	replicated = "billing-production"
	replica    = "billing-replica"
)

var ref = deploy.InstanceRef{Kind: deploy.CloudSQL, Project: project, Name: instance}

// fake is a Cloud SQL without databases: it knows what was asked for, and does one thing at a time with an instance.
type fake struct {
	t    *testing.T
	addr string

	mu         sync.Mutex
	clock      time.Time
	instances  map[string]*sqlpb.DatabaseInstance
	runs       []*sqlpb.BackupRun // the newest first; of instance unless they say otherwise
	operations []*pending         // the newest first
	numbers    int64
	changes    int
	lose       bool
	stick      bool
	failBackup string
	refuse     error                                           // of every call
	before     func(asked string, call int) error              // of a call that is not
	calls      map[string]int                                  // by what was asked
	edit       func(op *sqlpb.Operation, run *sqlpb.BackupRun) // of what an operation has become
}

// pending is an operation, and what its end brings.
type pending struct {
	*sqlpb.Operation
	instance string
	stuck    bool
	end      func(op *sqlpb.Operation)
}

func newFake(t *testing.T) *fake {
	t.Helper()
	f := &fake{t: t, clock: time.Date(2026, 3, 2, 14, 0, 0, 0, time.UTC), instances: map[string]*sqlpb.DatabaseInstance{}, numbers: 1_700_000_000_000, calls: map[string]int{}}
	f.add(instance)
	f.add(other)
	f.add(replicated).ReplicaNames = []string{replica}
	server := httptest.NewServer(f.handler())
	t.Cleanup(server.Close)
	f.addr = server.Listener.Addr().String()
	return f
}

// connect makes a client; changes to its options may be given.
func (f *fake) connect(change ...func(*cloudsql.Options)) *cloudsql.Instances {
	f.t.Helper()
	o := cloudsql.Options{Endpoint: "http://" + f.addr}
	for _, c := range change {
		c(&o)
	}
	s, err := cloudsql.New(&o)
	if err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(func() {
		if err := s.Close(); err != nil {
			f.t.Error(err)
		}
	})
	return s
}

func (f *fake) add(name string) *sqlpb.DatabaseInstance {
	i := &sqlpb.DatabaseInstance{
		Name: name, Project: project, State: sqlpb.DatabaseInstance_RUNNABLE, DatabaseVersion: sqlpb.SqlDatabaseVersion_POSTGRES_16, Region: "us-central1",
		IpAddresses: []*sqlpb.IpMapping{{Type: sqlpb.SqlIpAddressType_OUTGOING, IpAddress: "198.51.100.1"}, {Type: sqlpb.SqlIpAddressType_PRIMARY, IpAddress: "203.0.113.7"}, {Type: sqlpb.SqlIpAddressType_PRIVATE, IpAddress: "10.0.0.7"}},
		Settings: &sqlpb.Settings{ActivationPolicy: sqlpb.Settings_ALWAYS, BackupConfiguration: &sqlpb.BackupConfiguration{
			PointInTimeRecoveryEnabled: wrapperspb.Bool(true),
		}},
		CreateTime: timestamppb.New(f.clock),
	}
	f.instances[name] = i
	return i
}

// locked changes or looks at what is there.
func (f *fake) locked(do func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	do()
}

// begin opens an operation at an instance, which must be at nothing else. Under mu.
func (f *fake) begin(at string, kind sqlpb.Operation_SqlOperationType, end func(*sqlpb.Operation)) (*pending, error) {
	for _, op := range f.operations {
		if op.instance == at && op.Status != sqlpb.Operation_DONE {
			return nil, said{http.StatusConflict, "operationInProgress", "Operation failed because another operation was already in progress. Try your request after the current operation is complete."}
		}
	}
	f.numbers++
	op := &pending{instance: at, end: end, stuck: f.stick, Operation: &sqlpb.Operation{
		Name: fmt.Sprintf("op-%d", f.numbers), Status: sqlpb.Operation_RUNNING, OperationType: kind, TargetId: at, TargetProject: project, InsertTime: timestamppb.New(f.clock),
	}}
	f.stick = false
	f.operations = slices.Insert(f.operations, 0, op)
	f.changes++
	return op, nil
}

func (f *fake) missing(name string) error {
	if f.instances[name] == nil {
		return said{http.StatusNotFound, "notFound", "The Cloud SQL instance does not exist."}
	}
	return nil
}

// The levers of the suite.

func (f *fake) Finish() {
	f.locked(func() {
		for _, op := range f.operations {
			if !op.stuck && op.Status != sqlpb.Operation_DONE {
				op.Status = sqlpb.Operation_DONE
				op.end(op.Operation)
			}
		}
	})
}

func (f *fake) Now() (now time.Time) { f.locked(func() { now = f.clock }); return now }
func (f *fake) LoseAnswer()          { f.locked(func() { f.lose = true }) }
func (f *fake) FailBackup()          { f.locked(func() { f.failBackup = "the disk is full" }) }
func (f *fake) Stick()               { f.locked(func() { f.stick = true }) }
func (f *fake) Heal()                { f.locked(func() { f.lose, f.refuse = false, nil }) }
func (f *fake) Changes() (n int)     { f.locked(func() { n = f.changes }); return n }
func (f *fake) Down() {
	f.locked(func() { f.refuse = said{http.StatusServiceUnavailable, "backendError", "down"} })
}
func (f *fake) counted(method string) (n int)    { f.locked(func() { n = f.calls[method] }); return n }
func (f *fake) become(i *sqlpb.DatabaseInstance) { f.locked(func() { f.instances[i.GetName()] = i }) }

func (f *fake) Forbid() {
	f.locked(func() {
		f.refuse = said{http.StatusForbidden, "notAuthorized", "The client is not authorized to make this request."}
	})
}

func (f *fake) Occupy() {
	f.locked(func() {
		if _, err := f.begin(instance, sqlpb.Operation_EXPORT, func(*sqlpb.Operation) {}); err != nil {
			f.t.Error(err)
		}
		f.changes--
	})
}

func (f *fake) Forgotten() deploy.Operation { return "op-1" }

// The API.

type fakeInstances struct{ f *fake }

func (a fakeInstances) Get(req *sqlpb.SqlInstancesGetRequest) (*sqlpb.DatabaseInstance, error) {
	a.f.mu.Lock()
	defer a.f.mu.Unlock()
	if err := a.f.missing(req.GetInstance()); err != nil {
		return nil, err
	}
	return proto.CloneOf(a.f.instances[req.GetInstance()]), nil
}

func (a fakeInstances) Clone(req *sqlpb.SqlInstancesCloneRequest) (*sqlpb.Operation, error) {
	f := a.f
	f.mu.Lock()
	defer f.mu.Unlock()
	how := req.GetBody().GetCloneContext()
	name := how.GetDestinationInstanceName()
	if err := f.missing(req.GetInstance()); err != nil {
		return nil, err
	}
	if f.instances[name] != nil {
		return nil, said{http.StatusConflict, "instanceAlreadyExists", "The Cloud SQL instance already exists."}
	}
	if at := how.GetPointInTime(); at != nil && at.AsTime().Before(f.instances[req.GetInstance()].GetCreateTime().AsTime()) {
		return nil, said{http.StatusBadRequest, "invalid", "A backup that was created before the restored timestamp can't be found."}
	}
	op, err := f.begin(name, sqlpb.Operation_CLONE, func(*sqlpb.Operation) { f.instances[name].State = sqlpb.DatabaseInstance_RUNNABLE })
	if err != nil {
		return nil, err
	}
	f.add(name).State = sqlpb.DatabaseInstance_PENDING_CREATE
	return proto.CloneOf(op.Operation), nil
}

func (a fakeInstances) RestoreBackup(req *sqlpb.SqlInstancesRestoreBackupRequest) (*sqlpb.Operation, error) {
	a.f.mu.Lock()
	defer a.f.mu.Unlock()
	how := req.GetBody().GetRestoreBackupContext()
	if how.GetProject() != project || how.GetInstanceId() != req.GetInstance() {
		return nil, said{http.StatusBadRequest, "invalid", "Of which instance?"}
	}
	op, err := a.f.begin(req.GetInstance(), sqlpb.Operation_RESTORE_VOLUME, func(*sqlpb.Operation) {})
	if err != nil {
		return nil, err
	}
	op.BackupContext = &sqlpb.BackupContext{BackupId: how.GetBackupRunId()}
	if a.f.edit != nil {
		a.f.edit(op.Operation, nil)
	}
	return proto.CloneOf(op.Operation), nil
}

type fakeRuns struct{ f *fake }

func (a fakeRuns) List(req *sqlpb.SqlBackupRunsListRequest) (*sqlpb.BackupRunsListResponse, error) {
	a.f.mu.Lock()
	defer a.f.mu.Unlock()
	if err := a.f.missing(req.GetInstance()); err != nil {
		return nil, err
	}
	out := &sqlpb.BackupRunsListResponse{}
	from := 0
	if req.GetPageToken() != "" {
		if _, err := fmt.Sscan(req.GetPageToken(), &from); err != nil {
			return nil, said{http.StatusBadRequest, "invalid", "no such page"}
		}
	}
	all := slices.DeleteFunc(slices.Clone(a.f.runs), func(run *sqlpb.BackupRun) bool { return cmp.Or(run.GetInstance(), instance) != req.GetInstance() })
	to := min(from+int(req.GetMaxResults()), len(all))
	for _, run := range all[from:to] {
		out.Items = append(out.Items, proto.CloneOf(run))
	}
	if to < len(all) {
		out.NextPageToken = fmt.Sprint(to)
	}
	return out, nil
}

func (a fakeRuns) Get(req *sqlpb.SqlBackupRunsGetRequest) (*sqlpb.BackupRun, error) {
	a.f.mu.Lock()
	defer a.f.mu.Unlock()
	for _, run := range a.f.runs {
		if run.GetId() == req.GetId() {
			return proto.CloneOf(run), nil
		}
	}
	return nil, said{http.StatusNotFound, "notFound", "The backup run does not exist."}
}

func (a fakeRuns) Insert(req *sqlpb.SqlBackupRunsInsertRequest) (*sqlpb.Operation, error) {
	f := a.f
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.missing(req.GetInstance()); err != nil {
		return nil, err
	}
	f.numbers++
	run := &sqlpb.BackupRun{
		Id: f.numbers, Instance: req.GetInstance(), Description: req.GetBody().GetDescription(), Status: sqlpb.SqlBackupRunStatus_RUNNING, Type: sqlpb.SqlBackupRunType_ON_DEMAND,
		EnqueuedTime: timestamppb.New(f.clock), MaxChargeableBytes: proto.Int64(2_100_000_000),
	}
	words := f.failBackup
	op, err := f.begin(req.GetInstance(), sqlpb.Operation_BACKUP_VOLUME, func(op *sqlpb.Operation) {
		run.Status, run.StartTime, run.EndTime = sqlpb.SqlBackupRunStatus_SUCCESSFUL, run.EnqueuedTime, timestamppb.New(f.clock)
		if words != "" {
			run.Status, run.Error = sqlpb.SqlBackupRunStatus_FAILED, &sqlpb.OperationError{Code: "OUT_OF_DISK", Message: words}
			op.Error = &sqlpb.OperationErrors{Errors: []*sqlpb.OperationError{run.Error}}
		}
		if f.edit != nil {
			f.edit(op, run)
		}
	})
	if err != nil {
		return nil, err
	}
	f.failBackup = ""
	f.runs = slices.Insert(f.runs, 0, run)
	return proto.CloneOf(op.Operation), nil
}

type fakeOperations struct{ f *fake }

func (a fakeOperations) Get(req *sqlpb.SqlOperationsGetRequest) (*sqlpb.Operation, error) {
	a.f.mu.Lock()
	defer a.f.mu.Unlock()
	for _, op := range a.f.operations {
		if op.Name == req.GetOperation() && req.GetProject() == project {
			return proto.CloneOf(op.Operation), nil
		}
	}
	return nil, said{http.StatusNotFound, "notFound", "The Cloud SQL operation does not exist."}
}

func (a fakeOperations) List(req *sqlpb.SqlOperationsListRequest) (*sqlpb.OperationsListResponse, error) {
	a.f.mu.Lock()
	defer a.f.mu.Unlock()
	out := &sqlpb.OperationsListResponse{}
	for _, op := range a.f.operations {
		if op.instance == req.GetInstance() {
			out.Items = append(out.Items, proto.CloneOf(op.Operation))
		}
	}
	return out, nil
}
