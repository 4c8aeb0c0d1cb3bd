package slack_test

import (
	"fmt"
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

const ready deploy.StepName = "preflight/ready"

// checklisted is a release with a checklist, whose plan is approved too.
func checklisted(a *deploy.Ask) {
	a.Spec.Health = nil
	a.Spec.Items = []deploy.Item{{Key: "security/https", Group: "Security", Text: "HTTPS enforced"}}
	a.Spec.Policy.ApprovePlan = true
	a.Spec.Policy.Approve = []deploy.Principal{"@oncall", "U0BOB"}
}

// openItems are two that @platform owes, one of alice's, and one that has to be mended.
func openItems() []deploy.OpenItem {
	return []deploy.OpenItem{
		{Key: "image/signature", Group: "Image", Text: "Signed by one of 2 keys", Why: "there is no signature"},
		{Key: "security/cors", Group: "Security", Text: "CORS policies configured <!channel>", Owner: "@platform", Attest: true},
		{Key: "security/csrf", Group: "Security", Text: "CSRF tokens", Owner: "@platform", Why: "the attestation of <@U0BOB> has expired", Attest: true},
		{Key: "docs/runbook", Group: "Documentation", Text: "Runbook is up to date", Owner: "U0ALICE", Attest: true},
	}
}

// looksAtItems has the checklist looked at.
func (p *play) looksAtItems(total int, open ...deploy.OpenItem) *play {
	out := deploy.Outcome{Ready: &deploy.Readiness{Total: total, Open: open, Proved: total - len(open)}}
	if len(open) > 0 {
		out.Again = 15 * time.Second
	}
	p.now = p.now.Add(time.Second)
	return p.concludes(ready, out, nil)
}

func (p *play) waives(item string, by deploy.UserID, reason string) *play {
	r, entries := deploy.Apply(p.release, deploy.Signal{Kind: deploy.SignalWaive, By: by, Item: item, Reason: reason}, p.now)
	p.keep(r, entries)
	return p
}

func waitsForItems(t testing.TB) *play {
	return start(t, newRelease(t, checklisted)).until(ready).looksAtItems(45, openItems()...)
}

func TestQuestionAboutOpenItems(t *testing.T) {
	t.Parallel()
	const who = "<!subteam^S0PLATFORM> <@U0ALICE>"
	p := waitsForItems(t)
	goldenText(t, "ready-ask", seenBy(t, slack.DrawAsk(p.release, ready, who, p.now)))
	goldenText(t, "ready-parent", seenBy(t, slack.DrawParent(p.release, p.now, false)))
	if again := slack.DrawAsk(p.release, ready, who, p.now.Add(time.Minute)); again.Fingerprint() != slack.DrawAsk(p.release, ready, who, p.now).Fingerprint() {
		t.Error("the question is edited although nothing has changed")
	}
	if _, decided := slack.DrawStamp(p.release, ready, who); decided {
		t.Error("a question that is open has a stamp")
	}

	mend := waitsForItems(t).looksAtItems(45, openItems()[0])
	shown := seenBy(t, slack.DrawAsk(mend.release, ready, "", mend.now))
	if strings.Contains(shown, "Attest…") || !strings.Contains(shown, "[ Waive… ] [ Stop ]") {
		t.Errorf("what cannot be attested:\n%s", shown)
	}
}

func TestStampsOfOpenItems(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		p    *play
		want string
	}{
		"all is so": {waitsForItems(t).waives("image/signature", "U0BOB", "signed from next week on").looksAtItems(45),
			"✓ Complete at 12:00\nWaived: ▲ Signed by one of 2 keys: there is no signature by @bob at 12:00, because: signed from next week on"},
		"stopped": {waitsForItems(t).say(deploy.SignalRollBack, "U0BOB", ""), "↩ Stopped by @bob at 12:02, before anything was changed"},
		"held":    {waitsForItems(t).say(deploy.SignalPause, "U0CAROL", ""), "■ Held by @carol at 12:02, before anything is changed"},
		"too late": {waitsForItems(t).concludes(ready, deploy.Outcome{}, &deploy.Error{Code: deploy.Invalid, Msg: "4 of 45 items are still open after 1 h"}),
			"✗ Ended at 12:00 before anything was changed: 4 of 45 items are still open after 1 h"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m, ok := slack.DrawStamp(c.p.release, ready, "<!subteam^S0PLATFORM>")
			if !ok {
				t.Fatalf("no stamp: %s at %+v", c.p.release.State, c.p.release.Current())
			}
			_, got, _ := strings.Cut(names.Markup(m.Text()), "\n")
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
			if buttons := blockkit.Controls(blocksOf(t, m)); len(buttons) > 0 {
				t.Errorf("it still has buttons: %v", buttons)
			}
		})
	}
}

func TestTheThreadTellsOfItemsAndOfThePlan(t *testing.T) {
	t.Parallel()
	p := waitsForItems(t)
	r, entries := deploy.Apply(p.release, deploy.Signal{Kind: deploy.SignalAttested, By: "U0CAROL", Reason: "CORS policies configured"}, p.now)
	p.keep(r, entries)
	p.waives("image/signature", "U0BOB", "signed from <!channel> next week on").looksAtItems(45).until("preflight/approve")
	p.approves("U0BOB").until("preflight/confirm")
	p.changes = another
	p.until("preflight/approve").approves("U0BOB").until("deploy/revision")
	goldenText(t, "thread-agreed", p.story(nil))
	goldenText(t, "agreed-parent", seenBy(t, slack.DrawParent(p.release, p.now, false)))
}

func TestWhatIsAttestedIsSaidOnce(t *testing.T) {
	t.Parallel()
	r := newRelease(t, checklisted)
	for text, want := range map[string]string{
		"attests 2 items: Security: CORS; Security: CSRF": "✓ <@U0CAROL> attests 2 items\n&gt; Security: CORS; Security: CSRF",
		"CORS policies configured":                        "✓ <@U0CAROL> attests\n&gt; CORS policies configured",
		"":                                                "✓ <@U0CAROL> attests",
	} {
		d, ok := slack.DrawEntry(r, deploy.Entry{Kind: deploy.EntryAttested, Step: ready, By: "U0CAROL", Text: text})
		if got := strings.ReplaceAll(d.Text(), "\n> ", "\n&gt; "); !ok || got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestManyOpenItemsFitIntoAMessage(t *testing.T) {
	t.Parallel()
	var open []deploy.OpenItem
	for i := range 120 {
		open = append(open, deploy.OpenItem{Key: fmt.Sprintf("g%d/i%d", i%7, i), Group: strings.Repeat("Group ", 50), Text: strings.Repeat("<text> ", 200),
			Why: strings.Repeat("& why ", 500), Owner: deploy.Principal(fmt.Sprintf("@team-%d", i%30)), Attest: true})
	}
	p := start(t, newRelease(t, checklisted)).until(ready).looksAtItems(130, open...)
	for _, d := range []slack.Drawn{slack.DrawAsk(p.release, ready, strings.Repeat("<!subteam^S0PLATFORM> ", 30), p.now), slack.DrawParent(p.release, p.now, false), slack.DrawParent(p.release, p.now, true)} {
		raw, err := d.JSON()
		if err != nil {
			t.Fatal(err)
		}
		valid(t, raw)
	}
	shown := seenBy(t, slack.DrawAsk(p.release, ready, "", p.now))
	if n := strings.Count(shown, "\n• "); n < 20 || !strings.Contains(shown, "and 95 more, which the forms show: @team-6 3, @team-7 4, ") {
		t.Errorf("%d items are shown:\n%.2000s", n, shown)
	}
	if parent := seenBy(t, slack.DrawParent(p.release, p.now, false)); !strings.Contains(parent, "waiting for 120 of 130 checklist items: @team-0 4, @team-1 4, ") || !strings.Contains(parent, "and others") {
		t.Errorf("the parent:\n%.1000s", parent)
	}
}

// Who is mentioned, and has nothing among the items shown, is told that there is something all the same.
func TestEveryOwnerOfOpenItemsIsNamed(t *testing.T) {
	t.Parallel()
	var open []deploy.OpenItem
	for i := range 36 {
		owner := deploy.Principal("@platform")
		if i > 30 {
			owner = "@oncall"
		}
		open = append(open, deploy.OpenItem{Key: fmt.Sprintf("a/b%d", i), Group: "A", Text: "An item", Owner: owner, Attest: true})
	}
	p := start(t, newRelease(t, checklisted)).until(ready).looksAtItems(45, open...)
	if shown := seenBy(t, slack.DrawAsk(p.release, ready, "", p.now)); !strings.Contains(shown, "\nand 11 more, which the forms show: @platform 6, @oncall 5\n") {
		t.Errorf("the question:\n%s", shown)
	}
}

func TestOpenItemsAreAskedForOnceAndStamped(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	p := s.release(checklisted).until(ready).looksAtItems(45, openItems()...)
	s.announce("one", nil)
	s.announce("two", nil)
	question := func() workspace.Post {
		var found []workspace.Post
		for _, post := range s.thread() {
			if strings.Contains(post.Text, "before anything ") {
				found = append(found, post)
			}
		}
		if len(found) > 1 {
			t.Fatalf("asked %d times", len(found))
		}
		return append(found, workspace.Post{})[0]
	}
	has := func(text string) func() bool {
		return func() bool { return strings.Contains(question().Text, text) }
	}
	eventually(t, s.w, "the question", has("41 of 45 items are so"))
	asked := question()
	if !strings.HasPrefix(asked.Text, "<@U0ALICE> <!subteam^S0PLATFORM>  *coditect-app v1.2.4*") || strings.Count(asked.Text, "<!subteam^S0PLATFORM>") != 1 || asked.Broadcast == "" {
		t.Errorf("asked by %s (shown in the channel: %q)", asked.Text, asked.Broadcast)
	}
	p.looksAtItems(45, openItems()[:2]...)
	eventually(t, s.w, "fewer items", has("43 of 45 items are so"))
	p.say(deploy.SignalPause, "U0CAROL", "lunch")
	eventually(t, s.w, "held", has("■ Held by <@U0CAROL>"))
	p.say(deploy.SignalResume, "U0CAROL", "").looksAtItems(45, openItems()[:1]...)
	second := func(text string) func() bool {
		return func() bool {
			var found []workspace.Post
			for _, post := range s.thread() {
				if strings.Contains(post.Text, "before anything ") {
					found = append(found, post)
				}
			}
			return len(found) == 2 && strings.Contains(found[1].Text, text)
		}
	}
	eventually(t, s.w, "asked again", second("44 of 45 items are so"))
	p.waives("image/signature", "U0BOB", "signed from next week on").looksAtItems(45)
	eventually(t, s.w, "the stamp", second("✓ Complete at"))
	eventually(t, s.w, "the waiver is told", s.threadHas("▲ *Waived* by <@U0BOB>"))
}

func TestButtonsOfOpenItems(t *testing.T) {
	t.Parallel()
	p := waitsForItems(t)
	var got []string
	for _, c := range blockkit.Controls(blocksOf(t, slack.DrawAsk(p.release, ready, "", p.now))) {
		got = append(got, fmt.Sprintf("%s %s %s", c.Label, c.ActionID, c.Value))
	}
	want := []string{"Attest… attest coditect-app-42|preflight/ready", "Waive… waive coditect-app-42|preflight/ready", "Stop roll_back coditect-app-42|preflight/ready"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for _, a := range []commands.Action{commands.Attest, commands.Waive} {
		if id, _, _, ok := slack.ParseValue("coditect-app-42|preflight/ready"); !ok || id != p.release.ID {
			t.Errorf("%s: %q", a, id)
		}
	}
}
