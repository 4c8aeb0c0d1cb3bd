package cloudwatch

import (
	"math"
	"slices"

	"slipway/internal/deploy"
)

// grid is ten bounds to a decade (ISO 3's R10, rounded), in ms: what is between two of them differs by at most 28 %.
var grid = func() []float64 {
	var all []float64
	for _, decade := range []float64{1, 10, 100, 1000, 10_000} {
		for _, step := range []float64{1, 1.25, 1.6, 2, 2.5, 3.15, 4, 5, 6.3, 8} {
			if b := step * decade; b <= 50_000 {
				all = append(all, b)
			}
		}
	}
	return all
}()

// mostLimits is how many limits of objectives become bounds: more would not fit into one call.
const mostLimits = 20

// boundsOf is the grid with the limits of the latency objectives, in ms: whether a quantile is above one is then exact.
func boundsOf(spec *deploy.MetricsSpec) []float64 {
	bounds := slices.Clone(grid)
	for _, o := range spec.Objectives {
		if _, is := o.Metric.Quantile(); !is {
			continue
		}
		for _, limit := range []float64{o.Target, o.Critical} {
			if limit = math.Round(limit*1e6) / 1e6; limit > 0 && !math.IsInf(limit, 0) && len(bounds) < len(grid)+mostLimits {
				bounds = append(bounds, limit)
			}
		}
	}
	slices.Sort(bounds)
	return slices.Compact(bounds)
}

// latency is a distribution, asked for as counts between bounds.
type latency struct {
	bounds []float64   // ms
	counts []*question // one more
	all    *question
}

func askLatency(bounds []float64, ask func(stat string) *question) latency {
	l := latency{bounds: bounds, all: ask(sampleCount)}
	low := math.Inf(-1)
	for _, b := range append(slices.Clone(bounds), math.Inf(1)) {
		l.counts = append(l.counts, ask(trimmed(low/1000, b/1000)))
		low = b
	}
	return l
}

// histogram is the distribution in a window; empty if there is none.
func (l *latency) histogram(w window) (deploy.Histogram, error) {
	if l.all == nil {
		return deploy.Histogram{}, nil
	}
	all, _, err := l.all.total(w)
	if err != nil {
		return deploy.Histogram{}, err
	}
	h, found := deploy.Histogram{Bounds: l.bounds, Counts: make([]int64, len(l.counts))}, 0.0
	for i, q := range l.counts {
		n, _, err := q.total(w)
		if err != nil {
			return deploy.Histogram{}, err
		}
		h.Counts[i], found = int64(math.Round(n)), found+n
	}
	// The parts are what was asked for; that they are all of it, CloudWatch has to say too.
	if math.Abs(found-all) > max(1, all/100) {
		return deploy.Histogram{}, wrong(targetResponseTime, "its parts have %.0f values, all of it %.0f", found, all)
	}
	if all == 0 {
		return deploy.Histogram{}, nil
	}
	return h, nil
}
