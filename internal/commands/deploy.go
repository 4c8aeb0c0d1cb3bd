package commands

import (
	"context"
	"errors"

	"slipway/internal/deploy"
)

// deploy creates a release. Whether the target is free, and does not run the version already, is decided by the
// store in the same script that takes the hold; asking first would be a round trip more and prove nothing.
func (h *Handler) deploy(ctx context.Context, who speaker, c DeployCommand) (Text, error) {
	t := h.target(c.Service, c.Environment)
	spec, err := h.catalog.Resolve(t, c.Version)
	if err != nil {
		return nil, err
	}
	if spec, err = withStrategy(spec, c); err != nil {
		return nil, err
	}
	r, err := deploy.NewRelease(deploy.Ask{
		Kind: deploy.Deploy, Target: t, Version: c.Version, Requester: who.by, Reason: c.Reason, Again: c.Again, Spec: spec,
	})
	if err != nil {
		return nil, err
	}
	if c.Plan {
		return h.plan(ctx, who, c, r)
	}
	if err := h.mayDeploy(ctx, who.by, c, t, spec.Policy); err != nil {
		return nil, err
	}
	created, err := h.store.Create(ctx, r, who.event)
	if err != nil {
		var barred *deploy.BarredError
		if errors.As(err, &barred) {
			return nil, refused(takenBack(c, t, barred.Bar))
		}
		return nil, h.notCreated(ctx, t, c.String(), err)
	}
	return Text{}.Strong(string(created.Release.ID)).Plainf(" brings %s to %s. Follow it in %s.", t, c.Version, spec.Channel), nil
}

// runsAlready refuses a version that the target runs. Slipway knows what it brought there; if somebody moved
// traffic by hand since, a rollback to the same version repairs it.
func (h *Handler) runsAlready(ctx context.Context, e *deploy.LiveError) error {
	t := e.Target
	r, err := h.store.Get(ctx, e.Live)
	if err != nil {
		return err
	}
	repair := RollbackCommand{Service: t.Service, Environment: t.Environment, Version: e.Version, Reason: "traffic was moved by hand"}
	return refused(Text{}.Plainf("%s runs %s already, since ", t, e.Version).Clock(r.Ended).Plain(", by ").
		Strong(string(r.ID)).Plain(" of ").User(r.Requester).Plain(".").Line().
		Plain("What else was live: ").Code(HistoryCommand{Service: t.Service, Environment: t.Environment}.String()).Line().
		Plain("If traffic was moved by hand since: ").Code(repair.String()))
}

// notCreated says why the store did not take a release.
func (h *Handler) notCreated(ctx context.Context, t deploy.Target, again string, err error) error {
	var held *deploy.HeldError
	if errors.As(err, &held) {
		return h.held(ctx, t, held.Holder, again)
	}
	var locked *deploy.LockedError
	if errors.As(err, &locked) {
		return refused(lockedBy(t, locked.Lock).Line().Plain("Then: ").Code(again))
	}
	var live *deploy.LiveError
	if errors.As(err, &live) {
		return h.runsAlready(ctx, live)
	}
	if deploy.CodeOf(err) == deploy.Unavailable {
		return &unconfirmed{target: t, err: err}
	}
	return err
}

// held says who has the target, where it stands and what can be done.
func (h *Handler) held(ctx context.Context, t deploy.Target, holder deploy.ReleaseID, again string) error {
	r, err := h.store.Get(ctx, holder)
	if err != nil || r.State.Terminal() {
		return refused(Text{}.Plainf("%s was held by %s a moment ago. Nothing was started. Type again: ", t, holder).Code(again))
	}
	text := Text{}.Plainf("%s is held by ", t).Add(title(r)).Plain("; it ").Add(standing(r, h.now())).Plain(".").Line()
	if r.Readying() != nil {
		text = text.Plain("To let it go on, its open items are attested or waived in its thread: ").
			Code(ChecklistCommand{Service: t.Service, Environment: t.Environment}.String()).Plain(" · ")
	} else if unbacked(r) {
		without := WaiveCommand{Service: t.Service, Environment: t.Environment, Item: deploy.WithoutBackup, Reason: placeholderWaive}
		text = text.Plain("Its backup failed. Resume in its thread tries again; to let it go on without one: ").Code(without.String()).Plain(" · ")
	} else if gate := r.Gate(false); gate != nil {
		promote := PromoteCommand{Service: t.Service, Environment: t.Environment, Percent: gate.Percent}
		text = text.Plain("To let it go on: ").Code(promote.String()).Plain(" · ")
	}
	return refused(text.Plain("Wait for it, or ask ").User(r.Requester).Plain(". Then: ").Code(again))
}
