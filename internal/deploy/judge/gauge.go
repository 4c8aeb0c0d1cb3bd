package judge

import "slipway/internal/deploy"

// judgeGauge judges a level by its mean. A level has no sample size that would say how sure it is: being beyond the
// limit for the whole window of the objective is what makes a breach.
func (q *Question) judgeGauge(o *deploy.Objective, f *found) {
	candidate, stable := q.levels(o.Metric)
	if candidate.Samples > 0 {
		f.Known, f.Value, f.Of = true, candidate.Mean, candidate.Samples
	}
	if stable.Samples > 0 {
		f.Stable, f.StableOf = stable.Mean, stable.Samples
	}
	over := q.To.Sub(q.From)
	full := over >= o.Window
	switch {
	case !f.Known:
		f.say(deploy.Inconclusive, line(Name(o.Metric)).say(" is not measured"))
	case f.Value > o.Critical && !full:
		l := f.level(over).say(": beyond the limit of ").value(o.Metric, o.Critical)
		f.say(deploy.Inconclusive, l.say(", and measured for less than ", deploy.Planned(o.Window)))
	case f.Value > o.Critical && stable.Samples > 0 && stable.Mean > o.Critical:
		f.say(deploy.Inconclusive, f.level(over).say(": beyond the limit of ").value(o.Metric, o.Critical).say(notItsDoing))
	case f.Value > o.Critical:
		f.breach(o, f.level(over))
		f.kind = said
	case o.Worse > 0 && full && stable.Samples > 0 && f.Value > o.Target && f.Value > o.Worse*stable.Mean:
		f.worsened(o, f.level(over))
		f.kind = said
	default:
		f.pass(o, f.level(over))
		f.kind = said
	}
}

// levels are those of both revisions; the database has one for all.
func (q *Question) levels(m deploy.MetricName) (candidate, stable deploy.Gauge) {
	switch m {
	case deploy.CPU:
		return q.Candidate.CPU, q.Stable.CPU
	case deploy.Memory:
		return q.Candidate.Memory, q.Stable.Memory
	case deploy.Connections:
		return q.Connections, deploy.Gauge{}
	case deploy.ErrorRate, deploy.Availability, deploy.LatencyP50, deploy.LatencyP95, deploy.LatencyP99:
	}
	return deploy.Gauge{}, deploy.Gauge{}
}
