package slack_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"slipway/internal/commands/slack"
	"slipway/internal/deploy"
	"slipway/internal/sandbox/workspace"
	"slipway/internal/sandbox/workspace/blockkit"
)

const approve deploy.StepName = "preflight/approve"

func planned(a *deploy.Ask) {
	a.Spec.Health = nil
	a.Spec.Policy.ApprovePlan = true
	a.Spec.Policy.Approve = []deploy.Principal{"@oncall", "U0BOB"}
	a.Spec.Strategy.Steps = []deploy.TrafficStep{{Percent: 100}}
}

// another is a plan that differs from the usual one.
func another(r deploy.Release) deploy.Proposal {
	p := deploy.NewProposal(r, []deploy.Change{{What: "cpu", From: "1", To: "4"}}, "")
	p.Hash = "77aa000000112233445566778899aabbccddeeff00112233445566778899aabb"
	return p
}

// approves says yes to the plan as it is now.
func (p *play) approves(by deploy.UserID) *play {
	p.now = p.now.Add(2 * time.Minute)
	r, entries := deploy.Apply(p.release, deploy.Signal{Kind: deploy.SignalPromote, By: by, Step: approve, Plan: p.release.Proposal.Hash}, p.now)
	p.keep(r, entries)
	return p
}

func TestQuestionAboutThePlan(t *testing.T) {
	t.Parallel()
	const who = "<!subteam^S0ONCALL>"
	at := func() *play { return start(t, newRelease(t, planned)).until(approve) }
	p := at()
	ask := slack.DrawAsk(p.release, approve, who, p.now)
	goldenText(t, "plan-ask", seenBy(t, ask))
	goldenText(t, "plan-parent", seenBy(t, slack.DrawParent(p.release, p.now, false)))
	for _, c := range blockkit.Controls(blocksOf(t, ask)) {
		if want := "coditect-app-42|preflight/approve|" + p.release.Proposal.Hash; c.ActionID == "promote" && c.Value != want {
			t.Errorf("the approval carries %q, want %q", c.Value, want)
		}
	}
	for want, p := range map[string]*play{
		"✓ Plan approved by @bob at 12:02":                                      at().approves("U0BOB"),
		"↩ Not approved: stopped by @bob at 12:02, before anything was changed": at().say(deploy.SignalRollBack, "U0BOB", ""),
		"■ Held by @carol at 12:02, before anything is changed":                 at().say(deploy.SignalPause, "U0CAROL", ""),
	} {
		m, ok := slack.DrawStamp(p.release, approve, who)
		if _, got, _ := strings.Cut(names.Markup(m.Text()), "\n"); got != want || !ok {
			t.Errorf("stamp %q, want %q", got, want)
		}
	}
}

func TestAPlanOfAnySizeFitsIntoAMessage(t *testing.T) {
	t.Parallel()
	p := start(t, newRelease(t, planned))
	p.changes = func(r deploy.Release) deploy.Proposal {
		var changes []deploy.Change
		for i := range 300 {
			changes = append(changes, deploy.Change{What: fmt.Sprintf("env %s_%d", strings.Repeat("<LONG>", 40), i), From: strings.Repeat("&", 500), To: "<!channel>"})
		}
		return deploy.NewProposal(r, changes, "")
	}
	p.until(approve)
	cards := []slack.Drawn{slack.DrawAsk(p.release, approve, "", p.now)}
	for _, e := range p.entries {
		if m, ok := slack.DrawEntry(p.release, e); ok && e.Step == "preflight/plan" {
			cards = append(cards, m)
		}
	}
	if len(cards) != 2 {
		t.Fatalf("%d cards", len(cards))
	}
	for _, d := range cards {
		raw, err := d.JSON()
		if err != nil {
			t.Fatal(err)
		}
		valid(t, raw)
		if shown := seenBy(t, d); !strings.Contains(shown, "and 240 more") || strings.Contains(string(raw), "<!channel>") {
			t.Errorf("shown as\n%.1500s", shown)
		}
	}
	unknown := start(t, newRelease(t, planned))
	unknown.changes = func(r deploy.Release) deploy.Proposal { return deploy.NewProposal(r, nil, "Cloud Run did not answer") }
	unknown.until(approve)
	if shown := seenBy(t, slack.DrawAsk(unknown.release, approve, "", unknown.now)); !strings.Contains(shown, "Changes  not known: Cloud Run did not answer") {
		t.Errorf("shown as\n%s", shown)
	}
}

// plans are the questions about plans, as they are now.
func (s *stage) plans() (posts []workspace.Post) {
	for _, p := range s.thread() {
		if strings.Contains(p.Text, "wants the plan") {
			posts = append(posts, p)
		}
	}
	return posts
}

func TestAnApprovalThatIsVoidIsAskedForAnew(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	p := s.release(planned).until(approve)
	s.announce("one", nil)
	s.announce("two", nil)
	says := func(n int, text string) func() bool {
		return func() bool {
			plans := s.plans()
			return len(plans) > n && strings.Contains(plans[n].Text, text)
		}
	}
	eventually(t, s.w, "the question", says(0, "cpu 1 → 2"))
	p.approves("U0BOB").until("preflight/confirm")
	eventually(t, s.w, "the approval", says(0, "✓ Plan approved by <@U0BOB>"))
	p.changes = another
	p.until(approve)
	eventually(t, s.w, "the second question", says(1, "cpu 1 → 4"))
	eventually(t, s.w, "the first is void", says(0, "✗ Void: the plan has changed: now: cpu 1 → 4; no longer: cpu 1 → 2"))
	eventually(t, s.w, "that is told", s.threadHas("▲ *The approval is void: the plan has changed*"))
	if plans := s.plans(); len(plans) != 2 || len(plans[0].Buttons) != 0 || len(plans[1].Buttons) != 3 || plans[1].Broadcast == "" {
		t.Errorf("questions %+v", plans)
	}
	p.approves("U0BOB").until("deploy/revision")
	eventually(t, s.w, "approved", says(1, "✓ Plan approved by <@U0BOB>"))
	s.settled(p)
	if plans := s.plans(); len(plans) != 2 || !strings.Contains(plans[0].Text, "✗ Void") {
		t.Errorf("questions %+v", plans)
	}
}

func TestAVoidApprovalIsStampedByWhoHasNotSeenIt(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	p := s.release(planned).until(approve)
	_, stop := s.announce("one", nil)
	eventually(t, s.w, "the question", func() bool { return len(s.plans()) == 1 })
	p.approves("U0BOB").until("preflight/confirm")
	stop()
	p.changes = another
	p.until(approve).say(deploy.SignalRollBack, "U0BOB", "not like this")
	s.announce("two", nil)
	s.settled(p)
	eventually(t, s.w, "the stamp", func() bool {
		return strings.Contains(s.plans()[0].Text, "✗ Void: the plan has changed: now: cpu 1 → 4")
	})
	if n := len(s.plans()); n != 1 {
		t.Errorf("%d questions, of which one is about what nobody can decide any more", n)
	}
}
