package slack

import (
	"fmt"

	"slipway/internal/deploy"
)

// usualReturn is how long Cloud Run takes to give 100 % back when nothing is wrong.
const usualReturn = "usually about 6 s"

// rollBackLine says what a roll back would do now; nothing where it cannot be asked for.
func rollBackLine(r *deploy.Release) string {
	switch {
	case r.State.Terminal() || goingBack(r):
		return ""
	case !touched(r):
		return "If you roll back now: it stops, nothing has been changed yet."
	case r.Facts.Baseline.Name == "":
		return ""
	case unseen(r):
		return fmt.Sprintf("If you roll back now: %s keeps 100 %%, the new revision gets no traffic.", esc(returnsTo(r)))
	}
	return fmt.Sprintf("If you roll back now: 100 %% to %s, %s.", esc(returnsTo(r)), usualReturn)
}

// nextLine says what comes by itself, and what does not.
func nextLine(r *deploy.Release) string {
	cur := r.Current()
	switch r.State {
	case deploy.Running, deploy.RollingBack:
		return nextStep(r)
	case deploy.Waiting:
		if cur == nil || cur.Until.IsZero() {
			return ""
		}
		return fmt.Sprintf("Next: somebody approves %d %% in the thread by %s; if nobody does, %s.", cur.Percent, clock(cur.Until), stays(r))
	case deploy.Paused:
		const until = "nothing, until somebody resumes it or rolls it back."
		if cur != nil && cur.Status == deploy.Started {
			return "Next: finishes " + doing(*cur) + ", then " + until
		}
		return "Next: " + until
	case deploy.Parked:
		if goingBack(r) {
			return "Next: nothing by itself. Somebody has to look, then try again."
		}
		return "Next: nothing by itself. Somebody has to look, then try again or roll back."
	case deploy.Succeeded, deploy.RolledBack, deploy.Failed, deploy.Abandoned:
	}
	return ""
}

// stays says where traffic is if nobody does anything.
func stays(r *deploy.Release) string {
	if r.Facts.Share == 0 {
		return "it is held without traffic"
	}
	return fmt.Sprintf("it stays at %d %%", r.Facts.Share)
}

func nextStep(r *deploy.Release) string {
	cur := r.Current()
	if cur == nil {
		return ""
	}
	next, ok := following(r, *cur)
	if cur.Status == deploy.Pending {
		next, ok = *cur, true
	}
	if !ok {
		return "Next: nothing, this is the last step."
	}
	when := ""
	if cur.Kind == deploy.KindBake && !cur.Until.IsZero() {
		when = " when the bake ends at " + clock(cur.Until)
	}
	return "Next: " + will(r, next) + when + "."
}

func following(r *deploy.Release, cur deploy.Step) (deploy.Step, bool) {
	found := false
	for _, s := range r.Plan() {
		if found && !s.Status.Ended() {
			return s, true
		}
		found = found || s.Name == cur.Name
	}
	return deploy.Step{}, false
}
