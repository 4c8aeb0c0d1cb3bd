package judge

import "slipway/internal/deploy"

// judgeShare judges errors of the candidate, or those of all revisions together.
func (q *Question) judgeShare(o *deploy.Objective, f *found) {
	candidate := tally{q.Candidate.Failed, q.Candidate.Requests}
	stable := tally{q.Stable.Failed, q.Stable.Requests}
	target, limit := o.Target, o.Critical
	subject := candidate
	if o.Metric == deploy.Availability {
		target, limit = 1-o.Target, 1-o.Critical
		subject = candidate.plus(stable)
	}
	f.Known, f.Of, f.Hits, f.own = subject.of > 0, subject.of, subject.hits, candidate
	f.Value = as(o.Metric, subject.rate())
	if stable.of > 0 {
		f.Stable, f.StableOf, f.StableHits = as(o.Metric, stable.rate()), stable.of, stable.hits
	}
	enough := subject.of >= int64(q.Spec.Minimum)
	switch {
	case !f.Known:
		f.say(deploy.Inconclusive, line(nobody))
	case subject.beyond(limit) && blameless(o.Metric, candidate, stable, limit):
		f.say(deploy.Inconclusive, f.share().say(": beyond the limit of ").value(o.Metric, o.Critical).say(notItsDoing))
	case subject.beyond(limit):
		f.breach(o, f.share())
	case o.Worse > 0 && stable.of >= int64(q.Spec.Minimum) && subject.rate() > target && candidate.worse(stable, o.Worse, sureWorse):
		f.worsened(o, f.share())
	case enough && subject.below(limit):
		f.pass(o, f.share())
	case enough && (tally{0, subject.of}).below(limit):
		f.say(deploy.Inconclusive, f.share().say(tooClose).value(o.Metric, o.Critical).say(toTell))
	default:
		f.say(deploy.Inconclusive, f.share().say(tooFew))
	}
}

// blameless says whether what is beyond the limit is not the candidate's doing. Of all revisions together it is the
// candidate's only if it fails more than stable does.
func blameless(m deploy.MetricName, candidate, stable tally, limit float64) bool {
	if m == deploy.Availability {
		return stable.of > 0 && !candidate.worse(stable, 1, sureBad)
	}
	return candidate.shared(stable, limit)
}

// as is a share of failures in the terms of a metric.
func as(m deploy.MetricName, failures float64) float64 {
	if m == deploy.Availability {
		return 1 - failures
	}
	return failures
}
