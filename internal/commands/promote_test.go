package commands_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"slipway/internal/commands"
	"slipway/internal/deploy"
)

const gate50 deploy.StepName = "traffic/50/gate"

// asking is a world in which coditect-app-1 brings v1.2.4 to production and waits at 10 % for an approval of 50 %.
func asking(t *testing.T) *world {
	t.Helper()
	w := newWorld(t)
	w.says("UALICE", "/deploy coditect-app v1.2.4")
	w.drive("coditect-app-1")
	w.pass(5 * time.Minute)
	if r := w.drive("coditect-app-1"); r.State != deploy.Waiting {
		t.Fatalf("the release is %s: %s", r.State, r.Why)
	}
	return w
}

// promoted is that world after bob promoted it two minutes ago.
func promoted(t *testing.T) *world {
	t.Helper()
	w := asking(t)
	w.presses("UBOB", commands.Promote, "coditect-app-1", gate50)
	w.drive("coditect-app-1")
	w.pass(2 * time.Minute)
	return w
}

func TestPromoteStoresAnApproval(t *testing.T) {
	t.Parallel()
	say := map[string]func(*world) string{
		"by command":                func(w *world) string { return w.says("UBOB", "/promote coditect-app") },
		"by command with its share": func(w *world) string { return w.says("UBOB", "/promote coditect-app production 50 %") },
		"by button": func(w *world) string {
			return w.presses("UBOB", commands.Promote, "coditect-app-1", gate50)
		},
	}
	for name, say := range say {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := asking(t)
			want := "Your approval of 50 % for coditect-app-1 is stored. It goes on to 50 %; follow it in #devops-oncall."
			if d := cmp.Diff(want, say(w)); d != "" {
				t.Error(d)
			}
			signals := []deploy.Signal{{Kind: deploy.SignalPromote, By: "UBOB", Step: gate50}}
			if d := cmp.Diff(signals, w.inbox("coditect-app-1")); d != "" {
				t.Errorf("stored (-want +got):\n%s", d)
			}
			if r := w.drive("coditect-app-1"); r.Facts.Share != 50 {
				t.Errorf("the share is %d %%", r.Facts.Share)
			}
		})
	}
}

func TestPromoteIsRefused(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		by    deploy.UserID
		typed string
		want  string
	}{
		"the requester": {"UALICE", "/promote coditect-app",
			"You asked for coditect-app-1 yourself, so somebody else has to approve it. Approvers: @oncall. Why: deployments/catalog/coditect-app.yaml:34\n" +
				"Ask one of them to press the button, or to type: /promote coditect-app production 50"},
		"somebody who may not": {"UERIN", "/promote coditect-app",
			"You may not approve releases of coditect-app to production. Approvers there: @oncall. Why: deployments/catalog/coditect-app.yaml:34\n" +
				"Ask one of them to press the button, or to type: /promote coditect-app production 50"},
		"a share that no gate has": {"UBOB", "/promote coditect-app 40",
			"coditect-app-1 (v1.2.4, @UALICE) does not ask for 40 %; it asks for 50 %. Type: /promote coditect-app production 50"},
		"an unknown environment": {"UBOB", "/promote coditect-app prod 50",
			`coditect-app has no environment "prod". Did you mean: /promote coditect-app production 50`},
		"a target without a release": {"UBOB", "/promote coditect-app staging",
			"Nothing waits: no release of coditect-app/staging is under way.\nSee: /deploy status coditect-app staging"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := asking(t)
			if d := cmp.Diff(tc.want, w.says(tc.by, tc.typed)); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
			if got := w.inbox("coditect-app-1"); len(got) != 0 {
				t.Errorf("stored: %v", got)
			}
		})
	}
}

func TestPromoteTwice(t *testing.T) {
	t.Parallel()
	w := asking(t)
	first := w.presses("UBOB", commands.Promote, "coditect-app-1", gate50)
	if second := w.presses("UBOB", commands.Promote, "coditect-app-1", gate50); second != first {
		t.Errorf("the second click of a double click is answered %q, the first %q", second, first)
	}
	w.drive("coditect-app-1")
	w.pass(2 * time.Minute)
	for what, got := range map[string]string{
		"a late click":         w.presses("UCAROL", commands.Promote, "coditect-app-1", gate50),
		"a late command":       w.says("UCAROL", "/promote coditect-app 50"),
		"a late hold at 10 %":  w.presses("UCAROL", commands.Pause, "coditect-app-1", gate50),
		"a late click of bob":  w.presses("UBOB", commands.Promote, "coditect-app-1", gate50),
		"one who may not ever": w.presses("UMALLORY", commands.Promote, "coditect-app-1", gate50),
	} {
		t.Run(what, func(t *testing.T) { has(t, got, "Already at 50 %, promoted by @UBOB 2 min ago.") })
	}
	if r := w.get("coditect-app-1"); len(r.Steps[7].Approvals) != 1 {
		t.Errorf("approvals: %v", r.Steps[7].Approvals)
	}
	if got := w.inbox("coditect-app-1"); len(got) != 0 {
		t.Errorf("late words were stored: %v", got)
	}
}

func TestTheSameEventIsStoredOnce(t *testing.T) {
	t.Parallel()
	w := asking(t)
	first := w.saysIn("E-same", "UBOB", "/promote coditect-app")
	second := w.saysIn("E-same", "UBOB", "/promote coditect-app")
	if first != second {
		t.Errorf("answered %q, then %q", first, second)
	}
	if got := w.inbox("coditect-app-1"); len(got) != 1 {
		t.Errorf("stored: %v", got)
	}
}

func TestTwoApprovalsOfDifferentPeople(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.says("UDAVE", "/deploy coditect-app v1.2.4 staging")
	w.drive("coditect-app-1")
	first := w.says("UDAVE", "/promote coditect-app staging")
	if d := cmp.Diff("Your approval of 100 % for coditect-app-1 is stored. It still needs 1 approval from @SONCALL.", first); d != "" {
		t.Errorf("the requester, who may here:\n%s", d)
	}
	w.drive("coditect-app-1")
	if again := w.says("UDAVE", "/promote coditect-app staging"); again != first {
		t.Errorf("the same person again: %q", again)
	}
	if got := w.inbox("coditect-app-1"); len(got) != 0 {
		t.Errorf("an approval given before was stored again: %v", got)
	}
	has(t, w.says("UBOB", "/promote coditect-app staging"), "It goes on to 100 %")
	if r := w.drive("coditect-app-1"); r.State != deploy.Succeeded {
		t.Errorf("the release is %s", r.State)
	}
}

func TestPromoteWhenNothingWaits(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.says("UALICE", "/deploy coditect-app v1.2.4")
	w.drive("coditect-app-1")
	w.pass(2 * time.Minute)
	want := "Nothing waits for approval: coditect-app-1 (v1.2.4, @UALICE) is at Traffic 10 % since 2026-03-02 14:00 UTC, about 8 min left, " +
		"not counting an approval. It asks for 50 % at about 2026-03-02 14:05 UTC."
	if d := cmp.Diff(want, w.says("UBOB", "/promote coditect-app")); d != "" {
		t.Errorf("while it bakes:\n%s", d)
	}
	if d := cmp.Diff(want, w.says("UBOB", "/promote coditect-app 50")); d != "" {
		t.Errorf("with the share that will be asked for:\n%s", d)
	}

	w.presses("UBOB", commands.Pause, "coditect-app-1", "")
	w.drive("coditect-app-1")
	has(t, w.says("UBOB", "/promote coditect-app"), "is held at 10 % by @UBOB", "Press Resume first; it asks again then.")

	w.presses("UBOB", commands.Resume, "coditect-app-1", "")
	w.pass(3 * time.Minute)
	w.drive("coditect-app-1")
	w.says("UBOB", "/promote coditect-app")
	w.drive("coditect-app-1")
	has(t, w.says("UBOB", "/promote coditect-app"), "Nothing waits for approval", "is at Traffic 50 %", "It needs no more approvals.")

	w.says("UBOB", "/rollback coditect-app --reason slow")
	w.drive("coditect-app-1", &deploy.Error{Code: deploy.Unavailable, Msg: "no answer"})
	has(t, w.says("UBOB", "/promote coditect-app"), "is rolling back to v1.2.3, by @UBOB since", ": slow. There is nothing to promote.")
	w.pass(time.Minute)
	w.drive("coditect-app-1")
	want = "Nothing waits: no release of coditect-app/production is under way. The last one, coditect-app-1 (v1.2.4, @UALICE), " +
		"went back to v1.2.3 at 2026-03-02 14:06 UTC, by @UBOB: slow.\nSee: /deploy status coditect-app production"
	if d := cmp.Diff(want, w.says("UBOB", "/promote coditect-app")); d != "" {
		t.Errorf("after its end:\n%s", d)
	}
}

func TestPromoteAfterTheGateExpired(t *testing.T) {
	t.Parallel()
	w := asking(t)
	w.pass(time.Hour)
	w.drive("coditect-app-1")
	for _, got := range []string{
		w.says("UBOB", "/promote coditect-app"),
		w.presses("UBOB", commands.Promote, "coditect-app-1", gate50),
	} {
		has(t, got, "is held at 10 % by Slipway", "nobody approved 50 % within 1 h", "Press Resume first; it asks again then.")
	}
}

func TestALateClickIsToldHowLateItIs(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		later time.Duration
		want  string
	}{
		"at once":          {0, "promoted by @UBOB just now."},
		"in half a minute": {30 * time.Second, "promoted by @UBOB 30 s ago."},
		"in an afternoon":  {3 * time.Hour, "promoted by @UBOB 3 h ago."},
		"after a weekend":  {72 * time.Hour, "promoted by @UBOB 3 days ago."},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := asking(t)
			w.says("UBOB", "/promote coditect-app")
			w.drive("coditect-app-1")
			w.pass(tc.later)
			has(t, w.presses("UCAROL", commands.Promote, "coditect-app-1", gate50), tc.want)
		})
	}
}

func TestPromoteOneGateAtATime(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.catalog.steps = []deploy.TrafficStep{{Percent: 10, Approve: true}, {Percent: 50, Approve: true}, {Percent: 100, Approve: true}}
	w.says("UALICE", "/deploy coditect-app v1.2.4")
	w.drive("coditect-app-1")
	want := "coditect-app-1 (v1.2.4, @UALICE) waits for 10 %, not for 50 %. Type: /promote coditect-app production 10"
	if d := cmp.Diff(want, w.says("UBOB", "/promote coditect-app 50")); d != "" {
		t.Errorf("a gate too far:\n%s", d)
	}
	w.says("UBOB", "/promote coditect-app 10")
	w.drive("coditect-app-1")
	has(t, w.says("UBOB", "/promote coditect-app 10"), "Already at 10 %, promoted by @UBOB just now.")
	has(t, w.says("UBOB", "/promote coditect-app 40"), "it asks for 10 %, 50 %, 100 %. Type: /promote coditect-app production 50")
	has(t, w.says("UALICE", "/deploy status coditect-app production"), "is at Traffic 10 % and waits")
}
