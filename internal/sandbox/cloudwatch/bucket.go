package cloudwatch

import (
	"maps"
	"math"
	"slices"
	"strconv"
)

// bucket is the values of a period.
type bucket struct {
	n, sum   float64
	min, max float64
	values   map[float64]int64 // how often each was there, to three significant digits
	blurred  bool              // some came as a set of statistics only, so that their values are not known
}

// add counts n values.
func (b *bucket) add(value float64, n int64) {
	if b.values == nil {
		b.values = map[float64]int64{}
	}
	b.values[digits(value)] += n
	b.set(float64(n), value*float64(n), value, value)
}

// set adds a set of statistics.
func (b *bucket) set(n, sum, low, high float64) {
	if b.n == 0 {
		b.min, b.max = low, high
	}
	b.n, b.sum = b.n+n, b.sum+sum
	b.min, b.max = min(b.min, low), max(b.max, high)
}

func (b *bucket) merge(o *bucket) {
	if o.n == 0 {
		return
	}
	b.set(o.n, o.sum, o.min, o.max)
	b.blurred = b.blurred || o.blurred
	if b.values == nil {
		b.values = map[float64]int64{}
	}
	for v, n := range o.values {
		b.values[v] += n
	}
}

// digits keeps three of them.
func digits(v float64) float64 {
	short, err := strconv.ParseFloat(strconv.FormatFloat(v, 'e', 2, 64), 64)
	if err != nil {
		return v
	}
	return short
}

// percentile is the value that the share q of all does not exceed.
func (b *bucket) percentile(q float64) float64 {
	rank, below := int64(math.Ceil(q*b.n)), int64(0)
	for _, v := range slices.Sorted(maps.Keys(b.values)) {
		if below += b.values[v]; below >= rank {
			return min(max(v, b.min), b.max)
		}
	}
	return b.max
}

// within counts and adds up the values above low, up to high.
func (b *bucket) within(low, high float64) (n, sum float64) {
	for v, c := range b.values {
		if v > low && v <= high {
			n, sum = n+float64(c), sum+v*float64(c)
		}
	}
	return n, sum
}
