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

// proposed shows what a release would change, as far as that can be found out in the time that is left; the rest follows.
// ok is false if nobody looks.
func (h *Handler) proposed(ctx context.Context, who speaker, c DeployCommand, r deploy.Release) (t Text, ok bool) {
	if h.opts.Planner == nil {
		return nil, false
	}
	within, cancel := context.WithTimeout(ctx, mostLook)
	defer cancel()
	t, err := h.look(within, r)
	if err != nil && within.Err() != nil && who.later != nil {
		*who.later = func(ctx context.Context) Text { return h.atLength(ctx, c, r) }
		return Text{}.Plain("What it would change takes longer to find out than Slack waits for an answer: it follows in a moment."), true
	}
	if err != nil {
		h.opts.Report(ctx, err)
		what := "What it would change"
		if t != nil {
			what = "What else it would change"
		}
		t = t.Plainf("%s is not known: %s.", what, unknown(within, err))
	}
	return t, true
}

// atLength is what a release would change, for somebody who has been waiting for it.
func (h *Handler) atLength(ctx context.Context, c DeployCommand, r deploy.Release) Text {
	within, cancel := context.WithTimeout(ctx, LaterWithin)
	defer cancel()
	title := Text{}.Strong("Plan").Plainf(" for %s → %s, what it would change:", r.Target, r.Version).Line()
	t, err := h.look(within, r)
	if err == nil {
		return title.Add(t)
	}
	h.opts.Report(ctx, err)
	c.Environment = r.Target.Environment
	return title.Add(t).Plainf("What is not said here is not known: %s. Ask again: ", unknown(within, err)).Code(c.String())
}

// look finds out what a release would change. With an error the text is what is known all the same.
func (h *Handler) look(ctx context.Context, r deploy.Release) (Text, error) {
	r, err := h.opts.Planner.Look(ctx, r)
	if err != nil {
		return nil, err
	}
	p, err := h.opts.Planner.Propose(ctx, r)
	if err != nil {
		return Text{}.now(r.Facts.Image.Ref(), r.Facts.Baseline).nowOfParts(r).Line(), err
	}
	t := Text{}.now(p.Image, r.Facts.Baseline).nowOfParts(r).changes(p).migration(p.Migration).Line().Plain("This is plan ").Code(p.Short())
	if n := p.Needs(r.Spec); n > 0 {
		return t.Plainf("; it takes %s of exactly that, of other people than who starts it.", approvals(max(n, r.Spec.Policy.Approvals))), nil
	}
	if r.Spec.Policy.ApprovePlan {
		return t.Plain("; an approval is given to exactly that."), nil
	}
	return t.Plain("."), nil
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
