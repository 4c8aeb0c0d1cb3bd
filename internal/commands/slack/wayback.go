package slack

import (
	"fmt"
	"math"
	"time"

	"slipway/internal/commands"
	"slipway/internal/deploy"
)

// coldStart is what is added to a rollback whose revision has no instances: a guess at how long an application takes to
// come up, said as such.
const coldStart = 30 * time.Second

// rollBackLine is the rollback card: what a roll back would do now, and what stands in its way; nothing where it cannot
// be asked for.
func rollBackLine(r *deploy.Release, u deploy.Usual) string {
	const now = "If you roll back now: "
	way, to := r.Watch.Way, esc(returnsTo(r))
	switch {
	case restores(r):
		return stopLine(r)
	case r.State.Terminal() || goingBack(r):
		return ""
	case r.Kind == deploy.Rollback:
		return "If you stop it now: nothing has been changed yet."
	case !touched(r):
		return now + "it stops, nothing has been changed yet."
	case r.Facts.Baseline.Name == "":
		return databaseStays(r)
	case way.Gone:
		return gone(r)
	case unseen(r) && !staged(r):
		return joinLines(fmt.Sprintf("%s%s keeps 100 %%: traffic was never moved.", now, to), databaseStays(r))
	case unseen(r) && rolls(r):
		return joinLines(fmt.Sprintf("%s%s keeps running, nothing of the new revision was started.", now, to), databaseStays(r))
	case unseen(r):
		return joinLines(fmt.Sprintf("%s%s keeps 100 %%, the new revision gets no traffic.", now, to), databaseStays(r))
	}
	card := fmt.Sprintf("%s100 %% to %s, which had all of the traffic before this release%s; %s.", now, baseline(r), partsBack(r), speed(r, u))
	if rolls(r) {
		card = fmt.Sprintf("%s%s on all tasks again%s; %s.", now, baseline(r), partsBack(r), speed(r, u))
	}
	if way.Moved != "" {
		card = "Somebody moved traffic: " + esc(cut(oneLine(way.Moved), mostNote)) + ".\n" + card
	}
	return joinLines(card, databaseStays(r))
}

// gone says that there is no way back, and what to do instead.
func gone(r *deploy.Release) string {
	return fmt.Sprintf("✗ Roll back is not possible: %s does not exist any more, so that nothing can return to it. "+
		"Whoever has to take users away from %s sends traffic to another revision by hand.", baseline(r), esc(r.Version))
}

// baseline names what a rollback returns to, also as the platform does.
func baseline(r *deploy.Release) string {
	name := string(r.Facts.Baseline.Name)
	if name == returnsTo(r) {
		return esc(name)
	}
	return esc(returnsTo(r)) + " (" + esc(name) + ")"
}

// speed is how long it takes and how, as the platform foresees it; if that says nothing, whether what is returned to runs,
// and how long it took before.
func speed(r *deploy.Release, u deploy.Usual) string {
	if words := foreseen(r.Watch.Way.Return); words != "" {
		return words
	}
	if rolls(r) {
		return "task by task, which may take minutes"
	}
	whole := u.Step(deploy.Step{Name: "rollback/traffic", Kind: deploy.KindReturn})
	for _, s := range r.Back { // the parts do not wait for one another
		if s.Kind == deploy.KindReturn {
			whole = max(whole, u.Step(s))
		}
	}
	about := fmt.Sprintf("about %s", seconds(whole))
	way := r.Watch.Way
	switch {
	case way.Checked.IsZero() && r.Facts.Baseline.Warm, way.Warm:
		return "warm, " + about
	case way.Checked.IsZero():
		return about + ", and about " + seconds(coldStart) + " more if it has no instances"
	}
	return "cold: its instances start first, about " + seconds(coldStart) + " more than the usual " + seconds(whole)
}

func seconds(d time.Duration) string {
	if d >= time.Minute {
		return running(d)
	}
	return fmt.Sprintf("%d s", max(int(math.Ceil(d.Seconds())), 1))
}

// afterwards says how to go back from a release that is done, and what a rollback has left behind.
func afterwards(r *deploy.Release) string {
	t := r.Target
	switch r.State {
	case deploy.Succeeded:
		if restores(r) {
			return restoreEnd(r)
		}
		if r.Facts.Baseline.Name == "" {
			return ""
		}
		back := commands.RollbackCommand{Service: t.Service, Environment: t.Environment, Reason: "…"}
		if c := r.Schema; c.Changed() && (c.Class == deploy.Contract || c.Class == deploy.Unsure) {
			return acrossLines(r, back)
		}
		if rolls(r) {
			return fmt.Sprintf("To take it back: %s returns to %s, task by task%s, and says how long that takes.", code(back.String()), esc(returnsTo(r)), partsBack(r))
		}
		return fmt.Sprintf("To take it back: %s returns to %s. Its instances may have to start first, about %s more.",
			code(back.String()), esc(returnsTo(r)), seconds(coldStart))
	case deploy.RolledBack:
		if n, cleared := r.Noted(deploy.NoteUnlocked); cleared {
			return fmt.Sprintf("%s takes new versions again: %s cleared the lock at %s.", esc(t.String()), mention(n.By), clock(n.At))
		}
		unlock := commands.UnlockCommand{Service: t.Service, Environment: t.Environment}
		locked := fmt.Sprintf("%s is locked for new versions. Once somebody has looked, clear it: %s", esc(t.String()), code(unlock.String()))
		return joinLines(databaseStays(r), locked, againLine(r))
	case deploy.Running, deploy.Waiting, deploy.Paused, deploy.Parked, deploy.RollingBack, deploy.Failed, deploy.Abandoned:
	}
	return ""
}

// acrossLines say how to go back from a release whose schema the version before may not work with.
func acrossLines(r *deploy.Release, back commands.RollbackCommand) string {
	back.Anyway = true
	return fmt.Sprintf("To take it back: %s\nA rollback to %s takes two people: %s\nOr have the data as it was in a new instance: %s",
		databaseStays(r), esc(returnsTo(r)), code(back.String()), code(databaseCommand(r)))
}

// againLine says that what was taken back does not come again by accident.
func againLine(r *deploy.Release) string {
	bad := takenBack(r)
	if bad == "" {
		return ""
	}
	return "The same " + esc(cut(bad, mostName)) + " stays refused, unless it is asked for with " + code("--again") + "."
}

// takenBack names what users were taken away from; "" if that is not known.
func takenBack(r *deploy.Release) string {
	if r.Kind == deploy.Rollback {
		return r.Left.Version
	}
	return r.Version
}

// willLock says what a rollback that is going on leaves behind.
func willLock(r *deploy.Release) string {
	if r.Kind == deploy.Deploy && unseen(r) {
		return ""
	}
	return "Then " + esc(r.Target.String()) + " is locked for new versions until somebody clears it."
}
