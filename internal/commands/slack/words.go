package slack

import (
	"cmp"
	"fmt"
	"strings"

	"slipway/internal/deploy"
)

// chapters are the phases' names for people.
var chapters = map[deploy.Phase]string{
	deploy.Preflight: "Preflight", deploy.Backup: "Backup", deploy.Migrate: "Migrate", deploy.Stage: "Deploy",
	deploy.Health: "Health", deploy.Traffic: "Traffic", deploy.Validate: "Validate", deploy.Observe: "Observe",
	deploy.BackTraffic: "Traffic back", deploy.BackVerify: "Verify", deploy.BackIncident: "Incident", deploy.BackDatabase: "Database",
}

func chapter(p deploy.Phase) string {
	if name, ok := chapters[p]; ok {
		return name
	}
	return esc(string(p))
}

// label names a step for people, and the part of the release that it is about.
func label(r *deploy.Release, s deploy.Step) string {
	if s.Part != "" {
		return esc(s.Part) + ": " + label(of(r, s), whole(s))
	}
	if words := rollingLabels[s.Kind]; words != "" && rolls(r) {
		return words
	}
	return labelOf(r, s)
}

func labelOf(r *deploy.Release, s deploy.Step) string {
	switch s.Kind {
	case deploy.KindService:
		return "Service and baseline"
	case deploy.KindImage:
		return "Image"
	case deploy.KindRevision:
		return "New revision without traffic"
	case deploy.KindHealth:
		return "Health checks"
	case deploy.KindGate:
		if judges(s) {
			return fmt.Sprintf("Verdict before %d %%", s.Percent)
		}
		return "Approval of " + r.Wants(&s)
	case deploy.KindShift:
		return fmt.Sprintf("%d %% of traffic", s.Percent)
	case deploy.KindBake:
		return fmt.Sprintf("Bake at %d %%", s.Percent)
	case deploy.KindRetire:
		return "Clean-up"
	case deploy.KindReturn:
		return "100 % back"
	case deploy.KindVerify:
		return "Verified"
	case deploy.KindValidate:
		return "Users reach it"
	case deploy.KindObserve:
		return "Observed at 100 %"
	case deploy.KindIncident:
		return "Evidence kept"
	case deploy.KindWatch:
		return "Look at the metrics"
	case deploy.KindSmoke:
		return "Smoke checks"
	case deploy.KindFunctional:
		return "Functional checks"
	case deploy.KindReady:
		return "Checklist"
	case deploy.KindPropose:
		return "Plan"
	case deploy.KindConfirm:
		return "Plan as approved"
	case deploy.KindLoad:
		return "Load check " + loadName(s)
	default:
	}
	return cmp.Or(databaseLabels[s.Kind], esc(string(s.Name)))
}

// doing says what a step does while it does it, and at which part of the release.
func doing(r *deploy.Release, s deploy.Step) string {
	if s.Part != "" {
		return esc(s.Part) + ": " + doing(of(r, s), whole(s))
	}
	if words := rollingDoing[s.Kind]; words != "" && rolls(r) {
		return words
	}
	return doingOf(r, s)
}

func doingOf(r *deploy.Release, s deploy.Step) string {
	switch s.Kind {
	case deploy.KindService:
		return "checking the service"
	case deploy.KindImage:
		return "looking the image up"
	case deploy.KindRevision:
		return "creating the new revision"
	case deploy.KindHealth:
		return "checking its health"
	case deploy.KindGate:
		if s.Ask == deploy.AskRisky && r.State != deploy.Waiting {
			return "looking whether the plan needs an approval"
		}
		if judges(s) && r.State != deploy.Waiting {
			return fmt.Sprintf("waiting for a verdict before %d %%", s.Percent)
		}
		return "waiting for approval of " + r.Wants(&s)
	case deploy.KindShift:
		return fmt.Sprintf("moving to %d %%", s.Percent)
	case deploy.KindBake:
		return "baking"
	case deploy.KindRetire:
		return "cleaning up"
	case deploy.KindReturn:
		return "sending traffic back"
	case deploy.KindVerify:
		return "verifying"
	case deploy.KindValidate:
		return "checking that users reach it"
	case deploy.KindObserve:
		return "observing"
	case deploy.KindIncident:
		if r.Spec.Metrics == nil || unseen(r) {
			return "keeping the evidence"
		}
		return "counting what users saw"
	case deploy.KindWatch:
		return "looking at the metrics"
	case deploy.KindSmoke:
		return "running the smoke checks"
	case deploy.KindFunctional:
		return "running the functional checks"
	case deploy.KindReady:
		return "going through the checklist"
	case deploy.KindPropose:
		return "working out what would change"
	case deploy.KindConfirm:
		return "making sure that the plan is still as approved"
	case deploy.KindLoad:
		return "running the load check " + loadName(s)
	default:
	}
	return cmp.Or(databaseDoing(r, s), "at "+esc(string(s.Name)))
}

// will says what a step does before it has begun, and at which part of the release.
func will(r *deploy.Release, s deploy.Step) string {
	if s.Part != "" {
		return esc(s.Part) + ": " + will(of(r, s), whole(s))
	}
	if words := rollingWill(r, s); words != "" && rolls(r) {
		return words
	}
	return willOf(r, s)
}

func willOf(r *deploy.Release, s deploy.Step) string {
	switch s.Kind {
	case deploy.KindService:
		return "checks the service and what runs there"
	case deploy.KindImage:
		return "looks the image up"
	case deploy.KindRevision:
		return "creates the new revision, without traffic"
	case deploy.KindHealth:
		return "checks the health of the new revision"
	case deploy.KindGate:
		return willAsk(r, s)
	case deploy.KindShift:
		return fmt.Sprintf("%d %% of traffic", s.Percent)
	case deploy.KindBake:
		return fmt.Sprintf("stays at %d %% for %s", s.Percent, deploy.Planned(s.Bake))
	case deploy.KindRetire:
		if goingBack(r) && willLock(r) != "" {
			return "cleans up"
		}
		return "cleans up, then it is done"
	case deploy.KindReturn:
		return "sends 100 % to " + esc(returnsTo(r))
	case deploy.KindVerify:
		return "verifies that " + esc(returnsTo(r)) + " answers"
	case deploy.KindValidate:
		return "checks that users reach " + esc(r.Version)
	case deploy.KindObserve:
		return "observes it at 100 % for " + deploy.Planned(s.Bake)
	case deploy.KindIncident:
		return "keeps the evidence"
	case deploy.KindWatch:
		return "looks at the metrics"
	case deploy.KindSmoke:
		return "runs the smoke checks on the new revision"
	case deploy.KindFunctional:
		return "runs the functional checks where users reach it"
	case deploy.KindReady:
		return "goes through the checklist"
	case deploy.KindPropose:
		return "works out what would change"
	case deploy.KindConfirm:
		return "makes sure that the plan is still as approved"
	case deploy.KindLoad:
		return "load check " + loadName(s) + " for " + deploy.Planned(s.Bake)
	default:
	}
	return cmp.Or(databaseWill(r, s), esc(string(s.Name)))
}

// willAsk says what a gate does when its turn comes.
func willAsk(r *deploy.Release, gate deploy.Step) string {
	on := fmt.Sprintf("goes on to %d %% by itself if healthy", gate.Percent)
	switch gate.Ask {
	case deploy.AskUnsure:
		return on + "; if there is not enough to tell, asks for approval; if unhealthy, is held"
	case deploy.AskNobody:
		return on + ", otherwise is held"
	case deploy.AskRisky:
		if !certain(r, gate) {
			return "asks for approval of the plan if something in it is risky"
		}
	case deploy.AskAlways:
	}
	return "asks for approval of " + r.Wants(&gate)
}

// goingBack says that the plan in force is the one of going back.
func goingBack(r *deploy.Release) bool {
	plan := r.Plan()
	return len(plan) > 0 && plan[0].Kind == deploy.KindReturn
}

// returnsTo names what a rollback returns to, the best way that is known.
func returnsTo(r *deploy.Release) string {
	if v := r.Facts.Baseline.Version; v != "" {
		return v
	}
	if name := r.Facts.Baseline.Name; name != "" {
		return string(name)
	}
	return "the version before"
}

// touched says whether the platform or the database may have been changed by this release.
func touched(r *deploy.Release) bool { return r.Touched() || goingBack(r) }

// staged says whether a revision may have been made.
func staged(r *deploy.Release) bool {
	s, ok := stepOfKind(r, deploy.KindRevision)
	return ok && s.Status != deploy.Pending
}

// unseen says that users have not been sent to the new version and that nobody has moved traffic meanwhile, as far
// as is known: a release is parked when somebody has.
func unseen(r *deploy.Release) bool { return r.Most() == 0 && r.State != deploy.Parked }

// stepOf finds the step that an entry or a button speaks of.
func stepOf(r *deploy.Release, name deploy.StepName) (deploy.Step, bool) {
	for _, plan := range [][]deploy.Step{r.Steps, r.Back} {
		for _, s := range plan {
			if s.Name == name {
				return s, true
			}
		}
	}
	return deploy.Step{}, false
}

// bar is the share of traffic in ten cells; a share above nothing fills at least one.
func bar(percent int) string {
	percent = min(max(percent, 0), 100)
	full := percent / 10
	if full == 0 && percent > 0 {
		full = 1
	}
	return strings.Repeat("▓", full) + strings.Repeat("░", 10-full)
}

// percents lists shares: 10 %, 50 %, 100 %.
func percents(shares []int) string {
	var parts []string
	for _, p := range shares {
		parts = append(parts, fmt.Sprintf("%d %%", p))
	}
	return strings.Join(parts, ", ")
}
