package slack

import (
	"fmt"
	"strings"
	"time"

	sdk "github.com/slack-go/slack"

	"slipway/internal/deploy"
)

// mostPlanned is how many changes a plan shows; a service has fewer settings than that.
const mostPlanned = 60

// certain says whether people will be asked at a gate for certain: not where a healthy version goes on by itself, nor
// about a plan in which nothing is risky, as far as that is known.
func certain(r *deploy.Release, gate deploy.Step) bool {
	if gate.Kind != deploy.KindGate {
		return false
	}
	return gate.Ask == deploy.AskAlways || gate.Ask == deploy.AskRisky && r.Proposal.Needs(r.Spec) > 0
}

// judges says whether a gate goes by the verdict.
func judges(gate deploy.Step) bool {
	return gate.Ask == deploy.AskUnsure || gate.Ask == deploy.AskNobody
}

// planNote is a plan in a few words.
func planNote(p deploy.Proposal) string {
	schema := databaseNote(p.Migration)
	switch n := len(p.Changes); {
	case p.Unknown != "":
		return "plan " + p.Short() + ": changes of settings not known" + schema
	case n == 0:
		return "plan " + p.Short() + ": no setting changes" + schema
	default:
		return fmt.Sprintf("plan %s: %s%s", p.Short(), counts(n, "change"), schema)
	}
}

// planCard is what a release would change, as the thread keeps it.
func planCard(r deploy.Release, e deploy.Entry, u deploy.Usual) message {
	head := dotted("✓ *Plan* "+code(r.Proposal.Short()), took(time.Duration(e.Took)*time.Millisecond))
	lines := append([]string{head}, planLines(&r)...)
	lines = append(lines, thenLine(&r), checksLine(&r), asksLine(&r), takesLine(&r, u))
	return message{text: joinLines(lines...), blocks: packed(lines)}
}

// planLines are the image, what runs now, each change, and what is done to the database. Values of secrets and variables
// are not among them.
func planLines(r *deploy.Release) []string {
	lines := append([]string{"*Image*  " + imageWords(r), "*Now*  " + nowWords(r)}, partLines(r)...)
	lines = append(lines, changeLines(r.Proposal)...)
	return append(lines, databaseLines(r)...)
}

func changeLines(p *deploy.Proposal) []string {
	switch {
	case p.Unknown != "":
		return []string{"*Changes*  not known: " + esc(cut(oneLine(p.Unknown), 2*mostNote))}
	case len(p.Changes) == 0:
		return []string{"*Changes*  none, but for the image"}
	}
	lines := []string{"*Changes* besides the image"}
	for _, c := range p.Changes[:min(len(p.Changes), mostPlanned)] {
		lines = append(lines, "• "+esc(cut(oneLine(c.String()), mostNote)))
	}
	if more := len(p.Changes) - mostPlanned; more > 0 {
		lines = append(lines, fmt.Sprintf("and %d more", more))
	}
	return lines
}

func imageWords(r *deploy.Release) string {
	return imageOf(r.Proposal.Image, r.Version)
}

// imageOf is an image by what people know it by.
func imageOf(ref, version string) string {
	repository, digest, _ := strings.Cut(ref, "@")
	const enough = len("sha256:") + 12
	if len(digest) > enough {
		digest = digest[:enough] + "…"
	}
	return esc(cut(repository, mostNote)) + " " + esc(cut(version, mostName)) + " " + code(digest)
}

func nowWords(r *deploy.Release) string {
	if r.Proposal.Baseline == "" {
		return "nothing has traffic"
	}
	return baseline(r) + " has 100 %"
}

// thenLine is the way of the traffic.
func thenLine(r *deploy.Release) string {
	shares := shiftShares(r)
	if len(shares) == 0 {
		return ""
	}
	text := "*Then*  " + percents(shares) + " of traffic"
	if rolls(r) {
		text = "*Then*  the platform replaces what runs, task by task"
	}
	for _, p := range r.Spec.Also {
		if p.Rolling && !rolls(r) {
			text += ", " + esc(p.Name) + " with the last of it, task by task"
		}
	}
	if d := r.Spec.Observe; d > 0 {
		text += ", observed for " + deploy.Planned(d)
	}
	return text
}

// checksLine counts what is looked at on the way.
func checksLine(r *deploy.Release) string {
	var parts []string
	for _, c := range []struct {
		n     int
		words string
	}{
		{len(r.Spec.Health), "health"}, {len(r.Spec.ChecksAt(deploy.Smoke)), "smoke"}, {len(r.Spec.ChecksAt(deploy.Functional)), "functional"},
		{len(r.Spec.Loads), "load"}, {len(r.Spec.Items), "checklist"},
	} {
		if c.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", c.n, c.words))
		}
	}
	if r.Spec.Metrics != nil {
		parts = append(parts, fmt.Sprintf("%d metrics watched", len(r.Spec.Metrics.Objectives)))
	}
	if len(parts) == 0 {
		return "*Checks*  none"
	}
	return "*Checks*  " + strings.Join(parts, ", ")
}

// asksLine says what people are asked for, and whom.
func asksLine(r *deploy.Release) string {
	var wants []string
	risky := r.Proposal.Needs(r.Spec)
	for _, s := range r.Steps {
		switch {
		case !certain(r, s):
		case s.AboutPlan() && risky > max(r.Spec.Policy.Approvals, 1):
			wants = append(wants, fmt.Sprintf("%s (%d people, for what is risky)", r.Wants(&s), risky))
		default:
			wants = append(wants, r.Wants(&s))
		}
	}
	if len(wants) == 0 {
		return "*Approval*  none is asked for"
	}
	if len(r.Spec.Policy.Approve) == 0 {
		return "*Approval*  of " + strings.Join(wants, ", ") + ", by nobody: the list of approvers is empty"
	}
	text := fmt.Sprintf("*Approval*  of %s, by %d of %s", strings.Join(wants, ", "), max(r.Spec.Policy.Approvals, 1), approverWords(r))
	switch {
	case !r.Spec.Policy.RequesterMayApprove:
		text += ", not whoever asked for it"
	case risky > 0:
		text += ", of the plan not whoever asked for it"
	}
	return text
}

// approverWords names groups by their handles, which notifies nobody. Ids say nothing to people.
func approverWords(r *deploy.Release) string {
	var names []string
	for _, p := range r.Spec.Policy.Approve {
		if isUser(string(p)) || isGroup(string(p)) {
			continue
		}
		names = append(names, esc(string(p)))
	}
	if n := len(r.Spec.Policy.Approve) - len(names); n > 0 {
		names = append(names, fmt.Sprintf("%d more that the catalog names", n))
	}
	return strings.Join(names, ", ")
}

// takesLine is how long it all takes by what it took before.
func takesLine(r *deploy.Release, u deploy.Usual) string {
	var whole time.Duration
	people := 0
	for _, s := range r.Steps {
		whole += u.Step(s)
		if certain(r, s) {
			people++
		}
	}
	text := "*Takes*  about " + running(max(whole, time.Second))
	switch people {
	case 0:
		return text
	case 1:
		return text + ", not counting 1 approval"
	}
	return fmt.Sprintf("%s, not counting %d approvals", text, people)
}

// planMessage is what asks people for their approval of the plan.
func planMessage(r deploy.Release, gate deploy.Step, who string) message {
	lines := []string{planHead(&r, r.Proposal.Short(), who)}
	lines = append(lines, planLines(&r)...)
	lines = append(lines, checksLine(&r), riskyLine(&r), terms(&r, gate))
	return message{text: joinLines(lines...), blocks: append(packed(lines), planButtons(&r, gate)), aloud: true}
}

// riskyLine says why more people are asked, or others, than for a plan without anything risky.
func riskyLine(r *deploy.Release) string {
	if r.Proposal.Needs(r.Spec) == 0 {
		return ""
	}
	return "▲ Risky for the database: " + riskCount(r.Proposal.Migration) + ". Whoever asked for the release cannot approve that."
}

func planHead(r *deploy.Release, short, who string) string {
	text := fmt.Sprintf("*%s %s* wants the plan %s for %s approved; nothing is changed before that.", esc(r.Target.Service), esc(r.Version), code(short), esc(r.Target.Environment))
	if who != "" {
		return who + "  " + text
	}
	return text
}

// planStamp says in one line how the question of the plan was decided. ok is false while it is not.
func planStamp(r *deploy.Release, gate deploy.Step) (stamp string, ok bool) {
	switch {
	case gate.Status == deploy.Done:
		return fmt.Sprintf("✓ Plan approved by %s at %s", approvers(gate), clock(lastApproval(gate))), true
	case goingBack(r) || r.State.Terminal() || gate.Status.Ended():
		return fmt.Sprintf("↩ Not approved: stopped by %s at %s, before anything was changed", mention(r.By), clock(latest(gate.EndedAt, r.Since))), true
	case r.State == deploy.Paused && r.By == deploy.Slipway:
		return fmt.Sprintf("■ Expired at %s, held before anything is changed", clock(r.Since)), true
	case r.State == deploy.Paused:
		return fmt.Sprintf("■ Held by %s at %s, before anything is changed", mention(r.By), clock(r.Since)), true
	case r.State == deploy.Parked:
		return fmt.Sprintf("■ Stopped by %s at %s", mention(r.By), clock(r.Since)), true
	}
	return "", false
}

// voidWhy is what has changed, from the entry that says so.
func voidWhy(e deploy.Entry) string {
	return oneLine(strings.TrimPrefix(e.Text, "the approval is void: "))
}

// voidStamp takes the place of a question about a plan that is no longer so.
func voidStamp(why string) string {
	if why == "" {
		return "✗ Void: the plan has changed"
	}
	return "✗ Void: the plan has changed: " + esc(cut(why, 2*mostNote))
}

// voided is told in the thread; the question about what is so now follows.
func voided(e deploy.Entry) string {
	return "▲ *The approval is void: the plan has changed*\n" + evidence(voidWhy(e)) + "\nPeople are asked about the plan as it is now."
}

// voidedMessage takes the place of a question about a plan that is no longer so.
func voidedMessage(r deploy.Release, short, who, why string) message {
	text := planHead(&r, short, who) + "\n" + voidStamp(why)
	return message{text: text, blocks: []sdk.Block{section(text)}}
}
