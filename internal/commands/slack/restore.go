package slack

import (
	"fmt"
	"strings"

	sdk "github.com/slack-go/slack"

	"slipway/internal/commands"
	"slipway/internal/deploy"
)

// restores says whether a release is about what is in the database, and not about what runs.
func restores(r *deploy.Release) bool { return r.Kind == deploy.Restore && r.Restore != nil }

// newInstance, heldBy and backupName name the parts of a restore, escaped.
func newInstance(r *deploy.Release) string {
	if r.Restore == nil {
		return "of the database"
	}
	return esc(cut(r.Restore.Clone, mostNote))
}

func heldBy(r *deploy.Release) string { return esc(cut(r.Restore.Instance.Name, mostNote)) }

func backupName(r *deploy.Release) string {
	if r.Restore == nil || r.Restore.Backup == "" {
		return "the backup"
	}
	return "backup " + esc(cut(r.Restore.Backup, mostName))
}

// restoreTitle says what is brought back, and where to.
func restoreTitle(r *deploy.Release) string {
	to := "new instance " + newInstance(r)
	if r.Restore.InPlace {
		to = backupName(r) + " in place"
	}
	return esc(r.Target.Service) + " database → " + to + " · " + esc(r.Target.Environment)
}

// asOf is what a restore brings back, in words.
func asOf(r *deploy.Release) string {
	if r.Restore.At.IsZero() {
		return backupName(r)
	}
	return "the database as it was at " + moment(r.Restore.At)
}

// overwrites says whether a restore in place has begun, and whether it is done.
func overwrites(r *deploy.Release) (begun, done bool) {
	s, ok := stepOfKind(r, deploy.KindRestore)
	return ok && s.Status != deploy.Pending, ok && s.Status == deploy.Done
}

// restoreStands is what has become of the database so far.
func restoreStands(r *deploy.Release) string {
	begun, done := overwrites(r)
	clone, clones := stepOfKind(r, deploy.KindClone)
	switch {
	case done:
		return heldBy(r) + " holds " + backupName(r)
	case begun:
		return "what is in " + heldBy(r) + " is being replaced"
	case clones && clone.Status == deploy.Done:
		return "the new instance is made"
	}
	return "the database is as it was"
}

// restoreState is the state of a restore in words.
func restoreState(r *deploy.Release, doing string) string {
	stands := restoreStands(r)
	if begun, done := overwrites(r); begun && !done && (r.State == deploy.Parked || r.State == deploy.Abandoned) {
		stands = "what is in " + heldBy(r) + " now is not known"
	}
	switch r.State {
	case deploy.Running, deploy.RollingBack:
		return dotted("▸ "+stands, doing)
	case deploy.Waiting:
		return dotted("▸ "+stands, waiting(r))
	case deploy.Paused:
		return dotted("■ "+stands, "held by "+mention(r.By)+" since "+clock(r.Since))
	case deploy.Parked:
		return "■ " + stands + " · stopped since " + clock(r.Since) + ": Slipway cannot go on safely by itself"
	case deploy.Abandoned:
		return "✗ Let go by " + mention(r.By) + " at " + clock(r.Since) + " · " + stands
	case deploy.Succeeded:
		if r.Restore.InPlace {
			return fmt.Sprintf("✓ Restored: %s holds %s since %s", heldBy(r), backupName(r), clock(r.Since))
		}
		return fmt.Sprintf("✓ New instance %s is ready since %s, with %s", newInstance(r), clock(r.Since), asOf(r))
	case deploy.Failed, deploy.RolledBack:
	}
	return "✗ Ended at " + clock(r.Since) + " · " + stands + leftBehind(r)
}

// leftBehind says that an instance may be there that nobody waits for any more.
func leftBehind(r *deploy.Release) string {
	s, ok := stepOfKind(r, deploy.KindClone)
	if !ok || s.Begun.IsZero() {
		return ""
	}
	return "; the new instance " + newInstance(r) + " may be there, and costs money until somebody deletes it"
}

// stopLine says what it would be to stop a restore now.
func stopLine(r *deploy.Release) string {
	const now = "If you stop it now: "
	begun, _ := overwrites(r)
	clone, clones := stepOfKind(r, deploy.KindClone)
	switch {
	case r.State.Terminal():
		return ""
	case begun:
		return "It cannot be stopped any more: what was in " + heldBy(r) + " is being replaced."
	case clones && clone.Status == deploy.Started:
		return now + "the database stays as it is. The new instance has been asked for and is made all the same; somebody has to delete it."
	}
	return now + "the database stays as it is."
}

// stopQuestion is that for the one who is about to press Stop, in plain text.
func stopQuestion(r *deploy.Release) string {
	if clone, clones := stepOfKind(r, deploy.KindClone); clones && clone.Status == deploy.Started {
		return fmt.Sprintf("%s ends, and the database stays as it is. The new instance %s has been asked for and is made all the same; somebody has to delete it.", r.ID, cut(r.Restore.Clone, mostName))
	}
	return fmt.Sprintf("%s ends. The database stays as it is.", r.ID)
}

// restoreButtons are what can be done with a restore: it cannot be stopped once it replaces what is there.
func restoreButtons(r *deploy.Release, step deploy.StepName) []sdk.BlockElement {
	var list []sdk.BlockElement
	switch r.State {
	case deploy.Paused:
		list = append(list, button(commands.Resume, "Resume", r, step))
	case deploy.Parked:
		list = append(list, button(commands.Resume, "Try again", r, step))
	case deploy.Running, deploy.Waiting, deploy.RollingBack, deploy.Succeeded, deploy.RolledBack, deploy.Failed, deploy.Abandoned:
	}
	if begun, _ := overwrites(r); !begun && !r.State.Terminal() {
		list = append(list, stopButton(r, step))
	}
	return list
}

// restoreEnd is what to do with what was restored: the commands of the last step, to be copied.
func restoreEnd(r *deploy.Release) string {
	s, ok := stepOfKind(r, deploy.KindRestored)
	list := strings.Split(strings.TrimSpace(s.Note), "\n")
	if r.State != deploy.Succeeded || !ok || len(list) == 1 { // which its step says
		return ""
	}
	var lines []string
	for _, l := range list[1:] { // its step says the first
		lines = append(lines, copyable(l))
	}
	return strings.Join(lines, "\n")
}

// restoreAsked is what was asked for, as the thread begins.
func restoreAsked(r *deploy.Release) string {
	if r.Restore.InPlace {
		return "to restore " + backupName(r) + " in place of what is in " + heldBy(r) + ", " + esc(r.Target.Environment)
	}
	return "for " + asOf(r) + ", of " + esc(r.Target.Environment) + ", in a new instance " + newInstance(r)
}
