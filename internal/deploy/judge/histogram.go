package judge

import (
	"math"
	"slices"

	"slipway/internal/deploy"
)

// Quantile is the value that a share q of a histogram does not exceed, in ms. Inside a bucket values are taken to lie
// evenly on a logarithmic scale, as buckets do; in the first one evenly from 0. Beyond the last bound the bound is all
// that is known, and the answer is that. ok is false if the histogram is empty or cannot be right, or q is not from 0
// to 1.
func Quantile(h deploy.Histogram, q float64) (ms float64, ok bool) {
	if !(q >= 0 && q <= 1) || len(h.Bounds) == 0 || wrongHistogram(h) != "" {
		return 0, false
	}
	ms, _, ok = quantile(h, q)
	return ms, ok
}

// quantile is Quantile of a histogram that has been looked at; more says that it lies beyond the last bound.
func quantile(h deploy.Histogram, q float64) (ms float64, more, ok bool) {
	n := total(h)
	if n == 0 || len(h.Bounds) == 0 {
		return 0, false, false
	}
	rank, below := q*float64(n), 0.0
	for i, c := range h.Counts {
		if c == 0 || below+float64(c) < rank {
			below += float64(c)
			continue
		}
		if i == len(h.Bounds) {
			break
		}
		return between(floor(h, i), h.Bounds[i], max(rank-below, 0)/float64(c)), false, true
	}
	return end(h), last(h.Counts) > 0, true
}

// Merge adds up two histograms with the same bounds; one without bounds adds nothing. Code: Invalid if the bounds
// differ or one of them cannot be right.
func Merge(a, b deploy.Histogram) (deploy.Histogram, error) {
	for _, h := range []deploy.Histogram{a, b} {
		if wrong := wrongHistogram(h); wrong != "" {
			return deploy.Histogram{}, &deploy.Error{Code: deploy.Invalid, Op: "judge.Merge", Msg: wrong}
		}
	}
	switch {
	case len(a.Counts) == 0:
		a, b = b, a
	case len(b.Counts) > 0 && !slices.Equal(a.Bounds, b.Bounds):
		return deploy.Histogram{}, &deploy.Error{Code: deploy.Invalid, Op: "judge.Merge", Msg: "the histograms have different bounds"}
	}
	sum := deploy.Histogram{Bounds: slices.Clone(a.Bounds), Counts: slices.Clone(a.Counts)}
	for i, c := range b.Counts {
		sum.Counts[i] += c
	}
	return sum, nil
}

func total(h deploy.Histogram) int64 {
	var n int64
	for _, c := range h.Counts {
		n += c
	}
	return n
}

// slower counts requests that took longer than limit. surely are those in buckets that begin there or later. likely
// are also the part of the bucket around limit that lies beyond it, rounded up, and all of that bucket if it is the
// last, which has no end.
func slower(h deploy.Histogram, limit float64) (surely, likely int64) {
	for i, c := range h.Counts {
		switch from := floor(h, i); {
		case i > 0 && from >= limit:
			surely, likely = surely+c, likely+c
		case i == len(h.Bounds):
			likely += c
		case h.Bounds[i] > limit:
			likely += int64(math.Ceil(float64(c) * (1 - within(from, h.Bounds[i], limit))))
		}
	}
	return surely, likely
}

// floor is where a bucket begins.
func floor(h deploy.Histogram, i int) float64 {
	if i == 0 {
		return 0
	}
	return h.Bounds[i-1]
}

// between is the value at a share of the way from one bound to the next, and within the share at a value.
func between(from, to, share float64) float64 {
	if from <= 0 {
		return to * share
	}
	return min(from*math.Pow(to/from, share), to)
}

func within(from, to, value float64) float64 {
	if from <= 0 {
		return value / to
	}
	return math.Log(value/from) / math.Log(to/from)
}

// end is where the last bucket but one ends.
func end(h deploy.Histogram) float64 { return h.Bounds[len(h.Bounds)-1] }
