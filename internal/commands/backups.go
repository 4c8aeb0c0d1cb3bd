package commands

import (
	"context"
	"fmt"
	"strings"
	"time"

	"slipway/internal/deploy"
)

const (
	mostListedBackups = 10  // that are shown
	mostBackups       = 100 // that are looked through
)

// runs are the backups of a database's instance, the newest first. The error is a refusal.
func (h *Handler) runs(ctx context.Context, d deploy.DatabaseSpec) ([]deploy.BackupRun, error) {
	if h.opts.Backups == nil {
		return nil, refused(Text{}.Plain("This Slipway cannot list backups: it was given no access to where databases run. A moment can be named without a list: --database --at TIME."))
	}
	within, cancel := context.WithTimeout(ctx, mostLook)
	defer cancel()
	list, err := h.opts.Backups.Backups(within, d.Instance, mostBackups)
	if err != nil {
		return nil, &refusal{err: err, text: Text{}.Plainf("I cannot list the backups of %s: %s. Nothing was started. Try again in a moment.", d.Instance.Name, unknown(within, err))}
	}
	return list, nil
}

// backup is the one that was named, if it can be restored. The error is a refusal.
func (h *Handler) backup(ctx context.Context, d deploy.DatabaseSpec, c RestoreCommand) (deploy.BackupRun, error) {
	list, err := h.runs(ctx, d)
	if err != nil {
		return deploy.BackupRun{}, err
	}
	see := RestoreCommand{Service: c.Service, Environment: c.Environment}
	for _, b := range list {
		if b.ID != c.Backup {
			continue
		}
		if why := unusable(b); why != "" {
			return b, refused(Text{}.Plainf("Backup %s of %s cannot be restored: it %s. Nothing was started. See: ", b.ID, d.Instance.Name, why).Code(see.String()))
		}
		return b, nil
	}
	text := Text{}.Plainf("%s has no backup %s", d.Instance.Name, c.Backup)
	if len(list) >= mostBackups {
		text = text.Plainf(" among its newest %d", mostBackups)
	}
	return deploy.BackupRun{}, refused(text.Plain(". Nothing was started. See: ").Code(see.String()))
}

// unusable says why a backup cannot be restored; empty if it can.
func unusable(b deploy.BackupRun) string {
	switch {
	case b.State == deploy.RunFailed && b.Trouble != "":
		return "failed: " + strings.TrimSuffix(cutShort(b.Trouble), ".")
	case b.State == deploy.RunFailed:
		return "failed"
	case b.State != deploy.RunDone || b.Ended.IsZero():
		return "is still being made"
	}
	return ""
}

// since is from when on what was written may not be in a backup.
func since(b deploy.BackupRun) time.Time {
	if b.Started.IsZero() {
		return b.Ended
	}
	return b.Started
}

// backups lists what can be restored, and says how. Everybody may see it.
func (h *Handler) backups(ctx context.Context, t deploy.Target, spec deploy.Spec, c RestoreCommand) (Text, error) {
	list, err := h.runs(ctx, *spec.Database)
	if err != nil {
		return nil, err
	}
	text := Text{}.Plain("Backups of ").Strong(spec.Database.Instance.Name).Plainf(", where the database %s of %s is, the newest first. Nothing is started by looking.", spec.Database.Name, t)
	if len(list) == 0 {
		text = Text{}.Strong(spec.Database.Instance.Name).Plainf(", where the database %s of %s is, has no backups.", spec.Database.Name, t)
	}
	newest := ""
	for i, b := range list {
		if newest == "" && unusable(b) == "" {
			newest = b.ID
		}
		if i < mostListedBackups {
			text = text.Line().Add(h.backupLine(b))
		}
	}
	if more := len(list) - mostListedBackups; more > 0 {
		text = text.Line().Plainf("and %d more", more)
	}
	c.InPlace, c.Confirm = false, ""
	return text.Add(h.waysToRestore(c, newest)), nil
}

// waysToRestore are the commands to type, the safe one first.
func (h *Handler) waysToRestore(c RestoreCommand, newest string) Text {
	moment, place := c, c
	moment.At = h.now().UTC().Add(-10 * time.Minute).Truncate(time.Minute).Format(time.RFC3339)
	var text Text
	if newest != "" {
		c.Backup = newest
		text = text.with(Span{Kind: Break}).Plain("The default makes a new instance, which is safe: what runs goes on with what it has, and nobody has to switch: ").Code(c.String())
	}
	text = text.with(Span{Kind: Break}).Plain("So does a moment, for instance: ").Code(moment.String())
	if newest == "" {
		return text
	}
	place.Backup, place.InPlace, place.Confirm = newest, true, placeholderInstance
	if place.Reason == "" {
		place.Reason = placeholderReason
	}
	return text.Line().Plain("In place of what is there, with somebody else who agrees; what was written since the backup is lost: ").Code(place.String())
}

// backupLine says what one backup is.
func (h *Handler) backupLine(b deploy.BackupRun) Text {
	text := Text{}.Code(b.ID).Plain(" · ")
	switch why := unusable(b); {
	case b.State == deploy.RunFailed:
		text = text.Plain("✗ " + why + ", so it cannot be restored")
	case why != "":
		text = text.Plain(why)
	default:
		text = text.Plain(ago(b.Ended, h.now()) + ", at ").Clock(b.Ended)
		if b.Size > 0 {
			text = text.Plain(" · " + volume(b.Size))
		}
	}
	return text.Plain(" · " + maker(b))
}

// maker says whose a backup is.
func maker(b deploy.BackupRun) string {
	id, version, ours := madeFor(b)
	switch {
	case ours:
		return fmt.Sprintf("before %s, by %s", version, id)
	case !b.OnDemand:
		return "automated"
	case b.Description != "":
		return "made by hand: " + cutShort(b.Description)
	}
	return "made by hand"
}

// origin says for which release a backup was made.
func origin(b deploy.BackupRun) Text {
	if id, version, ours := madeFor(b); ours {
		return Text{}.Plainf(" (before %s, by %s)", version, id)
	}
	return nil
}

// madeFor reads what Slipway writes into the description of a backup: see deploy.BackupDescription.
func madeFor(b deploy.BackupRun) (id deploy.ReleaseID, version string, ok bool) {
	rest, ours := strings.CutPrefix(b.Description, "slipway ")
	head, version, named := strings.Cut(rest, ", before ")
	first, step, two := strings.Cut(head, " ")
	id = deploy.ReleaseID(first)
	_, _, isID := id.Split()
	ok = ours && named && two && isID && b.Description == deploy.BackupDescription(id, version, deploy.StepName(step))
	return id, version, ok
}

// cutShort is the beginning of a text that others wrote.
func cutShort(s string) string {
	const most = 80
	if r := []rune(clean(s)); len(r) > most {
		return string(r[:most]) + "…"
	}
	return clean(s)
}

// volume says bytes as closely as people care: 2.1 GiB.
func volume(n int64) string {
	for _, unit := range []struct {
		bytes int64
		name  string
	}{{1 << 40, "TiB"}, {1 << 30, "GiB"}, {1 << 20, "MiB"}, {1 << 10, "KiB"}} {
		if n >= unit.bytes {
			return fmt.Sprintf("%.1f %s", float64(n)/float64(unit.bytes), unit.name)
		}
	}
	return deploy.Thousands(n) + " bytes"
}
