package commands

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"slipway/internal/deploy"
)

const (
	mostLook    = 1500 * time.Millisecond // for finding out what would change, of the time for an answer
	mostChanges = 20                      // that are listed
)

// proposed shows what a release would change, as far as that can be found out in the time that is left. ok is false if
// nobody looks.
func (h *Handler) proposed(ctx context.Context, r deploy.Release) (t Text, ok bool) {
	if h.opts.Planner == nil {
		return nil, false
	}
	within, cancel := context.WithTimeout(ctx, mostLook)
	defer cancel()
	facts, err := h.opts.Planner.Look(within, r)
	if err != nil {
		h.opts.Report(ctx, err)
		return Text{}.Plainf("What it would change is not known: %s.", unknown(within, err)), true
	}
	r.Facts = facts
	p, err := h.opts.Planner.Propose(within, r)
	if err != nil {
		h.opts.Report(ctx, err)
		return Text{}.now(r.Facts.Image.Ref(), r.Facts.Baseline).
			Line().Plainf("What else it would change is not known: %s.", unknown(within, err)), true
	}
	t = Text{}.now(p.Image, r.Facts.Baseline).changes(p).Line().Plain("This is plan ").Code(p.Short())
	if r.Spec.Policy.ApprovePlan {
		return t.Plain("; an approval is given to exactly that."), true
	}
	return t.Plain("."), true
}

// unknown says why nothing is known of the changes.
func unknown(ctx context.Context, err error) string {
	if errors.Is(err, context.DeadlineExceeded) || ctx.Err() != nil {
		return "there was no answer in time"
	}
	why := strings.TrimSuffix(deploy.Message(err), ".")
	if hint := strings.TrimSuffix(deploy.Hint(err), "."); hint != "" {
		why += " (" + hint + ")"
	}
	return why
}

// now says what is released, and what it takes the place of.
func (t Text) now(image string, baseline deploy.Revision) Text {
	t = t.Plain("Image: ").Code(image).Line().Plain("Now at 100 %: ").Code(string(baseline.Name))
	if baseline.Version != "" {
		t = t.Plain(" (" + baseline.Version + ")")
	}
	return t
}

// changes lists what would be another than now.
func (t Text) changes(p deploy.Proposal) Text {
	switch {
	case p.Unknown != "":
		return t.Line().Plainf("Which settings change is not known: %s.", strings.TrimSuffix(p.Unknown, "."))
	case len(p.Changes) == 0:
		return t.Line().Plain("No settings change.")
	}
	t = t.Line().Plainf("Changes %s:", settings(len(p.Changes)))
	for i, c := range p.Changes {
		if i == mostChanges {
			return t.Line().Plainf("and %d more", len(p.Changes)-i)
		}
		t = t.Line().Code(c.String())
	}
	return t
}

// settings counts them: no settings, 1 setting, 3 settings.
func settings(n int) string {
	switch n {
	case 0:
		return "no settings"
	case 1:
		return "1 setting"
	}
	return fmt.Sprintf("%d settings", n)
}
