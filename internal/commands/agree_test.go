package commands_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"slipway/internal/commands"
	"slipway/internal/deploy"
)

const gatePlan deploy.StepName = "preflight/approve"

// agreeing is a world in which coditect-app-1 waits for an approval of its plan.
func agreeing(t *testing.T) *world {
	t.Helper()
	w := newWorld(t)
	policy := w.catalog.policy[production]
	policy.ApprovePlan = true
	w.catalog.policy[production] = policy
	w.changes = []deploy.Change{{What: "cpu", From: "1", To: "2"}}
	w.says("UALICE", "/deploy coditect-app v1.2.4")
	if r := w.drive("coditect-app-1"); r.State != deploy.Waiting || r.Proposal == nil {
		t.Fatalf("the release is %s, with the proposal %v", r.State, r.Proposal)
	}
	return w
}

// presses Promote of a message that shows a plan.
func (w *world) agrees(by deploy.UserID, plan string) string {
	w.t.Helper()
	p := commands.Press{Event: w.event(), By: by, Team: team, Release: "coditect-app-1", Action: commands.Promote, Step: gatePlan, Plan: plan}
	return w.handler.Press(w.t.Context(), p).Text.String()
}

func TestApprovingThePlan(t *testing.T) {
	t.Parallel()
	say := map[string]func(*world) string{
		"by command":             func(w *world) string { return w.says("UBOB", "/promote coditect-app") },
		"by command, of a place": func(w *world) string { return w.says("UBOB", "/promote coditect-app production") },
		"by button":              func(w *world) string { return w.agrees("UBOB", w.get("coditect-app-1").Proposal.Hash) },
	}
	for name, say := range say {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := agreeing(t)
			want := "Your approval of the plan " + w.get("coditect-app-1").Proposal.Short() + " for coditect-app-1 is stored. It begins once it is certain that the plan is still the same; follow it in #devops-oncall."
			if d := cmp.Diff(want, say(w)); d != "" {
				t.Error(d)
			}
			signals := []deploy.Signal{{Kind: deploy.SignalPromote, By: "UBOB", Step: gatePlan, Plan: w.get("coditect-app-1").Proposal.Hash}}
			if d := cmp.Diff(signals, w.inbox("coditect-app-1")); d != "" {
				t.Errorf("stored (-want +got):\n%s", d)
			}
			if r := w.drive("coditect-app-1"); r.Facts.Share != 10 {
				t.Errorf("the release is %s at %d %%", r.State, r.Facts.Share)
			}
			w.pass(2 * time.Minute)
			has(t, w.agrees("UCAROL", "whatever"), "The plan is approved already, by @UBOB 2 min ago.")
			has(t, w.presses("UCAROL", commands.Pause, "coditect-app-1", gatePlan), "The plan is approved already, by @UBOB 2 min ago. To hold it now, press Hold in its newest message.")
			if got := w.inbox("coditect-app-1"); len(got) != 0 {
				t.Errorf("late words were stored: %v", got)
			}
		})
	}
}

func TestAnApprovalOfAnotherPlanIsRefused(t *testing.T) {
	t.Parallel()
	w := agreeing(t)
	old := *w.get("coditect-app-1").Proposal
	w.says("UBOB", "/promote coditect-app")
	w.changes = append(w.changes, deploy.Change{What: "env FEATURE", To: "(set)"})
	r := w.drive("coditect-app-1")
	if r.State != deploy.Waiting || r.Proposal.Hash == old.Hash {
		t.Fatalf("the release is %s, with the proposal %v", r.State, r.Proposal)
	}
	want := "The plan has changed since that message; the newest message shows it. What changed: now: + env FEATURE (set). " +
		"You saw " + old.Short() + ", now it is " + r.Proposal.Short() + ". Nothing was approved."
	if d := cmp.Diff(want, w.agrees("UBOB", old.Hash)); d != "" {
		t.Error(d)
	}
	want = "That button does not say which plan it is about; the newest message shows it. Now it is " + r.Proposal.Short() + ". Nothing was approved."
	if d := cmp.Diff(want, w.agrees("UBOB", "")); d != "" {
		t.Error(d)
	}
	if got := w.inbox("coditect-app-1"); len(got) != 0 {
		t.Errorf("stored: %v", got)
	}
	details := w.presses("UBOB", commands.Details, "coditect-app-1", "")
	has(t, details, "\nPlan: "+r.Proposal.Short()+", 2 settings changed", "preflight/confirm: the approval is void: now: + env FEATURE (set)")
	has(t, w.agrees("UBOB", r.Proposal.Hash), "Your approval of the plan "+r.Proposal.Short()+" for coditect-app-1 is stored.")
}

func TestThePlanIsApprovedByThoseWhoMay(t *testing.T) {
	t.Parallel()
	w := agreeing(t)
	hash := w.get("coditect-app-1").Proposal.Hash
	has(t, w.agrees("UALICE", hash), "You asked for coditect-app-1 yourself, so somebody else has to approve it.", "or to type: /promote coditect-app production")
	has(t, w.agrees("UERIN", hash), "You may not approve releases of coditect-app to production.")
	hasNot(t, w.agrees("UERIN", hash), "production 0")
	has(t, w.says("UBOB", "/promote coditect-app 50"), "coditect-app-1 (v1.2.4, @UALICE) waits for the plan, not for 50 %. Type: /promote coditect-app production")
	has(t, w.says("UBOB", "/promote coditect-app 40"), "does not ask for 40 %; it asks for the plan, 50 %. Type: /promote coditect-app production")
	if got := w.inbox("coditect-app-1"); len(got) != 0 {
		t.Errorf("stored: %v", got)
	}
}

func TestTwoApprovalsOfThePlan(t *testing.T) {
	t.Parallel()
	w := agreeing(t)
	r := w.get("coditect-app-1")
	for i := range r.Steps {
		if r.Steps[i].Name == gatePlan {
			r.Steps[i].Needed = 2
		}
	}
	w.put(r)
	has(t, w.says("UBOB", "/promote coditect-app"), "Your approval of the plan "+r.Proposal.Short()+" for coditect-app-1 is stored. It still needs 1 approval from @oncall.")
	w.drive("coditect-app-1")
	has(t, w.says("UDAVE", "/deploy status"), "for 1 approval of the plan from @oncall")
	has(t, w.says("UCAROL", "/promote coditect-app"), "It begins once")
}

func TestAReleaseThatWaitsForItsPlan(t *testing.T) {
	t.Parallel()
	w := agreeing(t)
	waits := "is at Preflight and waits since 2026-03-02 14:00 UTC for 1 approval of the plan from @oncall, not from @UALICE; expires 2026-03-02 15:00 UTC."
	has(t, w.says("UDAVE", "/deploy status"), waits)
	has(t, w.says("UERIN", "/deploy coditect-app v1.2.5"), "To let it go on: /promote coditect-app production · Wait")
	has(t, w.presses("UBOB", commands.Pause, "coditect-app-1", gatePlan), "coditect-app-1 holds before any change, until somebody presses Resume; it then asks for the plan again.")
	w.drive("coditect-app-1")
	has(t, w.agrees("UBOB", w.get("coditect-app-1").Proposal.Hash), "is held before any change by @UBOB", "Press Resume first; it asks again then.")
	w.presses("UBOB", commands.Resume, "coditect-app-1", "")
	w.drive("coditect-app-1")
	w.pass(time.Hour)
	w.drive("coditect-app-1")
	has(t, w.says("UDAVE", "/deploy status"), "is held before any change by Slipway", "nobody approved the plan within 1 h")
}

func TestBeforeThePlanIsAskedAbout(t *testing.T) {
	t.Parallel()
	w := agreeing(t)
	w.catalog.policy[staging] = w.catalog.policy[production]
	w.says("UALICE", "/deploy coditect-app v1.2.4 staging")
	has(t, w.says("UBOB", "/promote coditect-app staging"), "Nothing waits for approval", "It asks for the plan at about 2026-03-02 14:00 UTC.")
}
