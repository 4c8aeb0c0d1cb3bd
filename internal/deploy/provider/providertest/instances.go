package providertest

import (
	"testing"
	"time"

	"slipway/internal/deploy"
)

// InstancesHarness is a place with database servers, made for one case.
type InstancesHarness struct {
	// Connect makes a new client, as another process would have. It is closed with the test.
	Connect func() deploy.Instances
	// Instance runs, has no replicas, and can be had as it was at a moment.
	Instance deploy.InstanceRef
	// Other is the name of another instance beside it, which is a clone of nothing.
	Other string
	// Replicated is another instance, which has the replica Replica.
	Replicated deploy.InstanceRef
	Replica    string
	// BackupWords is part of what the place says of a backup that FailBackup spoilt.
	BackupWords string

	InstanceLevers
}

// InstanceLevers is what the place can be made to do. Operations stay in progress until Finish.
type InstanceLevers interface {
	// Finish lets whatever is in progress come to its end, and returns when it has.
	Finish()
	// Now is the place's clock.
	Now() time.Time
	// LoseAnswer has the next call that changes something take effect without its answer arriving.
	LoseAnswer()
	// Occupy has somebody else's operation be in progress at the instance.
	Occupy()
	// FailBackup has the next backup end badly.
	FailBackup()
	// Stick has the next operation never end, whatever Finish does.
	Stick()
	// Forgotten names an operation that the place does not know any more.
	Forgotten() deploy.Operation
	// Forbid refuses every call from now on for want of rights; Down fails it as unavailable. Heal ends what they, and
	// LoseAnswer, began.
	Forbid()
	Down()
	Heal()
	// Changes counts the calls that changed something, whatever was answered. What the levers do does not count.
	Changes() int
}

type instanceFact struct {
	name string
	hold func(t *testing.T, h InstancesHarness, i deploy.Instances)
}

// RunInstances checks what the engine relies on in a deploy.Instances. harness is called once for each case.
func RunInstances(t *testing.T, harness func(t *testing.T) InstancesHarness) {
	for _, group := range []struct {
		name  string
		facts []instanceFact
	}{{"backups", backups}, {"clones", clones}, {"restores", restores}, {"operations", instanceOperations}, {"refusals", instanceRefusals}} {
		for _, f := range group.facts {
			t.Run(group.name+"/"+f.name, func(t *testing.T) {
				t.Parallel()
				h := harness(t)
				f.hold(t, h, h.Connect())
			})
		}
	}
}

// ends lets an operation end and returns how.
func (h InstancesHarness) ends(t *testing.T, i deploy.Instances, op deploy.Operation) error {
	t.Helper()
	for range patience {
		done, err := i.Wait(t.Context(), h.Instance, op)
		if done {
			return err
		}
		if err != nil {
			t.Fatalf("wait for %q: %v", op, err)
		}
		h.Finish()
	}
	t.Fatalf("operation %q does not end", op)
	return nil
}

// begun is an operation that has to be one.
func begun(t *testing.T, doing string) func(deploy.Operation, error) deploy.Operation {
	return func(op deploy.Operation, err error) deploy.Operation {
		t.Helper()
		if op == "" || err != nil {
			t.Fatalf("%s: operation %q, %v", doing, op, err)
		}
		return op
	}
}

// backedUp makes a whole backup and gives its id.
func (h InstancesHarness) backedUp(t *testing.T, i deploy.Instances, description string) string {
	t.Helper()
	op := begun(t, "back up")(i.Backup(t.Context(), h.Instance, description))
	if err := h.ends(t, i, op); err != nil {
		t.Fatalf("the backup ended with %v", err)
	}
	return h.only(t, i, description, deploy.RunDone).ID
}

// only is the one backup with a description.
func (h InstancesHarness) only(t *testing.T, i deploy.Instances, description string, state deploy.RunState) deploy.BackupRun {
	t.Helper()
	all := h.described(t, i, description)
	if len(all) != 1 || all[0].State != state || all[0].ID == "" || all[0].Started.IsZero() || !all[0].OnDemand {
		t.Fatalf("the backups %q: %+v; want one that is %s", description, all, state)
	}
	return all[0]
}

func (h InstancesHarness) described(t *testing.T, i deploy.Instances, description string) (out []deploy.BackupRun) {
	t.Helper()
	all, err := i.Backups(t.Context(), h.Instance, 50)
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range all {
		if b.Description == description {
			out = append(out, b)
		}
	}
	return out
}

// wantSent runs f and checks how often it changed something at the place.
func (h InstancesHarness) wantSent(t *testing.T, want int, f func()) {
	t.Helper()
	before := h.Changes()
	f()
	if got := h.Changes() - before; got != want {
		t.Errorf("%d changes at the place, want %d", got, want)
	}
}
