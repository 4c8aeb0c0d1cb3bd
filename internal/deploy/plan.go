package deploy

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"time"
)

// Time-outs of steps. The first four are the stage durations of the guide's timeline; a return of traffic has
// none, since giving up on it would help nobody.
const (
	withinPreflight = 2 * time.Minute
	withinRevision  = 10 * time.Minute
	withinHealth    = 5 * time.Minute
	withinShift     = 5 * time.Minute
	withinVerify    = 2 * time.Minute
	withinRetire    = time.Minute
	withinValidate  = 2 * time.Minute
	withinIncident  = 10 * time.Minute // a guard: it ends by itself once the metrics have caught up
	withinLoad      = 2 * time.Minute  // beyond three times what it is to last
	withinChecks    = 5 * time.Minute  // for asking again when nobody answers, beyond what the slowest check may take
	withinSnapshot  = 2 * time.Minute
	withinMeasure   = 5 * time.Minute // also for what is over a limit to come down
	withinExamine   = 5 * time.Minute
	withinSettle    = time.Minute // what cannot be told of the database does not keep people from knowing that traffic is back
	withinRestore   = 4 * time.Hour
	withinBackup    = 30 * time.Minute // where the catalog says nothing
)

// NewPlan lists the steps that carry a version to 100 % under spec. Invalid if its strategy does not end there.
func NewPlan(spec Spec) ([]Step, error) {
	if err := checkStrategy(spec.Strategy); err != nil {
		return nil, err
	}
	var plan []Step
	for _, part := range spec.PartNames() {
		plan = append(plan,
			Step{Name: ofPart("preflight/service", part), Kind: KindService, Phase: Preflight, Within: withinPreflight, Part: part},
			Step{Name: ofPart("preflight/image", part), Kind: KindImage, Phase: Preflight, Within: withinPreflight, Part: part})
	}
	plan = append(plan, agreeSteps(spec)...)
	plan = append(plan, databaseSteps(spec)...)
	var early, late []Step // a rolling deployment has no address of its own before it is done
	for _, part := range spec.PartNames() {
		seen := spec.of(part)
		plan = append(plan, Step{Name: ofPart("deploy/revision", part), Kind: KindRevision, Phase: Stage, Within: cmp.Or(seen.Platform.Within, withinRevision), Part: part})
		if seen.Strategy.Kind == Rolling {
			late = append(late, healthSteps(seen, part)...)
		} else {
			early = append(early, healthSteps(seen, part)...)
		}
	}
	plan = append(plan, early...)
	for i, t := range spec.Strategy.Steps {
		plan = append(plan, trafficSteps(t, spec, i == 0)...)
	}
	plan = append(plan, late...)
	for _, part := range spec.PartNames() {
		plan = append(plan, Step{Name: ofPart("validate/service", part), Kind: KindValidate, Phase: Validate, Within: withinValidate, Part: part})
	}
	plan = append(plan, checkSteps(spec, Functional, Step{Name: "validate/functional", Kind: KindFunctional, Phase: Validate})...)
	plan = append(plan, loadSteps(spec, Functional, "validate/load", Validate)...)
	if d := spec.Database; d != nil && d.Off == "" && d.Validate {
		plan = append(plan, Step{Name: "validate/database", Kind: KindExamine, Phase: Validate, Within: withinExamine})
	}
	if spec.Observe > 0 {
		plan = append(plan, Step{Name: "observe/watch", Kind: KindObserve, Phase: Observe, Percent: 100, Bake: spec.Observe})
	}
	for _, part := range spec.PartNames() {
		plan = append(plan, Step{Name: ofPart("traffic/retire", part), Kind: KindRetire, Phase: lastPhase(spec), Within: cmp.Or(spec.of(part).Platform.Within, withinRetire), Part: part})
	}
	return pending(plan), nil
}

// ofPart is the name of a step that each part of a release has: deploy/revision, deploy/revision@worker.
func ofPart(name StepName, part string) StepName {
	if part == "" {
		return name
	}
	return name + StepName("@"+part)
}

// of is the spec as a part of the release sees it.
func (s Spec) of(part string) Spec { return Release{Spec: s}.Of(part).Spec }

// healthSteps ask a version itself how it is.
func healthSteps(spec Spec, part string) []Step {
	var steps []Step
	if len(spec.Health) > 0 {
		steps = append(steps, Step{Name: ofPart("health/checks", part), Kind: KindHealth, Phase: Health, Within: withinHealth, Part: part})
	}
	if part != "" {
		return steps
	}
	steps = append(steps, checkSteps(spec, Smoke, Step{Name: "health/smoke", Kind: KindSmoke, Phase: Health})...)
	return append(steps, loadSteps(spec, Smoke, "health/load", Health)...)
}

// databaseSteps keep what there is, and bring the schema to what the version needs.
func databaseSteps(spec Spec) []Step {
	var steps []Step
	if spec.Snapshot {
		steps = append(steps, Step{Name: "backup/configuration", Kind: KindSnapshot, Phase: Backup, Within: withinSnapshot})
	}
	d := spec.Database
	if d == nil {
		return steps
	}
	if why := cmp.Or(d.Off, d.Backup.Skip); why != "" {
		steps = append(steps, Step{Name: "backup/create", Kind: KindBackup, Phase: Backup, Status: Skipped, Note: "no backup: " + why})
	} else {
		steps = append(steps, Step{Name: "backup/create", Kind: KindBackup, Phase: Backup, Within: cmp.Or(d.Backup.Within, withinBackup)})
	}
	switch {
	case d.Migrations == nil:
	case d.Off != "":
		steps = append(steps, Step{Name: "migrate/apply", Kind: KindMigrate, Phase: Migrate, Status: Skipped, Note: "not migrated: " + d.Off})
	case d.Migrations.Job != "":
		steps = append(steps, measureStep, Step{Name: "migrate/job", Kind: KindRunJob, Phase: Migrate, Within: d.Migrations.Within})
	default:
		steps = append(steps, measureStep, Step{Name: "migrate/apply", Kind: KindMigrate, Phase: Migrate, Within: d.Migrations.Within})
	}
	return steps
}

var measureStep = Step{Name: "migrate/measure", Kind: KindMeasure, Phase: Migrate, Within: withinMeasure}

// agreeSteps are what comes between knowing what is to be released and changing anything: the checklist, what would
// change, and if the catalog asks for it people's yes to exactly that.
func agreeSteps(spec Spec) []Step {
	var steps []Step
	if len(spec.Items) > 0 || spec.Images != nil {
		steps = append(steps, Step{Name: "preflight/ready", Kind: KindReady, Phase: Preflight, Within: spec.Policy.ApprovalExpires})
	}
	steps = append(steps, Step{Name: "preflight/plan", Kind: KindPropose, Phase: Preflight, Within: withinPreflight})
	ask := AskAlways
	if !spec.Policy.ApprovePlan {
		ask = AskRisky
	}
	if spec.Policy.ApprovePlan || spec.Database.Migrates() {
		steps = append(steps,
			Step{Name: "preflight/approve", Kind: KindGate, Phase: Preflight, Ask: ask, Needed: max(spec.Policy.Approvals, 1), Within: spec.Policy.ApprovalExpires},
			Step{Name: "preflight/confirm", Kind: KindConfirm, Phase: Preflight, Within: withinPreflight})
	}
	return steps
}

// loadSteps are a step for each load check of a stage: two at once would measure each other.
func loadSteps(spec Spec, stage CheckStage, name StepName, phase Phase) []Step {
	var steps []Step
	for i, c := range spec.LoadsAt(stage) {
		step := Step{Name: name, Kind: KindLoad, Phase: phase, Check: c.Name, Bake: c.For, Within: withinLoad + 3*c.For}
		if i > 0 {
			step.Name += StepName("-" + strconv.Itoa(i+1))
		}
		steps = append(steps, step)
	}
	return steps
}

// checkSteps is the step that runs the checks of a stage, if there are any. They are run at the same time, and each may
// take its time, and as much again for its clean-up.
func checkSteps(spec Spec, stage CheckStage, step Step) []Step {
	checks := spec.ChecksAt(stage)
	if len(checks) == 0 {
		return nil
	}
	var slowest time.Duration
	for _, c := range checks {
		slowest = max(slowest, 2*c.Within)
	}
	step.Within = withinChecks + slowest
	return []Step{step}
}

// lastPhase is the chapter in which a release tidies up.
func lastPhase(spec Spec) Phase {
	if spec.Observe > 0 {
		return Observe
	}
	return Validate
}

func trafficSteps(t TrafficStep, spec Spec, first bool) []Step {
	name := "traffic/" + strconv.Itoa(t.Percent)
	var steps []Step
	if ask, gated := asks(t, spec, first); gated {
		steps = append(steps, Step{Name: StepName(name + "/gate"), Kind: KindGate, Phase: Traffic, Percent: t.Percent,
			Ask: ask, Needed: max(spec.Policy.Approvals, 1), Within: spec.Policy.ApprovalExpires})
	}
	for _, part := range spec.PartNames() {
		if seen := spec.of(part); seen.Strategy.Kind != Rolling || t.Percent == 100 {
			steps = append(steps, Step{Name: ofPart(StepName(name), part), Kind: KindShift, Phase: Traffic, Percent: t.Percent,
				Within: cmp.Or(seen.Platform.Within, withinShift), Part: part})
		}
	}
	if t.Bake > 0 {
		steps = append(steps, Step{Name: StepName(name + "/bake"), Kind: KindBake, Phase: Traffic, Percent: t.Percent, Bake: t.Bake})
	}
	return steps
}

// asks says whether there is a gate before a share, and when it asks people. Before the first share there is nothing
// to judge, and without metrics there never is.
func asks(t TrafficStep, spec Spec, first bool) (ask AskPolicy, gated bool) {
	judged := spec.Metrics != nil && !first
	switch {
	case t.Approve, t.Unsure && !judged:
		return AskAlways, true
	case t.Unsure:
		return AskUnsure, true
	}
	return AskNobody, judged
}

// NewBack lists the steps that give the baseline its traffic back, the last part of the release first. The database comes
// after its users: its schema stays.
func NewBack(spec Spec) []Step {
	parts := spec.PartNames()
	slices.Reverse(parts)
	var steps, verify, retire []Step
	for _, part := range parts {
		steps = append(steps, Step{Name: ofPart("rollback/traffic", part), Kind: KindReturn, Phase: BackTraffic, Percent: 100, Part: part})
		verify = append(verify, Step{Name: ofPart("rollback/verify", part), Kind: KindVerify, Phase: BackVerify, Within: withinVerify, Part: part})
		retire = append(retire, Step{Name: ofPart("rollback/retire", part), Kind: KindRetire, Phase: BackIncident, Within: cmp.Or(spec.of(part).Platform.Within, withinRetire), Part: part})
	}
	steps = append(steps, verify...)
	if spec.Database.Migrates() && spec.Database.Migrations.Job == "" {
		steps = append(steps, Step{Name: "rollback/database", Kind: KindSettle, Phase: BackDatabase, Within: withinSettle})
	}
	steps = append(steps, Step{Name: "rollback/incident", Kind: KindIncident, Phase: BackIncident, Within: withinIncident})
	return pending(append(steps, retire...))
}

func pending(steps []Step) []Step {
	for i := range steps {
		if steps[i].Status == "" { // else it is known beforehand that nothing is done
			steps[i].Status = Pending
		}
	}
	return steps
}

func checkStrategy(s Strategy) error {
	last := 0
	for _, t := range s.Steps {
		if t.Percent <= last || t.Percent > 100 {
			return &Error{Code: Invalid, Op: "make a plan", Msg: fmt.Sprintf("traffic steps must rise to 100 %%: %d %% after %d %%", t.Percent, last)}
		}
		last = t.Percent
	}
	if last != 100 {
		return &Error{Code: Invalid, Op: "make a plan", Msg: fmt.Sprintf("traffic steps end at %d %%, not at 100 %%", last)}
	}
	if s.Kind == Rolling && len(s.Steps) > 1 {
		return &Error{Code: Invalid, Op: "make a plan", Msg: "a rolling deployment has no share below 100 %: its platform replaces instance by instance"}
	}
	return nil
}
