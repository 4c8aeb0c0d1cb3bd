package commands_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"slipway/internal/commands"
	"slipway/internal/deploy"
)

func TestTheFormOfAnAttestationHasWhatThePersonOwes(t *testing.T) {
	t.Parallel()
	item := map[string]commands.FormItem{
		cors:   {Key: cors, Group: "Security", Text: "CORS policies configured", Note: "owed by @platform · counts for 30 days"},
		keys:   {Key: keys, Group: "Security", Text: "Keys rotated", Note: "owed by Dave · counts for 24 h"},
		backup: {Key: backup, Group: "Data", Text: "Backup restored once", Note: "counts for 30 days"},
	}
	tests := map[string]struct {
		by    deploy.UserID
		items []commands.FormItem
		says  string
	}{
		"a member of the owning group":   {"UERIN", []commands.FormItem{item[cors], item[backup]}, " Not shown: 1 item that others owe (@UDAVE)."},
		"the person who owns it":         {"UDAVE", []commands.FormItem{item[keys]}, " Not shown: 2 items that others owe (@platform)."},
		"the requester, who may deploy":  {"UALICE", []commands.FormItem{item[backup]}, " Not shown: 2 items that others owe (@platform, @UDAVE)."},
		"an approver, of what is nobody": {"UBOB", []commands.FormItem{item[backup]}, " Not shown: 2 items that others owe (@platform, @UDAVE)."},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, _ := owed(t).asks(tc.by, commands.Attest)
			intro := "coditect-app-1 (v1.2.4, @UALICE) waits for 4 of 5 checklist items. What you attest is recorded with your name and counts for " +
				"every release to coditect-app/production until it expires." + tc.says
			if d := cmp.Diff(intro, f.Intro.String()); d != "" {
				t.Errorf("intro (-want +got):\n%s", d)
			}
			f.Intro = nil
			want := commands.Form{Action: commands.Attest, Release: "coditect-app-1", Title: "Attest checklist items", Items: tc.items, Submit: "Attest"}
			if d := cmp.Diff(want, f); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}

func TestTheFormOfAWaiverHasAllThatIsOpen(t *testing.T) {
	t.Parallel()
	w := owed(t)
	f, _ := w.asks("UBOB", commands.Waive)
	var open []string
	for _, i := range f.Items {
		open = append(open, i.Key)
	}
	if d := cmp.Diff([]string{badly, cors, keys, backup}, open); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if d := cmp.Diff(commands.FormItem{Key: badly, Group: "Image", Text: "Vulnerabilities", Note: "2 critical, at most 0"}, f.Items[0]); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if !f.Reason || f.Submit != "Waive" {
		t.Errorf("the form: %+v", f)
	}
	has(t, f.Intro.String(), "lets one of them pass for this release only; it is recorded and shown with your name and the reason.")
	attest, _ := w.asks("UERIN", commands.Attest)
	for _, s := range []string{f.Title, f.Submit, attest.Title, attest.Submit} {
		if n := utf8.RuneCountInString(s); n > 24 || strings.TrimSpace(s) == "" {
			t.Errorf("%q has %d characters; Slack takes 24", s, n)
		}
	}
	w.unheard()
}

func TestThereIsNoForm(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		by   deploy.UserID
		a    commands.Action
		make func(*world)
		want string
	}{
		"for somebody who owes nothing": {"UMALLORY", commands.Attest, nil,
			"Nothing of what is open for coditect-app-1 is yours to attest: Security: CORS policies configured (@platform); Security: Keys rotated (@UDAVE); " +
				"Data: Backup restored once (whoever may deploy or approve). Nothing was changed."},
		"for a guest": {"UGUEST", commands.Attest, nil, "You are a guest of this workspace, and guests may not use Slipway."},
		"to waive, for somebody who may not approve": {"UERIN", commands.Waive, nil,
			"You may not waive items for releases of coditect-app to production. Approvers there: @oncall. Why: deployments/catalog/coditect-app.yaml:34\nAsk one of them to press the button."},
		"to waive, for the requester": {"UALICE", commands.Waive, nil,
			"You asked for coditect-app-1 yourself, so somebody else has to waive what is open. Approvers: @oncall. Why: deployments/catalog/coditect-app.yaml:34\nAsk one of them to press the button."},
		"while Slack does not say who is in the group": {"UMALLORY", commands.Attest, func(w *world) { w.people.group = noAnswer },
			"I cannot find out who is in @platform: Slack does not answer. As long as I cannot, I do nothing; nothing was stored, nothing was started. " +
				"Try again in a minute. Why: deployments/catalog/coditect-app.yaml"},
		"if nothing can be attested": {"UERIN", commands.Attest, func(w *world) {
			r := w.get("coditect-app-1")
			r.Readiness.Open = r.Readiness.Open[:1]
			w.put(r)
		}, "Nothing of this can be attested: what is open for coditect-app-1 has to become so, or an approver waives it. Open: Image: Vulnerabilities."},
		"once nothing is open": {"UERIN", commands.Attest, func(w *world) {
			w.catalog.items, w.found = nil, nil
			r := w.get("coditect-app-1")
			r.Spec.Items = nil
			w.put(r)
			w.pass(15e9)
			w.drive("coditect-app-1")
		}, "Nothing is open any more: coditect-app-1 (v1.2.4, @UALICE) is at Traffic 10 % since"},
		"once the release has ended": {"UBOB", commands.Waive, func(w *world) {
			w.says("UBOB", "/rollback coditect-app --reason wrong")
			w.drive("coditect-app-1")
		}, "coditect-app-1 (v1.2.4, @UALICE) has ended: it failed at 2026-03-02 14:00 UTC: stopped before anything was changed: wrong. Nothing was changed."},
		"for another button": {"UBOB", commands.Promote, nil, "does not know that button"},
		"without Redis": {"UBOB", commands.Waive, func(w *world) { w.redis.Close() },
			"Redis does not answer; nothing was stored, nothing was started. Press the button again in a moment."},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := owed(t)
			if tc.make != nil {
				tc.make(w)
			}
			_, reply := w.asks(tc.by, tc.a)
			has(t, reply, tc.want)
		})
	}
}

func TestAnUnknownGroupHidesOnlyItsItems(t *testing.T) {
	t.Parallel()
	w := owed(t)
	w.people.group = noAnswer
	f, _ := w.asks("UDAVE", commands.Attest)
	if len(f.Items) != 1 || f.Items[0].Key != keys {
		t.Errorf("items: %v", f.Items)
	}
	has(t, f.Intro.String(), "Not shown either, since I cannot find out who is in @platform: 2 items.")
}
