package judge

import "slipway/internal/deploy"

// judgeLatency judges a percentile. That it is beyond the critical threshold means that more than a share 1-q of the
// requests are slower, and requests can be counted: the tests are those of errors.
func (q *Question) judgeLatency(o *deploy.Objective, f *found) {
	quant, _ := o.Metric.Quantile()
	h, limit := q.Candidate.Latency, 1-quant
	value, more, ok := quantile(h, quant)
	surely, likely := slower(h, o.Critical)
	hits, guess := tally{surely, total(h)}, tally{likely, total(h)}
	f.Known, f.Value, f.more, f.Of, f.Hits = ok, value, more, hits.of, hits.hits
	var stable tally
	if v, _, ok := quantile(q.Stable.Latency, quant); ok {
		stable.of = total(q.Stable.Latency)
		stable.hits, _ = slower(q.Stable.Latency, o.Critical)
		f.Stable, f.StableOf, f.StableHits = v, stable.of, stable.hits
	}
	switch {
	case !ok && q.Candidate.Requests == 0:
		f.say(deploy.Inconclusive, line(nobody))
	case !ok:
		f.say(deploy.Inconclusive, line("no latency was measured of ").count(q.Candidate.Requests).say(" request", plural(q.Candidate.Requests)))
	case hits.of < int64(q.Spec.Minimum):
		f.say(deploy.Inconclusive, f.latency().say(tooFew))
	case hits.beyond(limit) && hits.shared(stable, limit):
		f.say(deploy.Inconclusive, f.latency().say(": beyond the limit of ").value(o.Metric, o.Critical).say(notItsDoing))
	case hits.beyond(limit):
		f.breach(o, f.latency())
	case q.slowed(o, f):
		f.worsened(o, f.latency())
	case guess.hits == 0 || guess.below(limit):
		f.pass(o, f.latency())
	case end(h) < o.Critical && last(h.Counts) > 0:
		f.say(deploy.Inconclusive, f.latency().say(": its buckets end at ").value(o.Metric, end(h)).say(", below the limit of ").value(o.Metric, o.Critical))
	default:
		f.say(deploy.Inconclusive, f.latency().say(tooClose).value(o.Metric, o.Critical).say(toTell))
	}
}

// slowed says whether the candidate is slower than stable: its percentile beyond the target and Worse times that of
// stable, its requests slower in enough of all pairs, and that beyond chance.
func (q *Question) slowed(o *deploy.Objective, f *found) bool {
	a, b := q.Candidate.Latency, q.Stable.Latency
	if o.Worse <= 0 || f.Value <= o.Target || f.Value < o.Worse*f.Stable || f.Of < normal || f.StableOf < max(normal, int64(q.Spec.Minimum)) {
		return false
	}
	x, y, ok := aligned(a, b)
	if !ok {
		return false
	}
	a12, p := ranks(x, y)
	f.a12 = a12
	return a12 >= effect && p <= sureWorse
}
