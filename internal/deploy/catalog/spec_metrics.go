package catalog

import (
	"cmp"
	"slices"
	"time"

	"slipway/internal/deploy"
)

// noMetrics is the source with which an environment is not watched.
const noMetrics = "none"

// What is meant where the metrics say nothing.
const (
	defaultEvery   = 15 * time.Second
	defaultWindow  = 5 * time.Minute // the guide rolls back after 5 minutes beyond a critical threshold
	defaultMinimum = 50
	defaultErrors  = 4
	defaultUnsure  = 4

	// What most client libraries of Prometheus and its own guides call these.
	defaultRequests = "http_requests_total"
	defaultLatency  = "http_request_duration_seconds"
	defaultCode     = "code"
	defaultService  = "service"
	defaultRevision = "revision"
)

// defaultLag is how long a source takes to know everything about a moment.
var defaultLag = map[string]time.Duration{
	string(deploy.CloudMonitoring): 3 * time.Minute,  // its list of metrics says that those of Cloud Run are not visible for up to 180 s
	string(deploy.CloudWatch):      3 * time.Minute,  // a minute of a load balancer is there after two or three more
	string(deploy.Prometheus):      30 * time.Second, // scraped every 15 s as a rule
}

// guide is the guide's table of key performance indicators, in the order of deploy.MetricNames.
var guide = []deploy.Objective{
	{Metric: deploy.ErrorRate, Target: 0.001, Critical: 0.01, Window: defaultWindow, Worse: 2},
	{Metric: deploy.Availability, Target: 0.999, Critical: 0.99, Window: defaultWindow},
	{Metric: deploy.LatencyP50, Target: 100, Critical: 200, Window: defaultWindow, Worse: 1.5},
	{Metric: deploy.LatencyP95, Target: 500, Critical: 1000, Window: defaultWindow, Worse: 1.5},
	{Metric: deploy.LatencyP99, Target: 1000, Critical: 2000, Window: defaultWindow, Worse: 1.5},
	{Metric: deploy.CPU, Target: 0.7, Critical: 0.9, Window: defaultWindow},
	{Metric: deploy.Memory, Target: 0.8, Critical: 0.95, Window: defaultWindow},
	{Metric: deploy.Connections, Target: 0.8, Critical: 0.95, Window: defaultWindow},
}

// watched says whether there are metrics, and they are not turned off.
func (s Shared) watched() bool { return s.Metrics.watched() }

func (m *Metrics) watched() bool { return m != nil && m.Source != noMetrics }

func (w whole) metrics() *deploy.MetricsSpec { return w.Metrics.spec() }

// spec is nil if nothing is watched.
func (m *Metrics) spec() *deploy.MetricsSpec {
	if !m.watched() {
		return nil
	}
	m = m.explicit()
	spec := &deploy.MetricsSpec{
		Source: deploy.MetricsSource(m.Source), Lag: time.Duration(*m.Lag), Every: time.Duration(m.Every), Delay: time.Duration(m.Delay),
		Minimum: cmp.Or(m.Minimum, defaultMinimum), Errors: cmp.Or(m.Errors, defaultErrors), Unsure: cmp.Or(m.Unsure, defaultUnsure),
	}
	for _, set := range guide {
		if goal := m.Objectives.goal(set.Metric); goal != nil {
			spec.Objectives = append(spec.Objectives, goal.over(set))
		}
	}
	if p := m.Prometheus; p != nil {
		spec.Prometheus = &deploy.PrometheusSpec{
			URL: p.URL, Requests: cmp.Or(p.Requests, defaultRequests), Latency: cmp.Or(p.Latency, defaultLatency),
			Code: cmp.Or(p.Code, defaultCode), Service: cmp.Or(p.Service, defaultService), Revision: cmp.Or(p.Revision, defaultRevision),
			CPU: p.CPU, Memory: p.Memory, Database: p.Database,
		}
	}
	if d := m.Database; d != nil {
		spec.Database = &deploy.DatabaseMetrics{Instance: d.Instance, Most: d.Connections}
	}
	return spec
}

// explicit is a copy of m in which every time is written out that m leaves to its default, and the objectives that
// this is about.
func (m *Metrics) explicit() *Metrics {
	c := *m
	if c.Lag == nil {
		c.Lag = new(Duration(defaultLag[m.Source]))
	}
	c.Every = cmp.Or(c.Every, Duration(defaultEvery))
	c.Objectives = new(Objectives)
	for _, name := range deploy.MetricNames() {
		switch {
		case m.Objectives == nil && m.measures(name):
			c.Objectives.add(name)
		case m.Objectives != nil && m.Objectives.goal(name) != nil:
			c.Objectives.take(name, m.Objectives)
		default:
			continue
		}
		j := c.Objectives.goal(name).judging()
		j.Window = cmp.Or(j.Window, Duration(defaultWindow))
	}
	return &c
}

// take copies the objective for a metric from others.
func (o *Objectives) take(name deploy.MetricName, from *Objectives) {
	if share := from.shares()[name]; share != nil {
		*o.shares()[name] = new(**share)
	}
	if latency := from.latencies()[name]; latency != nil {
		*o.latencies()[name] = new(**latency)
	}
}

// measures says whether a metric can be had from the source, with what is said about it.
func (m *Metrics) measures(name deploy.MetricName) bool {
	elsewhere, series := m.Source != string(deploy.Prometheus), deref(m.Prometheus)
	switch name {
	case deploy.CPU:
		return elsewhere || series.CPU != ""
	case deploy.Memory:
		return elsewhere || series.Memory != ""
	case deploy.Connections:
		return m.Database != nil && (elsewhere || series.Database != "")
	case deploy.ErrorRate, deploy.Availability, deploy.LatencyP50, deploy.LatencyP95, deploy.LatencyP99:
	}
	return true
}

func (s *ShareObjective) over(o deploy.Objective) deploy.Objective {
	if target, ok := s.Target.share(); ok {
		o.Target = target
	}
	if critical, ok := s.Critical.share(); ok {
		o.Critical = critical
	}
	return s.Judging.over(o)
}

func (l *LatencyObjective) over(o deploy.Objective) deploy.Objective {
	if l.Target > 0 {
		o.Target = milliseconds(l.Target)
	}
	if l.Critical > 0 {
		o.Critical = milliseconds(l.Critical)
	}
	return l.Judging.over(o)
}

func milliseconds(l Latency) float64 { return float64(l) / float64(time.Millisecond) }

func (j *Judging) over(o deploy.Objective) deploy.Objective {
	o.Window = cmp.Or(time.Duration(j.Window), o.Window)
	if j.Worse != nil {
		o.Worse = *j.Worse
	}
	o.Hold, o.DryRun = j.OnCritical == onCriticalHold, j.DryRun
	return o
}

// copiedMetrics is a copy down to the last pointer.
func copiedMetrics(m *deploy.MetricsSpec) *deploy.MetricsSpec {
	if m == nil {
		return nil
	}
	c := *m
	c.Objectives = slices.Clone(m.Objectives)
	c.Prometheus, c.Database = copied(m.Prometheus), copied(m.Database)
	return &c
}
