package commands_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"slipway/internal/commands"
	"slipway/internal/deploy"
)

func TestAPressAfterTheEndSaysHowItEnded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.carried("v1.2.4")
	want := "coditect-app-1 (v1.2.4, @UALICE) has ended: it brought v1.2.4 to 100 % at 2026-03-02 14:15 UTC. Nothing was changed."
	for _, a := range []commands.Action{commands.Promote, commands.Pause, commands.Resume, commands.RollBack} {
		if d := cmp.Diff(want, w.presses("UBOB", a, "coditect-app-1", gate50)); d != "" {
			t.Errorf("%s:\n%s", a, d)
		}
	}
}

func TestAPressOnWhatIsNotThere(t *testing.T) {
	t.Parallel()
	w := asking(t)
	has(t, w.presses("UBOB", commands.Promote, "coditect-app-99", gate50), "That release is not there any more", "/deploy status")
	has(t, w.presses("UBOB", commands.Promote, "coditect-app-1", "traffic/75/gate"),
		"That button does not belong to a step of coditect-app-1", "waits since", "Nothing was changed.")
	has(t, w.presses("UBOB", "explode", "coditect-app-1", ""), "does not know that button", "/deploy status coditect-app production")
	if got := w.inbox("coditect-app-1"); len(got) != 0 {
		t.Errorf("stored: %v", got)
	}
}

func TestHoldAndResume(t *testing.T) {
	t.Parallel()
	w := asking(t)
	has(t, w.presses("UBOB", commands.Resume, "coditect-app-1", ""), "Nothing is held: coditect-app-1", "waits since")
	has(t, w.presses("UBOB", commands.Pause, "coditect-app-1", gate50), "coditect-app-1 holds at 10 %, until somebody presses Resume; it then asks for 50 % again.")
	if d := cmp.Diff([]deploy.Signal{{Kind: deploy.SignalPause, By: "UBOB"}}, w.inbox("coditect-app-1")); d != "" {
		t.Errorf("stored (-want +got):\n%s", d)
	}
	w.drive("coditect-app-1")
	has(t, w.presses("UCAROL", commands.Pause, "coditect-app-1", gate50), "Nothing was changed: coditect-app-1", "is held at 10 % by @UBOB")
	has(t, w.presses("UALICE", commands.Resume, "coditect-app-1", ""), "coditect-app-1 goes on.")
	if r := w.drive("coditect-app-1"); r.State != deploy.Waiting {
		t.Errorf("after the resume it is %s", r.State)
	}
}

func TestWhoMayNotSteerIsRefused(t *testing.T) {
	t.Parallel()
	w := asking(t)
	who := "Deployers there: @UALICE, @platform. Approvers: @oncall. Why: deployments/catalog/coditect-app.yaml:31, deployments/catalog/coditect-app.yaml:34\nAsk one of them to press the button."
	has(t, w.presses("UMALLORY", commands.Pause, "coditect-app-1", ""), "You may not hold releases of coditect-app to production. "+who)
	has(t, w.presses("UMALLORY", commands.Resume, "coditect-app-1", ""), "You may not resume releases of coditect-app to production. "+who)
	has(t, w.presses("UMALLORY", commands.RollBack, "coditect-app-1", ""), "You may not roll back releases of coditect-app to production. "+who)
	if got := w.inbox("coditect-app-1"); len(got) != 0 {
		t.Errorf("stored: %v", got)
	}
}

func TestDetailsShowTheJournal(t *testing.T) {
	t.Parallel()
	w := promoted(t)
	want := "coditect-app-1 (v1.2.4, @UALICE) · coditect-app/production is at Traffic 50 % since 2026-03-02 14:05 UTC, about 3 min left.\n" +
		"Before: app-by-hand (v1.2.3)\n" +
		"New: app-r1-1 (v1.2.4) tagged rc-1\n" +
		"Image: gcr.io/p/coditect@sha256:v1.2.4\n"
	reply := w.presses("UMALLORY", commands.Details, "coditect-app-1", "")
	has(t, reply, want, "\n2026-03-02 14:05 UTC traffic/50/gate approved 50 % by @UBOB",
		"\n2026-03-02 14:05 UTC traffic/50/bake begins: bakes 5 min at 50 %")
	w.says("UBOB", "/rollback coditect-app --reason slow")
	w.drive("coditect-app-1")
	has(t, w.presses("UMALLORY", commands.Details, "coditect-app-1", ""), "is rolled back by @UBOB: slow")
}

func TestRollBackByButton(t *testing.T) {
	t.Parallel()
	w := promoted(t)
	want := "Rolling back coditect-app-1 (v1.2.4, @UALICE): coditect-app/production returns from v1.2.4 to v1.2.3. Follow it in #devops-oncall."
	// The step the button was drawn for has passed: going back still means going back.
	for range 2 {
		if d := cmp.Diff(want, w.presses("UCAROL", commands.RollBack, "coditect-app-1", gate50)); d != "" {
			t.Error(d)
		}
	}
	w.drive("coditect-app-1", &deploy.Error{Code: deploy.Unavailable, Msg: "no answer"})
	w.pass(time.Second)
	has(t, w.presses("UBOB", commands.RollBack, "coditect-app-1", ""),
		"Already rolling back: coditect-app-1 (v1.2.4, @UALICE) is rolling back to v1.2.3, by @UCAROL since")
	has(t, w.presses("UBOB", commands.Pause, "coditect-app-1", ""), "Nothing was changed: coditect-app-1", "is rolling back to v1.2.3")
}
