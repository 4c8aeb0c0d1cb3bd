package cloudsql_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	sqladmin "cloud.google.com/go/sql/apiv1"
	"cloud.google.com/go/sql/apiv1/sqlpb"
	"github.com/jackc/pgx/v5/pgconn"
	"go.uber.org/goleak"
	"google.golang.org/api/googleapi"
	"google.golang.org/api/option"
	"google.golang.org/protobuf/types/known/timestamppb"

	"slipway/internal/sandbox/cloudsql"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	project  = cloudsql.GuideProject
	instance = "orders-db"
	// within bounds every wait, on however busy a machine.
	within = 60 * time.Second
)

// practice is a Cloud SQL with the real clients in front of it.
type practice struct {
	*cloudsql.Server
	t          *testing.T
	instances  *sqladmin.SqlInstancesClient
	backups    *sqladmin.SqlBackupRunsClient
	operations *sqladmin.SqlOperationsClient
}

// records is one whose instances have no data.
func records(t *testing.T, spec cloudsql.InstanceSpec) *practice {
	t.Helper()
	return start(t, &cloudsql.Options{RecordsOnly: true, Backup: time.Millisecond, Clone: time.Millisecond, Restore: time.Millisecond}, spec)
}

// withData is one whose instance has a table numbers(n), with 1 in it.
func withData(t *testing.T) *practice {
	t.Helper()
	p := start(t, &cloudsql.Options{Backup: time.Millisecond, Clone: time.Millisecond, Restore: time.Millisecond},
		cloudsql.InstanceSpec{Name: instance, Database: "orders", User: "app", SQL: "CREATE TABLE numbers (n int); INSERT INTO numbers VALUES (1)", Nightly: true})
	if !p.HasData() {
		t.Fatal("PostgreSQL is not installed: run make setup")
	}
	return p
}

func start(t *testing.T, o *cloudsql.Options, spec cloudsql.InstanceSpec) *practice {
	t.Helper()
	s := cloudsql.New(o)
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	if spec.Name == "" {
		spec.Name = instance
	}
	if err := s.Seed(spec); err != nil {
		t.Fatal(err)
	}
	if err := s.Start(""); err != nil {
		t.Fatal(err)
	}
	p := &practice{Server: s, t: t}
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	opts := []option.ClientOption{option.WithEndpoint("http://" + s.Addr()), option.WithHTTPClient(&http.Client{Transport: transport, Timeout: within})}
	for _, connect := range []func() error{
		func() (err error) {
			p.instances, err = sqladmin.NewSqlInstancesRESTClient(t.Context(), opts...)
			return err
		},
		func() (err error) {
			p.backups, err = sqladmin.NewSqlBackupRunsRESTClient(t.Context(), opts...)
			return err
		},
		func() (err error) {
			p.operations, err = sqladmin.NewSqlOperationsRESTClient(t.Context(), opts...)
			return err
		},
	} {
		if err := connect(); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Ready(p.ctx()); err != nil {
		t.Fatal(err)
	}
	return p
}

func (p *practice) ctx() context.Context {
	ctx, cancel := context.WithTimeout(p.t.Context(), within)
	p.t.Cleanup(cancel)
	return ctx
}

// look waits until an operation is as far as status.
func (p *practice) look(name string, status sqlpb.Operation_SqlOperationStatus) *sqlpb.Operation {
	p.t.Helper()
	ctx := p.ctx()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		op, err := p.operations.Get(ctx, &sqlpb.SqlOperationsGetRequest{Project: project, Operation: name})
		if err != nil {
			p.t.Fatal(err)
		}
		if op.GetStatus() >= status {
			return op
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			p.t.Fatalf("operation %v does not come as far as %s", op, status)
		}
	}
}

// done waits for an operation that has to end well.
func (p *practice) done(op *sqlpb.Operation, err error) *sqlpb.Operation {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
	op = p.look(op.GetName(), sqlpb.Operation_DONE)
	if op.GetError() != nil {
		p.t.Fatalf("%s: %v", op.GetOperationType(), op.GetError())
	}
	return op
}

func (p *practice) insert(description string) (*sqlpb.Operation, error) {
	return p.backups.Insert(p.ctx(), &sqlpb.SqlBackupRunsInsertRequest{Project: project, Instance: instance, Body: &sqlpb.BackupRun{Description: description}})
}

// backup makes a backup and gives its id.
func (p *practice) backup(description string) int64 {
	p.t.Helper()
	return p.done(p.insert(description)).GetBackupContext().GetBackupId()
}

func (p *practice) restore(id int64) (*sqlpb.Operation, error) {
	return p.instances.RestoreBackup(p.ctx(), &sqlpb.SqlInstancesRestoreBackupRequest{Project: project, Instance: instance,
		Body: &sqlpb.InstancesRestoreBackupRequest{RestoreBackupContext: &sqlpb.RestoreBackupContext{BackupRunId: id}}})
}

// clone makes a clone, as it was at a moment, or as it is if that is zero.
func (p *practice) clone(source, name string, at time.Time) (*sqlpb.Operation, error) {
	q := &sqlpb.CloneContext{DestinationInstanceName: name}
	if !at.IsZero() {
		q.PointInTime = timestamppb.New(at)
	}
	return p.instances.Clone(p.ctx(), &sqlpb.SqlInstancesCloneRequest{Project: project, Instance: source, Body: &sqlpb.InstancesCloneRequest{CloneContext: q}})
}

func (p *practice) get(name string) *sqlpb.DatabaseInstance {
	p.t.Helper()
	i, err := p.instances.Get(p.ctx(), &sqlpb.SqlInstancesGetRequest{Project: project, Instance: name})
	if err != nil {
		p.t.Fatal(err)
	}
	return i
}

// ask runs SQL at an address and gives the first value of the answer.
func ask(t *testing.T, address, sql string) string {
	t.Helper()
	conn, err := pgconn.Connect(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(t.Context()) }()
	results, err := conn.Exec(t.Context(), sql).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if last := results[len(results)-1]; len(last.Rows) > 0 {
		return string(last.Rows[0][0])
	}
	return ""
}

// add puts a number into the table of an instance, and says when that was over.
func (p *practice) add(name, number string) time.Time {
	p.t.Helper()
	ask(p.t, p.URL(name, "orders"), "INSERT INTO numbers VALUES ("+number+")")
	return time.Now()
}

// numbers is what the table of an instance has.
func (p *practice) numbers(name string) string {
	p.t.Helper()
	return ask(p.t, p.URL(name, "orders"), "SELECT string_agg(n::text, ' ' ORDER BY n) FROM numbers")
}

// told is what a call was refused with, as clients see it: "409 operationInProgress"; empty if it was not.
func told(err error) string {
	if err == nil {
		return ""
	}
	var answer *googleapi.Error
	if !errors.As(err, &answer) || len(answer.Errors) != 1 {
		return err.Error()
	}
	return fmt.Sprintf("%d %s", answer.Code, answer.Errors[0].Reason)
}
