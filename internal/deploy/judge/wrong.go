package judge

import (
	"math"
	"strconv"

	"slipway/internal/deploy"
)

// most is the largest count that is believed: thirty million requests a second for five minutes. Sums of such counts do
// not overflow, and the statistics are good to there.
const most = 10_000_000_000

// wrong says what cannot be so about the numbers that an objective rests on, or about the objective; empty if nothing.
func (q *Question) wrong(o *deploy.Objective) string {
	for _, v := range []float64{o.Target, o.Critical, o.Worse} {
		if !(v >= 0) || math.IsInf(v, 0) { // also NaN
			return "the objective of " + Name(o.Metric) + " has a threshold that is no number of it: " + number(v)
		}
	}
	switch o.Metric {
	case deploy.ErrorRate, deploy.Availability:
		if o.Critical <= 0 || o.Critical >= 1 {
			return "the limit of " + Name(o.Metric) + " has to be between 0 and 100 %, and is " + Format(o.Metric, o.Critical)
		}
		return both(q, wrongCounts)
	case deploy.LatencyP50, deploy.LatencyP95, deploy.LatencyP99:
		return both(q, func(m *deploy.Measured) string { return wrongHistogram(m.Latency) })
	case deploy.CPU:
		return both(q, func(m *deploy.Measured) string { return wrongGauge(m.CPU) })
	case deploy.Memory:
		return both(q, func(m *deploy.Measured) string { return wrongGauge(m.Memory) })
	case deploy.Connections:
		return about("the database", wrongGauge(q.Connections))
	}
	return ""
}

// both asks the same of both revisions.
func both(q *Question, wrong func(*deploy.Measured) string) string {
	if w := about("the candidate", wrong(&q.Candidate)); w != "" {
		return w
	}
	return about("stable", wrong(&q.Stable))
}

func about(whom, wrong string) string {
	if wrong == "" {
		return ""
	}
	return "metrics of " + whom + " cannot be right: " + wrong
}

func wrongCounts(m *deploy.Measured) string {
	switch {
	case m.Requests < 0 || m.Failed < 0:
		return "a count is below 0 (" + Count(m.Requests) + " requests, " + Count(m.Failed) + " failed)"
	case m.Failed > m.Requests:
		return Count(m.Failed) + " of " + Count(m.Requests) + " requests failed"
	case m.Requests > most:
		return Count(m.Requests) + " requests"
	}
	return ""
}

func wrongHistogram(h deploy.Histogram) string {
	if len(h.Bounds) == 0 && len(h.Counts) == 0 {
		return ""
	}
	if len(h.Counts) != len(h.Bounds)+1 {
		return "a histogram has " + strconv.Itoa(len(h.Counts)) + " counts for " + strconv.Itoa(len(h.Bounds)) + " bounds"
	}
	before := math.Inf(-1)
	for _, b := range h.Bounds {
		if !(b > before) || b < 0 || math.IsInf(b, 0) { // also NaN
			return "a histogram has the bound " + number(b) + " ms after " + number(before) + " ms"
		}
		before = b
	}
	var sum int64
	for _, c := range h.Counts {
		if c < 0 || c > most {
			return "a histogram counts " + Count(c) + " requests"
		}
		if sum += c; sum > most {
			return "a histogram counts " + Count(sum) + " requests"
		}
	}
	return ""
}

func wrongGauge(g deploy.Gauge) string {
	switch {
	case g.Samples < 0:
		return Count(g.Samples) + " samples"
	case g.Samples == 0:
		return ""
	}
	for _, v := range []float64{g.Mean, g.Max} {
		if !(v >= 0) || math.IsInf(v, 0) {
			return "a level is " + number(v)
		}
	}
	return ""
}

func number(v float64) string { return strconv.FormatFloat(v, 'g', 6, 64) }
