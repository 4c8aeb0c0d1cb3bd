package providertest

import (
	"context"
	"errors"
	"strings"
	"testing"

	"slipway/internal/deploy"
)

var restores = []instanceFact{
	{"a backup is put in place once, however often it is asked for", func(t *testing.T, h InstancesHarness, i deploy.Instances) {
		q := deploy.RestoreRequest{Instance: h.Instance, Backup: h.backedUp(t, i, "the old days"), Since: h.Now()}
		h.wantSent(t, 1, func() {
			op := begun(t, "restore")(i.Restore(t.Context(), q))
			if again, err := h.Connect().Restore(t.Context(), q); again != op || err != nil {
				t.Errorf("while it is restored: %q, %v; want %q", again, err, op)
			}
			if err := h.ends(t, i, op); err != nil {
				t.Fatalf("it ended with %v", err)
			}
			if again, err := h.Connect().Restore(t.Context(), q); again != op || err != nil {
				t.Errorf("once it is restored: %q, %v; want %q", again, err, op)
			}
		})
		if got, err := i.Instance(t.Context(), h.Instance); err != nil || !got.Runnable {
			t.Errorf("afterwards: %+v, %v", got, err)
		}
	}},
	{"a restore whose answer was lost is found again", func(t *testing.T, h InstancesHarness, i deploy.Instances) {
		q := deploy.RestoreRequest{Instance: h.Instance, Backup: h.backedUp(t, i, "the old days"), Since: h.Now()}
		h.wantSent(t, 1, func() {
			h.LoseAnswer()
			_, err := i.Restore(t.Context(), q)
			wantCode(t, "the lost one", err, deploy.Unavailable)
			h.Heal()
			op := begun(t, "restore again")(h.Connect().Restore(t.Context(), q))
			if err := h.ends(t, i, op); err != nil {
				t.Errorf("it ended with %v", err)
			}
		})
	}},
	{"an instance with replicas is left alone", func(t *testing.T, h InstancesHarness, i deploy.Instances) {
		h.Instance = h.Replicated
		q := deploy.RestoreRequest{Instance: h.Instance, Backup: h.backedUp(t, i, "the old days"), Since: h.Now()}
		if got, err := i.Instance(t.Context(), h.Instance); err != nil || len(got.Replicas) != 1 || got.Replicas[0] != h.Replica {
			t.Errorf("%+v, %v", got, err)
		}
		h.wantSent(t, 0, func() {
			_, err := i.Restore(t.Context(), q)
			wantCode(t, "restore", err, deploy.Invalid)
			if !strings.Contains(deploy.Message(err), h.Replica) || deploy.Hint(err) == "" {
				t.Errorf("%v, hint %q", err, deploy.Hint(err))
			}
		})
	}},
	{"what is no whole backup is not put in place", func(t *testing.T, h InstancesHarness, i deploy.Instances) {
		h.FailBackup()
		if err := h.ends(t, i, begun(t, "back up")(i.Backup(t.Context(), h.Instance, "a bad one"))); err == nil {
			t.Fatal("the backup went well")
		}
		bad := h.only(t, i, "a bad one", deploy.RunFailed).ID
		h.wantSent(t, 0, func() {
			for backup, want := range map[string]deploy.Code{bad: deploy.Invalid, "987654321": deploy.NotFound, "latest": deploy.Invalid, "": deploy.Invalid} {
				_, err := i.Restore(t.Context(), deploy.RestoreRequest{Instance: h.Instance, Backup: backup, Since: h.Now()})
				wantCode(t, "restore "+backup, err, want)
			}
		})
	}},
	{"while something else goes on nothing is put in place", func(t *testing.T, h InstancesHarness, i deploy.Instances) {
		q := deploy.RestoreRequest{Instance: h.Instance, Backup: h.backedUp(t, i, "the old days"), Since: h.Now()}
		h.Occupy()
		h.wantSent(t, 0, func() {
			_, err := i.Restore(t.Context(), q)
			wantCode(t, "restore", err, deploy.Conflict)
		})
		h.Finish()
		begun(t, "restore")(i.Restore(t.Context(), q))
	}},
}

var instanceOperations = []instanceFact{
	{"an operation is found again by its name, by another process, and stays over", func(t *testing.T, h InstancesHarness, i deploy.Instances) {
		op := begun(t, "back up")(i.Backup(t.Context(), h.Instance, "one"))
		other := h.Connect()
		if done, err := other.Wait(t.Context(), h.Instance, op); done || err != nil {
			t.Errorf("in progress: done %v, %v", done, err)
		}
		if err := h.ends(t, other, op); err != nil {
			t.Errorf("it ended with %v", err)
		}
		if done, err := i.Wait(t.Context(), h.Instance, op); !done || err != nil {
			t.Errorf("once it is over: done %v, %v", done, err)
		}
	}},
	{"no operation is over", func(t *testing.T, h InstancesHarness, i deploy.Instances) {
		h.Down()
		if done, err := i.Wait(t.Context(), h.Instance, ""); !done || err != nil {
			t.Errorf("done %v, %v", done, err)
		}
	}},
	{"an operation that was forgotten is not found", func(t *testing.T, h InstancesHarness, i deploy.Instances) {
		done, err := i.Wait(t.Context(), h.Instance, h.Forgotten())
		wantCode(t, "wait", err, deploy.NotFound)
		if done || deploy.Hint(err) == "" {
			t.Errorf("done %v, hint %q", done, deploy.Hint(err))
		}
	}},
	{"an operation that never ends is never over", func(t *testing.T, h InstancesHarness, i deploy.Instances) {
		h.Stick()
		op := begun(t, "back up")(i.Backup(t.Context(), h.Instance, "one"))
		for range 3 {
			if done, err := i.Wait(t.Context(), h.Instance, op); done || err != nil {
				t.Errorf("done %v, %v", done, err)
			}
			h.Finish()
		}
		h.only(t, i, "one", deploy.RunGoing)
	}},
}

var instanceRefusals = []instanceFact{
	{"an unknown instance is not found", func(t *testing.T, h InstancesHarness, i deploy.Instances) {
		h.Instance.Name = "nobody-knows-it"
		for name, call := range h.calls(i, "") {
			err := call(t.Context())
			wantCode(t, name, err, deploy.NotFound)
			if deploy.Hint(err) == "" {
				t.Errorf("%s: no hint", name)
			}
		}
	}},
	{"without rights every call is forbidden, with the remedy", func(t *testing.T, h InstancesHarness, i deploy.Instances) {
		op := begun(t, "back up")(i.Backup(t.Context(), h.Instance, "one"))
		h.Forbid()
		for name, call := range h.calls(i, op) {
			err := call(t.Context())
			wantCode(t, name, err, deploy.Forbidden)
			if deploy.Hint(err) == "" {
				t.Errorf("%s: no hint", name)
			}
		}
	}},
	{"a place that is down is unavailable, and is believed when it is back", func(t *testing.T, h InstancesHarness, i deploy.Instances) {
		op := begun(t, "back up")(i.Backup(t.Context(), h.Instance, "one"))
		h.Down()
		h.wantSent(t, 0, func() {
			for name, call := range h.calls(i, op) {
				wantCode(t, name, call(t.Context()), deploy.Unavailable)
			}
		})
		h.Heal()
		if err := h.ends(t, i, op); err != nil {
			t.Errorf("once it is back: %v", err)
		}
	}},
	{"nothing is sent for a caller that has given up", func(t *testing.T, h InstancesHarness, i deploy.Instances) {
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		h.wantSent(t, 0, func() {
			for name, call := range h.calls(i, "") {
				err := call(ended)
				wantCode(t, name, err, deploy.Unavailable)
				if !errors.Is(err, context.Canceled) {
					t.Errorf("%s: context.Canceled is not in the chain of %v", name, err)
				}
			}
		})
	}},
}

// calls is one of each kind. Without an operation, waiting is left out.
func (h InstancesHarness) calls(i deploy.Instances, op deploy.Operation) map[string]func(context.Context) error {
	all := map[string]func(context.Context) error{
		"instance": func(ctx context.Context) error { _, err := i.Instance(ctx, h.Instance); return err },
		"backups":  func(ctx context.Context) error { _, err := i.Backups(ctx, h.Instance, 10); return err },
		"backup":   func(ctx context.Context) error { _, err := i.Backup(ctx, h.Instance, "another"); return err },
		"clone": func(ctx context.Context) error {
			_, err := i.Clone(ctx, deploy.CloneRequest{Instance: h.Instance, Clone: "a-clone"})
			return err
		},
		"restore": func(ctx context.Context) error {
			_, err := i.Restore(ctx, deploy.RestoreRequest{Instance: h.Instance, Backup: "1", Since: h.Now()})
			return err
		},
	}
	if op != "" {
		all["wait"] = func(ctx context.Context) error { _, err := i.Wait(ctx, h.Instance, op); return err }
	}
	return all
}
