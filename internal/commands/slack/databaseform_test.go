package slack_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"slipway/internal/commands"
	"slipway/internal/commands/slack"
	"slipway/internal/deploy"
	"slipway/internal/sandbox/workspace"
	"slipway/internal/sandbox/workspace/blockkit"
)

// restoreForm lists n backups, and takes the name of the instance for one in place.
func restoreForm(n int) commands.Form {
	f := commands.Form{Action: commands.Database, Release: "coditect-app-42", Title: "Restore the database", Submit: "Restore", Reason: true,
		Intro:  commands.Text{}.Plain("The backups of " + instance + "."),
		Fields: []commands.FormField{{Key: "confirm", Label: "Only in place: the name of the instance", Hint: "Left empty, a new instance is made.", Optional: true}}}
	for i := range n {
		f.Items = append(f.Items, commands.FormItem{Key: fmt.Sprintf("171800000000%d", i), Text: fmt.Sprintf("2026-11-23 11:%02d UTC, 2.1 GB", i), Note: "37 min ago · coditect-app-41"})
	}
	return f
}

// finished is a release that left a schema which the version before may not work with.
func finished(t *testing.T) *play {
	return start(t, newRelease(t, withDatabase)).migrates(contract()).until(approve).approves("U0BOB").approves("U0CAROL").until("")
}

func TestADatabaseIsRestoredFromAForm(t *testing.T) {
	t.Parallel()
	h := &handler{form: func(commands.Press) commands.Form { return restoreForm(2) }, submit: func(f commands.Filled) (commands.Reply, map[string]string) {
		if v := f.Values["confirm"]; v != "" && v != instance {
			return commands.Reply{}, map[string]string{"confirm": "That is not the name of the instance."}
		}
		return commands.Reply{Text: commands.Text{}.Plain("Restoring " + strings.Join(f.Items, ", "))}, nil
	}}
	w, c := open(t, nil, nil)
	listen(t, c, h, nil)
	p := finished(t)
	if err := c.PostDrawn(t.Context(), "C0ONCALL", slack.DrawParent(p.release, p.now, true)); err != nil {
		t.Fatal(err)
	}
	clicks(t, w, "bob", "Database options")
	const want = `form: Restore the database
The backups of coditect-postgres-production.
Backup:
  ○ 2026-11-23 11:00 UTC, 2.1 GB  (37 min ago · coditect-app-41)
  ○ 2026-11-23 11:01 UTC, 2.1 GB  (37 min ago · coditect-app-41)
`
	if form := opens(t, w, "bob").Text(); !strings.HasPrefix(form, want) || !strings.Contains(form, "Only in place: the name of the instance") || !strings.Contains(form, "Why, for whoever reads this later") {
		t.Errorf("the form:\n%s", form)
	}
	fill := func(confirm string) map[string]string {
		values := map[string]string{"Backup": "1718000000001", "Reason": "rows are lost"}
		if confirm != "" {
			values["Only in place: the name of the instance"] = confirm
		}
		return values
	}
	sent, err := w.Submit(t.Context(), "bob", fill("coditect-postgres"))
	if err != nil || !cmp.Equal(sent.Errors, map[string]string{"confirm": "That is not the name of the instance."}) {
		t.Errorf("another name: %+v, %v", sent, err)
	}
	if sent, err = w.Submit(t.Context(), "bob", fill("  "+instance+" ")); err != nil || sent.Errors != nil {
		t.Errorf("%+v, %v", sent, err)
	}
	eventually(t, w, "bob is told", func() bool { return told(w, "bob", "Restoring 1718000000001") })
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.filled) != 2 || h.filled[0].Event == h.filled[1].Event {
		t.Fatalf("sent %+v: the same form with another name in it is another event", h.filled)
	}
	h.filled[1].Event = ""
	filled := commands.Filled{By: "U0BOB", Team: workspace.TeamID, Action: commands.Database, Release: "coditect-app-42", Items: []string{"1718000000001"}, Reason: "rows are lost",
		Values: map[string]string{"confirm": instance}}
	if diff := cmp.Diff(filled, h.filled[1]); diff != "" {
		t.Errorf("filled in (-want +got):\n%s", diff)
	}
}

func TestADatabaseFormOfAnySizeIsOneThatSlackTakes(t *testing.T) {
	t.Parallel()
	for _, n := range []int{1, 10, 11, 50} {
		f := restoreForm(n)
		f.Fields = append(f.Fields, commands.FormField{Key: "at", Label: strings.Repeat("label ", 40), Hint: strings.Repeat("hint ", 200)}, commands.FormField{Key: "bare"})
		raw, err := json.Marshal(slack.DrawForm(f))
		if err != nil {
			t.Fatal(err)
		}
		var view map[string]any
		if err := json.Unmarshal(raw, &view); err != nil {
			t.Fatal(err)
		}
		for _, p := range blockkit.ValidateView(view) {
			t.Errorf("%d backups: Slack would refuse it: %s", n, p)
		}
	}
}

func TestABackupThatFailedIsWaivedFromTheMessageOfTheRelease(t *testing.T) {
	t.Parallel()
	h := &handler{form: waiveForm}
	w, c := open(t, nil, nil)
	listen(t, c, h, nil)
	p := start(t, newRelease(t, withDatabase)).migrates(expand()).breaks("backup/create", &deploy.Error{Code: deploy.Invalid, Msg: "quota"})
	if err := c.PostDrawn(t.Context(), "C0ONCALL", slack.DrawParent(p.release, p.now, true)); err != nil {
		t.Fatal(err)
	}
	clicks(t, w, "bob", "Waive…")
	opens(t, w, "bob")
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.presses) != 1 || h.presses[0].Action != commands.Waive || h.presses[0].Step != "backup/create" {
		t.Errorf("presses %+v", h.presses)
	}
}
