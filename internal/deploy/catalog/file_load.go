package catalog

// LoadCheck sends many requests to the service and measures how it bears them. It has a rate or a concurrency.
type LoadCheck struct {
	// What people call it. No two load checks of a stage share one.
	Name string `yaml:"name" jsonschema:"required"`
	// When it is run: on the new version's own URL before any traffic, or where users reach the service once all traffic is on it.
	Stage string `yaml:"stage" jsonschema:"required,enum=smoke,enum=functional"`
	// Requests a second, sent whether or not earlier ones were answered.
	Rate float64 `yaml:"rate,omitempty" jsonschema:"minimum=0.1,maximum=10000"`
	// Requests at once, each sent when one was answered.
	Concurrency int `yaml:"concurrency,omitempty" jsonschema:"minimum=1,maximum=1000"`
	// How long, from 1s to 10m.
	For Duration `yaml:"for,omitempty" jsonschema:"default=30s"`
	// Requests a second, never exceeded. Left out, the rate, but at least 100.
	Most float64 `yaml:"most,omitempty" jsonschema:"minimum=0.1,maximum=10000"`
	// What is called, in turn.
	Targets []Target    `yaml:"targets" jsonschema:"required"`
	Limits  *LoadLimits `yaml:"limits,omitempty"`
}

// Target is one request of a load check. In paths, headers and bodies ${VERSION} and ${ENVIRONMENT} stand for those of the release, and ${secret:NAME} for the newest version of a secret.
type Target struct {
	Request `yaml:",inline"`
}

// LoadLimits are what the service must keep under load. 0 asks nothing.
type LoadLimits struct {
	// Answers a second, at least. Left out, 100, but at most nine tenths of the rate; with concurrency, nothing is asked.
	Rate *float64 `yaml:"rate,omitempty" jsonschema:"minimum=0,maximum=10000"`
	// Time to the answer, on average, at most.
	Mean *Latency `yaml:"mean,omitempty" jsonschema:"default=100ms"`
	// Time to the answer of the slowest in a hundred, at most.
	P99 *Latency `yaml:"p99,omitempty" jsonschema:"default=500ms"`
	// Share of requests without an answer from 200 to 299, at most.
	Failed Percentage `yaml:"failed,omitempty" jsonschema:"default=0%"`
}
