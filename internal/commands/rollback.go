package commands

import (
	"context"

	"slipway/internal/deploy"
)

// lookBack is how many releases are searched for a version to return to.
const lookBack = 50

// rollback takes the running release back; with none running it makes a release that returns to what was live
// before.
func (h *Handler) rollback(ctx context.Context, who speaker, c RollbackCommand) (Text, error) {
	t := h.target(c.Service, c.Environment)
	c.Environment = t.Environment
	r, ok, err := h.active(ctx, t)
	if err != nil {
		return nil, err
	}
	if ok {
		return h.takeBack(ctx, who, r, c)
	}
	spec, err := h.catalog.Resolve(t, c.Version)
	if err != nil {
		return nil, err
	}
	if err := h.maySteer(ctx, who.by, t, spec.Policy, "roll back", c.String()); err != nil {
		return nil, err
	}
	return h.returnTo(ctx, who, t, c)
}

// takeBack tells a running release to go back. c has no Service if a button was pressed.
func (h *Handler) takeBack(ctx context.Context, who speaker, r deploy.Release, c RollbackCommand) (Text, error) {
	again := ""
	if c.Service != "" {
		again = c.String()
	}
	if err := h.maySteer(ctx, who.by, r.Target, r.Spec.Policy, "roll back", again); err != nil {
		return nil, err
	}
	if r.Kind == deploy.Restore && r.Touched() {
		return nil, refused(title(r).Plain(" ").Add(standing(r, h.now())).Plain(". A restore in place that has begun cannot be stopped: what is in the instance is neither the old nor the new until it has ended."))
	}
	if r.Counting() && c.Version != "" && c.Version != called(r.Facts.Baseline) && c.Version != string(r.Facts.Baseline.Name) {
		return h.further(ctx, who, r, c)
	}
	if c.Anyway && r.Kind == deploy.Rollback && !goingBack(r) { // asked for once more, not to be stopped
		return nil, refused(Text{}.Plain("That is asked for already: ").Add(title(r)).Plain(" ").Add(standing(r, h.now())).Plain("."))
	}
	if goingBack(r) && r.State != deploy.Parked {
		return nil, refused(Text{}.Plain("Already rolling back: ").Add(title(r)).Plain(" ").Add(standing(r, h.now())).Plain("."))
	}
	if c.Version != "" && c.Version != r.Facts.Baseline.Version && c.Version != string(r.Facts.Baseline.Name) {
		return nil, h.firstThis(r, c)
	}
	if err := h.signal(ctx, who, r, deploy.Signal{Kind: deploy.SignalRollBack, Reason: c.Reason}); err != nil {
		return nil, err
	}
	switch {
	case r.Kind == deploy.Restore:
		return h.stopsRestore(r), nil
	case goingBack(r):
		return Text{}.Plain("Trying again: ").Add(title(r)).Plainf(" takes %s to %s. Follow it in %s.",
			r.Target, called(r.Facts.Baseline), r.Spec.Channel), nil
	case !underway(r):
		return Text{}.Plain("Stopping ").Add(title(r)).Plainf(" before it changes %s. Follow it in %s.", r.Target, r.Spec.Channel), nil
	}
	if cur := r.Current(); r.Kind == deploy.Deploy && r.Most() == 0 && (cur == nil || cur.Kind != deploy.KindShift) {
		return Text{}.Plain("Rolling back ").Add(title(r)).Plainf(": %s keeps all of the traffic of %s, %s gets none.%s Follow it in %s.",
			called(r.Facts.Baseline), r.Target, r.Version, staying(r), r.Spec.Channel), nil
	}
	return Text{}.Plain("Rolling back ").Add(title(r)).Plainf(": %s returns from %s to %s%s.%s%s Follow it in %s.",
		r.Target, r.Version, called(r.Facts.Baseline), partsBack(r), takes(r.Watch.Way.Return), staying(r), r.Spec.Channel), nil
}

// stopsRestore says what becomes of a restore that is stopped before it has overwritten anything.
func (h *Handler) stopsRestore(r deploy.Release) Text {
	text := Text{}.Plain("Stopping ").Add(title(r)).Plain(" before it changes anything that runs.")
	for _, s := range r.Steps {
		if s.Kind == deploy.KindClone && s.Status != deploy.Pending {
			text = text.Plainf(" The new instance %s may have been asked for already: it is then made all the same, and costs until somebody deletes it.", r.Restore.Clone)
		}
	}
	return text.Plainf(" Follow it in %s.", r.Spec.Channel)
}

// further ends a rollback that only counts what users saw: what it brought back is to be left, too.
func (h *Handler) further(ctx context.Context, who speaker, r deploy.Release, c RollbackCommand) (Text, error) {
	if err := h.signal(ctx, who, r, deploy.Signal{Kind: deploy.SignalRollBack, Reason: c.Reason}); err != nil {
		return nil, err
	}
	return title(r).Plainf(" has brought %s back to %s already and was still counting what users saw; it ends now, so that you can go back further.",
		r.Target, called(r.Facts.Baseline)).Line().Plain("Then: ").Code(c.String()), nil
}

// firstThis refuses to let a running release go anywhere but where it came from.
func (h *Handler) firstThis(r deploy.Release, c RollbackCommand) error {
	back := c
	back.Version = ""
	text := title(r).Plain(" is under way, and it can only stop: it has changed nothing yet.")
	if underway(r) {
		text = title(r).Plainf(" is under way and goes back to %s, not to %s.", called(r.Facts.Baseline), c.Version)
	}
	return refused(text.Line().Plain("First: ").Code(back.String()).Plain(" Then: ").Code(c.String()))
}

// returnTo makes a release that goes back.
func (h *Handler) returnTo(ctx context.Context, who speaker, t deploy.Target, c RollbackCommand) (Text, error) {
	to, err := h.destination(ctx, t, c)
	if err != nil {
		return nil, err
	}
	version := called(to.revision)
	spec, err := h.catalog.Resolve(t, version)
	if err != nil {
		return nil, err
	}
	across := deploy.Crossed(to.history, to.revision.Name)
	if len(across) > 0 && !c.Anyway {
		return nil, refused(crossing(t, spec, c, to.revision, across, to.history))
	}
	parts, err := to.parts(t, spec, c)
	if err != nil {
		return nil, err
	}
	r, err := deploy.NewRelease(deploy.Ask{
		Kind: deploy.Rollback, Target: t, Version: version, Requester: who.by, Reason: c.Reason,
		Spec: spec, Baseline: to.revision, Image: to.image, Parts: parts, Left: to.left, Across: across,
	})
	if err != nil {
		return nil, err
	}
	estimate := h.foresee(ctx, r)
	created, err := h.store.Create(ctx, r, who.event)
	if err != nil {
		return nil, h.notCreated(ctx, t, c.String(), err)
	}
	text := Text{}.Strong(string(created.Release.ID)).Plainf(" rolls %s back", t)
	if to.from != "" && to.from != version {
		text = text.Plainf(" from %s", to.from)
	}
	text = text.Plainf(" to %s", version).Plain(partsBack(r))
	if len(across) > 0 {
		text = text.Plain(", once somebody else has agreed")
	}
	text = text.Plain(".")
	if to.why != "" {
		text = text.Plain(" " + to.why)
	}
	text = text.Plain(takes(estimate))
	if at, known := schemaNow(to.history); known {
		text = text.Plainf(" The database stays at %d.", at)
	}
	if len(across) > 0 {
		return text.Line().Add(stays(across, version)).Line().Add(agreers(r)).Plainf(" Follow it in %s.", spec.Channel), nil
	}
	return text.Plainf(" Follow it in %s.", spec.Channel), nil
}
