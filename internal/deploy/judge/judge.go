package judge

import (
	"math"
	"slices"
	"time"

	"slipway/internal/deploy"
)

// Question is one look: what two revisions did over the same minutes. All objectives are judged over this one stretch,
// the longest of their windows, also those with a shorter window.
type Question struct {
	Spec      deploy.MetricsSpec
	Share     int             // percent of traffic on the candidate
	Candidate deploy.Measured // over [From, To]
	Stable    deploy.Measured // the baseline over the same minutes

	HasStable, HasCandidate bool // false: the source has no sample of it; what is above is not read then

	Connections deploy.Gauge
	From, To    time.Time // what was measured
	Newest      time.Time // end of the newest sample that the source has of any of them; zero: none
}

// Judge says what a look comes to. The whole is the worst of what was found, in this order: critical, unhealthy,
// error, inconclusive, healthy. Findings are in the order of deploy.MetricNames.
func Judge(q Question) deploy.Judgement {
	if !q.HasCandidate {
		q.Candidate = deploy.Measured{}
	}
	if !q.HasStable {
		q.Stable = deploy.Measured{}
	}
	blind := q.blind()
	objectives := inOrder(q.Spec.Objectives)
	all := make([]found, len(objectives))
	for i := range objectives {
		o, f := &objectives[i], &all[i]
		f.Finding = deploy.Finding{Metric: o.Metric, Target: finite(o.Target), Limit: finite(o.Critical), DryRun: o.DryRun}
		if blind != "" {
			f.say(deploy.Unknown, line(blind))
		} else {
			q.judge(o, f)
		}
		f.dry()
	}
	return q.whole(all, blind)
}

// inOrder are objectives in the order in which people are shown them, without touching the spec.
func inOrder(objectives []deploy.Objective) []deploy.Objective {
	names := deploy.MetricNames()
	place := func(m deploy.MetricName) int {
		if i := slices.Index(names, m); i >= 0 {
			return i
		}
		return len(names)
	}
	byPlace := func(a, b deploy.Objective) int { return place(a.Metric) - place(b.Metric) }
	if slices.IsSortedFunc(objectives, byPlace) {
		return objectives
	}
	sorted := slices.Clone(objectives)
	slices.SortStableFunc(sorted, byPlace)
	return sorted
}

// finite keeps out of a finding what could not be stored as JSON.
func finite(v float64) float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return 0
	}
	return v
}

func (q *Question) judge(o *deploy.Objective, f *found) {
	if wrong := q.wrong(o); wrong != "" {
		f.say(deploy.Unknown, line(wrong))
		return
	}
	switch o.Metric {
	case deploy.ErrorRate, deploy.Availability:
		q.judgeShare(o, f)
	case deploy.LatencyP50, deploy.LatencyP95, deploy.LatencyP99:
		q.judgeLatency(o, f)
	case deploy.CPU, deploy.Memory, deploy.Connections:
		q.judgeGauge(o, f)
	default:
		f.say(deploy.Unknown, line("nobody knows how to judge the metric ").say(string(o.Metric)))
	}
}
