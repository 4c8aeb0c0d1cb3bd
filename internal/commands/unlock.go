package commands

import (
	"context"

	"slipway/internal/deploy"
)

// unlock opens a target again that a rollback has locked. Who did it is kept with the release that left the lock.
func (h *Handler) unlock(ctx context.Context, who speaker, c UnlockCommand) (Text, error) {
	t := h.target(c.Service, c.Environment)
	c.Environment = t.Environment
	spec, err := h.catalog.Resolve(t, "")
	if err != nil {
		return nil, err
	}
	if err := h.maySteer(ctx, who.by, t, spec.Policy, "unlock", c.String()); err != nil {
		return nil, err
	}
	closure, err := h.store.Closure(ctx, t)
	if err != nil {
		return nil, err
	}
	if closure.Lock == nil {
		return nil, refused(Text{}.Plainf("%s is not locked. See: ", t).Code(StatusCommand{Service: t.Service, Environment: t.Environment}.String()))
	}
	return h.open(ctx, who, t, *closure.Lock, c.Reason, closure.Bars)
}

// open keeps who clears a lock, and clears it. The two are stored one after the other: after a crash between them the
// target is still locked, and saying it again clears it.
func (h *Handler) open(ctx context.Context, who speaker, t deploy.Target, lock deploy.Lock, reason string, bars []deploy.Bar) (Text, error) {
	event := who.event
	if event != "" { // an event of its own; none stays none
		event += "/note"
	}
	note := deploy.Note{Kind: deploy.NoteUnlocked, By: who.by, Text: reason, Done: true}
	if _, _, err := h.store.Note(ctx, lock.Release, note, event); err != nil {
		h.opts.Report(ctx, err) // what was asked for is to open the target
	}
	if _, err := h.store.Unlock(ctx, t, lock.Release, who.event); err != nil {
		if deploy.CodeOf(err) == deploy.Unavailable {
			return nil, &unconfirmed{target: t, err: err}
		}
		return nil, err
	}
	text := Text{}.Plainf("%s is open again.", t)
	for _, b := range bars {
		if b.Release == lock.Release {
			return text.Plainf(" %s itself is not released again unless somebody insists: ", b.Version).
				Code(DeployCommand{Service: t.Service, Version: b.Version, Environment: t.Environment, Again: true}.String()), nil
		}
	}
	return text, nil
}

// lockedBy says who closed a target, why, and how it is opened.
func lockedBy(t deploy.Target, lock deploy.Lock) Text {
	return Text{}.Plainf("%s is locked since ", t).Clock(lock.Since).Plain(": ").Strong(string(lock.Release)).
		Plain(" was taken back by ").User(lock.By).reason(lock.Reason).Plain(". Nothing new is released there until somebody has looked. Rollbacks are not stopped.").
		Line().Plain("To open it: ").Code(UnlockCommand{Service: t.Service, Environment: t.Environment}.String())
}

// takenBack refuses a version that was taken back, and says how to insist.
func takenBack(c DeployCommand, t deploy.Target, bar deploy.Bar) Text {
	c.Again, c.Environment = true, t.Environment
	return Text{}.Plainf("%s was taken back from %s: ", bar.Version, t).Strong(string(bar.Release)).reason(bar.Why).
		Plain(". Release a build that mends it.").Line().Plain("To release this one all the same: ").Code(c.String())
}
