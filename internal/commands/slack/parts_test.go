package slack_test

import (
	"strings"
	"testing"
	"time"

	"slipway/internal/commands/slack"
	"slipway/internal/deploy"
)

// together is a release of which a worker is part, that its platform replaces task by task.
func together(t testing.TB, change func(*deploy.Ask)) deploy.Release {
	t.Helper()
	return newRelease(t, func(a *deploy.Ask) {
		a.Spec.Also = []deploy.Part{{Name: "worker", Image: "123456789012.dkr.ecr.us-east-1.amazonaws.com/coditect-worker", Rolling: true,
			Platform: deploy.PlatformSpec{Service: deploy.ServiceRef{Kind: deploy.ECS, Name: "coditect-worker"}}}}
		a.Spec.Strategy.Steps = []deploy.TrafficStep{{Percent: 10, Bake: 5 * time.Minute}, {Percent: 100}}
		if change != nil {
			change(a)
		}
	})
}

// rolling is a release that is replaced task by task, once somebody has approved it.
func rolling(t testing.TB, change func(*deploy.Ask)) deploy.Release {
	t.Helper()
	return newRelease(t, func(a *deploy.Ask) {
		a.Spec.Strategy = deploy.Strategy{Kind: deploy.Rolling, Steps: []deploy.TrafficStep{{Percent: 100, Approve: true}}}
		if change != nil {
			change(a)
		}
	})
}

// unasked asks nobody.
func unasked(a *deploy.Ask) { a.Spec.Strategy.Steps[0].Approve = false }

// comes has a rollout come so far.
func (p *play) comes(step deploy.StepName, note string) *play {
	p.t.Helper()
	return p.until(step).after(20*time.Second).concludes(step, deploy.Outcome{Again: 10 * time.Second, Note: note}, nil)
}

// way sets what the last look found of the way back.
func (p *play) way(w deploy.Way) *play {
	p.release.Watch.Way = w
	return p
}

const half = "2 of 4 tasks run coditect-worker:42, 1 pending"

func TestReleasesOfSeveralParts(t *testing.T) {
	t.Parallel()
	refused := &deploy.Error{Code: deploy.Invalid, Msg: "2 tasks stopped: CannotPullContainerError"}
	cases := map[string]*play{
		"parts-baking":     start(t, together(t, nil)).until("traffic/10/bake").after(time.Minute),
		"parts-rollout":    start(t, together(t, nil)).comes("traffic/100@worker", half),
		"parts-refused":    start(t, together(t, nil)).breaks("traffic/100@worker", refused).until("rollback/traffic"),
		"parts-taken-back": start(t, together(t, nil)).breaks("traffic/100@worker", refused).until(""),
		"parts-done":       start(t, together(t, nil)).until(""),
		"rolling-waiting":  start(t, rolling(t, nil)).until("traffic/100/gate").after(time.Minute),
		"rolling-rollout":  start(t, rolling(t, unasked)).comes("traffic/100", "2 of 4 tasks run coditect-app:42, 1 pending"),
		"rolling-done":     start(t, rolling(t, unasked)).until(""),
	}
	for name, p := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			golden(t, name, slack.DrawParent(p.release, p.now, false))
			golden(t, name+"-text-only", slack.DrawParent(p.release, p.now, true))
		})
	}
}

func parentText(t *testing.T, p *play) string {
	t.Helper()
	raw, err := slack.DrawParent(p.release, p.now, true).JSON()
	if err != nil {
		t.Fatal(err)
	}
	return markedUp(t, raw) + "\n" + slack.DrawParent(p.release, p.now, true).Text()
}

func TestEachPhaseSaysInOneLineWhereThePartsAre(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		p    *play
		says []string
		not  string
	}{
		"the worker waits for the last share": {start(t, together(t, nil)).until("traffic/10/bake"),
			[]string{"*Traffic*", "10 %, then 100 % · worker not rolled out yet"}, ""},
		"it is being replaced": {start(t, together(t, nil)).comes("traffic/100@worker", half),
			[]string{"100 % · worker " + half, "▸ 100 % of traffic on v1.2.4 · worker: rolling out: " + half}, ""},
		"both are there": {start(t, together(t, nil)).until("validate/service"), []string{"100 % · worker rolled out"}, ""},
		"what both found the same is said once": {start(t, together(t, nil)).until(""),
			[]string{"*Preflight*", "worker: baseline v1.2.3 on all tasks", "worker: digest sha256:1c2d…"}, "worker: as it should be"},
		"one that refused is named": {start(t, together(t, nil)).breaks("deploy/revision@worker", &deploy.Error{Code: deploy.Invalid, Msg: "no role"}),
			[]string{"Why: worker: deploy/revision: no role"}, ""},
		"a rolling release has no shares": {start(t, rolling(t, unasked)).comes("traffic/100", "2 of 4 tasks run coditect-app:42, 1 pending"),
			[]string{"▸ v1.2.4 is being rolled out · 2 of 4 tasks run coditect-app:42, 1 pending, 20 s", "*Traffic*  20 s  2 of 4 tasks run"}, "100 % of traffic"},
		"nor has it when it is done": {start(t, rolling(t, unasked)).until(""), []string{"✓ v1.2.4 is rolled out since", "  rolled out"}, "100 % of"},
		"nor when it is back": {start(t, rolling(t, unasked)).comes("traffic/100", "2 of 4 tasks run coditect-app:42").say(deploy.SignalRollBack, "U0BOB", "5xx").until(""),
			[]string{"✓ all tasks on v1.2.3 after 10 s"}, "100 % on"},
		"nor while people are asked": {start(t, rolling(t, nil)).until("traffic/100/gate"),
			[]string{"▸ v1.2.4 is not rolled out yet · waiting for approval of the rollout", "Next: somebody approves the rollout in the thread by", "if nobody does, it is held before its rollout"}, "stays at 0 %"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text := parentText(t, c.p)
			for _, want := range c.says {
				if !strings.Contains(text, want) {
					t.Errorf("it does not say %q:\n%s", want, text)
				}
			}
			if c.not != "" && strings.Contains(text, c.not) {
				t.Errorf("it says %q:\n%s", c.not, text)
			}
		})
	}
}

func TestTheRollbackCardSaysHowLongItTakesAndHow(t *testing.T) {
	t.Parallel()
	at := func(w deploy.Way) *play { return start(t, together(t, nil)).until("traffic/10/bake").way(w) }
	const back = "If you roll back now: 100 % to v1.2.3 (coditect-app-production-r41-1), which had all of the traffic before this release, worker back to v1.2.3; "
	for name, c := range map[string]struct {
		p    *play
		want string
	}{
		"as the platform foresees it": {at(deploy.Way{Checked: noon, Return: deploy.Return{Takes: 5 * time.Second, How: "weights flip, 4 old tasks are warm"}}),
			back + "about 5 s: weights flip, 4 old tasks are warm."},
		"in minutes": {at(deploy.Way{Checked: noon, Return: deploy.Return{Takes: 3 * time.Minute, How: "worker: a rolling deployment back"}}),
			back + "about 3:00 min: worker: a rolling deployment back."},
		"without saying how":                                      {at(deploy.Way{Checked: noon, Return: deploy.Return{Takes: 5 * time.Second}}), back + "about 5 s."},
		"as it took before, if the platform says nothing":         {at(deploy.Way{Checked: noon, Warm: true}), back + "warm, about "},
		"of a rolling release of which the platform says nothing": {start(t, rolling(t, unasked)).comes("traffic/100", "2 of 4 tasks"), "on all tasks again; task by task, which may take minutes."},
		"of one that has not begun":                               {start(t, rolling(t, nil)).until("traffic/100/gate"), "If you roll back now: v1.2.3 keeps running, nothing of the new revision was started."},
		"of a rolling release": {start(t, rolling(t, unasked)).comes("traffic/100", "2 of 4 tasks").way(deploy.Way{Checked: noon, Return: deploy.Return{Takes: 40 * time.Second, How: "the deployment is stopped"}}),
			"If you roll back now: v1.2.3 (coditect-app-production-r41-1) on all tasks again; about 40 s: the deployment is stopped."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if text := parentText(t, c.p); !strings.Contains(text, c.want) {
				t.Errorf("it does not say %q:\n%s", c.want, text)
			}
		})
	}
}

func TestTheStateSaysThatThePlatformWentBackByItself(t *testing.T) {
	t.Parallel()
	p := start(t, together(t, nil)).until("traffic/10/bake").say(deploy.SignalRollBack, "U0BOB", "5xx").until("rollback/traffic").way(deploy.Way{Checked: noon, Fell: "the alarm api-5xx went off"})
	if text := parentText(t, p); !strings.Contains(text, "▸ Going back to v1.2.3 · the platform went back by itself · sending traffic back") {
		t.Errorf("on the way:\n%s", text)
	}
	if text := parentText(t, p.until("")); !strings.Contains(text, "✓ 100 % on v1.2.3 after 20 s · the platform went back by itself") {
		t.Errorf("at the end:\n%s", text)
	}
}

func TestUsersAreBackOnceEveryPartIs(t *testing.T) {
	t.Parallel()
	p := start(t, together(t, nil)).until("traffic/100@worker").say(deploy.SignalRollBack, "U0BOB", "5xx").until("rollback/traffic")
	if s := p.release.Back[0]; s.Name != "rollback/traffic@worker" || s.Status != deploy.Done {
		t.Fatalf("the worker is not back: %+v", s)
	}
	if text := parentText(t, p); !strings.Contains(text, "▸ Going back to v1.2.3") || strings.Contains(text, "✓ 100 % on v1.2.3") {
		t.Errorf("the worker is back, and nothing else:\n%s", text)
	}
	if text := parentText(t, p.until("rollback/verify")); !strings.Contains(text, "▸ 100 % on v1.2.3 after 20 s") {
		t.Errorf("both are back:\n%s", text)
	}
}

func TestTheThreadNamesThePartOfAStep(t *testing.T) {
	t.Parallel()
	p := start(t, together(t, nil)).until("traffic/100@worker").say(deploy.SignalRollBack, "U0BOB", "5xx").until("")
	var story []string
	for _, e := range p.entries {
		if m, ok := slack.DrawEntry(p.release, e); ok {
			story = append(story, m.Text())
		}
	}
	text := strings.Join(story, "\n")
	for _, want := range []string{
		"asked for v1.2.4 to production, by way of 10 %, 100 %, together with worker",
		"✓ *worker: Service and baseline* · 10 s", "✓ *worker: New revision* · 10 s", "✓ *worker: Rolled back* · 10 s", "✓ *100 % back* · 10 s",
		"*worker*  123456789012.dkr.ecr.us-east-1.amazonaws.com/coditect-worker v1.2.4 `sha256:1c2d3e4f5a6b…` in place of coditect-worker:41",
		"*Then*  10 %, 100 % of traffic, worker with the last of it, task by task",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the story does not say %q:\n%s", want, text)
		}
	}
}

func TestARolloutIsAskedForAsSuch(t *testing.T) {
	t.Parallel()
	const who, gate = "<!subteam^S0ONCALL>", "traffic/100/gate"
	p := start(t, rolling(t, func(a *deploy.Ask) { a.Spec.Also = together(t, nil).Spec.Also })).until(gate)
	golden(t, "ask-rollout", slack.DrawAsk(p.release, gate, who, p.now))
	if text, want := slack.DrawAsk(p.release, gate, who, p.now).Text(), "*coditect-app v1.2.4* wants to be rolled out to production, together with worker"; !strings.Contains(text, want) {
		t.Errorf("it does not say %q:\n%s", want, text)
	}
	m, ok := slack.DrawStamp(p.say(deploy.SignalPromote, "U0BOB", "").release, gate, who)
	if !ok || !strings.Contains(m.Text(), "✓ Rollout approved by <@U0BOB> at ") {
		t.Errorf("once it is approved: %t, %s", ok, m.Text())
	}
}

func TestTheIncidentOfARolloutCountsTasks(t *testing.T) {
	t.Parallel()
	incident := func(p *play, part string) string {
		p.release.Incident = &deploy.Incident{Part: part, At: p.now, Began: p.now.Add(-time.Minute), Back: p.now, Share: 100, Trigger: "5xx"}
		return slack.DrawIncident(p.release, true, "").Text()
	}
	for name, c := range map[string]struct {
		text string
		want []string
	}{
		"in the middle": {incident(start(t, rolling(t, unasked)).comes("traffic/100", "2 of 4 tasks run coditect-app:42, 1 pending").say(deploy.SignalRollBack, "U0BOB", "5xx").until(""), ""),
			[]string{"· 2 of 4 tasks when last seen on v1.2.4 ·", "rollout begun and interrupted"}},
		"before anything was seen of it": {incident(start(t, rolling(t, unasked)).until("traffic/100").say(deploy.SignalRollBack, "U0BOB", "5xx").until(""), ""),
			[]string{"· at most all tasks on v1.2.4 ·"}},
		"when it was done": {incident(start(t, rolling(t, unasked)).until("validate/service").say(deploy.SignalRollBack, "U0BOB", "5xx").until(""), ""),
			[]string{"· all tasks on v1.2.4 ·", "v1.2.4 rolled out"}},
		"of a part": {incident(start(t, together(t, nil)).comes("traffic/100@worker", half).say(deploy.SignalRollBack, "U0BOB", "5xx").until(""), "worker"),
			[]string{"· worker: 2 of 4 tasks when last seen on v1.2.4 ·", "worker: rollout begun and interrupted", "✓ 100 % on v1.2.3, worker back to v1.2.3 since"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, want := range c.want {
				if !strings.Contains(c.text, want) {
					t.Errorf("it does not say %q:\n%s", want, c.text)
				}
			}
		})
	}
}
