package deploy

import (
	"context"
	"time"
)

// MetricName names what is measured of a service: the key performance indicators of the guide.
type MetricName string

const (
	ErrorRate    MetricName = "error_rate"           // share of the candidate's requests answered with 5xx
	Availability MetricName = "availability"         // share of all requests, whatever revision, not answered with 5xx
	LatencyP50   MetricName = "latency_p50"          // ms
	LatencyP95   MetricName = "latency_p95"          // ms
	LatencyP99   MetricName = "latency_p99"          // ms
	CPU          MetricName = "cpu"                  // share of what an instance may use
	Memory       MetricName = "memory"               // share of what an instance may use
	Connections  MetricName = "database_connections" // share of the most that the database takes
)

// MetricNames are all of them, in the order in which people are shown them.
func MetricNames() []MetricName {
	return []MetricName{ErrorRate, Availability, LatencyP50, LatencyP95, LatencyP99, CPU, Memory, Connections}
}

// Quantile is the percentile that a latency metric is about; ok is false for any other metric.
func (m MetricName) Quantile() (q float64, ok bool) {
	switch m {
	case LatencyP50:
		return 0.50, true
	case LatencyP95:
		return 0.95, true
	case LatencyP99:
		return 0.99, true
	case ErrorRate, Availability, CPU, Memory, Connections:
	}
	return 0, false
}

// MetricsSource names a kind of place that metrics come from.
type MetricsSource string

const (
	CloudMonitoring MetricsSource = "cloud-monitoring"
	CloudWatch      MetricsSource = "cloudwatch"
	Prometheus      MetricsSource = "prometheus"
)

// MetricsSpec says how a target is watched. It is part of the Spec of a release.
type MetricsSpec struct {
	Source     MetricsSource    `json:"source"`
	Lag        time.Duration    `json:"lag"`             // how long after a moment the source knows all of it
	Every      time.Duration    `json:"every"`           // between two looks
	Delay      time.Duration    `json:"delay,omitempty"` // after the first traffic, during which nothing counts
	Minimum    int              `json:"minimum"`         // requests below which there is no verdict on errors and latency
	Errors     int              `json:"errors"`          // looks in a row without an answer that make the verdict "error"
	Unsure     int              `json:"unsure"`          // inconclusive looks in a row after which people are asked
	Objectives []Objective      `json:"objectives"`
	Prometheus *PrometheusSpec  `json:"prometheus,omitempty"` // Source is Prometheus
	Database   *DatabaseMetrics `json:"database,omitempty"`   // for Connections
}

// Objective is one metric with what is wanted of it.
type Objective struct {
	Metric   MetricName    `json:"metric"`
	Target   float64       `json:"target"`            // what is wanted: at most this (Availability: at least)
	Critical float64       `json:"critical"`          // beyond it the version is bad
	Window   time.Duration `json:"window"`            // over which it is measured
	Worse    float64       `json:"worse,omitempty"`   // times as bad as the stable revision that count as worse; 0 = not compared
	Hold     bool          `json:"hold,omitempty"`    // beyond Critical the release is held instead of taken back
	DryRun   bool          `json:"dry_run,omitempty"` // measured and shown, and never counted
}

// PrometheusSpec says where a Prometheus is and what its series are called. Latency is a classic histogram in
// seconds, without the suffix _bucket; Requests is a counter with the HTTP status in the label Code.
type PrometheusSpec struct {
	URL      string `json:"url"`
	Requests string `json:"requests"`           // http_requests_total
	Latency  string `json:"latency"`            // http_request_duration_seconds
	Code     string `json:"code"`               // label with the HTTP status: code
	Service  string `json:"service"`            // label with the name of the service at its platform: service
	Revision string `json:"revision"`           // label with the name of the revision: revision
	CPU      string `json:"cpu,omitempty"`      // gauge from 0 to 1; empty: not measured
	Memory   string `json:"memory,omitempty"`   // gauge from 0 to 1; empty: not measured
	Database string `json:"database,omitempty"` // gauge of open connections; empty: not measured
}

// DatabaseMetrics says which database a service's connections are counted at.
type DatabaseMetrics struct {
	Instance string `json:"instance"` // Cloud SQL: the instance's name; Prometheus: value of the label instance
	Most     int    `json:"most"`     // connections that it takes
}

// Reach is how far back a look goes: the longest window of the objectives.
func (m *MetricsSpec) Reach() time.Duration {
	var reach time.Duration
	for _, o := range m.Objectives {
		reach = max(reach, o.Window)
	}
	return reach
}

// Has says whether a metric is among the objectives.
func (m *MetricsSpec) Has(name MetricName) bool {
	for _, o := range m.Objectives {
		if o.Metric == name {
			return true
		}
	}
	return false
}

// Metrics is a source of what revisions did. Reads only. Codes: Unavailable (no answer, throttled), Forbidden
// (credentials), NotFound (a metric or a service of that name does not exist there), Invalid (the source refuses the
// question for good). An answer that cannot be right, such as NaN or a negative count, is Unavailable and never a
// number.
type Metrics interface {
	// Read says what revisions of a service did between From and To. A revision without any sample is not in the
	// answer; one that is in it with no requests had none.
	Read(ctx context.Context, q MetricsQuery) (Reading, error)
	// Check says whether a target could be watched: the source answers and knows every metric that is asked for. All
	// that is wrong is in one error.
	Check(ctx context.Context, s ServiceRef, m MetricsSpec) error
}

// MetricsQuery asks what revisions did between From and To, both by the clock of the source.
type MetricsQuery struct {
	Service   ServiceRef
	Spec      MetricsSpec // what to read is in its Objectives: sources read no more than that
	Revisions []RevisionName
	From, To  time.Time
}

// Reading is the answer of a source.
type Reading struct {
	Revisions   map[RevisionName]Measured
	Connections Gauge     // of the database, as a share of the most it takes
	Newest      time.Time // end of the newest sample of any of the revisions, also before From; zero if there is none
}

// Measured is what one revision did in a stretch of time.
type Measured struct {
	Requests  int64
	Failed    int64     // answered with 5xx
	Latency   Histogram // of all requests, in ms
	CPU       Gauge     // share of what an instance may use, over all instances
	Memory    Gauge
	Instances float64 // on average; 0 if not known
}

// Gauge is what a level was over a stretch of time. No Samples: not known.
type Gauge struct {
	Mean    float64 `json:"mean"`
	Max     float64 `json:"max"`
	Samples int64   `json:"samples"`
}

// Histogram counts values by size: Counts[i] those above Bounds[i-1] up to Bounds[i], the last those above all
// bounds. Bounds rise; len(Counts) is len(Bounds)+1, or both are empty.
type Histogram struct {
	Bounds []float64
	Counts []int64
}

// Logs finds what a revision said before it went wrong. Reads only; codes as in Metrics.
type Logs interface {
	// Errors gives the newest error lines of a revision between From and To, newest first, at most Limit.
	Errors(ctx context.Context, q LogQuery) ([]LogLine, error)
}

// LogQuery asks for error lines.
type LogQuery struct {
	Service  ServiceRef
	Revision RevisionName
	From, To time.Time
	Limit    int
}

// LogLine is one line of a revision's log.
type LogLine struct {
	At   time.Time
	Text string // the message, in one piece; cut at 1,000 characters
}
