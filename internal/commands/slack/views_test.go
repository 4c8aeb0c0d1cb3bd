package slack_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"slipway/internal/commands/slack"
	"slipway/internal/deploy"
	"slipway/internal/sandbox/workspace/blockkit"
)

func golden(t *testing.T, name string, d slack.Drawn) {
	t.Helper()
	got, err := d.JSON()
	if err != nil {
		t.Fatal(err)
	}
	valid(t, got)
	path := filepath.Join("testdata", "views", name+".json")
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s looks different (-want +got); run with -update if it should:\n%s", name, diff)
	}
}

// valid holds a message against what Slack refuses.
func valid(t *testing.T, message []byte) {
	t.Helper()
	var m struct {
		Text   string `json:"text"`
		Blocks []any  `json:"blocks"`
	}
	if err := json.Unmarshal(message, &m); err != nil {
		t.Fatal(err)
	}
	if m.Text == "" {
		t.Error("text is empty: notifications and screen readers would say nothing")
	}
	for _, p := range blockkit.Validate(m.Blocks, blockkit.Message, "/blocks") {
		t.Errorf("Slack would refuse it: %s", p)
	}
}

func TestParentMessageOfEachState(t *testing.T) {
	t.Parallel()
	broken := &deploy.Error{Code: deploy.Invalid, Msg: "/health answers 500 instead of 200"}
	cases := map[string]*play{
		"parent-created":          start(t, newRelease(t, nil)),
		"parent-baking":           start(t, newRelease(t, nil)).until("traffic/10/bake").after(3*time.Minute + 10*time.Second),
		"parent-waiting":          start(t, newRelease(t, nil)).until("traffic/50/gate").after(time.Minute),
		"parent-held-by-a-person": start(t, newRelease(t, nil)).until("traffic/10/bake").say(deploy.SignalPause, "U0CAROL", "odd latency <!channel>"),
		"parent-parked":           start(t, newRelease(t, nil)).breaks("traffic/10", &deploy.Error{Code: deploy.Internal, Msg: "a step panicked"}),
		"parent-staged":           start(t, newRelease(t, nil)).until("health/checks"),
		"parent-stopped-on-the-way-back": start(t, newRelease(t, nil)).until("traffic/10/bake").say(deploy.SignalRollBack, "U0BOB", "5xx").
			breaks("rollback/verify", &deploy.Error{Code: deploy.Invalid, Msg: "/health answers 500"}),
		"parent-let-go":        start(t, newRelease(t, nil)).until("traffic/10/bake").say(deploy.SignalAbandon, "os:root", "break-glass: Slack is down").until(""),
		"parent-failed-early":  start(t, newRelease(t, nil)).breaks("preflight/image", &deploy.Error{Code: deploy.NotFound, Msg: "there is no image v1.2.4", Hint: "nearest: v1.2.3"}),
		"parent-rolling-back":  start(t, newRelease(t, nil)).until("traffic/10/bake").say(deploy.SignalRollBack, "U0BOB", "5xx").until("rollback/traffic").after(2 * time.Second),
		"parent-rolled-back":   start(t, newRelease(t, nil)).until("traffic/10/bake").say(deploy.SignalRollBack, "U0BOB", "5xx").until(""),
		"parent-broken-health": start(t, newRelease(t, nil)).breaks("health/checks", broken).until(""),
		"parent-done":          start(t, newRelease(t, func(a *deploy.Ask) { a.Spec.Strategy.Steps = []deploy.TrafficStep{{Percent: 100}} })).until(""),
		"parent-rollback-command": start(t, newRelease(t, func(a *deploy.Ask) {
			a.Kind, a.Version, a.Baseline = deploy.Rollback, "v1.2.3", deploy.Revision{Name: "coditect-app-production-r41-1", Version: "v1.2.3"}
		})).until("rollback/verify"),
	}
	for name, p := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			golden(t, name, slack.DrawParent(p.release, p.now, false))
			golden(t, name+"-text-only", slack.DrawParent(p.release, p.now, true))
		})
	}
}

func TestQuestionsAndStamps(t *testing.T) {
	t.Parallel()
	const who, gate = "<!subteam^S0ONCALL>", "traffic/50/gate"
	at := func() *play { return start(t, newRelease(t, nil)).until(gate) }
	golden(t, "ask", slack.DrawAsk(at().release, gate, who, at().now))

	two := start(t, newRelease(t, func(a *deploy.Ask) { a.Spec.Policy.Approvals = 2 })).until(gate).say(deploy.SignalPromote, "U0BOB", "")
	golden(t, "ask-one-of-two", slack.DrawAsk(two.release, gate, who, two.now))
	if _, decided := slack.DrawStamp(two.release, gate, who); decided {
		t.Error("a gate with one approval of two is not decided")
	}

	expired := at().after(time.Hour)
	r, entries, _ := deploy.Decide(expired.release, expired.now)
	expired.keep(r, entries)
	decided := map[string]*play{
		"stamp-promoted":    at().say(deploy.SignalPromote, "U0BOB", ""),
		"stamp-held":        at().say(deploy.SignalPause, "U0CAROL", "look first"),
		"stamp-rolled-back": at().say(deploy.SignalRollBack, "U0BOB", ""),
		"stamp-expired":     expired,
	}
	for name, p := range decided {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m, ok := slack.DrawStamp(p.release, gate, who)
			if !ok {
				t.Fatal("the gate is decided, but there is no stamp")
			}
			if buttons := blockkit.Controls(blocksOf(t, m)); len(buttons) > 0 {
				t.Errorf("a decided gate still has buttons: %v", buttons)
			}
			golden(t, name, m)
		})
	}
}

func blocksOf(t *testing.T, d slack.Drawn) []any {
	t.Helper()
	raw, err := d.JSON()
	if err != nil {
		t.Fatal(err)
	}
	var m struct{ Blocks []any }
	if err := json.Unmarshal(raw, &m); err != nil {
		t.Fatal(err)
	}
	return m.Blocks
}

func TestThreadTellsTheStoryInOrder(t *testing.T) {
	t.Parallel()
	p := start(t, newRelease(t, nil)).until("traffic/50/gate").say(deploy.SignalPromote, "U0ALICE", "").say(deploy.SignalPromote, "U0BOB", "").
		until("traffic/50/bake").say(deploy.SignalRollBack, "U0BOB", "5xx 3.8 % (157 of 4,118)").until("")
	var story []string
	for _, e := range p.entries {
		if m, ok := slack.DrawEntry(p.release, e); ok {
			story = append(story, m.Text())
		}
	}
	got := strings.Join(story, "\n----\n") + "\n"
	path := filepath.Join("testdata", "views", "thread.txt")
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("the story is told differently (-want +got):\n%s", diff)
	}
}

func TestAStopIsToldInFullWhereItIsAllThatIsSeen(t *testing.T) {
	t.Parallel()
	forward := start(t, newRelease(t, nil)).breaks("traffic/10", &deploy.Error{Code: deploy.Internal, Msg: "a step panicked"})
	back := start(t, newRelease(t, nil)).until("traffic/10/bake").say(deploy.SignalRollBack, "U0BOB", "5xx").
		breaks("rollback/verify", &deploy.Error{Code: deploy.Invalid, Msg: "/health answers <500>"})
	for want, p := range map[string]*play{
		"*■ Stopped:* coditect-app v1.2.4, production. Slipway cannot go on safely by itself.\n" +
			"> traffic/10: a step panicked; traffic stays as it is\n" +
			"Next: nothing by itself. Somebody has to look, then press Try again or Roll back in the message of the release.": forward,
		"*■ Stopped:* coditect-app v1.2.4, production, on the way back to v1.2.3. Slipway cannot go on safely by itself.\n" +
			"> rollback/verify: /health answers &lt;500&gt;\n" +
			"Next: nothing by itself. Somebody has to look, then press Try again in the message of the release.": back,
	} {
		m, ok := slack.DrawEntry(p.release, p.entries[len(p.entries)-1])
		if diff := cmp.Diff(want, m.Text()); diff != "" || !ok {
			t.Error(diff)
		}
	}
}

func TestWhatPeopleTypeReachesNobody(t *testing.T) {
	t.Parallel()
	const evil = "<!channel> <@U0BOB> <https://evil.example|click> &"
	r := newRelease(t, func(a *deploy.Ask) { a.Version, a.Reason = "v1<!here>", evil })
	r.Spec.Channel = evil
	held := start(t, r).until("traffic/10/bake").say(deploy.SignalPause, "U0CAROL", evil)
	drawn := []slack.Drawn{
		slack.DrawParent(held.release, held.now, false), slack.DrawParent(held.release, held.now, true),
		slack.DrawAsk(held.release, "traffic/50/gate", "<!subteam^S0ONCALL>", held.now),
	}
	for _, e := range append(held.entries, deploy.Entry{Kind: deploy.EntryFailure, Step: evil, Text: evil}, deploy.Entry{Kind: deploy.EntrySignal, By: "U0CAROL", Text: evil}) {
		if m, ok := slack.DrawEntry(held.release, e); ok {
			drawn = append(drawn, m)
		}
	}
	for _, d := range drawn {
		raw, err := d.JSON()
		if err != nil {
			t.Fatal(err)
		}
		for _, reach := range []string{"<!channel", "<!here", "<@U0BOB", "<https://evil"} {
			// Plain text and rich text are literal in Slack, so the confirm dialog and the evidence may hold it.
			if strings.Contains(markedUp(t, raw), reach) {
				t.Errorf("%q reaches people from %s", reach, raw)
			}
		}
	}
}

// markedUp gathers the strings that Slack reads as markup.
func markedUp(t *testing.T, raw []byte) string {
	t.Helper()
	var v any
	if err := json.Unmarshal(raw, &v); err != nil {
		t.Fatal(err)
	}
	var all []string
	var walk func(key string, v any)
	walk = func(key string, v any) {
		switch v := v.(type) {
		case map[string]any:
			if kind := v["type"]; kind == "plain_text" || kind == "rich_text" {
				return
			}
			for k, child := range v {
				walk(k, child)
			}
		case []any:
			for _, child := range v {
				walk(key, child)
			}
		case string:
			if key != "value" && key != "alt_text" { // plain text, both
				all = append(all, v)
			}
		}
	}
	walk("", v)
	return strings.Join(all, "\n")
}

func TestLongTextIsCutWithinSlacksLimits(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("<&> lörem ", 2000)
	p := start(t, newRelease(t, func(a *deploy.Ask) { a.Reason, a.Version = long, long })).until("traffic/10/bake").say(deploy.SignalPause, "U0CAROL", long)
	for _, sections := range []bool{false, true} {
		raw, err := slack.DrawParent(p.release, p.now, sections).JSON()
		if err != nil {
			t.Fatal(err)
		}
		valid(t, raw)
	}
	for _, e := range p.entries {
		if m, ok := slack.DrawEntry(p.release, e); ok && len([]rune(m.Text())) > 1500 {
			t.Errorf("an entry of %d characters", len([]rune(m.Text())))
		}
	}
}

func TestCuttingMarkupNeverLeavesHalfOfIt(t *testing.T) {
	t.Parallel()
	text := "a &lt;b&gt; <@U0BOB> <!date^1^{time}|12:00>"
	for n := 2; n < len(text); n++ {
		got := slack.CutMarkup(text, n)
		if strings.Count(got, "<") != strings.Count(got, ">") || strings.Count(got, "&") != strings.Count(got, ";") {
			t.Errorf("cut at %d: %q", n, got)
		}
	}
}

func TestEndedReleasesOfferNothingButDetails(t *testing.T) {
	t.Parallel()
	p := start(t, newRelease(t, nil)).until("traffic/10/bake").say(deploy.SignalRollBack, "U0BOB", "").until("")
	var labels []string
	for _, c := range blockkit.Controls(blocksOf(t, slack.DrawParent(p.release, p.now, false))) {
		labels = append(labels, c.Label)
	}
	if diff := cmp.Diff([]string{"Details"}, labels); diff != "" {
		t.Error(diff)
	}
}

func TestOnlyTimePassingDoesNotChangeTheState(t *testing.T) {
	t.Parallel()
	p := start(t, newRelease(t, nil)).until("traffic/10/bake")
	early, late := slack.DrawParent(p.release, p.now, false), slack.DrawParent(p.release, p.now.Add(time.Minute), false)
	if early.Fingerprint() == late.Fingerprint() {
		t.Error("a minute of baking is not shown")
	}
	zero := slack.DrawParent(p.release, time.Time{}, false)
	next := start(t, newRelease(t, nil)).until("traffic/50/gate")
	if zero.Fingerprint() == slack.DrawParent(next.release, time.Time{}, false).Fingerprint() {
		t.Error("waiting for people looks the same as baking")
	}
}
