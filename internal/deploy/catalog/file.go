package catalog

import (
	"time"

	"github.com/goccy/go-yaml"
)

// File is one catalog file: a service and its environments.
type File struct {
	// What people type: /deploy SERVICE VERSION.
	Service string `yaml:"service" jsonschema:"required"`
	// The environment that is meant when nobody names one. May be left out if there is only one.
	DefaultEnvironment string `yaml:"default_environment,omitempty"`

	Shared `yaml:",inline"`

	// The environments by name, in the order in which people are shown them. Each inherits what stands at the top of the file.
	Environments Environments `yaml:"environments" jsonschema:"required"`
}

// Shared is what may stand at the top of the file, for all environments, and in an environment, for that one.
type Shared struct {
	// Repository of the image, with its registry, without a tag: the tag is the version that people type.
	Image string `yaml:"image,omitempty"`
	// Slack channel in which releases are shown: "#name" (in quotes) or a channel id.
	Channel string `yaml:"channel,omitempty"`
	// Who is mentioned when somebody must act: a user id, a user group id or "@handle".
	OnCall   string    `yaml:"on_call,omitempty"`
	Platform *Platform `yaml:"platform,omitempty"`
	Strategy *Strategy `yaml:"strategy,omitempty"`
	// Checks that the new version must pass on its own URL before it has traffic. [] for none.
	Health []HealthCheck `yaml:"health,omitzero"`
	// What else must be so, each at its stage: stories told to the service over HTTP, what it depends on, commands. [] for none.
	Checks []Check `yaml:"checks,omitzero"`
	// How it bears many requests, each at its stage. [] for none.
	Load []LoadCheck `yaml:"load,omitzero"`
	// Whether checks are kept from private addresses.
	PublicOnly  *bool        `yaml:"public_only,omitempty" jsonschema:"default=false"`
	ImagePolicy *ImagePolicy `yaml:"image_policy,omitempty"`
	// File in a folder of the catalog with what must be so before a release begins: checklists/production.yaml. none turns off what is inherited.
	Checklist string  `yaml:"checklist,omitempty"`
	Policy    *Policy `yaml:"policy,omitempty"`
	// How long a release is still watched at 100 %, with the old version kept warm.
	Observe *Duration `yaml:"observe,omitempty"`
	Metrics *Metrics  `yaml:"metrics,omitempty"`
	// Whether the whole configuration of the service is kept with each release, and its image tagged. Left out, it is where there is a database.
	Snapshot *bool            `yaml:"snapshot,omitempty"`
	Database *ServiceDatabase `yaml:"database,omitempty"`
	// Services that are released together with this one, after it and in this order: one version, one hold. [] for none.
	Also []Part `yaml:"also,omitzero"`
}

// Environment is a place where the service runs.
type Environment struct {
	Name   string `yaml:"-"`
	Shared `yaml:",inline"`
	// Where users reach it; a rollback is verified here. Left out, the platform's own URL of the service is used.
	URL string `yaml:"url,omitempty"`
}

// Environments keeps the order of the file.
type Environments []Environment

// Strategy says how traffic moves to the new version. An environment's strategy replaces the inherited one as a whole.
type Strategy struct {
	// In steps, all at once after an approval, or task by task in the hands of ECS.
	Kind string `yaml:"kind,omitempty" jsonschema:"enum=canary,enum=blue-green,enum=rolling"`
	// Shares of traffic, rising to 100. May be left out for blue-green, which is 100 with an approval, and for rolling, which is 100 without one.
	Steps []TrafficStep `yaml:"steps,omitempty"`
}

// TrafficStep is one share of traffic on the new version.
type TrafficStep struct {
	// Share of traffic.
	Percent int `yaml:"percent" jsonschema:"required,minimum=1,maximum=100"`
	// How long it stays there before the release goes on.
	Bake Duration `yaml:"bake,omitempty"`
	// Whether people are asked before it: always, never, or only if the verdict is inconclusive. Never means that a healthy version goes on by itself, if there are metrics.
	Approve Approve `yaml:"approve,omitempty"`
}

// HealthCheck is one GET that must succeed.
type HealthCheck struct {
	// Path on the new version's own URL.
	Path string `yaml:"path" jsonschema:"required"`
	// Expected HTTP status.
	Status int `yaml:"status,omitempty" jsonschema:"minimum=100,maximum=599,default=200"`
	// Whether the answer is JSON whose "version" must be the version released.
	Version bool `yaml:"version,omitempty"`
	// Time for the answer, at most 1m.
	Timeout Duration `yaml:"timeout,omitempty" jsonschema:"default=5s"`
}

// Policy says who may do what. An empty list means nobody.
type Policy struct {
	// Who may deploy; they may also hold a release, let it go on and take it back.
	Deploy []string `yaml:"deploy,omitzero"`
	// Who may approve; they may also hold a release, let it go on and take it back.
	Approve []string `yaml:"approve,omitzero"`
	// Different people needed at each approval.
	Approvals int `yaml:"approvals,omitempty" jsonschema:"minimum=1,maximum=20,default=1"`
	// Whether who asked for the release may approve it too.
	RequesterMayApprove *bool `yaml:"requester_may_approve,omitempty" jsonschema:"default=false"`
	// How long an approval is waited for; then the release is paused.
	ApprovalExpires Duration `yaml:"approval_expires,omitempty" jsonschema:"default=60m"`
	// Whether people are asked to approve exactly what would change, before anything is changed.
	ApprovePlan *bool `yaml:"approve_plan,omitempty" jsonschema:"default=false"`
}

// Approve says when people are asked: true, false or inconclusive. False is as if nothing were said.
type Approve string

const (
	approveAlways Approve = "true"
	approveUnsure Approve = "inconclusive"
)

// Duration is a time span, written as Go writes it: 90s, 5m, 1h30m.
type Duration time.Duration

// MarshalYAML keeps the order.
func (e Environments) MarshalYAML() (any, error) {
	var m yaml.MapSlice
	for _, env := range e {
		m = append(m, yaml.MapItem{Key: env.Name, Value: env})
	}
	return m, nil
}

// MarshalText writes the span so that decoding gives it back.
func (d Duration) MarshalText() ([]byte, error) { return []byte(time.Duration(d).String()), nil }

// MarshalYAML writes true as a truth value, so that decoding gives it back.
func (a Approve) MarshalYAML() (any, error) {
	if a == approveAlways {
		return true, nil
	}
	return string(a), nil
}
