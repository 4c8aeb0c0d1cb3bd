package commands

import (
	"context"
	"strings"

	"slipway/internal/deploy"
)

// FormField is something to be typed in one line of a form.
type FormField struct {
	Key      string // in Filled.Values, and of what is wrong with it
	Label    string // at most 75 characters
	Hint     string // shown below it
	Optional bool
}

// fieldConfirm is the field in which the name of an instance is typed.
const fieldConfirm = "confirm"

// mostOffered is how many backups can be chosen from: what fits into a menu.
const mostOffered = 50

// databaseForm asks what is to be brought back of the database of r's target, whatever becomes of r.
func (h *Handler) databaseForm(ctx context.Context, by deploy.UserID, r deploy.Release) (Form, error) {
	spec, err := h.databaseOf(r.Target)
	if err != nil {
		return Form{}, err
	}
	if err := h.maySteer(ctx, by, r.Target, spec.Policy, "restore databases for", ""); err != nil {
		return Form{}, err
	}
	list, err := h.runs(ctx, *spec.Database)
	if err != nil {
		return Form{}, err
	}
	name := spec.Database.Instance.Name
	f := Form{Action: Database, Release: r.ID, Title: "Restore the database", Submit: "Restore", Reason: true}
	f.Fields = []FormField{{Key: fieldConfirm, Label: "Name of the instance, only to restore in place", Optional: true,
		Hint: "Left empty, a new instance is made, and nothing that runs is touched. With " + name + " typed here everything in that instance is overwritten, once somebody else has agreed."}}
	failed := 0
	for _, b := range list {
		switch {
		case unusable(b) != "":
			failed++
		case len(f.Items) < mostOffered:
			f.Items = append(f.Items, h.backupItem(b))
		}
	}
	see := RestoreCommand{Service: r.Target.Service, Environment: r.Target.Environment}
	if len(f.Items) == 0 {
		return Form{}, refused(Text{}.Strong(name).Plain(" has no backup that can be restored. See: ").Code(see.String()))
	}
	f.Intro = Text{}.Plainf("The backups of %s, where the database of %s is, the newest first. Chosen alone, one is made into a new instance, which is safe: what runs goes on with what it has. "+
		"In place, everything that was written since the backup is lost.", name, r.Target)
	if failed > 0 {
		f.Intro = f.Intro.Plainf(" Not shown: %d that failed or %s still being made.", failed, isAre(failed))
	}
	f.Intro = f.Intro.Plain(" All of them, and any moment: ").Code(see.String())
	return f, nil
}

func isAre(n int) string {
	if n == 1 {
		return "is"
	}
	return "are"
}

// backupItem shows a backup in plain text.
func (h *Handler) backupItem(b deploy.BackupRun) FormItem {
	text := b.Ended.UTC().Format("2006-01-02 15:04 UTC")
	if b.Size > 0 {
		text += ", " + volume(b.Size)
	}
	return FormItem{Key: b.ID, Text: text, Note: ago(b.Ended, h.now()) + " · " + maker(b)}
}

// restoreChosen does what the command does, with what was filled in.
func (h *Handler) restoreChosen(ctx context.Context, who speaker, r deploy.Release, f Filled) (Text, error) {
	spec, err := h.databaseOf(r.Target)
	if err != nil {
		return nil, err
	}
	wrong := misfilled{}
	c := RestoreCommand{Service: r.Target.Service, Environment: r.Target.Environment}
	if chosen := distinct(f.Items); len(chosen) == 1 && tag.MatchString(chosen[0]) {
		c.Backup = chosen[0]
	} else {
		wrong[fieldItems] = "Choose one backup."
	}
	c.Reason = wrong.reason(f.Reason, "A restore needs a reason: it is shown to everybody and kept with the release.")
	c.Confirm = strings.TrimSpace(clean(f.Values[fieldConfirm]))
	c.InPlace = c.Confirm != ""
	if name := spec.Database.Instance.Name; c.InPlace && c.Confirm != name {
		wrong[fieldConfirm] = "That is not the name of the instance, which is " + name + ". Left empty, a new instance is made."
	}
	if len(wrong) > 0 {
		return nil, wrong
	}
	return h.restore(ctx, who, c)
}
