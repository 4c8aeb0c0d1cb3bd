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
	Also     []Part        `json:"also,omitempty"`     // services that are released together with it, after it and in this order
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

const (
	CloudRun PlatformKind = "cloudrun" // Google Cloud Run
	ECS      PlatformKind = "ecs"      // Amazon Elastic Container Service
)

// ServiceRef is the address of a service at its platform.
type ServiceRef struct {
	Kind    PlatformKind `json:"kind"`
	Project string       `json:"project"` // ECS: the cluster
	Region  string       `json:"region"`
	Name    string       `json:"name"`
	Rule    string       `json:"rule,omitempty"`   // ECS: listener rule, or listener, by ARN, whose weights decide; empty: ECS moves them itself
	Beside  string       `json:"beside,omitempty"` // ECS: the second service of a pair behind Rule, which take turns
}

// String gives cloudrun:my-gcp-project/us-central1/coditect-app-production.
func (r ServiceRef) String() string {
	return string(r.Kind) + ":" + r.Project + "/" + r.Region + "/" + r.Name
}

// PlatformSpec says where the target runs and with which settings.
type PlatformSpec struct {
	Service  ServiceRef    `json:"service"`
	Settings Settings      `json:"settings"`
	TestURL  string        `json:"test_url,omitempty"` // where a candidate is reached before it has traffic, if its platform gives it no address of its own
	Within   time.Duration `json:"within,omitempty"`   // for a revision to come up, and for a move of traffic; 0: as long as is usual on Cloud Run
	GivesUp  time.Duration `json:"gives_up,omitempty"` // ECS: when Slipway says nothing for this long in the middle, the platform goes back by itself
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
	Secrets      map[string]string `json:"secrets,omitempty"`     // variable → secret:version, never a value; ECS: variable → ARN
	Container    string            `json:"container,omitempty"`   // ECS: which container these are about; empty: the one behind the load balancer, or the only essential one
	Template     string            `json:"template,omitempty"`    // ECS: a task definition as JSON, VERSION and ENVIRONMENT filled in; empty: the live one is the template
}

// StrategyKind names how traffic moves.
type StrategyKind string

const (
	Canary    StrategyKind = "canary"     // in steps, each baked
	BlueGreen StrategyKind = "blue-green" // all at once, after an approval
	Rolling   StrategyKind = "rolling"    // instance by instance, in the platform's hands; the new version has no address of its own
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
