package commands

import (
	"context"

	"slipway/internal/deploy"
)

// historyLines is how many releases are listed: what a phone shows without scrolling.
const historyLines = 10

// history lists the last releases of a target, newest first.
func (h *Handler) history(ctx context.Context, c HistoryCommand) (Text, error) {
	t := h.target(c.Service, c.Environment)
	releases, err := h.store.History(ctx, t, historyLines)
	gap, err := h.gap(ctx, len(releases), err)
	if err != nil {
		return nil, err
	}
	if len(releases) == 0 {
		return Text{}.Plainf("Slipway has released nothing to %s in the last 90 days.", t).Add(gap), nil
	}
	text := Text{}.Plainf("The last %d of ", len(releases)).Strong(t.String()).Plain(":")
	if len(releases) == 1 {
		text = Text{}.Plain("The only one of ").Strong(t.String()).Plain(":")
	}
	for _, r := range releases {
		text = text.Line().Add(title(r)).Plain(" ")
		if r.State.Terminal() {
			text = text.Add(ending(r)).Plainf(" · took %s", deploy.Took(r.Ended.Sub(r.Created)))
		} else {
			text = text.Add(standing(r, h.now()))
		}
		if r.Schema.Changed() {
			text = text.Plain(" · " + schemaOf(r))
		}
		if r.Reason != "" && r.Reason != r.Why {
			text = text.Plain(" · " + r.Reason)
		}
	}
	return text.Add(gap), nil
}

// previous is the newest release of a target, ended or not.
func (h *Handler) previous(ctx context.Context, t deploy.Target) (r deploy.Release, ok bool, err error) {
	list, err := h.store.History(ctx, t, 1)
	_, err = h.gap(ctx, len(list), err)
	if err != nil || len(list) == 0 {
		return r, false, err
	}
	return list[0], true, nil
}
