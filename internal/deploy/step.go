package deploy

import (
	"fmt"
	"time"
)

// Phase is a chapter of the guide.
type Phase string

const (
	Preflight Phase = "preflight"
	Backup    Phase = "backup"
	Migrate   Phase = "migrate"
	Stage     Phase = "deploy"
	Health    Phase = "health"
	Traffic   Phase = "traffic"
	Validate  Phase = "validate"
	Observe   Phase = "observe"

	BackTraffic  Phase = "rollback-traffic"
	BackVerify   Phase = "rollback-verify"
	BackIncident Phase = "rollback-incident"
	BackDatabase Phase = "rollback-database"
)

// StepKind says which code carries a step out. Kinds are stored with releases and are append-only: one is never
// renamed, and changing what a kind means takes a new number.
type StepKind string

const (
	KindService  StepKind = "preflight.service.v1" // credentials, service settled, baseline
	KindImage    StepKind = "preflight.image.v1"   // tag exists; resolved to a digest
	KindRevision StepKind = "deploy.revision.v1"   // new revision without traffic
	KindHealth   StepKind = "health.http.v1"       // HTTP checks on the candidate's own URL
	KindGate     StepKind = "traffic.gate.v1"      // waits for people; pure
	KindShift    StepKind = "traffic.shift.v1"     // a share of traffic, verified at the platform
	KindBake     StepKind = "traffic.bake.v1"      // waits for time; pure
	KindRetire   StepKind = "traffic.retire.v1"    // the candidate's tag is taken off
	KindReturn   StepKind = "rollback.traffic.v1"  // 100 % to the baseline, verified at the platform
	KindVerify   StepKind = "rollback.verify.v1"   // /health answers with the version we went back to
	KindValidate StepKind = "validate.service.v1"  // users reach the version, as the platform reports and /health says
	KindObserve  StepKind = "observe.watch.v1"     // waits for time, and is watched meanwhile; pure
	KindIncident StepKind = "rollback.incident.v1" // the evidence is kept
	KindWatch    StepKind = "watch.look.v1"        // one look at the metrics; of no plan, made while a step waits

	KindReady   StepKind = "preflight.ready.v1"   // the checklist and the image policy; waits for people
	KindPropose StepKind = "preflight.propose.v1" // what would change
	KindConfirm StepKind = "preflight.confirm.v1" // it is still what was approved
	KindLoad    StepKind = "check.load.v1"        // one load check, stretch by stretch

	KindBackup   StepKind = "backup.create.v1"        // a backup of the database
	KindSnapshot StepKind = "backup.configuration.v1" // the service's configuration is kept, and its image tagged
	KindMeasure  StepKind = "migrate.measure.v1"      // the database keeps its limits
	KindMigrate  StepKind = "migrate.apply.v1"        // scripts, one after the other
	KindRunJob   StepKind = "migrate.job.v1"          // a job that migrates
	KindExamine  StepKind = "validate.database.v1"    // nothing is wrong with the database
	KindSettle   StepKind = "rollback.database.v1"    // nothing of a migration goes on; which version the schema has

	KindRestorable StepKind = "restore.look.v1"    // what is to be restored is there
	KindClone      StepKind = "restore.clone.v1"   // a new instance, as the database was at a moment
	KindRestore    StepKind = "restore.inplace.v1" // a backup takes the place of what is in the instance
	KindRestored   StepKind = "restore.check.v1"   // it answers, and what to do with it

	KindSmoke      StepKind = "health.smoke.v1"        // the smoke checks, on the candidate's own URL
	KindFunctional StepKind = "validate.functional.v1" // the functional checks, where users reach the service
)

// InOneCall says that a step of this kind is carried out in one run, however long that takes: a story cannot be told in
// pieces, nor a statement be run in them. Such a run may take what is left of the step's time.
func (k StepKind) InOneCall() bool {
	return k == KindSmoke || k == KindFunctional || k == KindMigrate || k == KindRunJob
}

// standsStill says that a step of this kind goes on no further while its release is held, although it has begun: one that
// waits for people, one that sends load to what people may want to be left alone, and scripts, of which the one in
// progress is the last then.
func (k StepKind) standsStill() bool { return k == KindReady || k == KindLoad || k == KindMigrate }

// WatchName is the name under which looks are made. No plan has a step of that name.
const WatchName StepName = "watch"

// AskPolicy says when a gate asks people.
type AskPolicy string

const (
	AskAlways AskPolicy = ""          // whatever the verdict
	AskUnsure AskPolicy = "unsure"    // only if the verdict is inconclusive; healthy goes on by itself
	AskNobody AskPolicy = "automatic" // never: healthy goes on by itself, anything else pauses the release
	AskRisky  AskPolicy = "risky"     // about the plan: only if something in it needs people, see Proposal.Needs
)

// StepStatus is where a step stands.
type StepStatus string

const (
	Pending StepStatus = "pending"
	Started StepStatus = "started" // its intent is in the journal: from here on it may have had an effect
	Done    StepStatus = "done"
	Broken  StepStatus = "failed"
	Skipped StepStatus = "skipped"
)

// Ended says whether the step will not be looked at again.
func (s StepStatus) Ended() bool { return s == Done || s == Broken || s == Skipped }

// Step is one idempotent thing inside a phase.
type Step struct {
	Name    StepName   `json:"name"`
	Kind    StepKind   `json:"kind"`
	Phase   Phase      `json:"phase"`
	Status  StepStatus `json:"status"`
	Percent int        `json:"percent,omitempty"` // gate, shift and bake: the share they are about; see also AboutPlan and TakesTwo
	Check   string     `json:"check,omitempty"`   // KindLoad: its name
	Part    string     `json:"part,omitempty"`    // which part of the release it is about; empty: the service itself, or the release as a whole

	Bake      time.Duration `json:"bake,omitempty"`   // KindBake, KindObserve and KindLoad: how long it is to last
	Within    time.Duration `json:"within,omitempty"` // time-out, counted from Begun; 0 = none
	Needed    int           `json:"needed,omitempty"` // KindGate: approvals needed
	Ask       AskPolicy     `json:"ask,omitempty"`    // KindGate
	Approvals []Approval    `json:"approvals,omitempty"`
	Begun     time.Time     `json:"begun,omitzero"`
	EndedAt   time.Time     `json:"ended,omitzero"`
	Until     time.Time     `json:"until,omitzero"`     // KindBake: its end; KindGate: when it expires
	Attempts  int           `json:"attempts,omitempty"` // calls that ended in a retryable error
	Looks     int           `json:"looks,omitempty"`    // runs that ended in "look again"
	Look      time.Time     `json:"look,omitzero"`      // not before
	Note      string        `json:"note,omitempty"`     // evidence in one line
	Stuck     bool          `json:"stuck,omitempty"`    // KindReturn: as Note says, trying again will not do; it is tried as long as other parts are on their way
}

// Approval is one person's yes at a gate.
type Approval struct {
	By     UserID    `json:"by"`
	At     time.Time `json:"at"`
	Forced bool      `json:"forced,omitempty"` // against the verdict
	Reason string    `json:"reason,omitempty"` // why against the verdict
	Plan   string    `json:"plan,omitempty"`   // hash of the proposal that was approved
}

// AboutPlan says whether a gate asks people about the plan, before anything is changed.
func (s *Step) AboutPlan() bool { return s.Kind == KindGate && s.Phase == Preflight }

// TakesTwo says whether a gate is about something that nobody does alone: who asked for it never counts there.
func (s *Step) TakesTwo() bool {
	return s.Kind == KindGate && (s.Phase == BackTraffic || s.Phase == BackDatabase)
}

// byVerdict says whether a gate goes by what the judge says.
func (s *Step) byVerdict() bool { return s.Ask == AskUnsure || s.Ask == AskNobody }

// Wants is what a gate asks for: 50 %, the plan, the rollback, the restore. A gate before a rolling deployment is not about
// a share of traffic: see Release.Wants.
func (s *Step) Wants() string {
	switch {
	case s.AboutPlan():
		return "the plan"
	case s.Phase == BackTraffic:
		return "the rollback"
	case s.Phase == BackDatabase:
		return "the restore"
	}
	return fmt.Sprintf("%d %%", s.Percent)
}
