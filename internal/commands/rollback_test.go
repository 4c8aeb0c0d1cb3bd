package commands_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"slipway/internal/deploy"
)

func TestRollbackOfARunningRelease(t *testing.T) {
	t.Parallel()
	w := promoted(t)
	want := "Rolling back coditect-app-1 (v1.2.4, @UALICE): coditect-app/production returns from v1.2.4 to v1.2.3. Follow it in #devops-oncall."
	if d := cmp.Diff(want, w.says("UBOB", `/rollback coditect-app --reason "5xx at 3 %"`)); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]deploy.Signal{{Kind: deploy.SignalRollBack, By: "UBOB", Reason: "5xx at 3 %"}}, w.inbox("coditect-app-1")); d != "" {
		t.Errorf("stored (-want +got):\n%s", d)
	}
	if r := w.drive("coditect-app-1"); r.State != deploy.RolledBack {
		t.Errorf("the release is %s", r.State)
	}
}

func TestRollbackBeforeAnythingWasChangedStops(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.says("UALICE", "/deploy coditect-app v1.2.4")
	has(t, w.says("UALICE", "/rollback coditect-app v1.2.2 --reason oops"),
		"coditect-app-1 (v1.2.4, @UALICE) is under way, and it can only stop: it has changed nothing yet.\n"+
			`First: /rollback coditect-app production --reason "oops" Then: /rollback coditect-app production v1.2.2 --reason "oops"`)
	has(t, w.says("UALICE", "/rollback coditect-app --reason oops"), "Stopping coditect-app-1 (v1.2.4, @UALICE) before it changes coditect-app/production.")
	if r := w.drive("coditect-app-1"); r.State != deploy.Failed {
		t.Errorf("the release is %s", r.State)
	}
}

func TestRollbackOfARunningReleaseGoesWhereItCameFrom(t *testing.T) {
	t.Parallel()
	w := promoted(t)
	want := "coditect-app-1 (v1.2.4, @UALICE) is under way and goes back to v1.2.3, not to v1.2.2.\n" +
		`First: /rollback coditect-app production --reason "slow" Then: /rollback coditect-app production v1.2.2 --reason "slow"`
	if d := cmp.Diff(want, w.says("UBOB", "/rollback coditect-app v1.2.2 --reason slow")); d != "" {
		t.Error(d)
	}
	has(t, w.says("UBOB", "/rollback coditect-app v1.2.3 --reason slow"), "Rolling back coditect-app-1")
}

func TestRollbackOfTheLastRelease(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.carried("v1.2.3")
	live := w.carried("v1.2.4")
	want := "coditect-app-3 rolls coditect-app/production back from v1.2.4 to v1.2.3. It is the last good one: coditect-app-1 brought it to 100 %. Follow it in #devops-oncall."
	if d := cmp.Diff(want, w.saysIn("E-back", "UBOB", `/rollback coditect-app --reason "checkout is slow"`)); d != "" {
		t.Error(d)
	}
	r := w.get("coditect-app-3")
	type stored struct {
		Kind     deploy.Kind
		State    deploy.State
		Version  string
		By       deploy.UserID
		Reason   string
		Baseline deploy.Revision
	}
	wanted := stored{deploy.Rollback, deploy.RollingBack, "v1.2.3", "UBOB", "checkout is slow", live.Facts.Baseline}
	if d := cmp.Diff(wanted, stored{r.Kind, r.State, r.Version, r.Requester, r.Reason, r.Facts.Baseline}); d != "" {
		t.Errorf("stored (-want +got):\n%s", d)
	}
	has(t, w.saysIn("E-back", "UBOB", `/rollback coditect-app --reason "checkout is slow"`),
		"Already rolling back: coditect-app-3 (back to v1.2.3, @UBOB) is rolling back to v1.2.3, by @UBOB since")

	if r := w.drive("coditect-app-3"); r.State != deploy.RolledBack {
		t.Fatalf("the release is %s", r.State)
	}
	has(t, w.says("UALICE", "/deploy status coditect-app production"), "coditect-app/production runs v1.2.3 since", "(coditect-app-3, @UBOB)")
	want = "coditect-app/production is back on v1.2.3 already: coditect-app-3 (back to v1.2.3, @UBOB) went back to v1.2.3 at 2026-03-02 14:30 UTC, " +
		"by @UBOB: checkout is slow. Versions that were live: v1.2.4, v1.2.2. To go to one, name it: " +
		`/rollback coditect-app production v1.2.4 --reason "still slow"`
	if d := cmp.Diff(want, w.says("UBOB", `/rollback coditect-app --reason "still slow"`)); d != "" {
		t.Errorf("a second time without a version:\n%s", d)
	}
	has(t, w.says("UBOB", "/deploy unlock coditect-app"), "coditect-app/production is open again. v1.2.4 itself is not released again unless somebody insists: /deploy coditect-app v1.2.4 production --again")
	has(t, w.says("UALICE", "/deploy coditect-app v1.2.4 --again"), "coditect-app-4 brings coditect-app/production to v1.2.4")
}

func TestRollbackAfterSlipwayHasGoneBackGoesNoFurther(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.carried("v1.2.3")
	w.says("UALICE", "/deploy coditect-app v1.2.4")
	w.drive("coditect-app-2")
	w.says("UBOB", "/rollback coditect-app --reason slow")
	w.drive("coditect-app-2")
	has(t, w.says("UCAROL", "/rollback coditect-app --reason slow"),
		"coditect-app/production is back on v1.2.3 already: coditect-app-2 (v1.2.4, @UALICE) went back to v1.2.3",
		`To go to one, name it: /rollback coditect-app production v1.2.2 --reason "slow"`)
}

func TestRollbackToANamedVersion(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first := w.carried("v1.2.3")
	w.carried("v1.2.4")
	w.carried("v1.2.5")
	want := "Slipway has never seen v1.2.9 at 100 % of coditect-app/production. It can go back to: v1.2.4, v1.2.3, v1.2.2. " +
		`Did you mean: /rollback coditect-app production v1.2.4 --reason "slow"`
	if d := cmp.Diff(want, w.says("UBOB", "/rollback coditect-app v1.2.9 --reason slow")); d != "" {
		t.Errorf("a version that was never live:\n%s", d)
	}
	has(t, w.says("UBOB", "/rollback coditect-app v0.1 --reason slow"), `Type: /rollback coditect-app production v1.2.4 --reason "slow"`)

	has(t, w.says("UBOB", "/rollback coditect-app v1.2.3 --reason slow"), "coditect-app-4 rolls coditect-app/production back from v1.2.5 to v1.2.3.")
	got := w.get("coditect-app-4")
	if d := cmp.Diff(first.Facts.Candidate, deploy.Revision{Name: got.Facts.Baseline.Name, Version: got.Facts.Baseline.Version, Tag: "rc-1"}); d != "" {
		t.Errorf("returns to (-want +got):\n%s", d)
	}
	if d := cmp.Diff(first.Facts.Image, got.Facts.Image); d != "" {
		t.Errorf("its image (-want +got):\n%s", d)
	}
}

func TestRollbackWithNothingToGoBackTo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	want := "There is nothing to go back to: Slipway knows of no version that coditect-app/production ran before.\n" +
		"See: /deploy history coditect-app production"
	if d := cmp.Diff(want, w.says("UBOB", "/rollback coditect-app --reason slow")); d != "" {
		t.Errorf("without a version:\n%s", d)
	}
	want = "Slipway has never seen v1.2.2 at 100 % of coditect-app/production, nor any other version to go back to. " +
		"To bring it there: /deploy coditect-app v1.2.2 production"
	if d := cmp.Diff(want, w.says("UBOB", "/rollback coditect-app v1.2.2 --reason slow")); d != "" {
		t.Errorf("with a version:\n%s", d)
	}
	has(t, w.says("UMALLORY", "/rollback coditect-app --reason slow"), "You may not roll back releases of coditect-app to production.",
		`or to type: /rollback coditect-app production --reason "slow"`)
	has(t, w.says("UBOB", "/rollback coditect-app"), "A rollback needs a reason", `Type: /rollback coditect-app --reason "what went wrong"`)
}

func TestRollbackAfterAReleaseThatChangedNothingGoesNoFurther(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.carried("v1.2.3")
	w.says("UALICE", "/deploy coditect-app v1.2.4")
	w.says("UALICE", "/rollback coditect-app --reason oops")
	if r := w.drive("coditect-app-2"); r.State != deploy.Failed {
		t.Fatalf("the release is %s", r.State)
	}
	has(t, w.says("UCAROL", "/rollback coditect-app --reason slow"),
		"coditect-app/production still runs v1.2.3: coditect-app-2 (v1.2.4, @UALICE) failed at",
		`To go to one, name it: /rollback coditect-app production v1.2.2 --reason "slow"`)
	if id, err := w.store.Holder(t.Context(), deploy.Target{Service: "coditect-app", Environment: "production"}); err != nil || id != "" {
		t.Errorf("held by %q, %v: a good version is being taken back", id, err)
	}
}

func TestRollbackAfterTheFirstReleaseHasGoneBackNamesWhatRuns(t *testing.T) {
	t.Parallel()
	w := promoted(t)
	w.says("UBOB", "/rollback coditect-app --reason slow")
	w.drive("coditect-app-1")
	has(t, w.says("UCAROL", "/rollback coditect-app --reason slow"), "coditect-app/production is back on v1.2.3 already: coditect-app-1")
}

func TestTakingBackIsToldAsItIs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.says("UALICE", "/deploy coditect-app v1.2.4")
	r := w.get("coditect-app-1")
	r.Facts.Baseline = deploy.Revision{Name: "coditect-app-production-00001", Version: "v1.2.3"}
	w.put(r)
	has(t, w.says("UBOB", "/rollback coditect-app --reason slow"), "Stopping coditect-app-1 (v1.2.4, @UALICE) before it changes coditect-app/production.")

	w = newWorld(t)
	w.carried("v1.2.3")
	w.carried("v1.2.4")
	w.says("UBOB", "/rollback coditect-app --reason slow")
	r = w.get("coditect-app-3")
	r.State, r.Back[0].Status = deploy.Parked, deploy.Broken
	w.put(r)
	got := w.says("UCAROL", "/rollback coditect-app --reason again")
	if want := "Trying again: coditect-app-3 (back to v1.2.3, @UBOB) takes coditect-app/production to v1.2.3. Follow it in #devops-oncall."; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestRollbackOfNoReleaseOffersWhatWasFound(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.says("UALICE", "/deploy coditect-app v1.2.4")
	w.drive("coditect-app-1", nil, &deploy.Error{Code: deploy.NotFound, Msg: "there is no image"})
	want := "There is no release to take back: Slipway has brought none to 100 % of coditect-app/production. Versions that were live: v1.2.3. " +
		`To go to one, name it: /rollback coditect-app production v1.2.3 --reason "slow"`
	if d := cmp.Diff(want, w.says("UBOB", "/rollback coditect-app --reason slow")); d != "" {
		t.Error(d)
	}
}
