package providertest

import (
	"strings"
	"testing"

	"slipway/internal/deploy"
)

var backups = []instanceFact{
	{"an instance is reported as it is", func(t *testing.T, h InstancesHarness, i deploy.Instances) {
		got, err := i.Instance(t.Context(), h.Instance)
		if err != nil || got.Ref != h.Instance || !got.Runnable || got.Unrest != "" || !got.PointInTime || len(got.Replicas) != 0 {
			t.Errorf("%+v, %v", got, err)
		}
		if !strings.HasPrefix(got.Version, "POSTGRES_") || got.Address == "" || got.Region == "" || got.Made.IsZero() {
			t.Errorf("%+v", got)
		}
	}},
	{"a backup is made, and found by its description", func(t *testing.T, h InstancesHarness, i deploy.Instances) {
		op := begun(t, "back up")(i.Backup(t.Context(), h.Instance, "before v1.2.4"))
		h.only(t, i, "before v1.2.4", deploy.RunGoing)
		if err := h.ends(t, i, op); err != nil {
			t.Fatalf("it ended with %v", err)
		}
		if b := h.only(t, h.Connect(), "before v1.2.4", deploy.RunDone); b.Ended.Before(b.Started) {
			t.Errorf("%+v", b)
		}
	}},
	{"a backup whose answer was lost is found again", func(t *testing.T, h InstancesHarness, i deploy.Instances) {
		h.wantSent(t, 1, func() {
			h.LoseAnswer()
			_, err := i.Backup(t.Context(), h.Instance, "before v1.2.4")
			wantCode(t, "the lost one", err, deploy.Unavailable)
			h.Heal()
			for range 2 { // while it runs, and once it is done
				if op, err := h.Connect().Backup(t.Context(), h.Instance, "before v1.2.4"); op != "" || err != nil {
					t.Errorf("again: operation %q, %v", op, err)
				}
				h.Finish()
			}
		})
		h.only(t, i, "before v1.2.4", deploy.RunDone)
	}},
	{"two descriptions are two backups, the newest first", func(t *testing.T, h InstancesHarness, i deploy.Instances) {
		h.backedUp(t, i, "first")
		h.backedUp(t, i, "second")
		all, err := i.Backups(t.Context(), h.Instance, 1)
		if err != nil || len(all) != 1 || all[0].Description != "second" {
			t.Errorf("the newest: %+v, %v", all, err)
		}
	}},
	{"while something else goes on there is no backup, and no harm", func(t *testing.T, h InstancesHarness, i deploy.Instances) {
		h.Occupy()
		h.wantSent(t, 0, func() {
			_, err := i.Backup(t.Context(), h.Instance, "before v1.2.4")
			wantCode(t, "back up", err, deploy.Conflict)
		})
		if all := h.described(t, i, "before v1.2.4"); len(all) != 0 {
			t.Errorf("%+v", all)
		}
		h.Finish()
		h.backedUp(t, i, "before v1.2.4")
	}},
	{"a backup that fails is reported in the cloud's words, and made anew", func(t *testing.T, h InstancesHarness, i deploy.Instances) {
		h.FailBackup()
		op := begun(t, "back up")(i.Backup(t.Context(), h.Instance, "before v1.2.4"))
		if err := h.ends(t, i, op); err == nil || !strings.Contains(deploy.Message(err), h.BackupWords) || deploy.Hint(err) == "" {
			t.Errorf("it ended with %v, hint %q", err, deploy.Hint(err))
		}
		if b := h.only(t, i, "before v1.2.4", deploy.RunFailed); !strings.Contains(b.Trouble, h.BackupWords) {
			t.Errorf("%+v", b)
		}
		again := begun(t, "back up again")(i.Backup(t.Context(), h.Instance, "before v1.2.4"))
		if err := h.ends(t, i, again); err != nil || again == op {
			t.Errorf("again: %q, %v", again, err)
		}
	}},
}

var clones = []instanceFact{
	{"a clone as of a moment is made once, however often it is asked for", func(t *testing.T, h InstancesHarness, i deploy.Instances) {
		q := deploy.CloneRequest{Instance: h.Instance, Clone: h.Instance.Name + "-r42", At: h.Now()}
		ref := deploy.InstanceRef{Kind: h.Instance.Kind, Project: h.Instance.Project, Name: q.Clone}
		h.backedUp(t, i, "something happens afterwards")
		h.wantSent(t, 1, func() {
			op := begun(t, "clone")(i.Clone(t.Context(), q))
			if _, err := h.Connect().Clone(t.Context(), q); err != nil {
				t.Errorf("while it is made: %v", err)
			}
			if err := h.ends(t, i, op); err != nil {
				t.Fatalf("it ended with %v", err)
			}
			if _, err := h.Connect().Clone(t.Context(), q); err != nil {
				t.Errorf("once it is there: %v", err)
			}
		})
		got, err := i.Instance(t.Context(), ref)
		if err != nil || got.Ref != ref || !got.Runnable || got.Address == "" {
			t.Errorf("the clone: %+v, %v", got, err)
		}
	}},
	{"a clone whose answer was lost is found again", func(t *testing.T, h InstancesHarness, i deploy.Instances) {
		q := deploy.CloneRequest{Instance: h.Instance, Clone: h.Instance.Name + "-r42"}
		h.wantSent(t, 1, func() {
			h.LoseAnswer()
			_, err := i.Clone(t.Context(), q)
			wantCode(t, "the lost one", err, deploy.Unavailable)
			h.Heal()
			if _, err := h.Connect().Clone(t.Context(), q); err != nil {
				t.Errorf("again: %v", err)
			}
			h.Finish()
		})
	}},
	{"the name of another instance is refused", func(t *testing.T, h InstancesHarness, i deploy.Instances) {
		h.wantSent(t, 0, func() {
			_, err := i.Clone(t.Context(), deploy.CloneRequest{Instance: h.Instance, Clone: h.Other})
			wantCode(t, "clone", err, deploy.Invalid)
			if !strings.Contains(deploy.Message(err), h.Other) {
				t.Errorf("%v does not name %s", err, h.Other)
			}
		})
	}},
	{"a name that cannot be is refused", func(t *testing.T, h InstancesHarness, i deploy.Instances) {
		h.wantSent(t, 0, func() {
			for _, name := range []string{"", "Upper", "9lives", "a_b", "ends-", strings.Repeat("x", 98), "a/b"} {
				_, err := i.Clone(t.Context(), deploy.CloneRequest{Instance: h.Instance, Clone: name})
				wantCode(t, name, err, deploy.Invalid)
			}
		})
	}},
	{"a moment before the instance was made is refused", func(t *testing.T, h InstancesHarness, i deploy.Instances) {
		got, err := i.Instance(t.Context(), h.Instance)
		if err != nil {
			t.Fatal(err)
		}
		h.wantSent(t, 0, func() {
			_, err := i.Clone(t.Context(), deploy.CloneRequest{Instance: h.Instance, Clone: h.Instance.Name + "-r42", At: got.Made.AddDate(-1, 0, 0)})
			wantCode(t, "clone", err, deploy.Invalid)
		})
	}},
}
