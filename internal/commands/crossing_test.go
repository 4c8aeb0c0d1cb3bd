package commands_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"slipway/internal/commands"
	"slipway/internal/deploy"
)

const anyway = `/rollback coditect-app production v1.2.3 --anyway --reason "slow"`

func TestRollbackAcrossWhatTookAwayIsRefusedWithChoices(t *testing.T) {
	t.Parallel()
	w := migrated(t, deploy.Contract)
	want := "Nothing was changed: coditect-app/production can go back to v1.2.3, but its database would stay as it is.\n" +
		"coditect-app-2 (v1.2.4) took the schema from 13 to 14 (contract): v1.2.3 may need what 014_drop_user_name.sql took away or changed: − column users.name.\n" +
		"To go forward with a version that mends it: /deploy coditect-app VERSION production\n" +
		"To roll the application back anyway, to which somebody else has to agree: " + anyway + "\n" +
		"To have the data of just before in a new instance, beside what runs: /rollback coditect-app production --database --at 2026-03-02T14:14:58Z"
	if d := cmp.Diff(want, w.says("UBOB", "/rollback coditect-app --reason slow")); d != "" {
		t.Error(d)
	}
	w.holder("")
	has(t, w.says("UMALLORY", anyway), "You may not roll back releases of coditect-app to production.")
	w.holder("")
}

func TestRollbackAcrossWhatCannotBeTold(t *testing.T) {
	t.Parallel()
	w := migrated(t, deploy.Unsure)
	has(t, w.says("UBOB", "/rollback coditect-app --reason slow"), "(unknown): whether v1.2.3 works with what 014_drop_user_name.sql did cannot be told from the statements: "+
		"− column users.name, + column users.full_name.", anyway)
	w.catalog.database.Off = "PostgreSQL is not installed"
	hasNot(t, w.says("UBOB", "/rollback coditect-app --reason slow"), "--database")
	w.holder("")
}

func TestRollbackAcrossAMigrationOfAJob(t *testing.T) {
	t.Parallel()
	w := migrated(t, deploy.Unsure)
	w.rewrite("coditect-app-2", func(r *deploy.Release) { r.Schema.Applied = nil })
	has(t, w.says("UBOB", "/rollback coditect-app --reason slow"), "whether v1.2.3 works with what the migration of v1.2.4 did cannot be told from the statements.",
		"--database --at 2026-03-02T14:14:59Z")
}

func TestRollbackAcrossSeveralGoesToBeforeTheOldest(t *testing.T) {
	t.Parallel()
	w := migrated(t, deploy.Contract)
	w.schemas["v1.2.5"] = schema(14, deploy.Contract, "015_drop_more.sql", w.Now())
	w.carried("v1.2.5")
	got := w.says("UBOB", "/rollback coditect-app v1.2.3 --reason slow")
	has(t, got, "coditect-app-3 (v1.2.5) took the schema from 14 to 15 (contract): v1.2.3 may need what 015_drop_more.sql took away or changed.\ncoditect-app-2 (v1.2.4)",
		"--database --at 2026-03-02T14:14:58Z")
	hasNot(t, w.says("UBOB", "/rollback coditect-app v1.2.4 --reason slow"), "coditect-app-2 (v1.2.4) took")
}

// Which of several scripts took something away is not written down, so that none of them is blamed.
func TestRollbackAcrossManyScriptsNamesAFew(t *testing.T) {
	t.Parallel()
	w := migrated(t, deploy.Contract)
	w.rewrite("coditect-app-2", func(r *deploy.Release) {
		for i := range 9 {
			r.Schema.Applied = append(r.Schema.Applied, deploy.AppliedScript{Version: int64(15 + i), Name: fmt.Sprintf("0%d_add.sql", 15+i), Changes: []string{"+ table t"}})
		}
	})
	has(t, w.says("UBOB", "/rollback coditect-app --reason slow"), "(contract): v1.2.3 may need what was taken away or changed: − column users.name; "+
		"applied were 014_drop_user_name.sql, 015_add.sql, 016_add.sql, 017_add.sql, 018_add.sql and 5 more.\n")
}

func TestRollbackAcrossAnAdditionSaysWhatStays(t *testing.T) {
	t.Parallel()
	w := migrated(t, deploy.Expand)
	has(t, w.says("UBOB", "/rollback coditect-app --anyway --reason slow"), "coditect-app-3 rolls coditect-app/production back from v1.2.4 to v1.2.3. It is the last good one",
		"The database stays at 14. Follow it in #devops-oncall.")
	if r := w.get("coditect-app-3"); r.State != deploy.RollingBack || len(r.Across) != 0 {
		t.Errorf("the release is %s, across %v", r.State, r.Across)
	}
}

func TestRollbackAnywayTakesSomebodyElse(t *testing.T) {
	t.Parallel()
	w := migrated(t, deploy.Contract)
	policy := w.catalog.policy[production]
	policy.RequesterMayApprove = true // not for this
	w.catalog.policy[production] = policy
	want := "coditect-app-3 rolls coditect-app/production back from v1.2.4 to v1.2.3, once somebody else has agreed. The database stays at 14.\n" +
		"coditect-app-2 (v1.2.4) took the schema from 13 to 14 (contract): v1.2.3 may need what 014_drop_user_name.sql took away or changed: − column users.name.\n" +
		"Approvers, of whom it cannot be @UBOB: @oncall. They press the button, or type: /promote coditect-app production. Follow it in #devops-oncall."
	if d := cmp.Diff(want, w.says("UBOB", anyway)); d != "" {
		t.Error(d)
	}
	r := w.drive("coditect-app-3")
	if d := cmp.Diff([]deploy.Crossing{{Release: "coditect-app-2", Version: "v1.2.4", Class: deploy.Contract, Before: 13, After: 14,
		Names: []string{"014_drop_user_name.sql"}, Changes: []string{"− column users.name", "+ column users.full_name"}}}, r.Across); d != "" {
		t.Errorf("across (-want +got):\n%s", d)
	}
	waits := "coditect-app-3 (back to v1.2.3, @UBOB) is at Rollback and waits since 2026-03-02 14:30 UTC for 1 approval of the rollback from @oncall, not from @UBOB; expires 2026-03-02 15:30 UTC."
	has(t, w.says("UDAVE", "/deploy status"), waits)
	has(t, w.says("UBOB", anyway), "That is asked for already: "+waits)
	has(t, w.says("UERIN", "/deploy coditect-app v1.2.5"), "To let it go on: /promote coditect-app production · Wait")
	refusal := "You asked for coditect-app-3 yourself, so somebody else has to approve it: nobody does that alone. Approvers: @oncall."
	has(t, w.says("UBOB", "/promote coditect-app"), refusal)
	has(t, w.pushes("UBOB", "coditect-app-3", "rollback/agree"), refusal)
	has(t, w.pushes("UMALLORY", "coditect-app-3", "rollback/agree"), "You may not approve releases of coditect-app to production.")
	has(t, w.says("UCAROL", "/promote coditect-app 50"), "does not ask for 50 %; it asks for the rollback. Type: /promote coditect-app production")
	if got := w.inbox("coditect-app-3"); len(got) != 0 {
		t.Errorf("stored: %v", got)
	}
	has(t, w.presses("UBOB", commands.Details, "coditect-app-3", ""), "coditect-app-2 (v1.2.4) took the schema from 13 to 14 (contract)")

	w.pushes("UCAROL", "coditect-app-3", "rollback/agree")
	if r := w.drive("coditect-app-3"); r.State != deploy.RolledBack || w.running[production].Version != "v1.2.3" {
		t.Errorf("the release is %s, %v runs", r.State, w.running[production])
	}
}

func TestApprovingTheRollback(t *testing.T) {
	t.Parallel()
	say := map[string]func(*world) string{
		"by command": func(w *world) string { return w.says("UCAROL", "/promote coditect-app") },
		"by button":  func(w *world) string { return w.pushes("UCAROL", "coditect-app-3", "rollback/agree") },
	}
	for name, say := range say {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := migrated(t, deploy.Contract)
			w.says("UBOB", anyway)
			w.drive("coditect-app-3")
			if d := cmp.Diff("Your approval of the rollback for coditect-app-3 is stored. It begins at once; follow it in #devops-oncall.", say(w)); d != "" {
				t.Error(d)
			}
			if d := cmp.Diff([]deploy.Signal{{Kind: deploy.SignalPromote, By: "UCAROL", Step: "rollback/agree"}}, w.inbox("coditect-app-3")); d != "" {
				t.Errorf("stored (-want +got):\n%s", d)
			}
			w.drive("coditect-app-3", &deploy.Error{Code: deploy.Unavailable, Msg: "no answer"})
			w.pass(time.Minute)
			has(t, w.pushes("UALICE", "coditect-app-3", "rollback/agree"), "That is approved already (the rollback), by @UCAROL 60 s ago.")
		})
	}
}

func TestARollbackThatNobodyAgreedToIsStopped(t *testing.T) {
	t.Parallel()
	w := migrated(t, deploy.Contract)
	w.says("UBOB", anyway)
	w.drive("coditect-app-3")
	has(t, w.says("UALICE", "/rollback coditect-app --reason no"), "Stopping coditect-app-3 (back to v1.2.3, @UBOB) before it changes coditect-app/production.")
	if r := w.drive("coditect-app-3"); r.State != deploy.Failed {
		t.Fatalf("the release is %s", r.State)
	}
	has(t, w.says("UBOB", "/rollback coditect-app --reason slow"), "Nothing was changed: coditect-app/production can go back to v1.2.3, but its database would stay as it is.")
}

func TestTakingARunningReleaseBackIsNotHeldUpByItsSchema(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		class deploy.SchemaClass
		want  string
	}{
		"after an addition":       {deploy.Expand, " The schema stays at 15 (expand: v1.2.3 works with it). Follow"},
		"after taking away":       {deploy.Contract, " The schema stays at 15 (contract): v1.2.3 may need what 015_x.sql took away or changed: − column a.b. Follow"},
		"after what nobody knows": {deploy.Unsure, " The schema stays at 15 (unknown): whether v1.2.3 works with what 015_x.sql did cannot be told from the statements: − column a.b. Follow"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, _ := stored(t)
			w.schemas = map[string]*deploy.Schema{"v1.2.4": schema(14, tc.class, "015_x.sql", morning, "− column a.b")}
			w.says("UALICE", "/deploy coditect-app v1.2.4")
			w.drive("coditect-app-1")
			has(t, w.presses("UBOB", commands.RollBack, "coditect-app-1", ""), "Rolling back coditect-app-1 (v1.2.4, @UALICE): coditect-app/production returns from v1.2.4 to v1.2.3."+tc.want)
			if r := w.drive("coditect-app-1"); r.State != deploy.RolledBack {
				t.Errorf("the release is %s", r.State)
			}
			has(t, w.says("UDAVE", "/deploy history coditect-app"), " · schema 14 → 15 ("+string(tc.class)+")")
		})
	}
}

func TestTakingBackInTheMiddleOfAMigration(t *testing.T) {
	t.Parallel()
	w, _ := stored(t)
	w.says("UALICE", "/deploy coditect-app v1.2.4")
	broken := &deploy.Error{Code: deploy.Conflict, Msg: "a lock cannot be had"}
	if r := w.drive("coditect-app-1", nil, nil, nil, nil, nil, nil, broken); r.Current().Kind != deploy.KindMigrate {
		t.Fatalf("the release is at %s", r.Current().Name)
	}
	has(t, w.says("UBOB", "/rollback coditect-app --reason slow"), "Rolling back coditect-app-1 (v1.2.4, @UALICE): v1.2.3 keeps all of the traffic of coditect-app/production, v1.2.4 gets none.", " What the migration has committed by then stays. Follow it in")
}

func TestARestoreInPlaceBringsTheSchemaBack(t *testing.T) {
	t.Parallel()
	w := migrated(t, deploy.Contract)
	w.says("UBOB", inPlace)
	w.drive("coditect-app-3")
	w.says("UCAROL", "/promote coditect-app")
	if r := w.drive("coditect-app-3"); r.State != deploy.Succeeded {
		t.Fatalf("the release is %s: %s", r.State, r.Why)
	}
	got := w.says("UBOB", "/rollback coditect-app --reason slow")
	has(t, got, "coditect-app-4 rolls coditect-app/production back from v1.2.4 to v1.2.3.")
	hasNot(t, got, "The database stays")
}
