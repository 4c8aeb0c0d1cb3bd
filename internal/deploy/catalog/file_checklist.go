package catalog

// Checklist is a file of things that must be so before a release begins.
type Checklist struct {
	// Its groups, in the order in which people are shown them.
	Groups []Group `yaml:"groups" jsonschema:"required"`
}

// Group is a part of the checklist.
type Group struct {
	// What people call it: Security. Its items are kept under this name: one that is renamed begins anew.
	Name string `yaml:"name" jsonschema:"required"`
	// What must be so.
	Items []Item `yaml:"items" jsonschema:"required"`
}

// Item is one thing that must be so: a machine proves it, or a person attests it for a time.
type Item struct {
	// What it is kept under, in its group. Never changed: attestations are kept under it.
	Key string `yaml:"key" jsonschema:"required"`
	// What must be so, in a few words.
	Text string `yaml:"text" jsonschema:"required"`
	// How a machine proves it. Left out, people attest it.
	Prove *Prove `yaml:"prove,omitempty"`
	// Who owes it: a user id, a user group id or "@handle". Left out, whoever may deploy.
	Owner string `yaml:"owner,omitempty"`
	// How long an attestation counts.
	Lasts Duration `yaml:"lasts,omitempty" jsonschema:"default=720h"`
}

// Prove says how a machine proves an item. Where there is no arg, the kind may stand alone.
type Prove struct {
	// What a machine looks at.
	Kind string `yaml:"kind" jsonschema:"required,enum=image,enum=scan,enum=secrets,enum=https,enum=certificate,enum=dns,enum=url,enum=alerts,enum=on-call,enum=metrics,enum=live-in,enum=checks,enum=check,enum=way-back"`
	// What it is about, as the kind says.
	Arg string `yaml:"arg,omitempty"`
}
