package deploy

import "time"

// Spec is everything the catalog says about a target, resolved when the release is created and stored with it:
// a later edit of the catalog never changes a release that is under way.
type Spec struct {
	Image    string        `json:"image"` // repository, without tag: gcr.io/my-gcp-project/coditect
	Platform PlatformSpec  `json:"platform"`
	Strategy Strategy      `json:"strategy"`
	Health   []HealthCheck `json:"health"`
	Checks   []Check       `json:"checks,omitempty"`   // what else must be so, each at its stage
	Loads    []LoadCheck   `json:"loads,omitempty"`    // how it bears many requests, each at its stage
	Public   bool          `json:"public,omitempty"`   // checks call no private addresses
	Items    []Item        `json:"items,omitempty"`    // the checklist
	Images   *ImagePolicy  `json:"images,omitempty"`   // which images may be released; nil: any
	URL      string        `json:"url,omitempty"`      // where users reach it; a rollback is verified here
	Metrics  *MetricsSpec  `json:"metrics,omitempty"`  // how it is watched; nil: it is not
	Observe  time.Duration `json:"observe,omitempty"`  // how long it is watched at 100 %, with the way back kept warm
	Database *DatabaseSpec `json:"database,omitempty"` // what it keeps its data in; nil: Slipway knows of none
	Snapshot bool          `json:"snapshot,omitempty"` // the whole configuration of the service is kept with the release, and its image tagged
	Policy   Policy        `json:"policy"`
	Channel  string        `json:"channel"`           // where its releases are shown
	OnCall   string        `json:"on_call,omitempty"` // principal mentioned when somebody must act
	Source   string        `json:"source,omitempty"`  // catalog file, for "why"
}

// ChecksAt are the checks of a stage, in the order of the catalog.
func (s Spec) ChecksAt(stage CheckStage) []Check {
	var list []Check
	for _, c := range s.Checks {
		if c.Stage == stage {
			list = append(list, c)
		}
	}
	return list
}

// LoadsAt are the load checks of a stage, in the order of the catalog.
func (s Spec) LoadsAt(stage CheckStage) []LoadCheck {
	var list []LoadCheck
	for _, c := range s.Loads {
		if c.Stage == stage {
			list = append(list, c)
		}
	}
	return list
}

// PlatformKind names the kind of platform a target runs on.
type PlatformKind string

// CloudRun is Google Cloud Run.
const CloudRun PlatformKind = "cloudrun"

// ServiceRef is the address of a service at its platform.
type ServiceRef struct {
	Kind    PlatformKind `json:"kind"`
	Project string       `json:"project"`
	Region  string       `json:"region"`
	Name    string       `json:"name"`
}

// String gives cloudrun:my-gcp-project/us-central1/coditect-app-production.
func (r ServiceRef) String() string {
	return string(r.Kind) + ":" + r.Project + "/" + r.Region + "/" + r.Name
}

// PlatformSpec says where the target runs and with which settings.
type PlatformSpec struct {
	Service  ServiceRef `json:"service"`
	Settings Settings   `json:"settings"`
}

// Settings are those of the guide's 3.1. A zero value means "leave as it is at the platform".
type Settings struct {
	CPU          string            `json:"cpu,omitempty"`    // "2"
	Memory       string            `json:"memory,omitempty"` // "2Gi"
	MinInstances *int              `json:"min_instances,omitempty"`
	MaxInstances *int              `json:"max_instances,omitempty"`
	Concurrency  int               `json:"concurrency,omitempty"` // requests at once per instance
	Timeout      time.Duration     `json:"timeout,omitempty"`     // of one request
	Env          map[string]string `json:"env,omitempty"`         // VERSION and ENVIRONMENT already filled in
	Secrets      map[string]string `json:"secrets,omitempty"`     // variable → secret:version, never a value
}

// StrategyKind names how traffic moves.
type StrategyKind string

const (
	Canary    StrategyKind = "canary"     // in steps, each baked
	BlueGreen StrategyKind = "blue-green" // all at once, after an approval
)

// Strategy says how traffic moves to the candidate.
type Strategy struct {
	Kind  StrategyKind  `json:"kind"`
	Steps []TrafficStep `json:"steps"` // percentages rise; the last is 100
}

// TrafficStep is one share of traffic on the candidate.
type TrafficStep struct {
	Percent int           `json:"percent"`
	Bake    time.Duration `json:"bake,omitempty"`    // how long it stays there before the next
	Approve bool          `json:"approve,omitempty"` // people are asked before it
	Unsure  bool          `json:"unsure,omitempty"`  // people are asked before it if the verdict is inconclusive
}

// HealthCheck is one GET that must succeed on the candidate before it has traffic.
type HealthCheck struct {
	Path    string        `json:"path"`
	Status  int           `json:"status"`            // expected HTTP status
	Version bool          `json:"version,omitempty"` // body's "version" must be the release's
	Timeout time.Duration `json:"timeout"`
}

// Principal is who a policy speaks of: a user (U…), a user group (S…), or a group by handle (@oncall).
type Principal string

// Policy says who may do what. An empty list means nobody.
type Policy struct {
	Deploy              []Principal   `json:"deploy"`
	Approve             []Principal   `json:"approve"`
	Approvals           int           `json:"approvals"` // distinct people needed at each gate
	RequesterMayApprove bool          `json:"requester_may_approve,omitempty"`
	ApprovalExpires     time.Duration `json:"approval_expires"`
	ApprovePlan         bool          `json:"approve_plan,omitempty"` // people are asked before anything is changed
	DeployAt            string        `json:"deploy_at,omitempty"`    // file:line of the rule, for "why"
	ApproveAt           string        `json:"approve_at,omitempty"`   // file:line of the rule, for "why"
}
