package slack

import (
	"fmt"

	"slipway/internal/deploy"
)

// usualReturn is how long Cloud Run takes to give 100 % back, as measured for the step.
const usualReturn = "about 6 s"

// rollBackLine says what a roll back would do now; nothing where it cannot be asked for.
func rollBackLine(r *deploy.Release) string {
	switch {
	case r.State.Terminal() || goingBack(r):
		return ""
	case !touched(r):
		return "If you roll back now: it stops, nothing has been changed yet."
	case r.Facts.Baseline.Name == "":
		return ""
	}
	return fmt.Sprintf("If you roll back now: 100 %% to %s, %s.", esc(returnsTo(r)), usualReturn)
}

// nextLine says what comes by itself, and what does not.
func nextLine(r *deploy.Release) string {
	switch r.State {
	case deploy.Running, deploy.RollingBack:
		return nextStep(r)
	case deploy.Waiting:
		gate := r.Current()
		if gate == nil || gate.Until.IsZero() {
			return ""
		}
		return fmt.Sprintf("Next: somebody approves %d %% in the thread, until %s, %s.", gate.Percent, clock(gate.Until), stays(r))
	case deploy.Paused:
		return "Next: nothing, until somebody resumes it or rolls it back."
	case deploy.Parked:
		return "Next: nothing by itself. Somebody has to look, then try again or roll back."
	case deploy.Succeeded, deploy.RolledBack, deploy.Failed:
	}
	return ""
}

// stays says where traffic is if nobody does anything.
func stays(r *deploy.Release) string {
	if r.Facts.Share == 0 {
		return "then it is held without traffic"
	}
	return fmt.Sprintf("then it stays at %d %%", r.Facts.Share)
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
		return "Next: it is done."
	}
	when := ""
	if cur.Kind == deploy.KindBake && !cur.Until.IsZero() {
		when = " when the bake ends at " + clock(cur.Until)
	}
	switch next.Kind {
	case deploy.KindGate:
		return fmt.Sprintf("Next: asks for approval of %d %%%s.", next.Percent, when)
	case deploy.KindShift:
		return fmt.Sprintf("Next: %d %% of traffic%s.", next.Percent, when)
	case deploy.KindBake:
		return fmt.Sprintf("Next: stays at %d %% for %s.", next.Percent, deploy.Planned(next.Bake))
	case deploy.KindService, deploy.KindImage, deploy.KindRevision, deploy.KindHealth, deploy.KindRetire, deploy.KindReturn, deploy.KindVerify:
	}
	return "Next: " + doing(next) + when + "."
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
