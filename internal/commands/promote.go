package commands

import (
	"context"
	"strings"

	"slipway/internal/deploy"
)

// promote approves the gate that waits.
func (h *Handler) promote(ctx context.Context, who speaker, c PromoteCommand) (Text, error) {
	t := h.target(c.Service, c.Environment)
	r, ok, err := h.active(ctx, t)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, h.nothingWaits(ctx, t)
	}
	return h.approve(ctx, who, r, wish{PromoteCommand: c})
}

// nothingWaits says that no release is under way, and what became of the last one.
func (h *Handler) nothingWaits(ctx context.Context, t deploy.Target) error {
	last, ok, err := h.previous(ctx, t)
	if err != nil {
		return err
	}
	text := Text{}.Plainf("Nothing waits: no release of %s is under way.", t)
	if ok && last.State.Terminal() {
		text = text.Plain(" The last one, ").Add(title(last)).Plain(", ").Add(ending(last)).Plain(".")
	}
	return refused(text.Line().Plain("See: ").Code(StatusCommand{Service: t.Service, Environment: t.Environment}.String()))
}

// approve stores the approval of the gate that is meant.
func (h *Handler) approve(ctx context.Context, who speaker, r deploy.Release, w wish) (Text, error) {
	if err := h.promotable(r, w); err != nil {
		return nil, err
	}
	gate := r.Gate(w.Force)
	typed := PromoteCommand{Service: r.Target.Service, Environment: r.Target.Environment, Percent: gate.Percent, Force: w.Force, Reason: w.Reason}
	if err := h.mayApprove(ctx, who.by, r, typed.String()); err != nil {
		return nil, err
	}
	if who.by == r.Requester && takesOther(r, *gate) {
		return nil, refused(notAlone(r, *gate, typed))
	}
	if against := r.Against(); against != "" && !w.Force {
		return nil, refused(insist(r, gate.Percent, against))
	}
	seen, err := h.seen(ctx, r, gate, w)
	if err != nil {
		return nil, err
	}
	missing := gate.Needed - len(gate.Approvals)
	if r.MayApprove(gate, who.by) == "" {
		if err := h.signal(ctx, who, r, deploy.Signal{Kind: deploy.SignalPromote, Step: gate.Name, Force: w.Force, Reason: w.Reason, Plan: seen}); err != nil {
			return nil, err
		}
		missing--
	}
	text := Text{}.Plain("Your approval of " + r.Wants(gate))
	if seen != "" { // a command approves what is proposed now, which may not be what the person has read
		text = text.Plain(" ").Code(r.Proposal.Short())
	}
	text = text.Plain(" for ").Strong(string(r.ID)).Plain(" is stored.")
	if missing > 0 {
		return text.Plainf(" It still needs %s from ", approvals(missing)).principals(r.Spec.Policy.Approve).Plain("."), nil
	}
	switch {
	case gate.AboutPlan():
		return text.Plainf(" It begins once it is certain that the plan is still the same; follow it in %s.", r.Spec.Channel), nil
	case gate.TakesTwo():
		return text.Plainf(" It begins at once; follow it in %s.", r.Spec.Channel), nil
	}
	return text.Plainf(" It goes on to %d %%; follow it in %s.", gate.Percent, r.Spec.Channel), nil
}

// takesOther says whether the approval of who asked for the release does not count at a gate.
func takesOther(r deploy.Release, gate deploy.Step) bool {
	gate.Approvals = nil // that this person has approved already is another matter
	return r.MayApprove(&gate, r.Requester) != ""
}

// notAlone refuses the approval of who asked for the release, and says whose would count.
func notAlone(r deploy.Release, gate deploy.Step, typed PromoteCommand) Text {
	policy := r.Spec.Policy
	text := Text{}.Plainf("You asked for %s yourself, so somebody else has to approve it", r.ID)
	switch {
	case gate.TakesTwo():
		text = text.Plain(": nobody does that alone")
	case gate.AboutPlan() && r.Proposal.Needs(r.Spec) > 0:
		text = text.Plainf(": its migration has %s", risky(len(r.Proposal.Migration.Risks)))
	}
	return text.Plain(". Approvers: ").principals(policy.Approve).Plain(".").because(policy.ApproveAt).Line().
		Plain("Ask one of them to press the button, or to type: ").Code(typed.String())
}

// insist refuses an approval against the verdict, and says how to give it all the same.
func insist(r deploy.Release, percent int, against string) Text {
	t := r.Target
	force := PromoteCommand{Service: t.Service, Environment: t.Environment, Percent: percent, Force: true, Reason: placeholderForce}
	back := RollbackCommand{Service: t.Service, Environment: t.Environment, Reason: placeholderReason}
	return Text{}.Plainf("The verdict on %s is against it: %s. Nothing was changed.", r.Version, against).Line().
		Plain("To take it back: ").Code(back.String()).Line().Plain("To promote it all the same, which is recorded: ").Code(force.String())
}

// promotable refuses if the gate that is meant is not the one that waits.
func (h *Handler) promotable(r deploy.Release, w wish) error {
	if r.State.Terminal() {
		return refused(h.over(r))
	}
	if goingBack(r) {
		if gate, ok := passed(r, w); ok && gate.TakesTwo() && w.named() {
			return refused(h.alreadyPromoted(r, gate))
		}
		return refused(title(r).Plain(" ").Add(standing(r, h.now())).Plain(". There is nothing to promote."))
	}
	gate := r.Gate(w.Force)
	if gate != nil && w.means(*gate) {
		return nil
	}
	if gate, ok := passed(r, w); ok && w.named() {
		return refused(h.alreadyPromoted(r, gate))
	}
	if w.Percent > 0 && !hasGate(r, w.Percent) {
		return refused(h.noSuchGate(r, w.Percent))
	}
	if gate != nil {
		right := w.PromoteCommand
		right.Service, right.Environment, right.Percent = r.Target.Service, r.Target.Environment, gate.Percent
		return refused(title(r).Plainf(" waits for %s, not for %s. Type: ", r.Wants(gate), w.wants(r)).Code(right.String()))
	}
	if cur := r.Gate(true); cur != nil {
		return refused(h.byVerdict(r, *cur))
	}
	return refused(h.notOpen(r))
}

// byVerdict answers an approval of a gate that goes by the verdict and asks nobody.
func (h *Handler) byVerdict(r deploy.Release, gate deploy.Step) Text {
	force := PromoteCommand{Service: r.Target.Service, Environment: r.Target.Environment, Percent: gate.Percent, Force: true, Reason: placeholderForce}
	return Text{}.Plain("No approval is asked for: ").Add(title(r)).Plain(" ").Add(standing(r, h.now())).
		Plainf(". It goes on to %d %% by itself once it is healthy; Resume lets it look again.", gate.Percent).
		Line().Plain("To promote it all the same, which is recorded: ").Code(force.String())
}

// passed finds the gate that was meant among those that people have let the release pass.
func passed(r deploy.Release, w wish) (deploy.Step, bool) {
	for _, s := range r.Steps {
		if s.Kind == deploy.KindGate && s.Status == deploy.Done && w.means(s) {
			return s, true
		}
	}
	return deploy.Step{}, false
}

func hasGate(r deploy.Release, percent int) bool {
	for _, s := range r.Steps {
		if s.Kind == deploy.KindGate && s.Percent == percent {
			return true
		}
	}
	return false
}

// alreadyPromoted answers whoever comes late: "Already at 50 %, promoted by @bob 2 min ago."
func (h *Handler) alreadyPromoted(r deploy.Release, gate deploy.Step) Text {
	text := Text{}
	switch {
	case gate.AboutPlan() && len(gate.Approvals) == 0:
		return text.Plain("The plan needed no approval: nothing in it was risky. It went on by itself " + ago(gate.EndedAt, h.now()) + ".")
	case gate.AboutPlan():
		text = text.Plain("The plan is approved already, by ")
	case gate.TakesTwo():
		text = text.Plain("That is approved already (" + r.Wants(&gate) + "), by ")
	case rolls(r) && r.Facts.Share >= gate.Percent:
		text = text.Plain("Rolled out already, approved by ")
	case rolls(r):
		text = text.Plain("Being rolled out already, approved by ")
	case r.Facts.Share >= gate.Percent:
		text = text.Plainf("Already at %d %%, promoted by ", r.Facts.Share)
	default:
		text = text.Plainf("Already on the way from %d %% to %d %%, promoted by ", r.Facts.Share, gate.Percent)
	}
	if len(gate.Approvals) == 0 {
		text = text.Plain("Slipway, since it was healthy,")
	}
	for i, a := range gate.Approvals {
		if i > 0 {
			text = text.Plain(" and ")
		}
		text = text.User(a.By)
	}
	return text.Plain(" " + ago(gate.EndedAt, h.now()) + ".")
}

func (h *Handler) noSuchGate(r deploy.Release, percent int) Text {
	t := r.Target
	var shares []string
	var next *deploy.Step
	for i := range r.Steps {
		s := &r.Steps[i]
		if s.Kind == deploy.KindGate {
			shares = append(shares, r.Wants(s))
			if next == nil && !s.Status.Ended() {
				next = s
			}
		}
	}
	text := title(r).Plainf(" does not ask for %d %%", percent)
	if len(shares) == 0 {
		return text.Plain(", nor for any other approval. It ").Add(standing(r, h.now())).Plain(".")
	}
	text = text.Plainf("; it asks for %s.", strings.Join(shares, ", "))
	if next == nil {
		return text.Plain(" It ").Add(standing(r, h.now())).Plain(".")
	}
	return text.Plain(" Type: ").Code(PromoteCommand{Service: t.Service, Environment: t.Environment, Percent: next.Percent}.String())
}

// notOpen says what is happening instead, and when the next gate opens.
func (h *Handler) notOpen(r deploy.Release) Text {
	text := Text{}.Plain("Nothing waits for approval: ").Add(title(r)).Plain(" ").Add(standing(r, h.now())).Plain(".")
	switch r.State {
	case deploy.Paused:
		return text.Plain(" Press Resume first; it asks again then.")
	case deploy.Waiting:
		return text.Plain(" First its open items are attested or waived in its thread: ").
			Code(ChecklistCommand{Service: r.Target.Service, Environment: r.Target.Environment}.String())
	case deploy.Parked:
		return text.Plain(" Press Try again to repeat the step, or roll back.")
	default:
	}
	for i := range r.Steps {
		s := &r.Steps[i]
		if s.Kind != deploy.KindGate || s.Status.Ended() || !mayAsk(r, *s) {
			continue
		}
		before := r.Clone()
		before.Steps = before.Steps[:i]
		now := h.now()
		return text.Plainf(" It asks for %s at about ", r.Wants(s)).Clock(now.Add(deploy.Remaining(before, now, nil))).Plain(".")
	}
	return text.Plain(" It needs no more approvals.")
}
