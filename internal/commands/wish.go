package commands

import (
	"context"
	"strings"

	"slipway/internal/deploy"
)

// wish is an approval as it was given: typed, or by the button of a gate.
type wish struct {
	PromoteCommand
	gate deploy.StepName // the button's; empty if it was typed
	plan string          // hash of the proposal that the button's message shows
}

// means says whether a gate is one that may be meant.
func (w wish) means(gate deploy.Step) bool {
	if w.gate != "" {
		return gate.Name == w.gate
	}
	return w.Percent == 0 || gate.Percent == w.Percent
}

// named says whether one gate was named, and not whichever waits.
func (w wish) named() bool { return w.gate != "" || w.Percent > 0 }

// wants is what the person asked for of a release: 50 %, the plan, the restore.
func (w wish) wants(r deploy.Release) string {
	if gate, ok := gateOf(r, w.gate); ok {
		return r.Wants(&gate)
	}
	return r.Wants(&deploy.Step{Percent: w.Percent})
}

// seen is the hash of the proposal that an approval is given to; empty for a gate that is not about the plan. A button
// approves what its message shows, a command what is proposed now. Refused if that is not the same any more.
func (h *Handler) seen(ctx context.Context, r deploy.Release, gate *deploy.Step, w wish) (string, error) {
	if !gate.AboutPlan() || r.Proposal == nil {
		return "", nil
	}
	if w.gate == "" || w.plan == r.Proposal.Hash {
		return r.Proposal.Hash, nil
	}
	text := Text{}.Plain("The plan has changed since that message; the newest message shows it. ")
	if w.plan == "" {
		text = Text{}.Plain("That button does not say which plan it is about; the newest message shows it. ")
	} else if why := h.voided(ctx, r); why != "" {
		text = text.Plainf("What changed: %s. ", strings.TrimSuffix(why, "."))
	}
	if w.plan != "" {
		text = text.Plain("You saw ").Code(deploy.Proposal{Hash: w.plan}.Short()).Plain(", now it is ")
	} else {
		text = text.Plain("Now it is ")
	}
	return "", refused(text.Code(r.Proposal.Short()).Plain(". Nothing was approved."))
}

// voided is why an approval of the plan became void last, as far as that can be found out.
func (h *Handler) voided(ctx context.Context, r deploy.Release) string {
	entries, err := h.store.Journal(ctx, r.ID, max(r.Rev-detailLines, 0))
	if err != nil {
		h.opts.Report(ctx, err) // it is only for the words
	}
	why := ""
	for _, e := range entries {
		if e.Kind == deploy.EntryVoided {
			why = strings.TrimPrefix(e.Text, "the approval is void: ")
		}
	}
	return why
}
