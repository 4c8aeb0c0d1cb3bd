package commands

import (
	"context"

	"slipway/internal/deploy"
)

// Press answers a button. It runs the same functions as the commands: a button proves nothing, neither who may
// press it nor that it still fits.
func (h *Handler) Press(ctx context.Context, p Press) Reply {
	ctx, cancel := context.WithTimeout(ctx, h.opts.Within)
	defer cancel()
	if err := h.admit(ctx, p.By, p.Team); err != nil {
		return h.answer(ctx, nil, err, "")
	}
	text, err := h.pressed(ctx, p)
	return h.answer(ctx, text, err, "")
}

func (h *Handler) pressed(ctx context.Context, p Press) (Text, error) {
	r, err := h.release(ctx, p.Release)
	if err != nil {
		return nil, err
	}
	who := speaker{by: p.By, event: p.Event}
	switch p.Action {
	case Details:
		return h.details(ctx, r)
	case Take, Bug, Fix, Unlock, Report:
		return h.afterwards(ctx, who, r, p.Action)
	case Database: // without its form it can only tell
		return h.restore(ctx, who, RestoreCommand{Service: r.Target.Service, Environment: r.Target.Environment})
	default:
	}
	if r.State.Terminal() {
		return nil, refused(h.over(r))
	}
	switch p.Action {
	case Promote:
		gate, ok := gateOf(r, p.Step)
		if !ok {
			return nil, refused(Text{}.Plain("That button does not belong to a step of ").Add(title(r)).Plain("; it ").
				Add(standing(r, h.now())).Plain(". Nothing was changed."))
		}
		return h.approve(ctx, who, r, wish{PromoteCommand: PromoteCommand{Percent: gate.Percent}, gate: p.Step, plan: p.Plan})
	case Pause:
		if gate, late := passed(r, wish{gate: p.Step}); late && p.Step != "" {
			return nil, refused(h.alreadyPromoted(r, gate).Plain(" To hold it now, press Hold in its newest message."))
		}
		return h.hold(ctx, who, r)
	case Resume:
		return h.resume(ctx, who, r)
	case RollBack:
		return h.takeBack(ctx, who, r, RollbackCommand{Reason: "Roll back was pressed"})
	default:
		return nil, refused(unknownButton(r))
	}
}

// unknownButton answers a press that nothing is known to do about.
func unknownButton(r deploy.Release) Text {
	return Text{}.Plain("This version of Slipway does not know that button. See: ").
		Code(StatusCommand{Service: r.Target.Service, Environment: r.Target.Environment}.String())
}

// release is the one that a button or a form is about.
func (h *Handler) release(ctx context.Context, id deploy.ReleaseID) (deploy.Release, error) {
	r, err := h.store.Get(ctx, id)
	if deploy.CodeOf(err) == deploy.NotFound {
		return r, refused(Text{}.Plain("That release is not there any more: releases are kept for 90 days. See: ").Code(StatusCommand{}.String()))
	}
	return r, err
}

// gateOf is the gate of a release by name.
func gateOf(r deploy.Release, name deploy.StepName) (gate deploy.Step, ok bool) {
	for _, s := range r.Steps {
		if s.Name == name && s.Kind == deploy.KindGate {
			return s, true
		}
	}
	return deploy.Step{}, false
}
