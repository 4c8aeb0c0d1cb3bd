package slack

import (
	"fmt"
	"strings"
	"time"

	sdk "github.com/slack-go/slack"

	"slipway/internal/deploy"
)

// phase is a chapter of the plan in force, with what its steps add up to.
type phase struct {
	id     deploy.Phase
	status sdk.TaskCardStatus
	steps  []deploy.Step
	took   string // "" while it has not begun, or if it took no time
	slow   string // how long it takes usually, if it takes or took much longer
	note   string // evidence, as people and platforms wrote it: not escaped
}

// phases sums the plan in force up, or after a failure the one that failed; u is how long steps took before. A zero now
// leaves out whatever changes by the passing of time alone.
func phases(r *deploy.Release, now time.Time, u deploy.Usual) []phase {
	var list []phase
	plan := r.Plan()
	if r.State == deploy.Failed { // what failed is in the plan that it went forward with
		plan = r.Steps
	}
	for _, s := range plan {
		if len(list) == 0 || list[len(list)-1].id != s.Phase {
			list = append(list, phase{id: s.Phase})
		}
		last := &list[len(list)-1]
		last.steps = append(last.steps, s)
	}
	for i := range list {
		p := &list[i]
		p.status = p.sum()
		p.took = p.duration(now)
		p.slow = p.slowness(now, u)
		p.note = p.evidence(r)
	}
	return list
}

func (p *phase) sum() sdk.TaskCardStatus {
	ended, begun := 0, 0
	for _, s := range p.steps {
		switch {
		case s.Status == deploy.Broken:
			return sdk.TaskCardStatusError
		case s.Status.Ended():
			ended++
		case s.Status == deploy.Started:
			begun++
		}
	}
	switch {
	case ended == len(p.steps):
		return sdk.TaskCardStatusComplete
	case ended+begun > 0:
		return sdk.TaskCardStatusInProgress
	}
	return sdk.TaskCardStatusPending
}

func (p *phase) duration(now time.Time) string {
	var from, to time.Time
	for _, s := range p.steps {
		if from.IsZero() {
			from = s.Begun
		}
		if s.EndedAt.After(to) {
			to = s.EndedAt
		}
	}
	switch {
	case from.IsZero():
		return ""
	case p.status != sdk.TaskCardStatusInProgress:
		return took(to.Sub(from))
	case now.IsZero():
		return ""
	}
	return running(now.Sub(from))
}

// slowness names the first step that takes, or took, much longer than it does usually.
func (p *phase) slowness(now time.Time, u deploy.Usual) string {
	for _, s := range p.steps {
		if s.Status == deploy.Skipped || !s.Status.Ended() && now.IsZero() || !u.Slow(s, now) {
			continue
		}
		usually := running(u.Step(s))
		if usually == "" {
			usually = "under 1 s"
		}
		if len(p.steps) == 1 {
			return "slow, usually " + usually
		}
		return "slow: " + label(s) + ", usually " + usually
	}
	return ""
}

// evidence is what a phase has to show in one line.
func (p *phase) evidence(r *deploy.Release) string {
	if p.id == deploy.Traffic && p.status != sdk.TaskCardStatusError {
		return p.shares()
	}
	var notes []string
	for _, s := range p.steps {
		if note := oneLine(proof(r, s)); note != "" && (p.status != sdk.TaskCardStatusError || s.Status == deploy.Broken) {
			notes = append(notes, note)
		}
	}
	return cut(strings.Join(notes, "; "), mostNote)
}

// proof is the evidence of one step.
func proof(r *deploy.Release, s deploy.Step) string {
	switch {
	case s.Status == deploy.Broken:
	case s.Kind == deploy.KindRetire && s.Status == deploy.Done:
		return "" // what was tidied up proves nothing
	case s.Kind == deploy.KindLoad && s.Status == deploy.Started:
		return "" // it changes with each stretch, and the state of the release counts it through
	case s.Kind == deploy.KindReady && r.Readiness != nil:
		return checklistNote(r)
	case s.Kind == deploy.KindPropose && s.Status == deploy.Done && r.Proposal != nil:
		return planNote(*r.Proposal)
	case s.Kind == deploy.KindConfirm: // the approval says as much
		return ""
	case isPlanGate(s) && s.Status == deploy.Done:
		return "approved"
	}
	return firstLine(s)
}

// firstLine is the evidence of a step without what follows line by line: each check has a line of its own, which is for
// the thread.
func firstLine(s deploy.Step) string {
	if !s.Kind.InOneCall() {
		return s.Note
	}
	first, _, _ := strings.Cut(s.Note, "\n")
	return first
}

// shares says which shares of traffic are behind and which are to come.
func (p *phase) shares() string {
	var done string
	var ahead []int
	for _, s := range p.steps {
		if s.Kind != deploy.KindShift {
			continue
		}
		if s.Status == deploy.Done {
			done = fmt.Sprintf("%d %%", s.Percent)
		} else {
			ahead = append(ahead, s.Percent)
		}
	}
	switch {
	case done == "":
		return percents(ahead)
	case len(ahead) == 0:
		return done
	}
	return done + ", then " + percents(ahead)
}

// title is what stands beside the sign of a phase. It holds our own words only.
func (p *phase) title() string {
	return dotted(chapter(p.id), p.took, p.slow)
}

// plan is Slack's plan block: one card per phase. Evidence is rich text, which Slack takes literally.
func planBlock(list []phase) sdk.Block {
	done := 0
	var cards []*sdk.TaskCardBlock
	for _, p := range list {
		if p.status == sdk.TaskCardStatusComplete {
			done++
		}
		card := sdk.NewTaskCardBlock(string(p.id), p.title()).WithStatus(p.status)
		if p.note != "" {
			card.WithDetails(sdk.NewRichTextBlock("", sdk.NewRichTextSection(sdk.NewRichTextSectionTextElement(p.note, nil))))
		}
		cards = append(cards, card)
	}
	return sdk.NewPlanBlock(fmt.Sprintf("%d of %d phases done", done, len(list))).WithTasks(cards...)
}

var signs = map[sdk.TaskCardStatus]string{
	sdk.TaskCardStatusPending: "○", sdk.TaskCardStatusInProgress: "●", sdk.TaskCardStatusComplete: "✓", sdk.TaskCardStatusError: "✗",
}

// planSection says the same where the plan block is not known: a line per phase, and one for all that wait.
func planSection(list []phase) sdk.Block {
	var lines, waiting []string
	for _, p := range list {
		if p.status == sdk.TaskCardStatusPending && p.note == "" {
			waiting = append(waiting, signs[p.status]+" "+chapter(p.id))
			continue
		}
		line := signs[p.status] + " *" + chapter(p.id) + "*"
		if p.took != "" {
			line += "  " + dotted(p.took, p.slow)
		}
		if p.note != "" {
			line += "  " + esc(p.note)
		}
		lines = append(lines, line)
	}
	if len(waiting) > 0 {
		lines = append(lines, strings.Join(waiting, " · "))
	}
	return section(strings.Join(lines, "\n"))
}
