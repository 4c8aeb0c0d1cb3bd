package slack

import (
	"fmt"
	"regexp"
	"time"

	"slipway/internal/deploy"
)

// rolls says whether a release replaces what runs task by task, so that there is no share of traffic to speak of.
func rolls(r *deploy.Release) bool { return r.Spec.Strategy.Kind == deploy.Rolling }

// What steps are called where a platform replaces what runs task by task, if that is not what they are called elsewhere.
var (
	rollingLabels = map[deploy.StepKind]string{
		deploy.KindRevision: "New revision", deploy.KindShift: "Rollout", deploy.KindBake: "Bake", deploy.KindReturn: "Rolled back", deploy.KindObserve: "Observed",
	}
	rollingDoing = map[deploy.StepKind]string{deploy.KindShift: "rolling out", deploy.KindReturn: "rolling back"}
)

// rollingWill is what a step does there before it has begun; "" if that is as elsewhere.
func rollingWill(r *deploy.Release, s deploy.Step) string {
	switch s.Kind {
	case deploy.KindRevision:
		return "creates the new revision, of which nothing runs yet"
	case deploy.KindHealth:
		return "checks its health where users reach it"
	case deploy.KindSmoke:
		return "runs the smoke checks where users reach it"
	case deploy.KindShift:
		return "rolls " + esc(r.Version) + " out, task by task"
	case deploy.KindBake:
		return "stays so for " + deploy.Planned(s.Bake)
	case deploy.KindObserve:
		return "observes it for " + deploy.Planned(s.Bake)
	case deploy.KindReturn:
		return "rolls back to " + esc(returnsTo(r))
	default:
	}
	return ""
}

// rolledWords say where a rolling release stands. They hold our own words only.
func rolledWords(r *deploy.Release) string {
	words := ""
	switch {
	case r.Facts.Share > 0:
		words = "is rolled out"
	case r.Facts.MaxShare > 0:
		words = "is being rolled out"
	default:
		words = "is not rolled out yet"
	}
	if r.State == deploy.Parked {
		words += ", when last seen"
	}
	return words
}

// rolledSoFar is the same after "held".
func rolledSoFar(r *deploy.Release) string {
	switch {
	case r.Facts.Share > 0:
		return "after its rollout"
	case r.Facts.MaxShare > 0:
		return "in the middle of its rollout"
	}
	return "before its rollout"
}

// allOn says where users are once a release is back. It is not escaped.
func allOn(r *deploy.Release) string {
	if rolls(r) {
		return "all tasks on " + returnsTo(r)
	}
	return "100 % on " + returnsTo(r)
}

// seenLast is where users were when a release was let go.
func seenLast(r *deploy.Release) string {
	if rolls(r) {
		return esc(r.Version) + " " + rolledWords(r)
	}
	return fmt.Sprintf("%d %% of traffic was on %s when last seen", r.Facts.Share, esc(r.Version))
}

// rolloutNote is how far a rolling deployment is, as the platform says. It is not escaped.
func rolloutNote(r *deploy.Release, s deploy.Step) string {
	switch {
	case s.Status == deploy.Pending:
		return "not rolled out yet"
	case s.Status == deploy.Done:
		return "rolled out"
	case s.Status == deploy.Started && s.Note != "":
		return cut(oneLine(s.Note), mostNote)
	case s.Status == deploy.Started && !goingBack(r):
		return "being rolled out"
	}
	return "interrupted in its rollout"
}

// rolloutWords add to what a step does how far it has come, which changes too often to be shown where now is zero. That a
// version is being rolled out is not said twice.
func rolloutWords(r *deploy.Release, s *deploy.Step, words string, now time.Time) string {
	note := ""
	if !now.IsZero() && s.Attempts == 0 {
		note = esc(cut(oneLine(s.Note), mostNote))
	}
	switch {
	case rolls(r) && s.Part == "" && s.Kind == deploy.KindShift:
		return note
	case note == "":
		return words
	}
	return words + ": " + note
}

// ofTasks is how people and platforms count tasks: 2 of 4 tasks.
var ofTasks = regexp.MustCompile(`\b[0-9]+ of [0-9]+ tasks?\b`)

// tasksReached is how much of a service a rolling deployment had replaced when it was ended, as far as that was seen.
func tasksReached(r *deploy.Release, part string) string {
	if r.Kind == deploy.Rollback { // of what was live
		return "all tasks"
	}
	for _, s := range r.Steps {
		if s.Kind != deploy.KindShift || s.Part != part {
			continue
		}
		if s.Status == deploy.Done {
			return "all tasks"
		}
		if counted := ofTasks.FindString(s.Note); counted != "" {
			return counted + " when last seen"
		}
	}
	return "at most all tasks"
}
