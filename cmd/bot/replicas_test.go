package main

import (
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"slipway/internal/deploy"
	"slipway/internal/sandbox/cloudrun"
	"slipway/internal/sandbox/workspace"
)

const asksTwice = `[{percent: 10}, {percent: 50, approve: true}, {percent: 100, approve: true}]`

// clicks presses a button and has the same envelope delivered to other replicas as well.
func (y *yard) clicks(button string, also ...int) {
	y.t.Helper()
	clicked, err := y.Workspace.Click(y.t.Context(), "bob", button, nil)
	if err != nil || clicked.Ack != workspace.Acked {
		y.t.Fatalf("click %s: %+v, %v", button, clicked, err)
	}
	for _, c := range also {
		y.Workspace.DeliverTo(c)
		if e, err := y.Workspace.Redeliver(y.t.Context(), clicked.Envelope); err != nil || e.Outcome != workspace.Acked || e.Connection != c {
			y.t.Fatalf("deliver it to connection %d: %s on %d, %v", c, e.Outcome, e.Connection, err)
		}
	}
}

func TestOneReplicaStartsAnotherPromotesAThirdFinishes(t *testing.T) {
	t.Parallel()
	y := newYard(t, asksTwice, "app")
	first, ones := y.run()
	second, twos := y.run()
	_, threes := y.run()

	y.Workspace.DeliverTo(ones[0])
	typed, err := y.Workspace.Type(t.Context(), "alice", workspace.DefaultChannel, "/deploy app v1.2.4")
	if err != nil || !strings.Contains(typed.Text, "app-1") {
		t.Fatalf("alice sees %+v, %v", typed, err)
	}
	for _, c := range []int{twos[1], threes[1], ones[1]} {
		y.Workspace.DeliverTo(c)
		again, err := y.Workspace.Redeliver(t.Context(), typed.Envelope)
		if err != nil || !strings.Contains(string(again.Response), "app-1") {
			t.Fatalf("delivered to connection %d: %+v, %v", c, again, err)
		}
	}
	y.await("the first question", y.shows("wants 50 %"))
	y.Workspace.DeliverTo(twos[0])
	y.clicks("Promote to 50 %", threes[0], ones[0])
	y.await("the second question", y.shows("wants 100 %"))
	first.stop()
	second.stop()
	y.Workspace.DeliverTo(threes[1])
	y.clicks("Promote to 100 %", threes[0])
	y.await("the end", y.shows("100 % of traffic on v1.2.4"))
	y.release("app-1", "ends", func(r deploy.Release) bool { return r.State == deploy.Succeeded })

	want := []string{
		"app-00001=100, app-r1-1=0 tag rc-1", // the new revision
		"app-00001=90, app-r1-1=10, app-r1-1=0 tag rc-1",
		"app-00001=50, app-r1-1=50, app-r1-1=0 tag rc-1",
		"app-r1-1=100, app-r1-1=0 tag rc-1",
		"app-r1-1=100", // the tag is taken off
	}
	if diff := cmp.Diff(want, y.moves("app")); diff != "" {
		t.Errorf("what was asked of the platform (-want +got):\n%s", diff)
	}
	r, err := y.store.Get(t.Context(), "app-1")
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range r.Steps {
		if s.Kind == deploy.KindGate && (len(s.Approvals) != 1 || s.Approvals[0].By != "U0BOB") {
			t.Errorf("%s has the approvals %v: bob pressed once", s.Name, s.Approvals)
		}
	}
	history, err := y.store.History(t.Context(), r.Target, 10)
	if err != nil || len(history) != 1 {
		t.Errorf("%d releases came of one command: %v", len(history), err)
	}
}

func TestTheSuccessorOfAReplicaThatIsStoppedInACallGoesOnLongBeforeItsLeaseWouldEnd(t *testing.T) {
	t.Parallel()
	y := newYard(t, `[{percent: 10, approve: true}, {percent: 100}]`, "app")
	first, _ := y.run()
	const (
		call  = 8 * time.Second // long enough for another replica to start on a busy machine
		lease = 15 * time.Second
	)
	if err := y.CloudRun.Faults().Inject(cloudrun.Fault{Kind: cloudrun.LateAnswer, Method: "UpdateService", Delay: call, Count: 1}); err != nil {
		t.Fatal(err)
	}
	if typed, err := y.Workspace.Type(t.Context(), "alice", workspace.DefaultChannel, "/deploy app v1.2.4"); err != nil || typed.Ack != workspace.Acked {
		t.Fatalf("alice sees %+v, %v", typed, err)
	}
	updates := func() (all []cloudrun.Call) {
		for _, c := range y.CloudRun.Calls() {
			if c.Method == "UpdateService" {
				all = append(all, c)
			}
		}
		return all
	}
	y.await("the call", func() bool { return len(updates()) == 1 })
	y.run()
	if updates()[0].Done {
		t.Fatal("the call was over before the second replica was there")
	}
	if err := first.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	first.awaitLine("slipway stops") // a process with the race detector lives for a second more
	stopped := time.Now()
	y.await("the question", y.shows("wants 10 %"))
	if took := time.Since(stopped); took > lease/3 {
		t.Errorf("the release went on %s after the first replica had ended", took)
	}
	if all := updates(); len(all) != 1 || !all[0].Done {
		t.Errorf("the call in progress was not finished, or was made again: %v", all)
	}
	y.clicks("Promote to 10 %")
	y.release("app-1", "succeeds", func(r deploy.Release) bool { return r.State == deploy.Succeeded })
	<-first.exited
	if code := first.cmd.ProcessState.ExitCode(); code != 0 {
		t.Errorf("the first replica ended with %d", code)
	}
}
