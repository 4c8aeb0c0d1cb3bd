package metricstest

import (
	"time"

	"slipway/internal/deploy"
)

// Harness is a source made for one case, without any sample.
type Harness struct {
	// Connect makes a new client of the source, as another process would have. It is closed with the test.
	Connect func() deploy.Metrics
	// Service is where the revisions belong.
	Service deploy.ServiceRef
	// Spec has what the source needs to be asked, and all metrics among its objectives. Its Lag is four times Step.
	Spec deploy.MetricsSpec
	// Start is when the first sample may begin.
	Start time.Time
	// Step is how long one sample lasts.
	Step time.Duration

	Levers
}

// Levers is what the source can be made to hold and to do.
type Levers interface {
	// Write has a revision do the same in each of n steps from a time on.
	Write(service string, revision deploy.RevisionName, from time.Time, n int, s Sample)
	// Open has the database report this many open connections at the end of each of n steps.
	Open(from time.Time, n, connections int)
	// Forget makes a metric unknown to the source, as if its name were wrong.
	Forget(m deploy.MetricName)
	// Forbid refuses every call from now on for want of rights; Throttle because there were too many; Down fails it as
	// unavailable; Hang leaves it unanswered; Garble answers with numbers that cannot be.
	Forbid()
	Throttle()
	Down()
	Hang()
	Garble()
	// Heal ends all of these.
	Heal()
	// Calls counts the calls so far.
	Calls() int
}

// Sample is what a revision did in one step.
type Sample struct {
	Requests, Failed int64
	Took             time.Duration // each request
	CPU, Memory      float64
	Instances        int
}

// The revisions of the cases.
const (
	stable    deploy.RevisionName = "app-00001"
	candidate deploy.RevisionName = "app-r42-1"
)

// at is the end of the n-th step.
func (h Harness) at(n int) time.Time { return h.Start.Add(time.Duration(n) * h.Step) }

// query asks for steps from to to of both revisions.
func (h Harness) query(from, to int) deploy.MetricsQuery {
	return deploy.MetricsQuery{
		Service: h.Service, Spec: h.Spec, Revisions: []deploy.RevisionName{stable, candidate},
		From: h.at(from), To: h.at(to),
	}
}

// objectives leaves only these.
func objectives(spec deploy.MetricsSpec, names ...deploy.MetricName) deploy.MetricsSpec {
	spec.Objectives = nil
	for _, name := range names {
		spec.Objectives = append(spec.Objectives, deploy.Objective{Metric: name})
	}
	return spec
}
