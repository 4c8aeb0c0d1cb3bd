package slack

import (
	"fmt"
	"time"

	"slipway/internal/commands"
	"slipway/internal/deploy"
)

// nextLine says what comes by itself, and what does not.
func nextLine(r *deploy.Release, now time.Time) string {
	switch r.State {
	case deploy.Running:
		return sentences(nextStep(r, now), byItself(r))
	case deploy.RollingBack:
		return sentences(nextStep(r, now), willLock(r))
	case deploy.Waiting:
		return sentences(nextAnswer(r), byItself(r))
	case deploy.Paused:
		return joinLines(sentences(nextResume(r), byItself(r)), againstVerdict(r))
	case deploy.Parked:
		if goingBack(r) || restores(r) && touched(r) {
			return "Next: nothing by itself. Somebody has to look, then try again."
		}
		if restores(r) {
			return "Next: nothing by itself. Somebody has to look, then try again or stop it."
		}
		return "Next: nothing by itself. Somebody has to look, then try again or roll back."
	case deploy.Succeeded, deploy.RolledBack, deploy.Failed, deploy.Abandoned:
	}
	return ""
}

func sentences(first, second string) string {
	if first == "" || second == "" {
		return first + second
	}
	return first + " " + second
}

// byItself says that watching goes on, whatever people are asked or have said.
func byItself(r *deploy.Release) string {
	if !takesItselfBack(r) {
		return ""
	}
	return "If a critical limit is broken, it rolls back by itself."
}

func nextAnswer(r *deploy.Release) string {
	cur := r.Current()
	switch {
	case cur != nil && cur.Kind == deploy.KindReady:
		return nextItems(*cur)
	case cur == nil || cur.Until.IsZero():
		return ""
	}
	text := fmt.Sprintf("Next: somebody approves %s in the thread by %s; if nobody does, %s.", r.Wants(cur), clock(cur.Until), staysAt(r, *cur))
	if judges(*cur) {
		text += " It goes on by itself if it becomes healthy."
	}
	return text
}

func nextResume(r *deploy.Release) string {
	until := "nothing, until somebody resumes it or rolls it back."
	if begun, _ := overwrites(r); restores(r) && begun {
		until = "nothing, until somebody resumes it."
	} else if restores(r) {
		until = "nothing, until somebody resumes it or stops it."
	}
	cur := r.Current()
	switch {
	case withoutBackup(r):
		return "Next: nothing, until somebody presses Resume, which tries the backup again, or Stop; an approver may go without a backup for a reason (Waive…)."
	case cur != nil && cur.TakesTwo():
		return "Next: nothing, until somebody resumes it, which asks again, or stops it."
	case cur != nil && cur.Status == deploy.Started:
		return "Next: finishes " + doing(r, *cur) + ", then " + until
	case heldByVerdict(r):
		return "Next: nothing, until somebody resumes it, which has it judged again, or rolls it back."
	}
	return "Next: " + until
}

// heldByVerdict says whether Slipway holds a release at a gate that goes by the verdict.
func heldByVerdict(r *deploy.Release) bool {
	cur := r.Current()
	return r.State == deploy.Paused && r.By == deploy.Slipway && cur != nil && cur.Kind == deploy.KindGate && judges(*cur)
}

// withoutBackup says whether a release is held because the database could not be backed up.
func withoutBackup(r *deploy.Release) bool {
	cur := r.Current()
	return r.State == deploy.Paused && r.By == deploy.Slipway && cur != nil && cur.Kind == deploy.KindBackup && r.Backing() != nil
}

// againstVerdict is how a release goes on all the same.
func againstVerdict(r *deploy.Release) string {
	if !heldByVerdict(r) {
		return ""
	}
	return forceLine(r, *r.Current())
}

// forceLine is what has to be typed, ready to be pasted but for the reason. There is no button for it: whoever goes
// against the verdict says why.
func forceLine(r *deploy.Release, gate deploy.Step) string {
	force := commands.PromoteCommand{Service: r.Target.Service, Environment: r.Target.Environment, Percent: gate.Percent, Force: true, Reason: "…"}
	how := "without a verdict"
	if r.Watch.Last.Verdict == deploy.Unhealthy {
		how = "against the verdict"
	}
	return "To promote " + how + ", an approver types: " + code(force.String())
}

// stays says where traffic is if nobody does anything.
func stays(r *deploy.Release) string {
	if rolls(r) {
		return "it is held " + rolledSoFar(r)
	}
	if r.Facts.Share == 0 {
		return "it is held without traffic"
	}
	return fmt.Sprintf("it stays at %d %%", r.Facts.Share)
}

// staysAt is what becomes of a release if nobody answers at a gate.
func staysAt(r *deploy.Release, gate deploy.Step) string {
	if gate.TakesTwo() {
		return "it is held, and nothing is changed"
	}
	return stays(r)
}

func nextStep(r *deploy.Release, now time.Time) string {
	cur := r.Current()
	if cur == nil {
		return ""
	}
	if cur.Kind == deploy.KindGate && cur.Status == deploy.Started {
		return "Next: " + willAsk(r, *cur) + "."
	}
	next, ok := following(r, *cur)
	if cur.Status == deploy.Pending {
		next, ok = *cur, true
	}
	if !ok {
		return "Next: nothing, this is the last step."
	}
	stay := cur.Kind == deploy.KindBake || cur.Kind == deploy.KindObserve
	switch {
	case !stay || cur.Until.IsZero():
		return "Next: " + will(r, next) + "."
	case watched(r):
		return "Next, " + seenThrough(r, *cur, now) + ": " + will(r, next) + "."
	case cur.Kind == deploy.KindObserve:
		return "Next: " + will(r, next) + " at " + clock(cur.Until) + "."
	}
	return "Next: " + will(r, next) + " when the bake ends at " + clock(cur.Until) + "."
}

// seenThrough is when a stay will have been seen to its end. The metrics of its last minute come later than that minute,
// and are not waited for longer than a source that has fallen silent is.
func seenThrough(r *deploy.Release, stay deploy.Step, now time.Time) string {
	m := r.Spec.Metrics
	if now.IsZero() || now.Before(stay.Until) {
		return "about " + clock(stay.Until.Add(m.Lag+m.Every))
	}
	return "when its metrics are in, at " + clock(stay.Until.Add(m.Lag+time.Duration(m.Errors+1)*m.Every)) + " at the latest"
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
