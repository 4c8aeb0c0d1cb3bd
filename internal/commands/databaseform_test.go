package commands_test

import (
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"slipway/internal/commands"
	"slipway/internal/deploy"
)

// offered is stored with a release that has ended, on whose message the button is.
func offered(t *testing.T) (*world, *kept) {
	t.Helper()
	w, k := stored(t)
	w.carried("v1.2.4")
	return w, k
}

// restores submits the form of the database.
func (w *world) restores(by deploy.UserID, confirm, reason string, items ...string) (string, map[string]string) {
	w.t.Helper()
	reply, wrong := w.handler.Submit(w.t.Context(), commands.Filled{By: by, Team: team, Event: w.event(), Action: commands.Database,
		Release: "coditect-app-1", Items: items, Reason: reason, Values: map[string]string{"confirm": confirm}})
	return reply.Text.String(), wrong
}

func TestTheFormOfTheDatabaseHasTheBackupsThatAreGood(t *testing.T) {
	t.Parallel()
	w, _ := offered(t)
	f, _ := w.asks("UBOB", commands.Database)
	items := []commands.FormItem{
		{Key: "1718", Text: "2026-03-02 13:25 UTC, 2.1 GiB", Note: "50 min ago · before v1.2.4, by coditect-app-42"},
		{Key: "1700", Text: "2026-03-01 14:00 UTC, 2.0 GiB", Note: "24 h ago · automated"},
		{Key: "1699", Text: "2026-02-28 14:00 UTC", Note: "2 days ago · made by hand: before I go on holiday"},
	}
	if d := cmp.Diff(items, f.Items); d != "" {
		t.Errorf("items (-want +got):\n%s", d)
	}
	has(t, f.Intro.String(), "The backups of "+instance, "Not shown: 2 that failed or are still being made.", "/rollback coditect-app production --database")
	if !f.Reason || f.Action != commands.Database || f.Release != "coditect-app-1" || len(f.Fields) != 1 {
		t.Fatalf("the form: %+v", f)
	}
	field := f.Fields[0]
	has(t, field.Hint, instance)
	if field.Key != "confirm" || !field.Optional || utf8.RuneCountInString(field.Label) > 75 || utf8.RuneCountInString(f.Title) > 24 || utf8.RuneCountInString(f.Submit) > 24 {
		t.Errorf("the form: %+v", f)
	}
}

func TestThereIsNoFormOfTheDatabase(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		by   deploy.UserID
		make func(*world, *kept)
		want string
	}{
		"for somebody who may not":       {"UMALLORY", nil, "You may not restore databases for releases of coditect-app to production."},
		"for a guest":                    {"UGUEST", nil, "guests may not use Slipway"},
		"if there is no database":        {"UBOB", func(w *world, _ *kept) { w.catalog.database = nil }, "The catalog names no database"},
		"if no backup is good":           {"UBOB", func(_ *world, k *kept) { k.list = k.list[:2] }, instance + " has no backup that can be restored."},
		"if the cloud does not answer":   {"UBOB", func(_ *world, k *kept) { k.err = &deploy.Error{Code: deploy.Unavailable, Msg: "no answer"} }, "I cannot list the backups"},
		"if nobody can list the backups": {"UBOB", func(w *world, _ *kept) { w.backups = nil; w.handler = w.over(w.store) }, "This Slipway cannot list backups"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, k := offered(t)
			if tc.make != nil {
				tc.make(w, k)
			}
			_, reply := w.asks(tc.by, commands.Database)
			has(t, reply, tc.want)
		})
	}
}

func TestTheFormOfTheDatabaseDoesWhatTheCommandDoes(t *testing.T) {
	t.Parallel()
	w, _ := offered(t)
	got, wrong := w.restores("UALICE", "  ", "look at\nold rows", "1718")
	has(t, got, "coditect-app-2 makes a new instance "+instance+"-restore-20260302-1325-")
	if r := w.get("coditect-app-2"); r.Reason != "look at old rows" || r.Restore.Backup != "1718" || len(wrong) > 0 {
		t.Errorf("reason %q, %+v, %v", r.Reason, r.Restore, wrong)
	}
	w.drive("coditect-app-2")
	got, wrong = w.restores("UALICE", " "+instance+" ", "gone", "1718")
	has(t, got, "coditect-app-3 puts backup 1718 (before v1.2.4, by coditect-app-42) in place of what is in "+instance+", once somebody else has agreed.", "52 min ago, would be lost.")
	if r := w.get("coditect-app-3"); !r.Restore.InPlace || len(wrong) > 0 {
		t.Errorf("%+v, %v", r.Restore, wrong)
	}
	got, _ = w.restores("UALICE", "", "gone", "1718")
	has(t, got, "coditect-app/production is held by coditect-app-3")
}

func TestTheFormOfTheDatabaseIsRefused(t *testing.T) {
	t.Parallel()
	noReason := "A restore needs a reason: it is shown to everybody and kept with the release."
	notIt := "That is not the name of the instance, which is " + instance + ". Left empty, a new instance is made."
	tests := map[string]struct {
		by              deploy.UserID
		confirm, reason string
		items           []string
		wrong           map[string]string
		reply           string
	}{
		"with nothing":              {by: "UALICE", wrong: map[string]string{"items": "Choose one backup.", "reason": noReason}},
		"with two backups":          {by: "UALICE", reason: "gone", items: []string{"1718", "1700"}, wrong: map[string]string{"items": "Choose one backup."}},
		"with another name":         {by: "UALICE", reason: "gone", confirm: "yes", items: []string{"1718"}, wrong: map[string]string{"confirm": notIt}},
		"with a backup that failed": {by: "UALICE", reason: "gone", items: []string{"1719"}, reply: "cannot be restored: it failed"},
		"of somebody who may not":   {by: "UMALLORY", reason: "gone", items: []string{"1718"}, reply: "You may not restore databases"},
		"of a guest":                {by: "UGUEST", reason: "gone", items: []string{"1718"}, reply: "guests may not use Slipway"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, _ := offered(t)
			reply, wrong := w.restores(tc.by, tc.confirm, tc.reason, tc.items...)
			if d := cmp.Diff(tc.wrong, wrong); d != "" {
				t.Errorf("wrong (-want +got):\n%s", d)
			}
			has(t, reply, tc.reply)
			w.holder("")
		})
	}
}

// unbacked is a world in which coditect-app-1 is held because its backup failed.
func unbacked(t *testing.T) *world {
	t.Helper()
	w, _ := stored(t)
	w.says("UALICE", "/deploy coditect-app v1.2.4")
	failed := &deploy.Error{Code: deploy.Invalid, Msg: "the disk is full"}
	r := w.drive("coditect-app-1", nil, nil, nil, nil, failed)
	if r.State != deploy.Paused || r.Backing() == nil {
		t.Fatalf("the release is %s: %s", r.State, r.Why)
	}
	return w
}

func TestAReleaseGoesOnWithoutABackup(t *testing.T) {
	t.Parallel()
	const backup = deploy.WithoutBackup
	say := map[string]func(*world) string{
		"by command": func(w *world) string { return w.says("UBOB", "/deploy waive coditect-app backup --reason known") },
		"by form":    func(w *world) string { got, _ := w.fills("UBOB", commands.Waive, "known", backup); return got },
	}
	for name, say := range say {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := unbacked(t)
			f, _ := w.asks("UBOB", commands.Waive)
			item := commands.FormItem{Key: backup, Group: "Database", Text: "A backup of the database", Note: "backup/create: the disk is full; resume tries again, an approver may go without it"}
			if d := cmp.Diff([]commands.FormItem{item}, f.Items); d != "" || !f.Reason {
				t.Errorf("the form (-want +got):\n%s", d)
			}
			has(t, w.says("UALICE", "/deploy coditect-app v1.2.5"), "Its backup failed. Resume in its thread tries again; to let it go on without one: "+
				"/deploy waive coditect-app production backup --reason \"why it may pass\" · Wait for it")
			if d := cmp.Diff("Your waiver of the backup of the database for coditect-app-1 is stored. It goes on without one; follow it in #devops-oncall.", say(w)); d != "" {
				t.Error(d)
			}
			if d := cmp.Diff([]deploy.Signal{{Kind: deploy.SignalWaive, By: "UBOB", Item: backup, Reason: "known"}}, w.inbox("coditect-app-1")); d != "" {
				t.Errorf("stored (-want +got):\n%s", d)
			}
			if r := w.drive("coditect-app-1"); r.Facts.Share != 10 {
				t.Errorf("the release is %s at %d %%", r.State, r.Facts.Share)
			}
			has(t, w.says("UCAROL", "/deploy waive coditect-app backup --reason me"), "That was waived before, by @UBOB just now: known. Nothing was changed.")
		})
	}
}

func TestAWaiverOfTheBackupBeforeAndAfterItsTurn(t *testing.T) {
	t.Parallel()
	w, _ := stored(t)
	w.says("UALICE", "/deploy coditect-app v1.2.4")
	has(t, w.says("UBOB", "/deploy waive coditect-app backup --reason known"), "None is made when its turn comes.")
	if r := w.drive("coditect-app-1"); r.Facts.Share != 10 || r.Backup != nil {
		t.Errorf("the release is %s at %d %%", r.State, r.Facts.Share)
	}
	w, _ = stored(t)
	w.says("UALICE", "/deploy coditect-app v1.2.4")
	w.drive("coditect-app-1", nil, nil, nil, nil, &deploy.Error{Code: deploy.Unavailable, Msg: "no answer"})
	has(t, w.says("UBOB", "/deploy waive coditect-app backup --reason known"), "The backup that is being made is not waited for")
	w.presses("UBOB", commands.RollBack, "coditect-app-1", "")
	w.drive("coditect-app-1")
	has(t, w.says("UBOB", "/deploy waive coditect-app backup --reason known"), "Nothing waits: no release of coditect-app/production is under way.")
	got, _ := w.fills("UBOB", commands.Waive, "known", deploy.WithoutBackup)
	has(t, got, "coditect-app-1 (v1.2.4, @UALICE) has ended")
	w.carried("v1.2.4")
	w.says("UALICE", "/deploy coditect-app v1.2.5")
	w.drive("coditect-app-3")
	w.pass(time.Minute)
	has(t, w.says("UBOB", "/deploy waive coditect-app backup --reason known"), "There is no backup to go without: coditect-app-3 (v1.2.5, @UALICE) is at Traffic 10 %", ", and its backup is made. Nothing was changed.")
}

func TestATypedWaiver(t *testing.T) {
	t.Parallel()
	w := owed(t)
	has(t, w.says("UALICE", "/deploy waive coditect-app backup --reason known"), "You asked for coditect-app-1 yourself, so somebody else has to waive what is open.")
	has(t, w.says("UERIN", "/deploy waive coditect-app "+cors+" --reason known"), "You may not waive items for releases of coditect-app to production.")
	has(t, w.says("UBOB", "/deploy waive coditect-app "+https+" --reason known"), "Not open any more: Security: HTTPS enforced. Open are: "+badly+"; "+cors+"; "+keys+"; "+backup+". Nothing was changed.")
	has(t, w.says("UBOB", "/deploy waive coditect-app backup --reason known"), "There is no backup to go without", "and makes none that can be left out")
	w.unheard()
	has(t, w.says("UBOB", "/deploy waive coditect-app "+cors+" --reason known"), "Your waiver of “Security: CORS policies configured” for coditect-app-1 is stored. 3 items are still open.")
	if d := cmp.Diff([]deploy.Signal{{Kind: deploy.SignalWaive, By: "UBOB", Item: cors, Reason: "known"}}, w.inbox("coditect-app-1")); d != "" {
		t.Errorf("stored (-want +got):\n%s", d)
	}
}
