package slack_test

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"slipway/internal/commands/slack"
	"slipway/internal/deploy"
)

const evil = "<!channel> <@U0EVIL> <https://evil.example|click> & *bold* `code` \n\n> lörem "

// monster makes a release of which everything that others wrote is as long, and as odd, as it gets.
func monster(t *testing.T, rnd *rand.Rand) deploy.Release {
	text := func() string { return strings.Repeat(evil, rnd.IntN(80)) }
	times := func() int { return rnd.IntN(60) }
	p := watch(t, watchedRelease(t, asking(true, rnd.IntN(2) == 0)), healthy()).until("traffic/50/gate").watching(time.Minute)
	if rnd.IntN(2) == 0 {
		p.say(deploy.SignalRollBack, "U0BOB", text()).recorded(nil, 0).until("")
	}
	r := p.release
	r.Version, r.Why = "v1"+text(), text()
	r.Facts.Baseline.Version, r.Facts.Baseline.Name = text(), deploy.RevisionName("r"+text())
	r.Left = deploy.Left{Version: text(), Since: noon}
	w := &r.Watch
	w.Trouble, w.Last.Why, w.Way.Moved, w.Errors = text(), text(), text(), rnd.IntN(9)
	w.Last.Verdict = []deploy.Verdict{deploy.Healthy, deploy.Unhealthy, deploy.Inconclusive, deploy.Unknown, "odd"}[rnd.IntN(5)]
	values := []float64{0, 1, -1, 1e300, math.NaN(), math.Inf(1), math.MaxFloat64}
	for range times() {
		w.Last.Findings = append(w.Last.Findings, deploy.Finding{Metric: deploy.MetricName(text()), Text: text(), Known: rnd.IntN(2) == 0,
			Value: values[rnd.IntN(len(values))], Of: math.MaxInt64, Hits: math.MinInt64, Verdict: deploy.Unhealthy})
	}
	for i := range r.Steps {
		r.Steps[i].Note = text()
		for range times() {
			r.Steps[i].Approvals = append(r.Steps[i].Approvals, deploy.Approval{By: "U0BOB", At: noon, Forced: true, Reason: text()})
		}
	}
	in := &deploy.Incident{Trigger: text(), Share: 10, Began: noon, Back: noon.Add(time.Minute), Requests: math.MaxInt64, Failed: math.MaxInt64, CountedTo: noon,
		Diagnosis: deploy.Diagnosis{Symptom: text(), Cause: text(), Remedy: text()}}
	for range times() {
		in.Lines = append(in.Lines, deploy.LogGroup{Count: math.MaxInt, Text: text()})
		in.Platform, in.Changed, in.Missing = append(in.Platform, text()), append(in.Changed, text()), append(in.Missing, text())
	}
	r.Incident = in
	for _, k := range []deploy.NoteKind{deploy.NoteTaken, deploy.NoteBug, deploy.NoteFix, deploy.NoteReport, "odd"} {
		if rnd.IntN(2) == 0 {
			r.Notes = append(r.Notes, deploy.Note{Kind: k, By: "U0BOB", At: noon, Text: text(), Link: "https://github.com/" + text()})
		}
	}
	return r
}

func TestNothingThatOthersWroteBreaksAMessage(t *testing.T) {
	t.Parallel()
	const gate = "traffic/50/gate"
	for seed := range uint64(15) {
		rnd := rand.New(rand.NewPCG(seed, 7))
		r := monster(t, rnd)
		now := noon.Add(time.Hour)
		drawn := map[string]slack.Drawn{
			"parent": slack.DrawParentBy(r, now, false, slowHistory), "parent as sections": slack.DrawParentBy(r, now, true, nil),
			"parent, still": slack.DrawParent(r, time.Time{}, true), "question": slack.DrawAsk(r, gate, "<!subteam^S0ONCALL>", now),
			"incident": slack.DrawIncident(r, rnd.IntN(2) == 0, "F0CHART"),
		}
		if m, ok := slack.DrawStamp(r, gate, "<!subteam^S0ONCALL>"); ok {
			drawn["stamp"] = m
		}
		for name, d := range drawn {
			raw, err := d.JSON()
			if err != nil {
				t.Fatalf("%s of %d: %v", name, seed, err)
			}
			valid(t, raw)
			for _, reach := range []string{"<!channel", "<@U0EVIL", "<https://evil"} {
				if strings.Contains(markedUp(t, raw), reach) {
					t.Errorf("%s of %d reaches people with %q", name, seed, reach)
				}
			}
			if n := strings.Count(d.Text(), "<!subteam^"); n > 1 {
				t.Errorf("%s of %d calls those on call %d times", name, seed, n)
			}
		}
		for _, kind := range []deploy.EntryKind{deploy.EntryVerdict, deploy.EntryNote, deploy.EntryApproved, deploy.EntryOutcome} {
			for _, text := range []string{"bug: " + strings.Repeat(evil, 100), "unhealthy: " + strings.Repeat(evil, 100), "", "odd"} {
				e := deploy.Entry{Kind: kind, Step: "rollback/incident", By: "U0BOB", At: noon, Text: text}
				if m, ok := slack.DrawEntry(r, e); ok && (len([]rune(m.Text())) > 1500 || strings.Contains(m.Text(), "<!channel")) {
					t.Errorf("an entry of %d characters: %.200s", len([]rune(m.Text())), m.Text())
				}
			}
		}
	}
}
