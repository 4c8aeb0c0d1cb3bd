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

var names = blockkit.Names{
	User:    func(id string) string { return strings.ToLower(strings.TrimPrefix(id, "U0")) },
	Group:   func(id string) string { return strings.ToLower(strings.TrimPrefix(id, "S0")) },
	Channel: func(id string) string { return id },
	Zone:    time.UTC,
}

// seenBy is a message as a person reads it, with its bar, and what is read out to those who hear it.
func seenBy(t *testing.T, d slack.Drawn) string {
	t.Helper()
	raw, err := d.JSON()
	if err != nil {
		t.Fatal(err)
	}
	valid(t, raw)
	var m struct {
		Text        string
		Blocks      []any
		Attachments []struct{ Text string }
	}
	if err := json.Unmarshal(raw, &m); err != nil {
		t.Fatal(err)
	}
	lines, ok := blockkit.Render(m.Blocks, names)
	if !ok {
		t.Fatalf("a block that nobody can show in %s", raw)
	}
	for _, a := range m.Attachments {
		lines = append(lines, "┃ "+names.Markup(a.Text))
	}
	return strings.Join(lines, "\n") + "\n\n--- read out ---\n" + names.Markup(m.Text) + "\n"
}

func goldenText(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", "watched", name+".txt")
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
		t.Errorf("%s reads differently (-want +got); run with -update if it should:\n%s", name, diff)
	}
}

// slowHistory makes 10 s for the new revision slow.
var slowHistory = history(map[deploy.StepName]time.Duration{
	"preflight/service": 8 * time.Second, "deploy/revision": 4 * time.Second, "traffic/10/bake": lag, "traffic/50/bake": lag, "observe/watch": lag, "rollback/traffic": 3500 * time.Millisecond,
})

func watchedParents(t *testing.T) map[string]*play {
	baking := func(j deploy.Judgement) *play {
		return watch(t, watchedRelease(t, nil), j).until("traffic/10/bake")
	}
	takenBack := func() *play { return fell(t) }
	unsureGate := watch(t, watchedRelease(t, asking(false, true)), unsure())
	return map[string]*play{
		"baking-not-judged":        baking(healthy()).watching(time.Minute),
		"baking-healthy":           baking(healthy()).watching(4 * time.Minute),
		"baking-unsure":            baking(unsure()).watching(4 * time.Minute),
		"baking-worse-than-stable": baking(worse()).watching(4 * time.Minute),
		"baking-without-metrics":   baking(healthy()).watching(4 * time.Minute).silent().watching(150 * time.Second),
		"baking-one-look-missed":   baking(healthy()).watching(4 * time.Minute).silent().watching(20 * time.Second),
		"baked-waits-for-metrics":  baking(healthy()).watching(6 * time.Minute),
		"gate-waits-for-verdict":   baking(healthy()).watching(7*time.Minute + 50*time.Second).judged(unsure()).until("traffic/50/gate").watching(40 * time.Second),
		"held-by-the-verdict":      baking(worse()).watching(20 * time.Minute),
		"held-by-a-person":         baking(healthy()).watching(4*time.Minute).say(deploy.SignalPause, "U0CAROL", "let me look first").watching(time.Minute),
		"at-50-not-judged":         baking(healthy()).until("traffic/50/bake").watching(30 * time.Second),
		"asks-people":              watch(t, watchedRelease(t, asking(true, false)), healthy()).until("traffic/50/gate").watching(time.Minute),
		"asks-people-when-unsure":  unsureGate.until("traffic/50/gate").watching(5 * time.Minute),
		"baseline-gone":            baking(healthy()).found(deploy.Way{Gone: true}).watching(4 * time.Minute),
		"baseline-cold":            baking(healthy()).found(deploy.Way{}).watching(4 * time.Minute),
		"traffic-moved-by-hand":    baking(healthy()).found(deploy.Way{Warm: true, Moved: "30 % of traffic is on coditect-app-production-00007"}).watching(4 * time.Minute),
		"observing":                baking(healthy()).until("observe/watch").watching(3*time.Minute + 10*time.Second),
		"done":                     baking(healthy()).until(""),
		"going-back":               takenBack().until("rollback/traffic").after(2 * time.Second),
		"back-and-verifying":       takenBack().until("rollback/verify").after(2 * time.Second),
		"back-and-counting":        takenBack().recorded(nil, lag).after(20 * time.Second),
		"taken-back":               takenBack().recorded(complete, 0).until(""),
		"taken-back-and-unlocked":  takenBack().recorded(complete, 0).until("").noting(deploy.Note{Kind: deploy.NoteUnlocked, By: "U0BOB", Text: "mended in v1.2.5"}),
	}
}

func TestParentMessageOfWatchedReleases(t *testing.T) {
	t.Parallel()
	for name, p := range watchedParents(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			plan := seenBy(t, slack.DrawParentBy(p.release, p.now, false, slowHistory))
			sections := seenBy(t, slack.DrawParentBy(p.release, p.now, true, slowHistory))
			goldenText(t, name, plan+"\n=== without the plan block ===\n"+strings.SplitN(sections, "\n--- read out ---", 2)[0])
		})
	}
}

func TestIncidents(t *testing.T) {
	t.Parallel()
	notes := []deploy.Note{
		{Kind: deploy.NoteTaken, By: "U0BOB"},
		{Kind: deploy.NoteBug, By: "U0BOB", Link: "https://github.com/acme/coditect/issues/7", Done: true},
		{Kind: deploy.NoteFix, By: "U0CAROL", Text: "run the migration first"},
	}
	byHand := newRelease(t, func(a *deploy.Ask) {
		a.Kind, a.Version, a.Reason = deploy.Rollback, "v1.2.3", "checkout is slow"
		a.Baseline = deploy.Revision{Name: "coditect-app-production-r41-1", Version: "v1.2.3"}
		a.Left = deploy.Left{Release: "coditect-app-41", Version: "v1.2.4", Revision: deploy.Revision{Name: "coditect-app-production-r42-1"}, Since: noon.Add(-26 * time.Hour)}
	})
	forced := watch(t, watchedRelease(t, nil), worse()).until("traffic/10/bake").watching(20 * time.Minute)
	forced = forced.force("U0CAROL", "the slow report is known").until("traffic/50/bake").judged(failing()).watching(time.Minute)
	cases := map[string]struct {
		p      *play
		locked bool
		image  string
	}{
		"incident-still-counting": {p: fell(t).recorded(nil, lag)},
		"incident":                {p: fell(t).recorded(complete, 0).until(""), locked: true, image: "F0CHART"},
		"incident-taken-up":       {p: fell(t).recorded(complete, 0).until("").noting(notes...), locked: true},
		"incident-over":           {p: fell(t).recorded(complete, 0).until("").noting(append(notes, deploy.Note{Kind: deploy.NoteUnlocked, By: "U0BOB"}, deploy.Note{Kind: deploy.NoteReport, By: "U0BOB"})...)},
		"incident-forced": {p: forced.recorded(func(in *deploy.Incident) {
			in.Missing = []string{"the logs: Cloud Logging did not answer"}
			in.Lines = nil
		}, 0).until(""), locked: true},
		"incident-by-hand": {p: start(t, byHand).recorded(func(in *deploy.Incident) {
			*in = deploy.Incident{At: in.At, Back: in.Back, Began: in.Back.Add(-time.Hour), Share: 100, Trigger: in.Trigger, Changed: []string{"version v1.2.3 → v1.2.4"}}
		}, 0).until(""), locked: true},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if !slack.Reportable(c.p.release) {
				t.Error("no incident, although users saw it")
			}
			goldenText(t, name, seenBy(t, slack.DrawIncident(c.p.release, c.locked, c.image)))
		})
	}
}

func TestQuestionsShowTheVerdict(t *testing.T) {
	t.Parallel()
	const who, gate = "<!subteam^S0ONCALL>", "traffic/50/gate"
	cases := map[string]*play{
		"ask-healthy":   watch(t, watchedRelease(t, asking(true, false)), healthy()).until(gate).watching(time.Minute),
		"ask-unsure":    watch(t, watchedRelease(t, asking(false, true)), unsure()).until(gate).watching(5 * time.Minute),
		"ask-unhealthy": watch(t, watchedRelease(t, asking(true, false)), healthy()).until(gate).judged(worse()).watching(time.Minute),
		"ask-blind":     watch(t, watchedRelease(t, asking(false, true)), healthy()).silent().until(gate).watching(10 * time.Minute),
	}
	for name, p := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if p.release.State != deploy.Waiting {
				t.Fatalf("%s at %+v", p.release.State, p.release.Current())
			}
			goldenText(t, name, seenBy(t, slack.DrawAsk(p.release, gate, who, p.now)))
		})
	}
}
