package telemetry

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"slipway/internal/deploy"
)

// Metrics counts what releases do. Make one per process.
type Metrics struct {
	registry *prometheus.Registry
	entries  *prometheus.CounterVec
	ended    *prometheus.CounterVec
	steps    *prometheus.HistogramVec
}

// NewMetrics registers the metrics. sockets says how many Slack connections are up.
func NewMetrics(sockets func() int) *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		entries: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "slipway_journal_entries_total", Help: "Journal entries written by this replica."}, []string{"kind"}),
		ended: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "slipway_releases_ended_total", Help: "Releases that this replica brought to their end."}, []string{"service", "environment", "state"}),
		steps: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "slipway_step_seconds", Help: "How long steps took, from intent to outcome.",
			Buckets: prometheus.ExponentialBuckets(0.01, 4, 10)}, []string{"phase", "result"}),
	}
	m.registry.MustRegister(m.entries, m.ended, m.steps,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "slipway_slack_sockets", Help: "Slack connections that are up; below 2 a refresh can lose a command."},
			func() float64 { return float64(sockets()) }))
	return m
}

// Observe counts one stored entry of a release.
func (m *Metrics) Observe(r deploy.Release, e deploy.Entry) {
	m.entries.WithLabelValues(string(e.Kind)).Inc()
	switch {
	case e.Kind == deploy.EntryOutcome || e.Kind == deploy.EntryFailure:
		m.steps.WithLabelValues(string(e.Phase), string(e.Kind)).Observe(float64(e.Took) / 1000)
	case e.State.Terminal():
		m.ended.WithLabelValues(r.Target.Service, r.Target.Environment, string(e.State)).Inc()
	}
}
