package deploy

import (
	"maps"
	"slices"
	"time"
)

// SchemaVersion of the stored Release. Add an upcaster in the store when it grows; never reuse a number.
const SchemaVersion = 2

// Kind says what a release is for.
type Kind string

const (
	Deploy   Kind = "deploy"   // bring a new version to 100 %
	Rollback Kind = "rollback" // bring a version that was live before back to 100 %
	Restore  Kind = "restore"  // bring back what was in the database; traffic stays as it is
)

// State is where a release stands.
type State string

const (
	Running     State = "running"      // going forward: a step is in progress, or a bake
	Waiting     State = "waiting"      // a gate waits for people
	Paused      State = "paused"       // a person said stop here; traffic stays as it is
	RollingBack State = "rolling_back" // going back
	Parked      State = "parked"       // Slipway does not know how to go on safely; people are asked
	Succeeded   State = "succeeded"    // the version has 100 %
	RolledBack  State = "rolled_back"  // the former version has 100 % again
	Failed      State = "failed"       // ended before users saw anything of it
	Abandoned   State = "abandoned"    // ended by break-glass: Slipway has let go, traffic is where it was
)

// Terminal says whether a release in this state has ended. Nothing leaves a terminal state.
func (s State) Terminal() bool {
	return s == Succeeded || s == RolledBack || s == Failed || s == Abandoned
}

// Release is one attempt to bring a target to a version. It is a value: decisions take one and return another.
type Release struct {
	ID        ReleaseID    `json:"-"` // given by the store when it is created
	Number    int          `json:"-"` // the number in ID
	Rev       int64        `json:"-"` // of the stored document; each commit adds one
	Epoch     Epoch        `json:"-"` // of the newest write of who drives it now; set for runners only, which pass it on to the platform
	Gaps      []Gap        `json:"-"` // as Epoch
	Kind      Kind         `json:"kind"`
	Target    Target       `json:"target"`
	Version   string       `json:"version"` // what was asked for: v1.2.4
	Requester UserID       `json:"requester"`
	Reason    string       `json:"reason,omitempty"`
	Again     bool         `json:"again,omitempty"`  // also what was taken back before
	Left      Left         `json:"left,omitzero"`    // rollback: what was live, and is taken back
	Across    []Crossing   `json:"across,omitempty"` // rollback: what stays of the schema although the version it returns to may not work with it; two people agree to that
	Restore   *RestorePlan `json:"restore,omitempty"`
	Created   time.Time    `json:"created"` // Redis time, as every time in here
	Ended     time.Time    `json:"ended,omitzero"`
	Spec      Spec         `json:"spec"`

	State State     `json:"state"`
	Why   string    `json:"why,omitempty"` // the state in words: what failed, who stopped it
	By    UserID    `json:"by,omitempty"`  // who caused the state, Slipway if nobody else
	Since time.Time `json:"since"`         // when it entered the state

	Steps []Step           `json:"steps"`          // the plan
	Back  []Step           `json:"back,omitempty"` // the plan of going back, taken when State is RollingBack
	Facts Facts            `json:"facts"`
	Parts map[string]Facts `json:"parts,omitempty"` // as Facts, of the Spec's other parts by name

	Readiness *Readiness   `json:"readiness,omitempty"` // how far the checklist has come
	Waivers   []Waiver     `json:"waivers,omitempty"`
	Proposal  *Proposal    `json:"proposal,omitempty"` // what would change, as it was worked out last
	Loads     []LoadResult `json:"loads,omitempty"`
	Backup    *BackupRun   `json:"backup,omitempty"`   // of the database, made by this release
	Schema    *Schema      `json:"schema,omitempty"`   // what became of it
	Snapshot  []byte       `json:"snapshot,omitempty"` // the service's configuration as it was, gzip of what its platform's own tools read

	Watch    Watch     `json:"watch,omitzero"`
	Incident *Incident `json:"incident,omitempty"` // once it was taken back
	Notes    []Note    `json:"notes,omitempty"`    // what people did about that
}

// Facts are what steps have learnt. Later steps and a rollback rely on nothing else.
type Facts struct {
	Image     Image    `json:"image,omitzero"`
	Baseline  Revision `json:"baseline,omitzero"`  // what had 100 % before, and what a rollback returns to
	Candidate Revision `json:"candidate,omitzero"` // what this release created, or will; named before it is created
	Operation string   `json:"operation,omitempty"`
	Share     int      `json:"share,omitempty"`     // percent on the candidate, as the platform reported it last
	MaxShare  int      `json:"max_share,omitempty"` // the most it ever had or may have had
}

// Left is what a rollback takes a target away from, as far as it is known.
type Left struct {
	Release  ReleaseID `json:"release,omitempty"` // that brought it
	Version  string    `json:"version,omitempty"`
	Digest   string    `json:"digest,omitempty"`
	Revision Revision  `json:"revision,omitzero"`
	Since    time.Time `json:"since,omitzero"` // it had 100 %
}

// Image is what a version is, by content.
type Image struct {
	Repository string    `json:"repository"`
	Tag        string    `json:"tag"`
	Digest     string    `json:"digest"`         // sha256:…
	Size       int64     `json:"size,omitempty"` // bytes to download
	Built      time.Time `json:"built,omitzero"`
}

// Ref is the image by digest, the only way Slipway deploys it.
func (i Image) Ref() string { return i.Repository + "@" + i.Digest }

// Revision is an immutable version of a service at its platform.
type Revision struct {
	Name    RevisionName `json:"name"`
	Version string       `json:"version,omitempty"` // as far as known
	Image   string       `json:"image,omitempty"`
	Tag     string       `json:"tag,omitempty"`
	URL     string       `json:"url,omitempty"`  // of its tag
	Warm    bool         `json:"warm,omitempty"` // it had instances when it was looked at
}

// Plan is the list of steps in force: Back once the release is going back, Steps before.
func (r *Release) Plan() []Step {
	if r.goingBack() {
		return r.Back
	}
	return r.Steps
}

func (r *Release) goingBack() bool {
	return r.State == RollingBack || r.State == RolledBack || len(r.Back) > 0 && r.Back[0].Status != Pending
}

// Current is the first step of the plan in force that has not ended, or nil. Returns of traffic do not wait for one
// another: of those the one is current that is to be looked at first.
func (r *Release) Current() *Step {
	plan := r.Plan()
	var cur *Step
	for i := range plan {
		s := &plan[i]
		switch {
		case s.Status.Ended():
		case cur == nil:
			cur = s
		case s.Kind == KindReturn && s.Look.Before(cur.Look):
			cur = s
		}
		if cur != nil && cur.Kind != KindReturn {
			return cur
		}
	}
	return cur
}

// Clone copies the release deeply enough that changing what its steps have come to leaves the original alone. Its Spec and
// its Incident are shared.
func (r Release) Clone() Release {
	r.Steps = cloneSteps(r.Steps)
	r.Back = cloneSteps(r.Back)
	r.Watch.Points = slices.Clone(r.Watch.Points)
	r.Notes = slices.Clone(r.Notes)
	r.Readiness = r.Readiness.clone()
	r.Waivers = slices.Clone(r.Waivers)
	r.Proposal = r.Proposal.clone()
	r.Loads = cloneLoads(r.Loads)
	r.Schema = r.Schema.clone()
	r.Parts = maps.Clone(r.Parts)
	return r
}

func (r *Readiness) clone() *Readiness {
	if r == nil {
		return nil
	}
	c := *r
	c.Open = slices.Clone(c.Open)
	return &c
}

func (p *Proposal) clone() *Proposal {
	if p == nil {
		return nil
	}
	c := *p
	c.Changes, c.Versions, c.Parts = slices.Clone(c.Changes), maps.Clone(c.Versions), slices.Clone(c.Parts)
	if p.Migration != nil {
		m := *p.Migration
		c.Migration = &m
	}
	return &c
}

// cloneLoads is deep: a runner adds a stretch to what it was given, and may be left behind while the next one runs.
func cloneLoads(loads []LoadResult) []LoadResult {
	loads = slices.Clone(loads)
	for i := range loads {
		l := &loads[i]
		l.Latencies.Counts, l.Reasons, l.Points = maps.Clone(l.Latencies.Counts), maps.Clone(l.Reasons), slices.Clone(l.Points)
	}
	return loads
}

func cloneSteps(steps []Step) []Step {
	steps = slices.Clone(steps)
	for i := range steps {
		steps[i].Approvals = slices.Clone(steps[i].Approvals)
	}
	return steps
}

// Landed is the revision that has 100 % after a release that ended as it was meant to.
func (r *Release) Landed() Revision {
	rev := r.Facts.Candidate
	if r.Kind == Rollback {
		rev = r.Facts.Baseline
	}
	if rev.Version == "" {
		rev.Version = r.Version
	}
	return rev
}

// Arrived says whether the release has brought its target to what it was for. A restore is not about what runs there.
func (r *Release) Arrived() bool {
	return r.Kind == Deploy && r.State == Succeeded || r.Kind == Rollback && r.State == RolledBack
}

// Interruptible says whether a roll back may cancel the step in progress: not when it is going back already.
func (r *Release) Interruptible() bool { return !r.goingBack() }
