package monitoring

import (
	"math"
	"slices"
	"sort"

	"google.golang.org/genproto/googleapis/api/distribution"
)

// bounds are the buckets of a distribution: under limits[0], from limits[i-1] to under limits[i], and the rest.
type bounds struct {
	limits  []float64
	options *distribution.Distribution_BucketOptions
}

var (
	latencyBounds     = exponential(66, 1.4, 1)
	utilisationBounds = linear(100, 0.01)
)

func exponential(finite int, growth, scale float64) *bounds {
	b := &bounds{options: &distribution.Distribution_BucketOptions{
		Options: &distribution.Distribution_BucketOptions_ExponentialBuckets{
			ExponentialBuckets: &distribution.Distribution_BucketOptions_Exponential{
				NumFiniteBuckets: int32(finite), GrowthFactor: growth, Scale: scale,
			}}}}
	for i := range finite + 1 {
		b.limits = append(b.limits, scale*math.Pow(growth, float64(i)))
	}
	return b
}

func linear(finite int, width float64) *bounds {
	b := &bounds{options: &distribution.Distribution_BucketOptions{
		Options: &distribution.Distribution_BucketOptions_LinearBuckets{
			LinearBuckets: &distribution.Distribution_BucketOptions_Linear{NumFiniteBuckets: int32(finite), Width: width},
		}}}
	for i := range finite + 1 {
		b.limits = append(b.limits, width*float64(i))
	}
	return b
}

// tally is a distribution that is being counted.
type tally struct {
	bounds       *bounds
	counts       []int64
	count        int64
	sum, squares float64
}

func newTally(b *bounds) tally {
	return tally{bounds: b, counts: make([]int64, len(b.limits)+1)}
}

func (t *tally) add(v float64) {
	t.count++
	t.sum += v
	t.squares += v * v
	t.counts[sort.Search(len(t.bounds.limits), func(i int) bool { return v < t.bounds.limits[i] })]++
}

// plus is both together.
func (t tally) plus(o tally) tally {
	if t.bounds == nil {
		t.bounds, t.counts = o.bounds, make([]int64, len(o.counts))
	} else {
		t.counts = slices.Clone(t.counts)
	}
	for i, n := range o.counts {
		t.counts[i] += n
	}
	t.count, t.sum, t.squares = t.count+o.count, t.sum+o.sum, t.squares+o.squares
	return t
}

func (t tally) mean() float64 {
	if t.count == 0 {
		return 0
	}
	return t.sum / float64(t.count)
}

// quantile interpolates inside the bucket, as the real service does; what lies beyond the last bound counts as it.
func (t tally) quantile(q float64) float64 {
	rank, below := q*float64(t.count), 0.0
	for i, n := range t.counts {
		if n == 0 || below+float64(n) < rank {
			below += float64(n)
			continue
		}
		switch {
		case i == len(t.bounds.limits):
			return t.bounds.limits[i-1]
		case i == 0:
			return t.bounds.limits[0] * (rank - below) / float64(n)
		}
		from, to := t.bounds.limits[i-1], t.bounds.limits[i]
		return from + (to-from)*(rank-below)/float64(n)
	}
	return 0
}

func (t tally) pb() *distribution.Distribution {
	used := len(t.counts)
	for used > 0 && t.counts[used-1] == 0 {
		used--
	}
	d := &distribution.Distribution{Count: t.count, Mean: t.mean(), BucketOptions: t.bounds.options, BucketCounts: slices.Clone(t.counts[:used])}
	if t.count > 0 {
		d.SumOfSquaredDeviation = max(t.squares-t.sum*t.sum/float64(t.count), 0)
	}
	return d
}
