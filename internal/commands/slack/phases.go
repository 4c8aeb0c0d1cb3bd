package slack

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	sdk "github.com/slack-go/slack"

	"slipway/internal/deploy"
)

// phase is a chapter of the plan in force, with what its steps add up to.
type phase struct {
	id     deploy.Phase
	step   string // of a restore, which is one phase only, each step is shown: its name
	status sdk.TaskCardStatus
	passed bool // nothing of it is done, or it was interrupted, and the note says why
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
	switch {
	case r.State == deploy.Failed: // what failed is in the plan that it went forward with
		plan = r.Steps
	case r.Kind == deploy.Rollback && !goingBack(r): // people are asked before it goes back
		plan = append(slices.Clone(r.Steps), r.Back...)
	}
	for _, s := range plan {
		switch {
		case restores(r):
			list = append(list, phase{id: s.Phase, step: label(r, s)})
		case len(list) == 0 || list[len(list)-1].id != s.Phase:
			list = append(list, phase{id: s.Phase})
		}
		last := &list[len(list)-1]
		last.steps = append(last.steps, s)
	}
	for i := range list {
		p := &list[i]
		p.status, p.passed = p.sum(), p.skipped()
		p.took = p.duration(now)
		p.slow = p.slowness(r, now, u)
		p.note = p.evidence(r)
	}
	return list
}

func (p *phase) sum() sdk.TaskCardStatus {
	ended, begun, cut := 0, 0, false
	for _, s := range p.steps {
		switch {
		case s.Status == deploy.Broken:
			return sdk.TaskCardStatusError
		case interrupted(s):
			cut = true
		case s.Status.Ended():
			ended++
		case s.Status == deploy.Started:
			begun++
		}
	}
	switch {
	case cut: // whatever was done before, the phase did not come to what it is for
		return sdk.TaskCardStatusPending
	case ended == len(p.steps):
		return sdk.TaskCardStatusComplete
	case ended+begun > 0:
		return sdk.TaskCardStatusInProgress
	}
	return sdk.TaskCardStatusPending
}

// interrupted says whether people, or a breach, ended a step before it was done.
func interrupted(s deploy.Step) bool {
	return s.Status == deploy.Skipped && strings.HasPrefix(s.Note, "interrupted ")
}

// skipped says whether nothing of a phase is done, for a reason.
func (p *phase) skipped() bool {
	return !slices.ContainsFunc(p.steps, func(s deploy.Step) bool { return s.Status != deploy.Skipped || s.Note == "" })
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
func (p *phase) slowness(r *deploy.Release, now time.Time, u deploy.Usual) string {
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
		return "slow: " + label(r, s) + ", usually " + usually
	}
	return ""
}

// evidence is what a phase has to show in one line.
func (p *phase) evidence(r *deploy.Release) string {
	if p.id == deploy.Traffic && p.status != sdk.TaskCardStatusError {
		return p.shares(r)
	}
	var notes []string
	for _, s := range p.steps {
		note := oneLine(proof(r, s))
		if note == "" || p.status == sdk.TaskCardStatusError && s.Status != deploy.Broken || s.Part != "" && slices.Contains(notes, note) {
			continue
		}
		if s.Part != "" {
			note = s.Part + ": " + note
		}
		notes = append(notes, note)
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
	case s.AboutPlan() && s.Status == deploy.Done && len(s.Approvals) == 0: // nothing in it needs one
		return ""
	case (s.AboutPlan() || s.TakesTwo()) && s.Status == deploy.Done:
		return "approved"
	case s.Kind == deploy.KindMigrate:
		if note, ok := migrated(r, s); ok {
			return note
		}
	}
	return firstLine(s)
}

// firstLine is the evidence of a step without what follows line by line: each check has a line of its own, which is for
// the thread.
func firstLine(s deploy.Step) string {
	if !s.Kind.InOneCall() && !ofDatabase(s) {
		return s.Note
	}
	first, _, _ := strings.Cut(s.Note, "\n")
	return first
}

// shares says which shares of traffic are behind and which are to come, and of each other part where it stands if that is
// not the same.
func (p *phase) shares(r *deploy.Release) string {
	parts := []string{p.sharesOf(r, "")}
	for _, part := range r.Spec.PartNames()[1:] {
		if words := p.sharesOf(r, part); words != parts[0] {
			parts = append(parts, part+" "+words)
		}
	}
	return dotted(parts...)
}

func (p *phase) sharesOf(r *deploy.Release, part string) string {
	var done string
	var ahead []int
	seen := r.Of(part)
	for _, s := range p.steps {
		if s.Kind != deploy.KindShift || s.Part != part {
			continue
		}
		if rolls(&seen) {
			return rolloutNote(r, s)
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
	if p.passed && p.took == "" {
		return dotted(p.name(), "skipped")
	}
	return dotted(p.name(), p.took, p.slow)
}

// name is what a phase is called.
func (p *phase) name() string { return cmp.Or(p.step, chapter(p.id)) }

// plan is Slack's plan block: one card per phase. Evidence is rich text, which Slack takes literally.
func planBlock(list []phase) sdk.Block {
	done, of := 0, len(list)
	var cards []*sdk.TaskCardBlock
	for _, p := range list {
		if p.passed && p.status == sdk.TaskCardStatusComplete {
			of--
		} else if p.status == sdk.TaskCardStatusComplete {
			done++
		}
		id := string(p.id)
		if p.step != "" {
			id = string(p.steps[0].Name)
		}
		card := sdk.NewTaskCardBlock(id, p.title()).WithStatus(p.status)
		if p.note != "" {
			card.WithDetails(sdk.NewRichTextBlock("", sdk.NewRichTextSection(sdk.NewRichTextSectionTextElement(p.note, nil))))
		}
		cards = append(cards, card)
	}
	return sdk.NewPlanBlock(fmt.Sprintf("%d of %d phases done", done, of)).WithTasks(cards...)
}

var signs = map[sdk.TaskCardStatus]string{
	sdk.TaskCardStatusPending: "○", sdk.TaskCardStatusInProgress: "●", sdk.TaskCardStatusComplete: "✓", sdk.TaskCardStatusError: "✗",
}

// planSection says the same where the plan block is not known: a line per phase, and one for all that wait.
func planSection(list []phase) sdk.Block {
	var lines, waiting []string
	for _, p := range list {
		if p.status == sdk.TaskCardStatusPending && p.note == "" {
			waiting = append(waiting, signs[p.status]+" "+p.name())
			continue
		}
		sign := signs[p.status]
		if p.passed {
			sign = "–"
		}
		line := sign + " *" + p.name() + "*"
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
