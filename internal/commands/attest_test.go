package commands_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"slipway/internal/commands"
	"slipway/internal/deploy"
)

func TestAnAttestationIsStoredAndTold(t *testing.T) {
	t.Parallel()
	w := owed(t)
	got, wrong := w.fills("UERIN", commands.Attest, "", cors, backup, cors)
	want := "Your word on 2 items of coditect-app/production is stored: Data: Backup restored once; Security: CORS policies configured. " +
		"It counts for 30 days. 2 items are still open."
	if d := cmp.Diff(want, got); d != "" || len(wrong) != 0 {
		t.Errorf("%s%v", d, wrong)
	}
	if d := cmp.Diff(map[string]deploy.UserID{cors: "UERIN", backup: "UERIN"}, w.said()); d != "" {
		t.Errorf("attested (-want +got):\n%s", d)
	}
	all, err := w.store.Attested(t.Context(), production)
	if err != nil || !all[cors].Until.Equal(morning.Add(720*time.Hour)) {
		t.Errorf("it counts until %s, %v", all[cors].Until, err)
	}
	signals := []deploy.Signal{{Kind: deploy.SignalAttested, By: "UERIN", Reason: "attests 2 items: Data: Backup restored once; Security: CORS policies configured"}}
	if d := cmp.Diff(signals, w.inbox("coditect-app-1")); d != "" {
		t.Errorf("stored (-want +got):\n%s", d)
	}
	if r := w.drive("coditect-app-1"); r.State != deploy.Waiting || len(r.Readiness.Open) != 2 {
		t.Errorf("it did not look at once: %s, %v", r.State, r.Readiness)
	}
	has(t, w.presses("UBOB", commands.Details, "coditect-app-1", ""), "Checklist: 3 of 5",
		"\nOpen: Image: Vulnerabilities: 2 critical, at most 0\nOpen: Security: Keys rotated, owed by @UDAVE",
		"preflight/ready: @UERIN attests 2 items: Data: Backup")
}

func TestTheRequesterMayAttest(t *testing.T) {
	t.Parallel()
	w := owed(t)
	got, wrong := w.fills("UALICE", commands.Attest, "", backup)
	has(t, got, "Your word on 1 item of coditect-app/production is stored: Data: Backup restored once. It counts for 30 days. 3 items are still open.")
	if len(wrong) != 0 {
		t.Errorf("wrong: %v", wrong)
	}
}

func TestItemsThatLastDifferently(t *testing.T) {
	t.Parallel()
	w := owed(t)
	w.people.groups["@platform"] = []deploy.UserID{"UDAVE"}
	got, _ := w.fills("UDAVE", commands.Attest, "", cors, keys)
	has(t, got, "It counts for as long as the catalog says for each. 2 items are still open.")
}

func TestAnAttestationIsRefused(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		by    deploy.UserID
		items []string
		make  func(*world)
		wrong string // in the modal
		reply string
	}{
		"of nothing": {by: "UERIN", wrong: "Choose what you attest: at least one item."},
		"of what a group owes": {by: "UBOB", items: []string{cors},
			wrong: "Security: CORS policies configured is not yours to attest, but @platform owes it."},
		"of what a person owes, beside something that is fine": {by: "UERIN", items: []string{cors, keys},
			wrong: "Security: Keys rotated is not yours to attest, but Dave owes it."},
		"by somebody who may nothing": {by: "UMALLORY", items: []string{backup},
			wrong: "Data: Backup restored once is not yours to attest, but of whoever may deploy or approve."},
		"of what the image policy found": {by: "UBOB", items: []string{badly},
			wrong: "Image: Vulnerabilities cannot be attested: it has to become so, or an approver waives it."},
		"of what a machine proved": {by: "UERIN", items: []string{https}, reply: "Not open any more: Security: HTTPS enforced. Nothing was changed."},
		"by a guest":               {by: "UGUEST", items: []string{cors}, reply: "guests may not use Slipway"},
		"while Slack does not answer": {by: "UERIN", items: []string{cors}, make: func(w *world) { w.people.group = noAnswer },
			reply: "I cannot find out who is in @platform: Slack does not answer."},
		"by a group that is not there": {by: "UERIN", items: []string{cors}, make: func(w *world) { delete(w.people.groups, "@platform") },
			reply: "I cannot find out who is in @platform: Slack has no such group."},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := owed(t)
			if tc.make != nil {
				tc.make(w)
			}
			reply, wrong := w.fills(tc.by, commands.Attest, "", tc.items...)
			if tc.wrong != "" {
				if d := cmp.Diff(map[string]string{"items": tc.wrong}, wrong); d != "" {
					t.Errorf("wrong (-want +got):\n%s", d)
				}
			}
			has(t, reply, tc.reply)
			w.unheard()
		})
	}
}

func TestWhatWasClosedMeanwhileIsLeftOut(t *testing.T) {
	t.Parallel()
	w := owed(t)
	w.fills("UBOB", commands.Waive, "nobody calls it from elsewhere", cors)
	w.drive("coditect-app-1")
	w.pass(time.Minute)
	closed := "Not open any more: Security: CORS policies configured (waived by @UBOB 60 s ago: nobody calls it from elsewhere)."
	got, wrong := w.fills("UERIN", commands.Attest, "", cors, backup)
	want := "Your word on 1 item of coditect-app/production is stored: Data: Backup restored once. It counts for 30 days. 2 items are still open. " + closed
	if d := cmp.Diff(want, got); d != "" || len(wrong) != 0 {
		t.Errorf("%s%v", d, wrong)
	}
	got, _ = w.fills("UERIN", commands.Attest, "", cors)
	if d := cmp.Diff(closed+" Nothing was changed.", got); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(map[string]deploy.UserID{backup: "UERIN"}, w.said()); d != "" {
		t.Errorf("attested (-want +got):\n%s", d)
	}
}

func TestAFormHeardTwiceCountsOnce(t *testing.T) {
	t.Parallel()
	w := owed(t)
	first, _ := w.fillsIn("E-same", "UERIN", commands.Attest, "", cors)
	w.pass(time.Minute)
	second, _ := w.fillsIn("E-same", "UERIN", commands.Attest, "", cors)
	if first != second {
		t.Errorf("answered %q, then %q", first, second)
	}
	if got := w.inbox("coditect-app-1"); len(got) != 1 {
		t.Errorf("stored: %v", got)
	}
	all, err := w.store.Attested(t.Context(), production)
	if err != nil || !all[cors].At.Equal(morning) {
		t.Errorf("it was attested again: %v, %v", all[cors], err)
	}

	w.fillsIn("E-other", "UBOB", commands.Waive, "known", badly)
	w.fillsIn("E-other", "UBOB", commands.Waive, "known", badly)
	if got := w.inbox("coditect-app-1"); len(got) != 2 {
		t.Errorf("stored: %v", got)
	}
}

// forgetful is a store that keeps no attestations.
type forgetful struct{ failing }

func (f forgetful) Attest(context.Context, deploy.Target, deploy.UserID, map[string]time.Duration, deploy.EventID) (bool, error) {
	return false, noAnswer
}

func TestAnAttestationWhoseNewsIsLostIsNotDenied(t *testing.T) {
	t.Parallel()
	w := owed(t)
	w.handler = w.over(failing{Store: w.store, signal: noAnswer})
	got, _ := w.fills("UERIN", commands.Attest, "", cors)
	want := "Your word on 1 item of coditect-app/production is stored: Security: CORS policies configured. It counts for 30 days. " +
		"Redis did not confirm that coditect-app-1 was told at once; it finds it at its next look, within 15 s."
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if len(w.reported) != 1 {
		t.Errorf("reported: %v", w.reported)
	}
	w.pass(15 * time.Second)
	if r := w.drive("coditect-app-1"); len(r.Readiness.Open) != 3 {
		t.Errorf("the next look did not find it: %v", r.Readiness.Open)
	}

	w.handler = w.over(forgetful{failing{Store: w.store}})
	got, _ = w.fills("UERIN", commands.Attest, "", backup)
	has(t, got, "Redis does not answer: whether this was stored is not known, and nothing is promised. Look first: /deploy status coditect-app production.", "Press the button again")
	if got := w.inbox("coditect-app-1"); len(got) != 0 {
		t.Errorf("the release was told all the same: %v", got)
	}
	w.handler = w.over(failing{Store: w.store, signal: noAnswer})
	got, _ = w.fills("UBOB", commands.Waive, "known", badly)
	has(t, got, "whether this was stored is not known")
}

func TestAnAttestationForAReleaseThatEndsMeanwhile(t *testing.T) {
	t.Parallel()
	w := owed(t)
	w.handler = w.over(ending{w: w, failing: failing{Store: w.store}})
	got, _ := w.fills("UERIN", commands.Attest, "", cors)
	has(t, got, "is stored: Security: CORS policies configured.", " coditect-app-1 has ended meanwhile, so it is for the next release.")
	if got := w.said(); len(got) != 1 {
		t.Errorf("attested: %v", got)
	}
}

func TestAFormWithoutRedis(t *testing.T) {
	t.Parallel()
	w := owed(t)
	w.redis.Close()
	got, wrong := w.fills("UERIN", commands.Attest, "", cors)
	if d := cmp.Diff("Redis does not answer; nothing was stored, nothing was started. Press the button again in a moment.", got); d != "" || len(wrong) != 0 {
		t.Errorf("%s%v", d, wrong)
	}
}

func TestAFormOfWhatIsNotThere(t *testing.T) {
	t.Parallel()
	w := owed(t)
	reply, _ := w.handler.Submit(t.Context(), commands.Filled{By: "UERIN", Team: team, Release: "coditect-app-99", Action: commands.Attest, Items: []string{cors}})
	has(t, reply.Text.String(), "That release is not there any more")
	got, _ := w.fills("UBOB", commands.Promote, "", cors)
	has(t, got, "does not know that button")
	w.unheard()
}

func TestManyItemsAreNamedInShort(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var all []string
	for i := range 40 {
		item := deploy.Item{Key: fmt.Sprintf("security/%02d", i), Group: "Security", Text: fmt.Sprintf("Thing %02d is as it should be", i), Lasts: time.Hour}
		if i < 7 {
			item.Owner = deploy.Principal(fmt.Sprintf("UOWNER%d", i))
		} else {
			all = append(all, item.Key)
		}
		w.catalog.items = append(w.catalog.items, item)
	}
	w.says("UALICE", "/deploy coditect-app v1.2.4")
	w.drive("coditect-app-1")
	has(t, w.says("UBOB", "/deploy status"), "for 40 of 40 checklist items, owed by @UOWNER0, @UOWNER1, @UOWNER2, @UOWNER3, @UOWNER4 and 2 more; if")
	got, _ := w.fills("UBOB", commands.Attest, "", all...)
	has(t, got, "Your word on 33 items of", "Security: Thing 07 is as it should be; ", "; and 23 more. It counts for 1 h. 7 items are still open.")
	signals := w.inbox("coditect-app-1")
	if len(signals) != 1 || len(signals[0].Reason) > 500 {
		t.Fatalf("stored: %v", signals)
	}
	has(t, signals[0].Reason, "attests 33 items: Security: Thing 07 is as it should be; ", "; and 23 more")
	if said := w.said(); len(said) != 33 {
		t.Errorf("%d items are attested", len(said))
	}
}
