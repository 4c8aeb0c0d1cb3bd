package slack

import (
	"context"
	"slices"
	"strings"

	"slipway/internal/deploy"
)

// questionKey is the key of a question in Announcement.Asked: its step, and for the question of a plan which plan.
// Another plan is another question.
func questionKey(r *deploy.Release, step deploy.Step) string {
	if step.AboutPlan() && r.Proposal != nil {
		return string(step.Name) + "#" + r.Proposal.Short()
	}
	return string(step.Name)
}

func splitKey(key string) (step deploy.StepName, plan string) {
	name, plan, _ := strings.Cut(key, "#")
	return deploy.StepName(name), plan
}

// wasAsked says whether people have seen a question of a step.
func (t *round) wasAsked(step deploy.StepName) bool {
	for key := range t.note.Asked {
		if name, _ := splitKey(key); name == step {
			return true
		}
	}
	return false
}

// asks mentions those who are asked: those on call at a gate, those who owe what is open of the checklist, and for what
// nobody owes whoever asked for the release.
func (t *round) asks(ctx context.Context, step deploy.Step) string {
	if step.Kind != deploy.KindReady {
		return t.onCall(ctx)
	}
	var who []string
	for _, d := range debts(t.release.Readiness) {
		name := mention(t.release.Requester)
		if d.owner != "" {
			name = t.a.directory.Mention(ctx, d.owner)
		}
		if !slices.Contains(who, name) {
			who = append(who, name)
		}
	}
	return strings.Join(who, " ")
}

// asking is how a question that was asked is to be shown now. An empty as leaves it as it is; a final one is not looked
// at again.
type asking struct {
	m     message
	as    string // fingerprint without what ticks
	final bool
}

// question is how the question of a step is to be shown, that of a plan with the plan it was about. That a plan was
// approved is not the last word: until it has been confirmed the approval may become void.
func (t *round) question(ctx context.Context, step deploy.Step, plan string) (asking, error) {
	r := &t.release
	stamped := func(m message, final bool) asking { return asking{m: m, as: m.fingerprint(), final: final} }
	if plan != "" && r.Proposal != nil && plan != r.Proposal.Short() {
		why, err := t.voidedBecause(ctx)
		return stamped(voidedMessage(*r, plan, t.asks(ctx, step), why), true), err
	}
	if stamp, decided := stampOf(r, step); decided {
		return stamped(stampMessage(*r, step, t.asks(ctx, step), stamp), !step.AboutPlan() || confirmed(r)), nil
	}
	if open := openQuestion(r); open == nil || open.Name != step.Name {
		return asking{}, nil
	}
	who := t.asks(ctx, step)
	return asking{m: askMessage(*r, step, who, t.now()), as: askMessage(*r, step, who, zero).fingerprint()}, nil
}

// confirmed says whether an approval of the plan cannot become void any more.
func confirmed(r *deploy.Release) bool {
	if r.State.Terminal() || goingBack(r) {
		return true
	}
	return !slices.ContainsFunc(r.Steps, func(s deploy.Step) bool { return s.Kind == deploy.KindConfirm && !s.Status.Ended() })
}

// voidedBecause is what has changed since a plan was approved: it is about to be told, or has been.
func (t *round) voidedBecause(ctx context.Context) (string, error) {
	for _, l := range slices.Backward(t.lines) {
		if l.Kind == deploy.EntryVoided {
			return voidWhy(l.Entry), nil
		}
	}
	journal, err := t.a.store.Journal(ctx, t.release.ID, 0)
	if err != nil {
		return "", err
	}
	for _, e := range slices.Backward(journal) {
		if e.Kind == deploy.EntryVoided {
			return voidWhy(e), nil
		}
	}
	return "", nil
}
