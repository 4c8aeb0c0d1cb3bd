package commands

import (
	"context"
	"slices"

	"slipway/internal/deploy"
)

// learnt is how many releases are read for how long steps take.
const learnt = 10

// plan shows what a release would do and change. Everybody may see it; nothing is stored.
func (h *Handler) plan(ctx context.Context, who speaker, c DeployCommand, r deploy.Release) (Text, error) {
	t := Text{}.Strong("Plan").Plainf(" for %s → %s. Nothing is started by looking at it.", r.Target, r.Version)
	for i, s := range r.Steps {
		t = t.Line().Plainf("%d. %s: ", i+1, phaseTitles[s.Phase]).Add(intent(r, s))
	}
	more, err := h.foreseen(ctx, r)
	if err != nil {
		return nil, err
	}
	holder, held, err := h.active(ctx, r.Target)
	if err != nil {
		return nil, err
	}
	if held {
		more = more.Line().Plain("Now the target is held by ").Add(title(holder)).Plain("; it ").Add(standing(holder, h.now())).Plain(".")
	}
	closure, err := h.store.Closure(ctx, r.Target)
	if err != nil {
		return nil, err
	}
	if closure.Lock != nil {
		more = more.Line().Add(lockedBy(r.Target, *closure.Lock))
	}
	if bar, is := closure.Barred("", r.Version); is && !c.Again {
		more = more.Line().Plainf("%s was taken back before, by ", bar.Version).Strong(string(bar.Release)).reason(bar.Why).Plain("; it takes --again.")
		c.Again = true
	}
	if changes, ok := h.proposed(ctx, who, c, r); ok { // last: it takes what time is left
		t = t.Line().Add(changes)
	}
	c.Plan, c.Environment = false, r.Target.Environment
	return t.Line().Add(more).Line().Plain("To start it: ").Code(c.String()), nil
}

// foreseen says how the checklist stands, how long it will take, and who has to approve it.
func (h *Handler) foreseen(ctx context.Context, r deploy.Release) (Text, error) {
	past, err := h.store.History(ctx, r.Target, learnt)
	if _, err = h.gap(ctx, len(past), err); err != nil {
		return nil, err
	}
	past = slices.DeleteFunc(past, func(p deploy.Release) bool { return !p.State.Terminal() })
	var t Text
	if len(r.Spec.Items) > 0 {
		said, err := h.store.Attested(ctx, r.Target)
		if err != nil {
			return nil, err
		}
		t = t.Add(standingOf(r.Spec.Items, said, h.now()).foreseen()).Line()
	}
	t = t.Plainf("Takes %s", about(deploy.Remaining(r, h.now(), deploy.Learn(past))))
	switch n := len(past); {
	case n == 1:
		t = t.Plain(", going by the release before")
	case n > 1:
		t = t.Plainf(", going by the %d releases before", n)
	}
	if n := gates(r); n > 0 {
		t = t.Plain(", not counting " + approvals(n))
		if !r.Spec.Policy.RequesterMayApprove {
			t = t.Plain(", which whoever starts it cannot give")
		}
	}
	if r.Spec.Database.Migrates() {
		return t.Plain(". It can be rolled back at any step; what it has changed in the schema then stays."), nil
	}
	return t.Plain(". It can be rolled back at any step."), nil
}
