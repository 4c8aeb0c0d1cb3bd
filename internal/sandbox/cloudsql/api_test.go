package cloudsql_test

import (
	"errors"
	"regexp"
	"strings"
	"testing"
	"time"

	"cloud.google.com/go/sql/apiv1/sqlpb"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/api/iterator"

	"slipway/internal/sandbox/cloudsql"
)

// list is the backups of the instance as the API gives them, two to a page.
func (p *practice) list() []*sqlpb.BackupRun {
	p.t.Helper()
	var out []*sqlpb.BackupRun
	it := p.backups.List(p.ctx(), &sqlpb.SqlBackupRunsListRequest{Project: project, Instance: instance, MaxResults: 2})
	for {
		b, err := it.Next()
		if errors.Is(err, iterator.Done) {
			return out
		}
		if err != nil {
			p.t.Fatal(err)
		}
		out = append(out, b)
	}
}

func TestBackupsAreListedNewestFirst(t *testing.T) {
	t.Parallel()
	p := records(t, cloudsql.InstanceSpec{Nightly: true})
	if p.HasData() || p.URL(instance, "postgres") != "" {
		t.Error("it has data")
	}
	for _, description := range []string{"one", "two", "three", "two"} {
		p.backup(description)
	}
	var got []string
	before := int64(1) << 62
	for _, b := range p.list() {
		got = append(got, b.GetType().String()+" "+b.GetDescription())
		if b.GetStatus() != sqlpb.SqlBackupRunStatus_SUCCESSFUL || b.GetId() >= before || b.GetEndTime() == nil {
			t.Errorf("backup %v", b)
		}
		before = b.GetId()
	}
	if diff := cmp.Diff([]string{"ON_DEMAND two", "ON_DEMAND three", "ON_DEMAND two", "ON_DEMAND one", "AUTOMATED "}, got); diff != "" {
		t.Errorf("backups (-want +got):\n%s", diff)
	}
	if n := p.BackupsWith("two"); n != 2 {
		t.Errorf("%d backups are called two", n)
	}
	first := p.list()[3].GetId()
	p.done(p.backups.Delete(p.ctx(), &sqlpb.SqlBackupRunsDeleteRequest{Project: project, Instance: instance, Id: first}))
	if _, err := p.backups.Get(p.ctx(), &sqlpb.SqlBackupRunsGetRequest{Project: project, Instance: instance, Id: first}); told(err) != "404 notFound" {
		t.Errorf("a deleted backup: %v", err)
	}
}

func TestAnOperationTakesItsTimeAndHoldsItsInstance(t *testing.T) {
	t.Parallel()
	p := records(t, cloudsql.InstanceSpec{})
	id := p.backup("first")
	if err := p.Faults().Inject(cloudsql.Fault{Kind: cloudsql.OperationStuck, Method: "BackupRuns.Insert"}); err != nil {
		t.Fatal(err)
	}
	op, err := p.insert("second")
	if err != nil {
		t.Fatal(err)
	}
	if !regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`).MatchString(op.GetName()) || op.GetOperationType() != sqlpb.Operation_BACKUP_VOLUME ||
		op.GetStatus() != sqlpb.Operation_PENDING || op.GetTargetId() != instance || op.GetBackupContext().GetBackupId() != p.list()[0].GetId() {
		t.Errorf("operation %v", op)
	}
	if op := p.look(op.GetName(), sqlpb.Operation_RUNNING); op.GetStatus() != sqlpb.Operation_RUNNING || op.GetEndTime() != nil {
		t.Errorf("operation %v", op)
	}
	for fact, ask := range map[string]func() (*sqlpb.Operation, error){
		"a backup":  func() (*sqlpb.Operation, error) { return p.insert("third") },
		"a restore": func() (*sqlpb.Operation, error) { return p.restore(id) },
		"a clone":   func() (*sqlpb.Operation, error) { return p.clone(instance, "other", time.Time{}) },
		"a deletion": func() (*sqlpb.Operation, error) {
			return p.instances.Delete(p.ctx(), &sqlpb.SqlInstancesDeleteRequest{Project: project, Instance: instance})
		},
	} {
		if _, err := ask(); told(err) != "409 operationInProgress" || !strings.Contains(err.Error(), "another operation was already in progress") {
			t.Errorf("%s meanwhile: %v", fact, err)
		}
	}
	p.Faults().Clear("")
	p.done(op, nil)
	p.backup("fourth")
	if p.BackupsWith("second") != 1 || p.BackupsWith("third") != 0 || p.BackupsWith("fourth") != 1 {
		t.Errorf("backups %v", p.list())
	}

	var kinds []string
	it := p.operations.List(p.ctx(), &sqlpb.SqlOperationsListRequest{Project: project, Instance: instance, MaxResults: 2})
	for op, err := it.Next(); !errors.Is(err, iterator.Done); op, err = it.Next() {
		if err != nil {
			t.Fatal(err)
		}
		kinds = append(kinds, op.GetOperationType().String()+" "+op.GetStatus().String())
	}
	if diff := cmp.Diff([]string{"BACKUP_VOLUME DONE", "BACKUP_VOLUME DONE", "BACKUP_VOLUME DONE"}, kinds); diff != "" {
		t.Errorf("operations (-want +got):\n%s", diff)
	}
}

func TestReplicasKeepARestoreFromHappening(t *testing.T) {
	t.Parallel()
	p := records(t, cloudsql.InstanceSpec{Replicas: []string{"orders-replica"}})
	if diff := cmp.Diff([]string{"orders-replica"}, p.get(instance).GetReplicaNames()); diff != "" {
		t.Errorf("replicas (-want +got):\n%s", diff)
	}
	id := p.backup("before")
	if _, err := p.restore(id); told(err) != "409 invalidState" || !strings.Contains(err.Error(), "replicas") {
		t.Errorf("with a replica: %v", err)
	}
	if got := p.get("orders-replica").GetMasterInstanceName(); got != instance {
		t.Errorf("the replica is one of %q", got)
	}
	p.done(p.instances.Delete(p.ctx(), &sqlpb.SqlInstancesDeleteRequest{Project: project, Instance: "orders-replica"}))
	op := p.done(p.restore(id))
	if op.GetOperationType() != sqlpb.Operation_RESTORE_VOLUME {
		t.Errorf("operation %v", op)
	}
}

func TestAClone(t *testing.T) {
	t.Parallel()
	p := records(t, cloudsql.InstanceSpec{})
	op, err := p.clone(instance, "other", time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	if op.GetOperationType() != sqlpb.Operation_CLONE || op.GetTargetId() != "other" {
		t.Errorf("operation %v", op)
	}
	p.done(op, nil)
	if got := p.get("other"); got.GetState() != sqlpb.DatabaseInstance_RUNNABLE || got.GetRegion() != "us-central1" {
		t.Errorf("the clone %v", got)
	}
	for fact, c := range map[string]struct {
		name string
		at   time.Time
		told string
	}{
		"a name that is taken":             {"other", time.Time{}, "409 instanceAlreadyExists"},
		"a name that is none":              {"Other One", time.Time{}, "400 invalid"},
		"a moment before anything is kept": {"third", time.Now().Add(-time.Hour), "400 invalid"},
		"a moment that is to come":         {"third", time.Now().Add(time.Hour), "400 invalid"},
	} {
		if _, err := p.clone(instance, c.name, c.at); told(err) != c.told {
			t.Errorf("%s: %v, want %s", fact, err, c.told)
		}
	}
	kept, err := p.instances.GetLatestRecoveryTime(p.ctx(), &sqlpb.SqlInstancesGetLatestRecoveryTimeRequest{Project: project, Instance: instance})
	if err != nil || !kept.GetEarliestRecoveryTime().AsTime().Before(kept.GetLatestRecoveryTime().AsTime()) {
		t.Errorf("what is kept: %v, %v", kept, err)
	}
}

func TestWhatIsNotThere(t *testing.T) {
	t.Parallel()
	p := records(t, cloudsql.InstanceSpec{NoPointInTime: true})
	get := func(project, name string) error {
		_, err := p.instances.Get(p.ctx(), &sqlpb.SqlInstancesGetRequest{Project: project, Instance: name})
		return err
	}
	_, noOperation := p.operations.Get(p.ctx(), &sqlpb.SqlOperationsGetRequest{Project: project, Operation: "nothing"})
	_, noBackup := p.restore(7)
	_, noMoment := p.clone(instance, "other", time.Now())
	_, noUpdate := p.instances.Update(p.ctx(), &sqlpb.SqlInstancesUpdateRequest{Project: project, Instance: instance})
	for fact, c := range map[string]struct {
		err  error
		told string
		says string
	}{
		"an instance":             {get(project, "nothing"), "404 notFound", "The Cloud SQL instance does not exist."},
		"a project":               {get("theirs", instance), "403 notAuthorized", "not authorized"},
		"an operation":            {noOperation, "404 notFound", "operation does not exist"},
		"a backup":                {noBackup, "404 notFound", "backup run does not exist"},
		"point-in-time recovery":  {noMoment, "400 invalid", "not enabled"},
		"a call that is not made": {noUpdate, "501 notImplemented", ""},
	} {
		if told(c.err) != c.told || !strings.Contains(c.err.Error(), c.says) {
			t.Errorf("%s: %v, want %s %q", fact, c.err, c.told, c.says)
		}
	}
	if err := p.Seed(cloudsql.InstanceSpec{Name: instance}); err == nil {
		t.Error("two instances have one name")
	}
}
