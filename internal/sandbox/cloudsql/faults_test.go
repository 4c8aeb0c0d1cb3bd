package cloudsql_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"cloud.google.com/go/sql/apiv1/sqlpb"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"

	"slipway/internal/sandbox/cloudsql"
)

func TestFaultsOfCalls(t *testing.T) {
	t.Parallel()
	const method = "BackupRuns.Insert"
	for _, c := range []struct {
		fact  string
		fault cloudsql.Fault
		code  codes.Code
		told  string
		made  bool
	}{
		{"refused", cloudsql.Fault{Kind: cloudsql.Refuse, Method: method, Count: 1}, codes.Unavailable, "503 backendError", false},
		{"refused with a code", cloudsql.Fault{Kind: cloudsql.Refuse, Instance: instance, Code: codes.PermissionDenied, Count: 1}, codes.PermissionDenied, "403 notAuthorized", false},
		{"too many calls", cloudsql.Fault{Kind: cloudsql.Quota, Count: 1}, codes.ResourceExhausted, "429 rateLimitExceeded", false},
		{"the answer is lost", cloudsql.Fault{Kind: cloudsql.LoseAnswer, Method: method, Count: 1}, codes.Unavailable, "503 backendError", true},
		{"late", cloudsql.Fault{Kind: cloudsql.Delay, Delay: time.Millisecond, Count: 1}, codes.OK, "", true},
		{"its effect is late", cloudsql.Fault{Kind: cloudsql.LateEffect, Method: method, Delay: time.Millisecond, Count: 1}, codes.OK, "", true},
		{"its answer is late", cloudsql.Fault{Kind: cloudsql.LateAnswer, Method: method, Delay: time.Millisecond, Count: 1}, codes.OK, "", true},
		{"another call is refused", cloudsql.Fault{Kind: cloudsql.Refuse, Method: "BackupRuns.Get", Count: 1}, codes.OK, "", true},
		{"another instance is refused", cloudsql.Fault{Kind: cloudsql.Refuse, Instance: "other", Count: 1}, codes.OK, "", true},
	} {
		t.Run(c.fact, func(t *testing.T) {
			t.Parallel()
			p := records(t, cloudsql.InstanceSpec{})
			if err := p.Faults().Inject(c.fault); err != nil {
				t.Fatal(err)
			}
			if _, err := p.insert("once"); told(err) != c.told {
				t.Errorf("%v, want %s", err, c.told)
			}
			if made := p.BackupsWith("once") == 1; made != c.made {
				t.Errorf("the backup was made: %v", made)
			}
			calls := p.Calls()
			if len(calls) != 1 || calls[0].Code != c.code || calls[0].Changed != c.made || calls[0].Asked != "once" {
				t.Errorf("calls %v", calls)
			}
			p.Faults().Clear("")
			if left := p.Faults().Active(); len(left) > 0 {
				t.Errorf("left are %v", left)
			}
		})
	}
}

// eventually waits for a fact.
func (p *practice) eventually(fact string, holds func() bool) {
	p.t.Helper()
	ctx := p.ctx()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			p.t.Fatalf("it is not so that %s", fact)
		}
	}
}

func TestWhatIsLateIsDoneAllTheSame(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		fact  string
		fault cloudsql.Fault
	}{
		{"it was on its way", cloudsql.Fault{Kind: cloudsql.LateEffect, Delay: 50 * time.Millisecond}},
		{"it was carried out", cloudsql.Fault{Kind: cloudsql.LateAnswer, Delay: time.Hour}},
	} {
		t.Run(c.fact, func(t *testing.T) {
			t.Parallel()
			p := records(t, cloudsql.InstanceSpec{})
			c.fault.Method = "BackupRuns.Insert"
			if err := p.Faults().Inject(c.fault); err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			gone := make(chan error, 1)
			go func() {
				_, err := p.backups.Insert(ctx, &sqlpb.SqlBackupRunsInsertRequest{Project: project, Instance: instance, Body: &sqlpb.BackupRun{Description: "late"}})
				gone <- err
			}()
			p.eventually("the call has come", func() bool { return len(p.Calls()) == 1 })
			if c.fault.Kind == cloudsql.LateAnswer {
				p.eventually("the backup is there", func() bool { return p.BackupsWith("late") == 1 })
			}
			cancel()
			if err := <-gone; !errors.Is(err, context.Canceled) {
				t.Errorf("who asked heard %v", err)
			}
			p.eventually("the backup is there", func() bool { return p.BackupsWith("late") == 1 })
		})
	}
}

func TestADelayEndsWithTheCall(t *testing.T) {
	t.Parallel()
	p := records(t, cloudsql.InstanceSpec{})
	if err := p.Faults().Inject(cloudsql.Fault{Kind: cloudsql.Delay, Delay: time.Hour}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if _, err := p.instances.Get(ctx, &sqlpb.SqlInstancesGetRequest{Project: project, Instance: instance}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v", err)
	}
}

func TestABackupThatFails(t *testing.T) {
	t.Parallel()
	p := records(t, cloudsql.InstanceSpec{})
	if err := p.Faults().Inject(cloudsql.Fault{Kind: cloudsql.BackupFails, Count: 1}); err != nil {
		t.Fatal(err)
	}
	op, err := p.insert("once")
	if err != nil {
		t.Fatal(err)
	}
	op = p.look(op.GetName(), sqlpb.Operation_DONE)
	if errs := op.GetError().GetErrors(); len(errs) != 1 || !strings.Contains(errs[0].GetMessage(), "disk") {
		t.Errorf("operation %v", op)
	}
	run := p.list()[0]
	if run.GetStatus() != sqlpb.SqlBackupRunStatus_FAILED || !strings.Contains(run.GetError().GetMessage(), "disk") {
		t.Errorf("run %v", run)
	}
	if _, err := p.restore(run.GetId()); told(err) != "400 invalid" {
		t.Errorf("it is restored: %v", err)
	}
	p.backup("again")
}

func TestAnInstanceThatDoesNotRun(t *testing.T) {
	t.Parallel()
	p := records(t, cloudsql.InstanceSpec{})
	if err := p.Faults().Inject(cloudsql.Fault{Kind: cloudsql.NotRunning, Instance: instance}); err != nil {
		t.Fatal(err)
	}
	if got := p.get(instance).GetState(); got != sqlpb.DatabaseInstance_SUSPENDED {
		t.Errorf("state %s", got)
	}
	if _, err := p.insert("once"); told(err) != "409 invalidState" {
		t.Errorf("it is backed up: %v", err)
	}
	p.Faults().Clear(cloudsql.NotRunning)
	if got := p.get(instance).GetState(); got != sqlpb.DatabaseInstance_RUNNABLE {
		t.Errorf("mended, its state is %s", got)
	}
}

func TestFaultsThatAreNone(t *testing.T) {
	t.Parallel()
	p := records(t, cloudsql.InstanceSpec{})
	for _, f := range []cloudsql.Fault{{Kind: "explode"}, {Kind: cloudsql.Refuse, Count: -1}} {
		if err := p.Faults().Inject(f); err == nil {
			t.Errorf("%v was taken", f)
		}
	}
}

func TestTheJournal(t *testing.T) {
	t.Parallel()
	p := records(t, cloudsql.InstanceSpec{})
	at := p.get(instance).GetCreateTime().AsTime()
	_, _ = p.insert("slipway 7, before v1.3.0")
	_, _ = p.clone("nowhere", "other", at)
	var got []string
	for _, c := range p.Calls() {
		got = append(got, c.String())
	}
	want := []string{
		"Instances.Get orders-db → OK",
		"BackupRuns.Insert orders-db slipway 7, before v1.3.0 → OK changed",
		"Instances.Clone nowhere other at " + at.Format("2006-01-02T15:04:05.000Z") + " → NotFound",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
	p.ForgetCalls()
	if calls := p.Calls(); len(calls) > 0 {
		t.Errorf("calls %v", calls)
	}
}
