package phase

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"slipway/internal/deploy"
)

// mostBackups is how many of an instance are looked through: more than its cloud keeps by itself, and than people make
// beside a release.
const mostBackups = 100

// backup has the database backed up. The backup is found by its description, so that one is made however often this is
// begun: if it dies before the call nothing was asked for; after it, the next run finds the backup going, done or failed;
// and once the operation is stored it is only waited for. What has failed is asked for anew by a new attempt only.
func (p Ports) backup(ctx context.Context, r deploy.Release, s deploy.Step) (deploy.Outcome, error) {
	in, i, err := p.instances(r)
	if err != nil {
		return deploy.Outcome{}, err
	}
	before := r.Facts.Operation
	f, rest, err := awaitRun(ctx, in, i, r.Facts, s)
	if err != nil || rest.Again > 0 {
		return rest, err
	}
	anew := s.Looks == 0 || before != "" && f.Operation == ""
	runs, err := in.Backups(ctx, i, mostBackups)
	if err != nil {
		return deploy.Outcome{}, err
	}
	description, ours, found := ownBackup(runs, r, s)
	switch {
	case found && ours.State == deploy.RunDone:
		f.Operation = ""
		return deploy.Outcome{Facts: f, Backup: &ours, Note: backupNote(ours, s)}, nil
	case found && ours.State == deploy.RunGoing, f.Operation != "" && !anew && !found: // the list may lag behind
		return again(s, f, "backing up "+i.Name), nil
	case found && !anew:
		return deploy.Outcome{}, &deploy.Error{Code: deploy.Invalid, Op: "back up " + i.String(),
			Msg:  fmt.Sprintf("backup %s of %s failed: %s", ours.ID, i.Name, cmp.Or(ours.Trouble, "its cloud does not say why")),
			Hint: "look at the operations of the instance"}
	}
	return askForBackup(ctx, in, i, f, s, description)
}

// freshFor is how long a backup of an earlier attempt will do. After a longer hold another is made: what was written since
// is not in the first.
const freshFor = 2 * time.Hour

// ownBackup is the backup of this step, and how it is described. The description follows from what is stored, so that it is
// the same after a crash.
func ownBackup(runs []deploy.BackupRun, r deploy.Release, s deploy.Step) (description string, ours deploy.BackupRun, found bool) {
	description = deploy.BackupDescription(r.ID, r.Version, s.Name)
	ours, found = backupOf(runs, description)
	if found && ours.State == deploy.RunDone && !ours.Ended.IsZero() && s.Begun.Sub(ours.Ended) > freshFor {
		description += ", again at " + s.Begun.UTC().Format("2006-01-02 15:04:05")
		ours, found = backupOf(runs, description)
	}
	return description, ours, found
}

func askForBackup(ctx context.Context, in deploy.Instances, i deploy.InstanceRef, f deploy.Facts, s deploy.Step, description string) (deploy.Outcome, error) {
	if _, err := running(ctx, in, i, deploy.Invalid); err != nil {
		return deploy.Outcome{}, err
	}
	op, err := in.Backup(ctx, i, description)
	if err != nil {
		return deploy.Outcome{}, err
	}
	f.Operation = string(op)
	return again(s, f, "backing up "+i.Name), nil
}

// backupOf finds the backup with a description, in a list that has the newest first. One that has failed counts only if
// there is no other.
func backupOf(runs []deploy.BackupRun, description string) (ours deploy.BackupRun, found bool) {
	for _, b := range runs {
		switch {
		case b.Description != description, b.State == deploy.RunFailed && found:
		default:
			ours, found = b, true
		}
	}
	return ours, found
}

// backupNote is backup 1718 (2.1 GB). How old it is, is said of one that an earlier attempt has made.
func backupNote(b deploy.BackupRun, s deploy.Step) string {
	text := "backup " + b.ID
	if b.Size > 0 {
		text += " (" + deploy.Size(b.Size) + ")"
	}
	if !b.Ended.IsZero() && b.Ended.Before(s.Begun) {
		text += ", made at " + moment(b.Ended, s.Begun)
	}
	return text
}
