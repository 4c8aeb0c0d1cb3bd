package catalog

import (
	"regexp"
	"strconv"
	"time"

	"slipway/internal/deploy"
)

// Metrics says how releases are watched. An environment's metrics replace the inherited ones as a whole; {source: none} turns them off.
type Metrics struct {
	// Where the metrics come from.
	Source string `yaml:"source,omitempty" jsonschema:"enum=cloud-monitoring,enum=cloudwatch,enum=prometheus,enum=none"`
	// How long after a moment the source knows all of it: 3m for cloud-monitoring and cloudwatch, 30s for prometheus.
	Lag *Duration `yaml:"lag,omitempty"`
	// Time between two looks.
	Every Duration `yaml:"every,omitempty" jsonschema:"default=15s"`
	// Time after the first traffic during which nothing counts.
	Delay Duration `yaml:"delay,omitempty" jsonschema:"default=0s"`
	// Requests below which there is no verdict on errors and latency.
	Minimum int `yaml:"minimum,omitempty" jsonschema:"minimum=1,maximum=1000000,default=50"`
	// Looks in a row without an answer after which the verdict is "error".
	Errors int `yaml:"errors,omitempty" jsonschema:"minimum=1,maximum=100,default=4"`
	// Inconclusive looks in a row after which people are asked.
	Unsure int `yaml:"unsure,omitempty" jsonschema:"minimum=1,maximum=100,default=4"`
	// What is wanted of the version: exactly what is listed. Left out, everything that the source can measure, as the guide sets it.
	Objectives *Objectives `yaml:"objectives,omitempty"`
	Prometheus *Prometheus `yaml:"prometheus,omitempty"`
	Database   *Database   `yaml:"database,omitempty"`
}

// Objectives are the guide's key performance indicators. {} takes one as the guide sets it.
type Objectives struct {
	// Share of the new version's requests answered with 5xx: 0.1% and 1%.
	ErrorRate *ShareObjective `yaml:"error_rate,omitempty"`
	// Share of all requests not answered with 5xx: 99.9% and 99%.
	Availability *ShareObjective `yaml:"availability,omitempty"`
	// 100ms and 200ms.
	LatencyP50 *LatencyObjective `yaml:"latency_p50,omitempty"`
	// 500ms and 1000ms.
	LatencyP95 *LatencyObjective `yaml:"latency_p95,omitempty"`
	// 1000ms and 2000ms.
	LatencyP99 *LatencyObjective `yaml:"latency_p99,omitempty"`
	// Share of what an instance may use: 70% and 90%.
	CPU *ShareObjective `yaml:"cpu,omitempty"`
	// Share of what an instance may use: 80% and 95%.
	Memory *ShareObjective `yaml:"memory,omitempty"`
	// Share of the connections that the database takes: 80% and 95%.
	Connections *ShareObjective `yaml:"database_connections,omitempty"`
}

// ShareObjective is what is wanted of a share.
type ShareObjective struct {
	// What is wanted.
	Target Percentage `yaml:"target,omitempty"`
	// Beyond it the version is bad.
	Critical Percentage `yaml:"critical,omitempty"`
	Judging  `yaml:",inline"`
}

// LatencyObjective is what is wanted of a percentile of the latency.
type LatencyObjective struct {
	// What is wanted.
	Target Latency `yaml:"target,omitempty"`
	// Beyond it the version is bad.
	Critical Latency `yaml:"critical,omitempty"`
	Judging  `yaml:",inline"`
}

// Judging is how any objective is judged.
type Judging struct {
	// Time over which it is measured.
	Window Duration `yaml:"window,omitempty" jsonschema:"default=5m"`
	// Times as bad as the stable version that count as worse; 0 for no comparison. 2 for error_rate, 1.5 for latencies, none for others.
	Worse *float64 `yaml:"worse,omitempty" jsonschema:"minimum=0,maximum=100"`
	// What happens beyond critical: the release is taken back, or stays where it is until somebody decides.
	OnCritical string `yaml:"on_critical,omitempty" jsonschema:"enum=roll-back,enum=hold,default=roll-back"`
	// Whether it is measured and shown, but never counts.
	DryRun bool `yaml:"dry_run,omitempty"`
}

// Prometheus says where a Prometheus is and what its series are called.
type Prometheus struct {
	// Address of its HTTP API.
	URL string `yaml:"url,omitempty"`
	// Counter of requests.
	Requests string `yaml:"requests,omitempty" jsonschema:"default=http_requests_total"`
	// Histogram of latencies in seconds, without _bucket.
	Latency string `yaml:"latency,omitempty" jsonschema:"default=http_request_duration_seconds"`
	// Label with the HTTP status.
	Code string `yaml:"code,omitempty" jsonschema:"default=code"`
	// Label with the name of the service at its platform.
	Service string `yaml:"service,omitempty" jsonschema:"default=service"`
	// Label with the name of the revision.
	Revision string `yaml:"revision,omitempty" jsonschema:"default=revision"`
	// Gauge of CPU use, from 0 to 1. Left out, it is not measured.
	CPU string `yaml:"cpu,omitempty"`
	// Gauge of memory use, from 0 to 1. Left out, it is not measured.
	Memory string `yaml:"memory,omitempty"`
	// Gauge of the database's open connections. Left out, it is not measured.
	Database string `yaml:"database,omitempty"`
}

// Database says which database a service's connections are counted at.
type Database struct {
	// Name of the Cloud SQL instance; at Prometheus, the value of the label instance.
	Instance string `yaml:"instance,omitempty"`
	// Connections that it takes.
	Connections int `yaml:"connections,omitempty" jsonschema:"minimum=1,maximum=1000000"`
}

// Percentage is a share, written with its unit: 0.1% or 0.1 %.
type Percentage string

// Latency is a time span written like a Duration.
type Latency time.Duration

// MarshalText writes the span so that decoding gives it back.
func (l Latency) MarshalText() ([]byte, error) { return Duration(l).MarshalText() }

var percentage = regexp.MustCompile(`^((?:0|[1-9][0-9]{0,2})(?:\.[0-9]{1,6})?) ?%$`)

// share is from 0 to 1; ok is false if it is not a percentage in that range.
func (p Percentage) share() (share float64, ok bool) {
	m := percentage.FindStringSubmatch(string(p))
	if m == nil {
		return 0, false
	}
	share, err := strconv.ParseFloat(m[1]+"e-2", 64) // exact, as a division would not be
	return share, err == nil && share <= 1
}

// goal is an objective of either kind.
type goal interface {
	// over puts what the file says in the place of what o says.
	over(o deploy.Objective) deploy.Objective
	judging() *Judging
}

func (o *Objectives) shares() map[deploy.MetricName]**ShareObjective {
	return map[deploy.MetricName]**ShareObjective{
		deploy.ErrorRate: &o.ErrorRate, deploy.Availability: &o.Availability,
		deploy.CPU: &o.CPU, deploy.Memory: &o.Memory, deploy.Connections: &o.Connections,
	}
}

func (o *Objectives) latencies() map[deploy.MetricName]**LatencyObjective {
	return map[deploy.MetricName]**LatencyObjective{
		deploy.LatencyP50: &o.LatencyP50, deploy.LatencyP95: &o.LatencyP95, deploy.LatencyP99: &o.LatencyP99,
	}
}

// goal is the objective for a metric, or nil if there is none.
func (o *Objectives) goal(name deploy.MetricName) goal {
	if o == nil {
		return nil
	}
	if share := o.shares()[name]; share != nil && *share != nil {
		return *share
	}
	if latency := o.latencies()[name]; latency != nil && *latency != nil {
		return *latency
	}
	return nil
}

// add gives a metric an objective that says nothing.
func (o *Objectives) add(name deploy.MetricName) {
	if share := o.shares()[name]; share != nil {
		*share = new(ShareObjective)
	}
	if latency := o.latencies()[name]; latency != nil {
		*latency = new(LatencyObjective)
	}
}

func (j *Judging) judging() *Judging { return j }
