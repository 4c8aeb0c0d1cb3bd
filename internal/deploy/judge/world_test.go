package judge_test

import (
	"math"
	"time"

	"slipway/internal/deploy"
	"slipway/internal/deploy/judge"
)

var (
	from = time.Date(2026, 11, 25, 14, 2, 10, 0, time.UTC)
	to   = from.Add(5 * time.Minute)
)

// objectives are those of the guide.
func objectives() []deploy.Objective {
	return []deploy.Objective{
		{Metric: deploy.ErrorRate, Target: 0.001, Critical: 0.01, Worse: 2},
		{Metric: deploy.Availability, Target: 0.999, Critical: 0.99},
		{Metric: deploy.LatencyP50, Target: 100, Critical: 200, Worse: 1.5},
		{Metric: deploy.LatencyP95, Target: 500, Critical: 1000, Worse: 1.5},
		{Metric: deploy.LatencyP99, Target: 1000, Critical: 2000},
		{Metric: deploy.CPU, Target: 0.70, Critical: 0.90},
		{Metric: deploy.Memory, Target: 0.80, Critical: 0.95},
		{Metric: deploy.Connections, Target: 0.80, Critical: 0.95},
	}
}

// only keeps the objectives of some metrics.
func only(names ...deploy.MetricName) []deploy.Objective {
	var some []deploy.Objective
	for _, o := range objectives() {
		for _, n := range names {
			if o.Metric == n {
				o.Window = 5 * time.Minute
				some = append(some, o)
			}
		}
	}
	return some
}

// look asks about two revisions over five minutes.
func look(candidate, stable deploy.Measured, of ...deploy.MetricName) judge.Question {
	return judge.Question{
		Spec:  deploy.MetricsSpec{Every: 30 * time.Second, Lag: 3 * time.Minute, Minimum: 50, Objectives: only(of...)},
		Share: 10, Candidate: candidate, Stable: stable, HasCandidate: true, HasStable: stable.Requests > 0,
		From: from, To: to, Newest: to,
	}
}

func requests(failed, of int64) deploy.Measured { return deploy.Measured{Requests: of, Failed: failed} }

// buckets grow by 1.4 from 5 ms on.
func buckets() []float64 {
	var bounds []float64
	for b := 5.0; b < 20_000; b *= 1.4 {
		bounds = append(bounds, b)
	}
	return bounds
}

func histogram(bounds []float64, values ...float64) deploy.Histogram {
	h := deploy.Histogram{Bounds: bounds, Counts: make([]int64, len(bounds)+1)}
	for _, v := range values {
		i := 0
		for i < len(h.Bounds) && v > h.Bounds[i] {
			i++
		}
		h.Counts[i]++
	}
	return h
}

// taking is n requests of which a share slow takes ms, and the others spread around a median as far as half and twice.
func taking(n int64, median, slow, ms float64) deploy.Measured {
	return in(buckets(), n, median, slow, ms)
}

// in is the same, counted in other buckets.
func in(bounds []float64, n int64, median, slow, ms float64) deploy.Measured {
	var values []float64
	tail := int64(math.Round(slow * float64(n)))
	for i := range n - tail {
		values = append(values, median*math.Pow(2, 2*(float64(i)+0.5)/float64(n-tail)-1))
	}
	for range tail {
		values = append(values, ms)
	}
	return deploy.Measured{Requests: n, Latency: histogram(bounds, values...)}
}

func level(mean float64) deploy.Gauge { return deploy.Gauge{Mean: mean, Max: mean, Samples: 10} }
