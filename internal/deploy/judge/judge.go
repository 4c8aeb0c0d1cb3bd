package judge

import (
	"math"
	"slices"
	"time"

	"slipway/internal/deploy"
)

// Question is what two revisions did over the same minutes. All objectives of its Spec are judged over this one
// stretch.
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

// Judge says what a look comes to: one question for each window that the objectives have, the longest first. The whole
// is the worst of what was found, in this order: critical, unhealthy, error, inconclusive, healthy. Findings are in the
// order of deploy.MetricNames. Without a question nothing can be told.
func Judge(questions ...Question) deploy.Judgement {
	if len(questions) == 0 {
		return deploy.Judgement{Verdict: deploy.Inconclusive, Why: nothing}
	}
	var all []found
	for i := range questions {
		all = append(all, questions[i].findings()...)
	}
	slices.SortStableFunc(all, func(a, b found) int { return place(a.Metric) - place(b.Metric) })
	return whole(questions, all)
}

// findings are those of the objectives of one question.
func (q *Question) findings() []found {
	if !q.HasCandidate {
		q.Candidate = deploy.Measured{}
	}
	if !q.HasStable {
		q.Stable = deploy.Measured{}
	}
	blind := q.blind()
	all := make([]found, len(q.Spec.Objectives))
	for i := range q.Spec.Objectives {
		o, f := &q.Spec.Objectives[i], &all[i]
		f.Finding = deploy.Finding{Metric: o.Metric, Target: finite(o.Target), Limit: finite(o.Critical), DryRun: o.DryRun}
		if blind != "" {
			f.say(deploy.Unknown, line(blind))
		} else {
			q.judge(o, f)
		}
		f.dry()
	}
	return all
}

// place is where a metric stands in what people are shown.
func place(m deploy.MetricName) int {
	names := deploy.MetricNames()
	if i := slices.Index(names, m); i >= 0 {
		return i
	}
	return len(names)
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
