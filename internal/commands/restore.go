package commands

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"

	"slipway/internal/deploy"
)

// restore brings back what was in the database: by default into a new instance, which changes nothing of what runs. In
// place it takes the name of the instance, and somebody else who agrees.
func (h *Handler) restore(ctx context.Context, who speaker, c RestoreCommand) (Text, error) {
	t := h.target(c.Service, c.Environment)
	c.Environment = t.Environment
	spec, err := h.databaseOf(t)
	if err != nil {
		return nil, err
	}
	if c.lists() {
		return h.backups(ctx, t, spec, c)
	}
	if err := h.maySteer(ctx, who.by, t, spec.Policy, "restore databases for", c.String()); err != nil {
		return nil, err
	}
	if c.InPlace && c.Confirm != spec.Database.Instance.Name {
		return nil, refused(notConfirmed(c, spec.Database.Instance.Name))
	}
	plan, backup, err := h.restorePlan(ctx, who, spec, c)
	if err != nil {
		return nil, err
	}
	if c.InPlace {
		plan.Also = h.neighbours(t, plan.Instance)
		if err := h.atRest(ctx, plan.Instance.Name, plan.Also, c.String()); err != nil {
			return nil, err
		}
	}
	r, err := deploy.NewRelease(deploy.Ask{
		Kind: deploy.Restore, Target: t, Version: h.restoreLabel(plan), Requester: who.by, Reason: c.Reason, Spec: spec, Restore: &plan,
	})
	if err != nil {
		return nil, err
	}
	created, err := h.store.Create(ctx, r, who.event)
	if err != nil {
		return nil, h.notCreated(ctx, t, c.String(), err)
	}
	return h.restoring(created.Release, c, backup), nil
}

// databaseOf is what the catalog says of a target, which must have a database that something is done with.
func (h *Handler) databaseOf(t deploy.Target) (deploy.Spec, error) {
	spec, err := h.catalog.Resolve(t, "")
	switch {
	case err != nil:
		return spec, err
	case spec.Database == nil:
		return spec, refused(Text{}.Plainf("The catalog names no database of %s, so there is nothing to restore.", t).because(spec.Source))
	case spec.Database.Off != "":
		return spec, refused(Text{}.Plainf("The database of %s is left alone: %s.", t, strings.TrimSuffix(spec.Database.Off, ".")).because(spec.Source))
	}
	return spec, nil
}

// restorePlan finds out what is meant. The backup is nil if a moment was named.
func (h *Handler) restorePlan(ctx context.Context, who speaker, spec deploy.Spec, c RestoreCommand) (deploy.RestorePlan, *deploy.BackupRun, error) {
	d := *spec.Database
	plan := deploy.RestorePlan{Instance: d.Instance, InPlace: c.InPlace, Backup: c.Backup}
	if c.At != "" {
		now := h.now()
		at, ok := moment(c.At, now)
		if !ok || at.After(now) {
			list := RestoreCommand{Service: c.Service, Environment: c.Environment}
			return plan, nil, refused(Text{}.Plainf("%s is still to come: now it is %s. Nothing was started. See: ", c.At, now.UTC().Format(exactly)).Code(list.String()))
		}
		plan.At, plan.Clone = at, cloneName(d.Instance, at, who)
		return plan, nil, nil
	}
	b, err := h.backup(ctx, d, c)
	if err != nil {
		return plan, nil, err
	}
	if id, _, ours := madeFor(b); ours {
		plan.Of = id
	}
	plan.At = b.Ended
	if c.InPlace { // what was written while it was made may not be in it
		plan.At = since(b)
		return plan, &b, nil
	}
	plan.Clone = cloneName(d.Instance, plan.At, who)
	return plan, &b, nil
}

// mostInstance is how long the name of an instance may be, with that of its project and a colon.
const mostInstance = 98

// cloneName names a new instance: after what it is made from, its moment, and the event that asked for it, so that two
// requests for one moment get two names, and one that is heard twice one.
func cloneName(i deploy.InstanceRef, at time.Time, who speaker) string {
	sum := sha256.Sum256([]byte(string(who.by) + "\x00" + string(who.event)))
	tail := "-restore-" + at.UTC().Format("20060102-1504") + "-" + hex.EncodeToString(sum[:3])
	room := max(mostInstance-len(i.Project)-1-len(tail), 1)
	name := strings.ToLower(i.Name)
	return strings.TrimRight(name[:min(len(name), room)], "-") + tail
}

// restoreLabel is what a restore has in place of a version: backup 1718, as of 14:02:11.
func (h *Handler) restoreLabel(p deploy.RestorePlan) string {
	if p.Backup != "" {
		return "backup " + p.Backup
	}
	at, now := p.At.UTC(), h.now().UTC()
	if at.YearDay() == now.YearDay() && at.Year() == now.Year() {
		return "as of " + at.Format("15:04:05")
	}
	return "as of " + at.Format("2006-01-02 15:04:05")
}

// notConfirmed asks for the name of the instance. It is not written out where it could be pasted.
func notConfirmed(c RestoreCommand, name string) Text {
	t := Text{}.Plain("Nothing was started. ")
	if c.Confirm != "" {
		t = t.Plainf("You typed %q, and the instance is called ", c.Confirm).Strong(name).Plain(". ")
	}
	c.Confirm = placeholderInstance
	return t.Plain("A restore in place overwrites everything in ").Strong(name).Plain(": type that name where it says " + placeholderInstance + ": ").Code(c.String()).
		Line().Plain("Safer, since nothing is overwritten: ").Code(RestoreCommand{Service: c.Service, Environment: c.Environment, Backup: c.Backup, Reason: c.Reason}.String())
}

// placeholderInstance stands where somebody has to type a name.
const placeholderInstance = "INSTANCE"

// restoring says what was started, and what it will come to.
func (h *Handler) restoring(r deploy.Release, c RestoreCommand, b *deploy.BackupRun) Text {
	p, follow := r.Restore, " Follow it in "+r.Spec.Channel+"."
	text := Text{}
	if c.At != "" {
		text = text.Plainf("%s is understood as %s. ", c.At, p.At.UTC().Format(exactly))
	}
	text = text.Strong(string(r.ID))
	if !p.InPlace {
		text = text.Plainf(" makes a new instance %s with the database of %s as it was at %s", p.Clone, r.Target, p.At.UTC().Format(exactly))
		if b != nil {
			text = text.Plainf(", when backup %s was done", b.ID).Add(origin(*b))
		}
		return text.Plain(". Nothing that runs is touched; the thread says how to switch to it." + follow)
	}
	text = text.Plainf(" puts backup %s", p.Backup)
	if b != nil {
		text = text.Add(origin(*b))
	}
	text = text.Plainf(" in place of what is in %s, once somebody else has agreed. ", p.Instance.Name).Add(h.lost(p.At)).Add(alsoOverwritten(p.Also)).
		Plain(" What is there is backed up first.")
	return text.Plain(" ").Add(agreers(r)).Plain(follow)
}

// lost says how much of what was written a restore in place loses.
func (h *Handler) lost(from time.Time) Text {
	return Text{}.Plainf("Everything written since %s, %s ago, would be lost.", from.UTC().Format(exactly), minutes(h.now().Sub(from)))
}

// agreers says who may agree to what nobody does alone, and how.
func agreers(r deploy.Release) Text {
	t := r.Target
	return Text{}.Plain("Approvers, of whom it cannot be ").User(r.Requester).Plain(": ").principals(r.Spec.Policy.Approve).Plain(". They press the button, or type: ").
		Code(PromoteCommand{Service: t.Service, Environment: t.Environment}.String()).Plain(".")
}
