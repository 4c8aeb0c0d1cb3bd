package commands

import (
	"context"

	"slipway/internal/deploy"
)

// noteKinds are what the buttons of an incident record.
var noteKinds = map[Action]deploy.NoteKind{
	Take: deploy.NoteTaken, Bug: deploy.NoteBug, Fix: deploy.NoteFix, Report: deploy.NoteReport, Unlock: deploy.NoteUnlocked,
}

// afterwards answers the buttons of an incident: it records who did what. Bug reports and files are made by others from
// what is recorded here, so that a crash loses none.
func (h *Handler) afterwards(ctx context.Context, who speaker, r deploy.Release, a Action) (Text, error) {
	kind := noteKinds[a]
	if n, done := r.Noted(kind); done && a != Unlock {
		return nil, refused(h.before(n))
	}
	if r.State != deploy.RollingBack && r.State != deploy.RolledBack {
		return nil, refused(Text{}.Plain("That button belongs to a rollback; ").Add(title(r)).Plain(" ").Add(standing(r, h.now())).Plain(". Nothing was changed."))
	}
	if a == Unlock || a == Bug {
		if err := h.maySteer(ctx, who.by, r.Target, r.Spec.Policy, map[Action]string{Unlock: "open the target after", Bug: "open bug reports for"}[a], ""); err != nil {
			return nil, err
		}
	}
	switch {
	case a == Unlock:
		return h.unlockAfter(ctx, who, r)
	case a == Bug && h.opts.Bugs == "":
		return nil, refused(Text{}.Plain("No place for bug reports is configured. Press Export report and open one by hand, or ask who runs Slipway to set SLIPWAY_GITHUB_REPO or SLIPWAY_WEBHOOK_URL."))
	}
	n := deploy.Note{Kind: kind, By: who.by, Done: !kind.Asks()}
	if err := h.note(ctx, who, r, n); err != nil {
		return nil, err
	}
	return h.promised(r, a), nil
}

// note keeps a note with a release, whether it has ended or is on its way back still.
func (h *Handler) note(ctx context.Context, who speaker, r deploy.Release, n deploy.Note) error {
	if !r.State.Terminal() {
		return h.signal(ctx, who, r, deploy.Signal{Kind: deploy.SignalNote, Note: n.Kind, Reason: n.Text})
	}
	_, _, err := h.store.Note(ctx, r.ID, n, who.event)
	if deploy.CodeOf(err) == deploy.Unavailable {
		return &unconfirmed{target: r.Target, err: err}
	}
	return err
}

// unlockAfter clears the lock that this release left, and no other.
func (h *Handler) unlockAfter(ctx context.Context, who speaker, r deploy.Release) (Text, error) {
	closure, err := h.store.Closure(ctx, r.Target)
	if err != nil {
		return nil, err
	}
	n, done := r.Noted(deploy.NoteUnlocked)
	switch {
	case done && (closure.Lock == nil || closure.Lock.Release != r.ID):
		return nil, refused(h.before(n))
	case closure.Lock == nil && !r.State.Terminal():
		if err := h.note(ctx, who, r, deploy.Note{Kind: deploy.NoteUnlocked}); err != nil {
			return nil, err
		}
		return Text{}.Plainf("%s will not be locked: ", r.Target).Add(title(r)).Plain(" ends without counting further what users saw, and the target is open then."), nil
	case closure.Lock == nil:
		return nil, refused(Text{}.Plainf("%s is not locked any more.", r.Target))
	case closure.Lock.Release != r.ID:
		return nil, refused(lockedBy(r.Target, *closure.Lock))
	}
	return h.open(ctx, who, r.Target, *closure.Lock, "", closure.Bars)
}

// before says that somebody has done it already.
func (h *Handler) before(n deploy.Note) Text {
	return Text{}.Plain("That was done before: ").Add(noted(n)).Plain(" " + ago(n.At, h.now()) + ".")
}

// promised says what comes of a press.
func (h *Handler) promised(r deploy.Release, a Action) Text {
	id := Text{}.Strong(string(r.ID))
	switch a {
	case Take:
		return id.Plain(": it is recorded that you look after this.")
	case Fix:
		return id.Plain(": it is recorded that you plan the fix.")
	case Bug:
		return id.Plainf(": a bug report is being opened at %s; its address comes into the message.", h.opts.Bugs)
	case Report:
		return id.Plain(": the report is being written into the thread.")
	default:
		return id
	}
}

// noted says who did what about a rollback.
func noted(n deploy.Note) Text {
	t := Text{}.User(n.By)
	switch n.Kind {
	case deploy.NoteTaken:
		t = t.Plain(" looks after it")
	case deploy.NoteBug:
		t = t.Plain(" asked for a bug report")
	case deploy.NoteFix:
		t = t.Plain(" plans the fix")
	case deploy.NoteUnlocked:
		t = t.Plain(" cleared the lock")
	case deploy.NoteReport:
		t = t.Plain(" asked for the report")
	}
	if n.Link != "" {
		t = t.Plain(", " + n.Link + ",")
	}
	return t
}
