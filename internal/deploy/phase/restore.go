package phase

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"slipway/internal/deploy"
)

// restorable looks whether what is to be restored is there, and says what would be lost by it. It changes nothing, and may
// die anywhere.
func (p Ports) restorable(ctx context.Context, r deploy.Release, s deploy.Step) (deploy.Outcome, error) {
	plan, in, err := p.toRestore(r)
	if err != nil {
		return deploy.Outcome{}, err
	}
	source, err := running(ctx, in, plan.Instance, deploy.Invalid)
	if err != nil {
		return deploy.Outcome{}, err
	}
	var note string
	if plan.InPlace {
		note, err = backupThere(ctx, in, plan, source, p.now(s))
	} else {
		note, err = cloneFree(ctx, in, plan, source, r.Created, p.now(s))
	}
	return deploy.Outcome{Facts: r.Facts, Note: note}, err
}

func (p Ports) toRestore(r deploy.Release) (deploy.RestorePlan, deploy.Instances, error) {
	if r.Restore == nil {
		return deploy.RestorePlan{}, nil, &deploy.Error{Code: deploy.Invalid, Op: "restore", Msg: "nobody has said what is to be restored"}
	}
	in, _, err := p.instances(r)
	return *r.Restore, in, err
}

// cannotRestore is why a restore is refused before anything is changed.
func cannotRestore(hint, format string, args ...any) error {
	return &deploy.Error{Code: deploy.Invalid, Op: "look at what is to be restored", Msg: fmt.Sprintf(format, args...), Hint: hint}
}

// backupThere says what a restore in place brings back and takes away.
func backupThere(ctx context.Context, in deploy.Instances, plan deploy.RestorePlan, source deploy.Instance, now time.Time) (string, error) {
	if len(source.Replicas) > 0 {
		return "", cannotRestore("restore to a new instance, or delete the replicas first", "%s has %s (%s), and its cloud restores in place only without",
			plan.Instance.Name, replicas(len(source.Replicas)), strings.Join(source.Replicas, ", "))
	}
	runs, err := in.Backups(ctx, plan.Instance, mostBackups)
	if err != nil {
		return "", err
	}
	at := slices.IndexFunc(runs, func(b deploy.BackupRun) bool { return b.ID == plan.Backup })
	switch {
	case at < 0:
		return "", cannotRestore("list the backups again, and take one of those", "%s has no backup %s", plan.Instance.Name, plan.Backup)
	case runs[at].State != deploy.RunDone:
		return "", cannotRestore("take another backup", "backup %s of %s is %s", plan.Backup, plan.Instance.Name, runs[at].State)
	}
	b := runs[at]
	since := b.Started // what was written while it was made may be missing
	if since.IsZero() {
		since = b.Ended
	}
	size := ""
	if b.Size > 0 {
		size = " (" + deploy.Size(b.Size) + ")"
	}
	return fmt.Sprintf("%s runs, backup %s%s is there; everything written since %s, %s ago, is lost", plan.Instance.Name, b.ID, size,
		moment(since, now), ago(now.Sub(since))), nil
}

func replicas(n int) string {
	if n == 1 {
		return "a replica"
	}
	return fmt.Sprintf("%d replicas", n)
}

// cloneFree says what a new instance would have. Its name is ours from the moment at which this release was made.
func cloneFree(ctx context.Context, in deploy.Instances, plan deploy.RestorePlan, source deploy.Instance, created, now time.Time) (string, error) {
	switch {
	case !source.PointInTime:
		return "", cannotRestore("turn point-in-time recovery on for the next time, and restore a backup in place", "%s cannot be had as it was at a moment: point-in-time recovery is off", plan.Instance.Name)
	case plan.At.After(now):
		return "", cannotRestore("take a moment that has passed", "%s is yet to come", moment(plan.At, now))
	case !source.Made.IsZero() && plan.At.Before(source.Made):
		return "", cannotRestore("take a later moment", "%s was made at %s, after %s", plan.Instance.Name, moment(source.Made, now), moment(plan.At, now))
	}
	there, err := in.Instance(ctx, cloneRef(plan))
	switch {
	case deploy.CodeOf(err) == deploy.NotFound:
	case err != nil:
		return "", err
	case there.Made.IsZero() || there.Made.Before(created):
		return "", cannotRestore("delete it if nobody needs it, then restore again", "there is an instance %s already", plan.Clone)
	}
	return fmt.Sprintf("%s can be had as it was at %s, %s ago; nothing that runs is touched", plan.Instance.Name, moment(plan.At, now), ago(now.Sub(plan.At))), nil
}

func cloneRef(plan deploy.RestorePlan) deploy.InstanceRef {
	i := plan.Instance
	i.Name = plan.Clone
	return i
}

// clone has a new instance made. It goes by its name, so that one is made however often this is begun: a run that died
// after the call finds it being made, or there.
func (p Ports) clone(ctx context.Context, r deploy.Release, s deploy.Step) (deploy.Outcome, error) {
	plan, in, err := p.toRestore(r)
	if err != nil {
		return deploy.Outcome{}, err
	}
	f, rest, err := awaitRun(ctx, in, plan.Instance, r.Facts, s)
	if err != nil || rest.Again > 0 {
		return rest, err
	}
	making := "making " + plan.Clone + " from " + plan.Instance.Name
	if f.Operation == "" {
		op, err := in.Clone(ctx, deploy.CloneRequest{Instance: plan.Instance, Clone: plan.Clone, At: plan.At})
		if err != nil {
			return deploy.Outcome{}, err
		}
		if op != "" {
			f.Operation = string(op)
			return again(s, f, making), nil
		}
	}
	there, err := in.Instance(ctx, cloneRef(plan))
	switch {
	case deploy.CodeOf(err) == deploy.NotFound, err == nil && !there.Runnable:
		return again(s, f, making), nil
	case err != nil:
		return deploy.Outcome{}, err
	}
	f.Operation = ""
	return deploy.Outcome{Facts: f, Note: plan.Clone + " is there, as " + plan.Instance.Name + " was at " + moment(plan.At, p.now(s))}, nil
}

// restore puts a backup in place of what is there. It is asked for once: a run that died after the call finds the
// operation by when this attempt was begun. An operation that an earlier attempt has stored is waited for first, and if
// it has ended well that is all: what was written since is not taken away a second time.
func (p Ports) restore(ctx context.Context, r deploy.Release, s deploy.Step) (deploy.Outcome, error) {
	plan, in, err := p.toRestore(r)
	if err != nil {
		return deploy.Outcome{}, err
	}
	f, rest, err := awaitRun(ctx, in, plan.Instance, r.Facts, s)
	if err != nil || rest.Again > 0 {
		return rest, err
	}
	restoring := "restoring backup " + plan.Backup + " in place of what is in " + plan.Instance.Name
	if f.Operation != "" {
		f.Operation = ""
		return deploy.Outcome{Facts: f, Note: "backup " + plan.Backup + " is in place of what was in " + plan.Instance.Name}, nil
	}
	op, err := in.Restore(ctx, deploy.RestoreRequest{Instance: plan.Instance, Backup: plan.Backup, Since: s.Begun})
	if err != nil {
		return deploy.Outcome{}, err
	}
	if op == "" {
		return deploy.Outcome{}, &deploy.Error{Code: deploy.Internal, Op: "restore " + plan.Instance.String(), Msg: "the restore has no operation to wait for, which is a defect of Slipway"}
	}
	f.Operation = string(op)
	return again(s, f, restoring), nil
}
