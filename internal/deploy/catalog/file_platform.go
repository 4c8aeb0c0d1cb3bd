package catalog

// Platform says where the service runs, and with which settings. A setting that is left out stays as it is at the platform.
type Platform struct {
	// Kind of platform: Google Cloud Run, or Amazon ECS.
	Kind string `yaml:"kind,omitempty" jsonschema:"enum=cloudrun,enum=ecs"`
	// Google Cloud project id.
	Project string `yaml:"project,omitempty"`
	// ECS: name of the cluster.
	Cluster string `yaml:"cluster,omitempty"`
	// Region, such as us-central1, or us-east-1 for ECS.
	Region string `yaml:"region,omitempty"`
	// Name of the service at the platform. No two environments may share one.
	Service string `yaml:"service,omitempty"`
	// CPUs of an instance: 1, 2, 4, 6, 8, or less than one, such as 0.5 or 500m. ECS: units of a task, such as 512.
	CPU CPU `yaml:"cpu,omitempty"`
	// Memory of an instance: 512Mi, 2Gi. ECS: MiB of a task, such as 1024.
	Memory Memory `yaml:"memory,omitempty"`
	// Instances kept running.
	MinInstances *int `yaml:"min_instances,omitempty" jsonschema:"minimum=0"`
	// Instances at most.
	MaxInstances *int `yaml:"max_instances,omitempty" jsonschema:"minimum=1"`
	// Requests at once per instance.
	Concurrency int `yaml:"concurrency,omitempty" jsonschema:"minimum=1,maximum=1000"`
	// Time for one request, at most 1h, in whole seconds.
	Timeout Duration `yaml:"timeout,omitempty"`
	// Plain variables. ${VERSION} and ${ENVIRONMENT} are filled in; $${ stands for ${.
	Env map[string]string `yaml:"env,omitempty"`
	// Variables from Secret Manager, as secret:version. ECS: ARN of a secret or parameter, or name of a parameter. Never a value.
	Secrets map[string]string `yaml:"secrets,omitempty"`
	// ECS: container of the task that is released, and that env and secrets are for. Left out, the one behind the load balancer, or the only essential one.
	Container string `yaml:"container,omitempty"`
	// ECS: JSON file of the catalog with the task definition, into which ${VERSION} and ${ENVIRONMENT} are filled. Left out, the live one is the template.
	TaskDefinition string `yaml:"task_definition,omitempty"`
	// ECS: ARN of the listener rule, or of the listener, whose weights share out the traffic. Left out, ECS moves it itself.
	Rule string `yaml:"rule,omitempty"`
	// ECS: second service of a pair behind the rule, which take turns.
	Beside string `yaml:"beside,omitempty"`
	// ECS: address of the test listener, at which a version is reached before it has traffic.
	TestURL string `yaml:"test_url,omitempty"`
	// ECS: time for tasks to come up, and for each move of traffic, 1m to 24h.
	Within Duration `yaml:"within,omitempty" jsonschema:"default=30m"`
	// ECS: how long Slipway may say nothing in the middle of a release before ECS goes back by itself, in whole minutes from 10m to 336h. Left out, twice approval_expires and the longest bake.
	GivesUp Duration `yaml:"gives_up,omitempty"`
}

// CPU is a number of CPUs, written as a number or as text.
type CPU string

// Memory is a size, written as a number or as text.
type Memory string
