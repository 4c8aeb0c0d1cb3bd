package slack_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"slipway/internal/commands"
	"slipway/internal/commands/slack"
	"slipway/internal/deploy"
	"slipway/internal/sandbox/workspace"
	"slipway/internal/sandbox/workspace/blockkit"
)

// attestForm asks for some items of two groups.
func attestForm(commands.Press) commands.Form {
	return commands.Form{Action: commands.Attest, Release: "coditect-app-42", Title: "Attest checklist items", Submit: "Attest",
		Intro: commands.Text{}.Plain("coditect-app-42 waits for 3 items."), Items: []commands.FormItem{
			{Key: "security/cors", Group: "Security", Text: "CORS policies configured", Note: "owed by @platform"},
			{Key: "documentation/runbook", Group: "Documentation", Text: "Runbook is up to date"}, {Key: "security/csrf", Group: "Security", Text: "CSRF tokens"}}}
}

func waiveForm(commands.Press) commands.Form {
	return commands.Form{Action: commands.Waive, Release: "coditect-app-42", Title: "Waive one item", Submit: "Waive", Reason: true,
		Items: []commands.FormItem{{Key: "image/signature", Text: "Signed by one of 2 keys", Note: "there is no signature"}, {Key: "security/cors", Group: "Security", Text: "CORS policies configured"}}}
}

// asks is a workspace in whose channel the question about open items stands, and a socket that hears presses.
func asks(t *testing.T, h *handler, change func(*workspace.Options)) (*workspace.Workspace, *slack.Client) {
	t.Helper()
	w, c := open(t, change, nil)
	listen(t, c, h, nil)
	p := waitsForItems(t)
	if err := c.PostDrawn(t.Context(), "C0ONCALL", slack.DrawAsk(p.release, ready, "", p.now)); err != nil {
		t.Fatal(err)
	}
	return w, c
}

func clicks(t *testing.T, w *workspace.Workspace, who, button string) workspace.Clicked {
	t.Helper()
	done, err := w.Click(t.Context(), who, button, nil)
	if err != nil {
		t.Fatal(err)
	}
	return done
}

// opens waits for somebody's form.
func opens(t *testing.T, w *workspace.Workspace, who string) workspace.Form {
	t.Helper()
	var form workspace.Form
	eventually(t, w, "the form", func() (open bool) {
		form, open = w.Modal(who)
		return open
	})
	return form
}

func TestItemsAreAttestedInAForm(t *testing.T) {
	t.Parallel()
	h := &handler{form: attestForm, submit: func(f commands.Filled) (commands.Reply, map[string]string) {
		if len(f.Items) == 0 {
			return commands.Reply{}, map[string]string{"items": "Choose at least one item.", "unheard-of": "What is this?"}
		}
		return commands.Reply{Text: commands.Text{}.Plain("Stored: ").Strong(strings.Join(f.Items, ", "))}, nil
	}}
	w, _ := asks(t, h, nil)
	if done := clicks(t, w, "bob", "Attest…"); done.Ack != workspace.Acked {
		t.Errorf("the press was %s", done.Ack)
	}
	const want = `form: Attest checklist items
coditect-app-42 waits for 3 items.
Security (optional):
  ☐ CORS policies configured  (owed by @platform)
  ☐ CSRF tokens
Documentation (optional):
  ☐ Runbook is up to date
`
	if diff := cmp.Diff(want+"[ Attest ]\n", opens(t, w, "bob").Text()); diff != "" {
		t.Errorf("the form (-want +got):\n%s", diff)
	}
	sent, err := w.Submit(t.Context(), "bob", nil)
	if err != nil || sent.Ack != workspace.Acked || sent.Text != "" {
		t.Fatalf("nothing chosen: %+v, %v", sent, err)
	}
	if diff := cmp.Diff(map[string]string{"items": "Choose at least one item. What is this?"}, sent.Errors); diff != "" {
		t.Errorf("what is wrong (-want +got):\n%s", diff)
	}
	sent, err = w.Submit(t.Context(), "bob", map[string]string{"Security": "*", "Documentation": "Runbook is up to date"})
	if err != nil || sent.Errors != nil || sent.Text != "" {
		t.Fatalf("all chosen: %+v, %v", sent, err)
	}
	if _, open := w.Modal("bob"); open {
		t.Error("the form stays open")
	}
	eventually(t, w, "bob is told", func() bool { return told(w, "bob", "Stored: *security/cors, security/csrf, documentation/runbook*") })
	if told(w, "alice", "Stored") {
		t.Error("others are told as well")
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	press := commands.Press{By: "U0BOB", Team: workspace.TeamID, Release: "coditect-app-42", Action: commands.Attest, Step: ready}
	h.presses[0].Event = ""
	if diff := cmp.Diff([]commands.Press{press}, h.presses); diff != "" {
		t.Errorf("presses (-want +got):\n%s", diff)
	}
	if len(h.filled) != 2 || h.filled[0].Event == h.filled[1].Event || !strings.HasPrefix(string(h.filled[0].Event), "view:"+workspace.TeamID+":V") || !strings.HasSuffix(string(h.filled[0].Event), ":U0BOB") {
		t.Errorf("sent %+v: the same form with something else in it is another event", h.filled)
	}
	h.filled[1].Event = ""
	filled := commands.Filled{By: "U0BOB", Team: workspace.TeamID, Action: commands.Attest, Release: "coditect-app-42", Items: []string{"security/cors", "security/csrf", "documentation/runbook"}}
	if diff := cmp.Diff(filled, h.filled[1]); diff != "" {
		t.Errorf("filled in (-want +got):\n%s", diff)
	}
}

func TestAnItemIsWaivedWithAReason(t *testing.T) {
	t.Parallel()
	h := &handler{form: waiveForm, submit: func(f commands.Filled) (commands.Reply, map[string]string) {
		if f.Reason == "because" {
			return commands.Reply{}, map[string]string{"reason": "Say more."}
		}
		return commands.Reply{}, nil
	}}
	w, _ := asks(t, h, nil)
	clicks(t, w, "bob", "Waive…")
	if shown := opens(t, w, "bob").Text(); !strings.Contains(shown, "Item:\n  ○ Signed by one of 2 keys  (there is no signature)\n  ○ CORS policies configured\nReason: [ Why it may pass") {
		t.Errorf("the form:\n%s", shown)
	}
	for missing, values := range map[string]map[string]string{
		`"Item" must be filled in`: {"Reason": "signed from next week on"}, `"Reason" must be filled in`: {"Item": "image/signature"},
	} {
		if _, err := w.Submit(t.Context(), "bob", values); err == nil || !strings.Contains(err.Error(), missing) {
			t.Errorf("%v: %v, want %s", values, err, missing)
		}
	}
	sent, err := w.Submit(t.Context(), "bob", map[string]string{"Item": "Signed by one of 2 keys", "Reason": "because"})
	if err != nil || !cmp.Equal(sent.Errors, map[string]string{"reason": "Say more."}) {
		t.Errorf("a poor reason: %+v, %v", sent, err)
	}
	if sent, err = w.Submit(t.Context(), "bob", map[string]string{"Item": "Signed by one of 2 keys", "Reason": " signed from next week on & <!channel> "}); err != nil || sent.Errors != nil {
		t.Errorf("%+v, %v", sent, err)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if last := h.filled[len(h.filled)-1]; !cmp.Equal(last.Items, []string{"image/signature"}) || last.Reason != "signed from next week on & <!channel>" || last.Action != commands.Waive {
		t.Errorf("filled in %+v", last)
	}
}

func TestAPressThatOpensNothingIsAnswered(t *testing.T) {
	t.Parallel()
	w, _ := asks(t, &handler{}, nil)
	clicks(t, w, "carol", "Attest…")
	eventually(t, w, "carol is told", func() bool { return told(w, "carol", "nothing is open") })
	if _, open := w.Modal("carol"); open {
		t.Error("a form is open")
	}
}

func TestAFormThatCannotBeOpenedIsAskedForAgain(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		fault workspace.Fault
		says  string
	}{
		"Slack took too long":   {workspace.Fault{Error: "expired_trigger_id"}, "it took too long. Nothing was stored. Press *Waive…* again."},
		"called too often":      {workspace.Fault{RetryAfter: time.Minute}, "Slack asks us to call less often. Nothing was stored. Press *Waive…* again."},
		"Slack is down":         {workspace.Fault{Status: 503}, "Slack did not answer. Nothing was stored. Press *Waive…* again."},
		"Slack does not answer": {workspace.Fault{Delay: 10 * time.Second}, "Slack did not answer. Nothing was stored. Press *Waive…* again."},
		"the form is not taken": {workspace.Fault{Error: "invalid_arguments"}, "Slack refuses: invalid_arguments."},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := &handler{form: waiveForm}
			w, _ := asks(t, h, nil)
			w.SetFault("views.open", c.fault)
			if done := clicks(t, w, "bob", "Waive…"); done.Ack != workspace.Acked {
				t.Errorf("the press was %s", done.Ack)
			}
			eventually(t, w, "bob is told", func() bool { return told(w, "bob", c.says) })
		})
	}
}

func TestTheSamePressHeardTwiceOpensOneFormAndSaysNothing(t *testing.T) {
	t.Parallel()
	h := &handler{form: waiveForm}
	w, _ := asks(t, h, nil)
	clicks(t, w, "bob", "Waive…")
	form := opens(t, w, "bob")
	again, err := w.Redeliver(t.Context(), "")
	if err != nil || again.Outcome != workspace.Acked {
		t.Fatalf("%+v, %v", again, err)
	}
	eventually(t, w, "the second try", func() bool { return calls(w, "views.open") == 2 })
	clicks(t, w, "bob", "Stop") // answered after whatever came before
	eventually(t, w, "an answer", func() bool { return told(w, "bob", "pressed roll_back") })
	if now, _ := w.Modal("bob"); now.ViewID != form.ViewID || told(w, "bob", "could not be opened") {
		t.Errorf("form %s, it was %s; bob sees %+v", now.ViewID, form.ViewID, w.Ephemerals("bob").Posts)
	}
}

func TestAFormStaysOpenWhenNobodyCouldTakeIt(t *testing.T) {
	t.Parallel()
	h := &handler{form: waiveForm, submit: func(commands.Filled) (commands.Reply, map[string]string) { panic("boom") }}
	w, _ := asks(t, h, nil)
	clicks(t, w, "bob", "Waive…")
	opens(t, w, "bob")
	sent, err := w.Submit(t.Context(), "bob", map[string]string{"Item": "image/signature", "Reason": "signed from next week on"})
	if err != nil || sent.Text != "" || !strings.Contains(sent.Errors["items"], "A defect in Slipway kept it from answering.") {
		t.Errorf("%+v, %v", sent, err)
	}
	if _, open := w.Modal("bob"); !open {
		t.Error("what bob typed is lost")
	}
}

func TestAnAnswerThatCannotBeWhisperedDoesNotKeepTheFormOpen(t *testing.T) {
	t.Parallel()
	h := &handler{form: waiveForm}
	w, _ := asks(t, h, nil)
	w.SetFault("chat.postEphemeral", workspace.Fault{Error: "user_not_in_channel"})
	clicks(t, w, "bob", "Waive…")
	opens(t, w, "bob")
	sent, err := w.Submit(t.Context(), "bob", map[string]string{"Item": "image/signature", "Reason": "signed from next week on"})
	if _, open := w.Modal("bob"); err != nil || sent.Errors != nil || open {
		t.Errorf("%+v, %v, open %v", sent, err, open)
	}
}

func TestFormsOfOthersAreAcknowledgedAndLeftAlone(t *testing.T) {
	t.Parallel()
	h := &handler{}
	_, c := open(t, nil, nil)
	s, stop := listen(t, c, h, nil)
	for i, private := range []string{"", "attest|coditect-app-42", "promote|coditect-app-42|C0ONCALL", "attest|not a release|C0ONCALL", "a|b|c|d"} {
		s.Salvage(t.Context(), fmt.Appendf(nil, `{"envelope_id":"E%d","type":"interactive","payload":{"type":"view_submission","user":{"id":"U0BOB"},"view":{"id":"V1","private_metadata":%q}}}`, i, private))
	}
	for i, chosen := range []string{"security/cors", "security/cors", "security/csrf"} { // the second after an answer that was lost
		s.Salvage(t.Context(), fmt.Appendf(nil, `{"envelope_id":"F%d","type":"interactive","payload":{"type":"view_submission","team":{"id":"T0SLIPWAY"},"user":{"id":"U0BOB","team_id":"T0OTHER"},
			"view":{"id":"V1","private_metadata":"attest|coditect-app-42|C0ONCALL","blocks":[{"type":"section","block_id":"x"},{"type":"input","block_id":"items"}],
			"state":{"values":{"items":{"items":{"type":"checkboxes","selected_options":[{"value":%q}]}},"x":{"y":{"selected_option":{"value":"forged"}}}}}}}}`, i, chosen))
	}
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	slices.SortFunc(h.filled, func(a, b commands.Filled) int { return strings.Compare(string(a.Event), string(b.Event)) })
	cors := commands.Filled{By: "U0BOB", Team: "T0OTHER", Event: "view:T0OTHER:V1:0daf2e5a:U0BOB", Action: commands.Attest, Release: "coditect-app-42", Items: []string{"security/cors"}}
	csrf := cors
	csrf.Event, csrf.Items = "view:T0OTHER:V1:99452bba:U0BOB", []string{"security/csrf"}
	if diff := cmp.Diff([]commands.Filled{cors, cors, csrf}, h.filled); diff != "" {
		t.Error(diff)
	}
}

func TestAFormOfAnySizeIsOneThatSlackTakes(t *testing.T) {
	t.Parallel()
	long := func(n, groups int) (items []commands.FormItem) {
		for i := range n {
			items = append(items, commands.FormItem{Key: fmt.Sprintf("a-long-group-%d/item-%d", i%groups, i), Group: fmt.Sprintf("A long group %d", i%groups), Text: strings.Repeat("<text> ", 60), Note: strings.Repeat("& note ", 60)})
		}
		return items
	}
	cases := map[string]struct {
		action commands.Action
		items  []commands.FormItem
		left   int // that do not fit
	}{
		"the guide's 45":              {commands.Attest, long(45, 6), 0},
		"45 of one group":             {commands.Attest, long(45, 1), 0},
		"more than anybody reads":     {commands.Attest, long(500, 6), 300},
		"a group of its own for each": {commands.Attest, long(120, 120), 72},
		"one":                         {commands.Attest, long(1, 1), 0},
		"a waiver of one of ten":      {commands.Waive, long(10, 2), 0},
		"a waiver of one of 45":       {commands.Waive, long(45, 6), 0},
		"a waiver of one of 130":      {commands.Waive, long(130, 6), 30},
		"items without words":         {commands.Attest, []commands.FormItem{{Key: "a/b"}, {Key: "c"}}, 0},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			view := slack.DrawForm(commands.Form{Action: c.action, Title: strings.Repeat("Title ", 10), Submit: strings.Repeat("Submit ", 10),
				Intro: commands.Text{}.Plain(strings.Repeat("intro ", 1000)), Items: c.items, Reason: c.action == commands.Waive})
			raw, err := json.Marshal(view)
			if err != nil {
				t.Fatal(err)
			}
			var decoded map[string]any
			if err := json.Unmarshal(raw, &decoded); err != nil {
				t.Fatal(err)
			}
			for _, p := range blockkit.ValidateView(decoded) {
				t.Errorf("Slack would refuse it: %s", p)
			}
			if len(raw) > blockkit.MaxViewBytes {
				t.Errorf("%d bytes", len(raw))
			}
			shown := map[string]bool{}
			for _, control := range blockkit.Controls(decoded["blocks"].([]any)) {
				for _, o := range control.Options() {
					shown[fmt.Sprint(o["value"])] = true
				}
			}
			if len(shown) != len(c.items)-c.left {
				t.Errorf("%d of %d items can be chosen, want all but %d", len(shown), len(c.items), c.left)
			}
			if says := fmt.Sprintf("%d more are open and do not fit in here. Send these first, then press", c.left); strings.Contains(string(raw), says) != (c.left > 0) {
				t.Errorf("does it say %q?", says)
			}
		})
	}
}

func TestAReleasesPersonIsAnsweredWhereTheyPressed(t *testing.T) {
	t.Parallel()
	h := &handler{form: waiveForm}
	w, _ := asks(t, h, nil)
	clicks(t, w, "bob", "Waive…")
	opens(t, w, "bob")
	if _, err := w.Submit(t.Context(), "bob", map[string]string{"Item": "image/signature", "Reason": "signed from next week on"}); err != nil {
		t.Fatal(err)
	}
	eventually(t, w, "bob is told", func() bool { return told(w, "bob", "taken") })
	for _, p := range w.Ephemerals("bob").Posts {
		if p.Channel != "C0ONCALL" || p.UserID == string(deploy.Slipway) {
			t.Errorf("told in %s by %s", p.Channel, p.UserID)
		}
	}
}
