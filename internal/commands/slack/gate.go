package slack

import (
	"fmt"
	"strings"
	"time"

	sdk "github.com/slack-go/slack"

	"slipway/internal/deploy"
)

// openQuestion is the step about which people are asked now, or nil: a gate, or the checklist.
func openQuestion(r *deploy.Release) *deploy.Step {
	if step := r.Readying(); step != nil && r.State == deploy.Waiting && len(r.Readiness.Open) > 0 {
		return step
	}
	return openGate(r)
}

// openGate is the gate that waits for people now, or nil.
func openGate(r *deploy.Release) *deploy.Step {
	cur := r.Current()
	if r.State != deploy.Waiting || cur == nil || cur.Kind != deploy.KindGate || cur.Status != deploy.Started {
		return nil
	}
	return cur
}

// askMessage is what asks people for their approval, or for what is open. who is the mention of those who are asked,
// written once per question: posting it is what notifies them. A zero now leaves out the numbers of the last look.
func askMessage(r deploy.Release, gate deploy.Step, who string, now time.Time) message {
	switch {
	case gate.Kind == deploy.KindReady && r.Readiness != nil:
		return readyMessage(r, gate, who)
	case gate.AboutPlan() && r.Proposal != nil:
		return planMessage(r, gate, who)
	case gate.TakesTwo():
		return agreeMessage(r, gate, who)
	}
	lines := []string{wants(&r, gate, who, judged(&r, now)), terms(&r, gate)}
	if refusesPromotion(&r) {
		lines = append(lines, forceLine(&r, gate))
	}
	question := joinLines(lines...)
	return message{text: question, blocks: []sdk.Block{section(question), gateButtons(&r, gate)}, aloud: true}
}

// stampMessage takes the place of the question once it is decided: the same, without buttons, and who decided.
func stampMessage(r deploy.Release, gate deploy.Step, who, stamp string) message {
	text := joinLines(asked(&r, gate, who), stamp)
	return message{text: text, blocks: []sdk.Block{section(text)}}
}

// asked is the first line of a question.
func asked(r *deploy.Release, gate deploy.Step, who string) string {
	switch {
	case gate.Kind == deploy.KindReady && r.Readiness != nil:
		return readyHead(r, who)
	case gate.AboutPlan() && r.Proposal != nil:
		return planHead(r, r.Proposal.Short(), who)
	case gate.TakesTwo():
		return agreeHead(r, who)
	}
	return wants(r, gate, who, "")
}

func wants(r *deploy.Release, gate deploy.Step, who, verdict string) string {
	now := "no traffic yet"
	if before := shareBefore(r, gate); before.Percent > 0 {
		now = fmt.Sprintf("now %d %%", before.Percent)
		if before.Bake > 0 {
			now += ", baked " + deploy.Planned(before.Bake)
		}
	}
	text := fmt.Sprintf("*%s %s* wants %s of %s (%s)", esc(r.Target.Service), esc(r.Version), r.Wants(&gate), esc(r.Target.Environment), now)
	if rolls(r) {
		text = fmt.Sprintf("*%s %s* wants to be rolled out to %s", esc(r.Target.Service), esc(r.Version), esc(r.Target.Environment))
	}
	if names := partNames(r); names != "" {
		text += ", together with " + names
	}
	if who != "" {
		text = who + "  " + text
	}
	return joinLines(text, verdict)
}

// judged is the verdict that people decide by, with what it rests on.
func judged(r *deploy.Release, now time.Time) string {
	word := verdictWord(r)
	if word == "" {
		return ""
	}
	numbers, upTo := numbersLine(r, now), ""
	if numbers != "" && !r.Watch.Through.IsZero() {
		upTo = " (up to " + clock(r.Watch.Through) + ")"
	}
	text := "*" + capital(word) + "*" + upTo
	if rest, again := strings.CutPrefix(numbers, word); again {
		return "*" + capital(word) + "*" + rest
	}
	if numbers != "" {
		text += ": " + numbers
	}
	return text
}

// refusesPromotion says whether a plain approval would be refused.
func refusesPromotion(r *deploy.Release) bool {
	return watched(r) && r.Watch.Last.Verdict == deploy.Unhealthy
}

// shareBefore is the share and the bake that precede a gate in the plan. It is taken from the plan, so that the
// question still reads the same after traffic has moved on.
func shareBefore(r *deploy.Release, gate deploy.Step) deploy.Step {
	var before deploy.Step
	for _, s := range r.Steps {
		switch {
		case s.Name == gate.Name:
			return before
		case s.Kind == deploy.KindShift && s.Part == "":
			before = deploy.Step{Percent: s.Percent}
		case s.Kind == deploy.KindBake && s.Status == deploy.Done:
			before.Bake = s.Bake
		}
	}
	return deploy.Step{}
}

func terms(r *deploy.Release, gate deploy.Step) string {
	needed := "1 approval needed"
	if gate.Needed > 1 {
		needed = fmt.Sprintf("%d approvals needed", gate.Needed)
	}
	if !r.Spec.Policy.RequesterMayApprove || gate.TakesTwo() || gate.AboutPlan() && r.Proposal.Needs(r.Spec) > 0 {
		needed += ", not from " + mention(r.Requester)
	}
	text := needed + "."
	if !gate.Until.IsZero() {
		text += " Expires " + clock(gate.Until) + ", then " + staysAt(r, gate) + "."
	}
	if judges(gate) {
		text += " Goes on by itself if it becomes healthy."
	}
	if len(gate.Approvals) > 0 {
		text += fmt.Sprintf("\n%d of %d: %s", len(gate.Approvals), gate.Needed, approvers(gate))
	}
	return text
}

func approvers(gate deploy.Step) string {
	var names []string
	for _, a := range gate.Approvals {
		names = append(names, mention(a.By))
	}
	return strings.Join(names, ", ")
}

// stampOf says in one line how a gate was decided. ok is false while it is not.
func stampOf(r *deploy.Release, gate deploy.Step) (stamp string, ok bool) {
	switch {
	case gate.Kind == deploy.KindReady:
		return readyStamp(r, gate)
	case gate.AboutPlan():
		return planStamp(r, gate)
	case gate.TakesTwo():
		return agreeStamp(r, gate)
	}
	switch {
	case rolls(r) && gate.Status == deploy.Done:
		return fmt.Sprintf("✓ Rollout approved by %s at %s", approvers(gate), clock(lastApproval(gate))), true
	case gate.Status == deploy.Done && len(gate.Approvals) < gate.Needed:
		return fmt.Sprintf("✓ Went on to %d %% by itself at %s: healthy", gate.Percent, clock(gate.EndedAt)), true
	case gate.Status == deploy.Done && forcedBy(gate) != "":
		return fmt.Sprintf("▲ Promoted to %d %% against the verdict by %s at %s\n%s", gate.Percent, approvers(gate), clock(lastApproval(gate)), forcedBy(gate)), true
	case gate.Status == deploy.Done:
		return fmt.Sprintf("✓ Promoted to %d %% by %s at %s", gate.Percent, approvers(gate), clock(lastApproval(gate))), true
	case goingBack(r) || r.State.Terminal() || gate.Status.Ended():
		if rolls(r) {
			return fmt.Sprintf("↩ Not rolled out: stopped by %s at %s", mention(r.By), clock(latest(gate.EndedAt, r.Since))), true
		}
		return fmt.Sprintf("↩ Not promoted: rolled back by %s at %s", mention(r.By), clock(latest(gate.EndedAt, r.Since))), true
	case r.State == deploy.Paused && r.By == deploy.Slipway && judges(gate):
		return fmt.Sprintf("■ Held %s at %s: %s", where(r), clock(r.Since), esc(cut(oneLine(r.Why), 2*mostNote))), true
	case r.State == deploy.Paused && r.By == deploy.Slipway:
		return fmt.Sprintf("■ Expired at %s, held %s", clock(r.Since), where(r)), true
	case r.State == deploy.Paused:
		return fmt.Sprintf("■ Held %s by %s at %s", where(r), mention(r.By), clock(r.Since)), true
	case r.State == deploy.Parked:
		return fmt.Sprintf("■ Stopped %s by %s at %s", where(r), mention(r.By), clock(r.Since)), true
	}
	return "", false
}

// forcedBy is why those who went against the verdict did; "" if nobody has.
func forcedBy(gate deploy.Step) string {
	var reasons []string
	for _, a := range gate.Approvals {
		if a.Forced {
			reasons = append(reasons, "Because: "+esc(cut(oneLine(a.Reason), mostNote)))
		}
	}
	return strings.Join(reasons, "\n")
}

func where(r *deploy.Release) string {
	if rolls(r) {
		return rolledSoFar(r)
	}
	if r.Facts.Share == 0 {
		return "without traffic"
	}
	return fmt.Sprintf("at %d %%", r.Facts.Share)
}

func lastApproval(gate deploy.Step) time.Time {
	if n := len(gate.Approvals); n > 0 {
		return gate.Approvals[n-1].At
	}
	return gate.EndedAt
}

// latest prefers the moment the gate itself was closed.
func latest(closed, otherwise time.Time) time.Time {
	if closed.IsZero() {
		return otherwise
	}
	return closed
}
