package slack_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"slipway/internal/commands/slack"
	"slipway/internal/deploy"
	"slipway/internal/sandbox/workspace/blockkit"
)

// story is what the thread tells of p.
func (p *play) story(u deploy.Usual) string {
	var told []string
	for _, e := range p.entries {
		if m, ok := slack.DrawEntryBy(p.release, e, u); ok {
			told = append(told, names.Markup(m.Text()))
		}
	}
	return strings.Join(told, "\n----\n") + "\n"
}

func TestThreadTellsOfVerdictsAndOfWhatWasDone(t *testing.T) {
	t.Parallel()
	p := fell(t).recorded(nil, lag).after(lag).recorded(complete, 0).until("").noting(
		deploy.Note{Kind: deploy.NoteTaken, By: "U0BOB"},
		deploy.Note{Kind: deploy.NoteBug, By: "U0BOB"},
		deploy.Note{Kind: deploy.NoteBug, By: "U0BOB", Link: "https://github.com/acme/coditect/issues/7", Done: true},
		deploy.Note{Kind: deploy.NoteFix, By: "U0CAROL", Text: "run the migration first"},
		deploy.Note{Kind: deploy.NoteUnlocked, By: "U0BOB"},
		deploy.Note{Kind: deploy.NoteReport, By: "U0BOB", Done: true},
	)
	goldenText(t, "thread-fell", p.story(slowHistory))

	forced := watch(t, watchedRelease(t, nil), unsure()).until("traffic/10/bake").watching(4*time.Minute).silent().watching(20*time.Minute).
		judged(worse()).watching(20*time.Minute).force("U0CAROL", "the slow report is known").judged(healthy()).until("")
	goldenText(t, "thread-forced", forced.story(nil))
}

func TestStampsOfGatesThatGoByTheVerdict(t *testing.T) {
	t.Parallel()
	const who, gate = "<!subteam^S0ONCALL>", "traffic/50/gate"
	asked := func(approve bool) *play {
		return watch(t, watchedRelease(t, asking(approve, !approve)), unsure()).until(gate).watching(3 * time.Minute)
	}
	cases := map[string]struct {
		p    *play
		want string
	}{
		"it became healthy while people were asked": {asked(false).judged(healthy()).until("traffic/50"), "✓ Went on to 50 % by itself at 12:11: healthy"},
		"somebody went against the verdict": {asked(true).judged(worse()).watching(time.Minute).force("U0BOB", "known <!channel>"),
			"▲ Promoted to 50 % against the verdict by @bob at 12:14\nBecause: known &lt;!channel&gt;"},
		"nobody answered": {asked(false).watching(time.Hour), "■ Held at 10 % at 13:08: nobody approved 50 % within 1 h; traffic stays as it is"},
		"it fell while people were asked": {asked(true).judged(failing()).watching(time.Minute),
			"↩ Not promoted: rolled back by Slipway at 12:11"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m, ok := slack.DrawStamp(c.p.release, gate, who)
			if !ok {
				t.Fatalf("%s, but there is no stamp", c.p.release.State)
			}
			head := "@oncall  *coditect-app v1.2.4* wants 50 % of production (now 10 %, baked 5 min)\n"
			got := names.Markup(strings.ReplaceAll(strings.ReplaceAll(m.Text(), "*", "∗"), "&", "&amp;"))
			if diff := cmp.Diff(strings.ReplaceAll(head+c.want, "*", "∗"), got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestALookAloneDoesNotChangeTheState(t *testing.T) {
	t.Parallel()
	still := func(p *play) string { return slack.DrawParent(p.release, time.Time{}, false).Fingerprint() }
	whole := func(p *play) string { return slack.DrawParent(p.release, p.now, false).Fingerprint() }
	const gate = "traffic/50/gate"
	question := func(p *play, now time.Time) string { return slack.DrawAsk(p.release, gate, "", now).Fingerprint() }
	for name, p := range map[string]*play{
		"baking":   watch(t, watchedRelease(t, nil), healthy()).until("traffic/10/bake").watching(4 * time.Minute),
		"waiting":  watch(t, watchedRelease(t, asking(true, false)), healthy()).until(gate).watching(time.Minute),
		"held":     watch(t, watchedRelease(t, nil), healthy()).until("traffic/10/bake").watching(4*time.Minute).say(deploy.SignalPause, "U0CAROL", "").watching(time.Minute),
		"observed": watch(t, watchedRelease(t, nil), healthy()).until("observe/watch").watching(4 * time.Minute),
	} {
		more := healthy()
		more.Findings[0].Hits, more.Findings[0].Of = 3, 5120
		state, shown, asked, askedNow := still(p), whole(p), question(p, time.Time{}), question(p, p.now)
		p.judged(more).watching(16 * time.Second)
		if still(p) != state || question(p, time.Time{}) != asked {
			t.Errorf("%s: new numbers of the same verdict are news", name)
		}
		if whole(p) == shown || name == "waiting" && question(p, p.now) == askedNow {
			t.Errorf("%s: new numbers are not shown", name)
		}
		p.judged(worse()).watching(16 * time.Second)
		if still(p) == state {
			t.Errorf("%s: another verdict is no news", name)
		}
	}
}

func TestWithoutMetricsNothingIsSaidOfVerdicts(t *testing.T) {
	t.Parallel()
	for _, p := range []*play{start(t, newRelease(t, nil)).until("traffic/10/bake"), start(t, newRelease(t, nil)).until("traffic/50/gate")} {
		text := seenBy(t, slack.DrawParent(p.release, p.now, false))
		for _, word := range []string{"healthy", "judged", "KPI", "metrics", "limit"} {
			if strings.Contains(text, word) {
				t.Errorf("%q in the message of a release that is not watched:\n%s", word, text)
			}
		}
	}
}

func TestNobodyPromotesAgainstTheVerdictWithAClick(t *testing.T) {
	t.Parallel()
	const gate = "traffic/50/gate"
	p := watch(t, watchedRelease(t, asking(true, false)), healthy()).until(gate)
	labels := func() (list []string) {
		for _, c := range blockkit.Controls(blocksOf(t, slack.DrawAsk(p.release, gate, "", p.now))) {
			list = append(list, c.Label)
		}
		return list
	}
	if diff := cmp.Diff([]string{"Promote to 50 %", "Hold at 10 %", "Roll back"}, labels()); diff != "" {
		t.Errorf("healthy: %s", diff)
	}
	p.judged(worse()).watching(time.Minute)
	if diff := cmp.Diff([]string{"Hold at 10 %", "Roll back"}, labels()); diff != "" {
		t.Errorf("unhealthy: %s", diff)
	}
}

func TestWhatFailedBeforeUsersSawItIsNoIncident(t *testing.T) {
	t.Parallel()
	p := start(t, newRelease(t, nil)).breaks("health/checks", &deploy.Error{Code: deploy.Invalid, Msg: "/health answers 500"})
	p.recorded(func(in *deploy.Incident) { in.Began, in.Requests = time.Time{}, 0 }, 0)
	if slack.Reportable(p.release) {
		t.Error("an incident that no user met")
	}
	if r := newRelease(t, nil); slack.Reportable(r) {
		t.Error("an incident without evidence")
	}
	if text := p.story(nil); !strings.Contains(text, "Probable cause") || !strings.Contains(text, "Remedy") {
		t.Errorf("the thread has no diagnosis:\n%s", text)
	}
}

func TestNumbersAsPeopleReadThem(t *testing.T) {
	t.Parallel()
	for v, want := range map[float64]string{
		0: "0 %", 2. / 4118: "0.05 %", 157. / 4118: "3.8 %", 0.9996: "99.96 %", 0.999999: "99.9999 %", 0.99999999: "over 99.9999 %", 1: "100 %",
		0.01: "1 %", 0.000004: "0.0004 %", 1e-9: "under 0.0001 %", 0.29: "29 %", 2.5: "250 %", 1e300: "? %",
	} {
		if got := slack.Percent(v); got != want {
			t.Errorf("%g is written %q, want %q", v, got, want)
		}
	}
	for v, want := range map[float64]string{0: "0", 0.42: "0.4", 9.96: "10", 412.4: "412", 2000: "2,000", 1e300: "?"} {
		if got := slack.Millis(v); got != want {
			t.Errorf("%g ms are written %q, want %q", v, got, want)
		}
	}
	for n, want := range map[int64]string{0: "0", 999: "999", 4118: "4,118", 1234567: "1,234,567", -4118: "−4,118"} {
		if got := slack.Thousands(n); got != want {
			t.Errorf("%d is written %q, want %q", n, got, want)
		}
	}
	for d, want := range map[time.Duration]string{0: "0:00", 190 * time.Second: "3:10", 15 * time.Minute: "15:00", -time.Second: "0:00"} {
		if got := slack.Counter(d, 15*time.Minute); got != want {
			t.Errorf("%s is written %q, want %q", d, got, want)
		}
	}
	if got := slack.Counter(65*time.Minute, 2*time.Hour); got != "1:05 h" {
		t.Errorf("65 min of 2 h are written %q", got)
	}
}
