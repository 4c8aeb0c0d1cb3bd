package catalog

// Part is another service that is released together with the one of the file: brought to the same version, held with it, and taken back with it.
type Part struct {
	// What people call it. No two parts share one.
	Name string `yaml:"name" jsonschema:"required"`
	// Repository of the image, as that of the service, which it is if it is left out.
	Image string `yaml:"image,omitempty"`
	// Where the part runs. Nothing of the service's own platform is inherited.
	Platform *Platform `yaml:"platform,omitempty" jsonschema:"required"`
	// Whether it takes no share below 100 %: ECS replaces it task by task once the service has all of its traffic.
	Rolling bool `yaml:"rolling,omitempty" jsonschema:"default=false"`
	// Where users reach the part.
	URL string `yaml:"url,omitempty"`
	// Checks that its new version must pass.
	Health  []HealthCheck `yaml:"health,omitzero"`
	Metrics *Metrics      `yaml:"metrics,omitempty"`
}
