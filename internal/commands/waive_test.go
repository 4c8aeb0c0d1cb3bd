package commands_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"slipway/internal/commands"
	"slipway/internal/deploy"
)

func TestAWaiverIsStored(t *testing.T) {
	t.Parallel()
	w := owed(t)
	got, wrong := w.fills("UBOB", commands.Waive, " the fix\nis in v1.2.5 ", badly)
	if d := cmp.Diff("Your waiver of “Image: Vulnerabilities” for coditect-app-1 is stored. 3 items are still open.", got); d != "" || len(wrong) != 0 {
		t.Errorf("%s%v", d, wrong)
	}
	signals := []deploy.Signal{{Kind: deploy.SignalWaive, By: "UBOB", Item: badly, Reason: "the fix is in v1.2.5"}}
	if d := cmp.Diff(signals, w.inbox("coditect-app-1")); d != "" {
		t.Errorf("stored (-want +got):\n%s", d)
	}
	if r := w.drive("coditect-app-1"); len(r.Waivers) != 1 || len(r.Readiness.Open) != 3 {
		t.Errorf("waivers %v, open %v", r.Waivers, r.Readiness.Open)
	}
	has(t, w.presses("UBOB", commands.Details, "coditect-app-1", ""),
		"\nWaived: Vulnerabilities: 2 critical, at most 0, by @UBOB: the fix is in v1.2.5",
		"preflight/ready has an item waived by @UBOB: Vulnerabilities, because: the fix is in v1.2.5")
	got, _ = w.fills("UCAROL", commands.Waive, "me too", badly)
	has(t, got, "Not open any more: image/vulnerabilities (waived by @UBOB just now: the fix is in v1.2.5). Nothing was changed.")
}

func TestTheLastWaiverLetsTheReleaseGoOn(t *testing.T) {
	t.Parallel()
	w := owed(t)
	for _, key := range []string{badly, cors, keys} {
		w.fills("UBOB", commands.Waive, "known", key)
		w.drive("coditect-app-1")
	}
	got, _ := w.fills("UCAROL", commands.Waive, "known", backup)
	has(t, got, "is stored. Nothing else is open, so it goes on; follow it in #devops-oncall.")
	if r := w.drive("coditect-app-1"); r.Facts.Share != 10 {
		t.Errorf("the release is %s at %d %%", r.State, r.Facts.Share)
	}
}

func TestAWaiverIsRefused(t *testing.T) {
	t.Parallel()
	const noReason = "A waiver needs a reason: it is shown to everybody and kept with the release."
	tests := map[string]struct {
		by     deploy.UserID
		items  []string
		reason string
		make   func(*world)
		wrong  map[string]string
		reply  string
	}{
		"without a reason":        {by: "UBOB", items: []string{cors}, wrong: map[string]string{"reason": noReason}},
		"with a reason of dots":   {by: "UBOB", items: []string{cors}, reason: "… -", wrong: map[string]string{"reason": noReason}},
		"with nothing filled in":  {by: "UBOB", wrong: map[string]string{"reason": noReason, "items": "Choose one item: each is waived for a reason of its own."}},
		"with two items":          {by: "UBOB", items: []string{cors, keys}, reason: "known", wrong: map[string]string{"items": "Choose one item: each is waived for a reason of its own."}},
		"with a book as a reason": {by: "UBOB", items: []string{cors}, reason: strings.Repeat("x", 501), wrong: map[string]string{"reason": "The reason has 501 characters; there is room for 500."}},
		"of the requester":        {by: "UALICE", items: []string{cors}, reason: "known", reply: "You asked for coditect-app-1 yourself, so somebody else has to waive what is open. Approvers: @oncall."},
		"of somebody who may not": {by: "UERIN", items: []string{cors}, reason: "known", reply: "You may not waive items for releases of coditect-app to production."},
		"of what is not open":     {by: "UBOB", items: []string{https}, reason: "known", reply: "Not open any more: Security: HTTPS enforced. Nothing was changed."},
		"while Slack does not answer": {by: "UBOB", items: []string{cors}, reason: "known", make: func(w *world) { w.people.group = noAnswer },
			reply: "I cannot find out who is in @oncall: Slack does not answer."},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := owed(t)
			if tc.make != nil {
				tc.make(w)
			}
			reply, wrong := w.fills(tc.by, commands.Waive, tc.reason, tc.items...)
			if d := cmp.Diff(tc.wrong, wrong); d != "" {
				t.Errorf("wrong (-want +got):\n%s", d)
			}
			has(t, reply, tc.reply)
			if tc.reply != "" && reply == "" {
				t.Error("no reply")
			}
			w.unheard()
		})
	}
}

func TestTheRequesterMayWaiveIfThePolicySaysSo(t *testing.T) {
	t.Parallel()
	w := owed(t)
	r := w.get("coditect-app-1")
	r.Spec.Policy.RequesterMayApprove = true
	w.put(r)
	if f, reply := w.asks("UALICE", commands.Waive); len(f.Items) != 4 {
		t.Errorf("no form: %s", reply)
	}
	got, _ := w.fills("UALICE", commands.Waive, "known", cors)
	has(t, got, "Your waiver of “Security: CORS policies configured” for coditect-app-1 is stored.")
}

func TestAReleaseThatWaitsForItems(t *testing.T) {
	t.Parallel()
	w := owed(t)
	waits := "coditect-app-1 (v1.2.4, @UALICE) is at Preflight and waits since 2026-03-02 14:00 UTC for 4 of 5 checklist items, " +
		"owed by @platform, @UDAVE; if they are open still it fails 2026-03-02 15:00 UTC."
	has(t, w.says("UDAVE", "/deploy status"), "coditect-app/production: "+waits)
	has(t, w.says("UERIN", "/deploy coditect-app v1.2.5"), "To let it go on, its open items are attested or waived in its thread: "+
		"/deploy checklist coditect-app production · Wait for it, or ask @UALICE.")
	if d := cmp.Diff("Nothing waits for approval: "+waits+" First its open items are attested or waived in its thread: /deploy checklist coditect-app production",
		w.says("UBOB", "/promote coditect-app")); d != "" {
		t.Errorf("promoted:\n%s", d)
	}
	has(t, w.presses("UBOB", commands.Pause, "coditect-app-1", ""), "coditect-app-1 holds before any change, until somebody presses Resume; it then looks at its checklist again.")
	w.drive("coditect-app-1")
	has(t, w.says("UDAVE", "/deploy status"), "is held before any change by @UBOB")
	got, _ := w.fills("UERIN", commands.Attest, "", cors)
	has(t, got, "The release is held: it counts once somebody presses Resume.")
	has(t, w.says("UBOB", "/rollback coditect-app --reason wrong"), "Stopping coditect-app-1", "before it changes coditect-app/production")
}

func TestAReleaseWhoseImageAloneIsObjectedTo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.catalog.images = &deploy.ImagePolicy{MaxAge: 1}
	w.found = []deploy.OpenItem{{Key: "image/age", Group: "Image", Text: "Age"}}
	w.says("UALICE", "/deploy coditect-app v1.2.4")
	w.drive("coditect-app-1")
	has(t, w.says("UDAVE", "/deploy status"), "waits since 2026-03-02 14:00 UTC for 1 objection to its image; if")
}
