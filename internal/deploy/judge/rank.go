package judge

import (
	"math"
	"slices"

	"slipway/internal/deploy"
)

// ranks compares two histograms with the same bounds request by request. All that fell into one bucket are ties.
//
// a12 is the share of pairs in which the request of a is the slower, ties counting half: 0.5 if there is no difference
// (the common language effect size). p is the chance of that or more if there is none: Mann-Whitney's U, one-sided, by
// the normal approximation with correction for ties and continuity.
func ranks(a, b []int64) (a12, p float64) {
	var below, na, nb, wins, ties float64
	for i := range a {
		x, y := float64(a[i]), float64(b[i])
		wins += x * (below + y/2)
		below += y
		na, nb = na+x, nb+y
		t := x + y
		ties += t * (t*t - 1)
	}
	if na == 0 || nb == 0 {
		return 0.5, 1
	}
	n := na + nb
	variance := na * nb / 12 * (n + 1 - ties/(n*(n-1)))
	if !(variance > 0) {
		return 0.5, 1
	}
	z := (wins - na*nb/2 - 0.5) / math.Sqrt(variance)
	return wins / (na * nb), math.Erfc(z/math.Sqrt2) / 2
}

// aligned are the counts of two histograms over the bounds that both have, since a version may bring buckets of its
// own; ok is false if there is no such bound.
func aligned(a, b deploy.Histogram) (x, y []int64, ok bool) {
	if slices.Equal(a.Bounds, b.Bounds) {
		return a.Counts, b.Counts, len(a.Bounds) > 0
	}
	x, y = []int64{0}, []int64{0}
	i, j := 0, 0
	for {
		switch {
		case i == len(a.Bounds) && j == len(b.Bounds):
			x[len(x)-1] += last(a.Counts)
			y[len(y)-1] += last(b.Counts)
			return x, y, len(x) > 1
		case j == len(b.Bounds) || i < len(a.Bounds) && a.Bounds[i] < b.Bounds[j]:
			x[len(x)-1] += a.Counts[i]
			i++
		case i == len(a.Bounds) || b.Bounds[j] < a.Bounds[i]:
			y[len(y)-1] += b.Counts[j]
			j++
		default:
			x[len(x)-1] += a.Counts[i]
			y[len(y)-1] += b.Counts[j]
			x, y = append(x, 0), append(y, 0)
			i, j = i+1, j+1
		}
	}
}

func last(counts []int64) int64 {
	if len(counts) == 0 {
		return 0
	}
	return counts[len(counts)-1]
}
