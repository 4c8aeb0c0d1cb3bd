package cloudwatch

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
)

// mostPeriods is how many sampling periods are kept of a metric, and how many levels.
const mostPeriods = 5000

// key is what a metric is found by: all of it has to be right.
type key struct{ namespace, name, dims string }

// series is one metric.
type series struct {
	key  key
	dims []types.Dimension
	unit types.StandardUnit
	// total makes one value of what several groups hold.
	total bool

	samples []sample           // of what happened, oldest first
	held    map[string][]level // of what is so, by whom; oldest first
}

// sample is one sampling period.
type sample struct {
	index  int64 // of sampling periods since 1970
	bucket bucket
}

// level is what is so from a time on: each sampling period has these values.
type level struct {
	at     time.Time
	values []float64
}

// dim makes dimensions of names and values in turn, without those whose value is empty.
func dim(pairs ...string) []types.Dimension {
	var out []types.Dimension
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			out = append(out, types.Dimension{Name: aws.String(pairs[i]), Value: aws.String(pairs[i+1])})
		}
	}
	return out
}

func keyOf(namespace, name string, dims []types.Dimension) key {
	parts := make([]string, len(dims))
	for i, d := range dims {
		parts[i] = aws.ToString(d.Name) + "\x01" + aws.ToString(d.Value)
	}
	slices.Sort(parts)
	return key{namespace, name, strings.Join(parts, "\x00")}
}

// of is a metric that is there from now on. Under mu.
func (s *Server) of(namespace, name string, unit types.StandardUnit, dims []types.Dimension) *series {
	k := keyOf(namespace, name, dims)
	x := s.series[k]
	if x == nil {
		x = &series{key: k, dims: dims, unit: unit, held: map[string][]level{}}
		s.series[k] = x
	}
	return x
}

// add counts n values of a sampling period; nearly always that is the last one. Under mu.
func (x *series) add(index int64, value float64, n int64) { x.sample(index).add(value, n) }

func (x *series) sample(index int64) *bucket {
	i := len(x.samples)
	for i > 0 && x.samples[i-1].index > index {
		i--
	}
	if i > 0 && x.samples[i-1].index == index {
		return &x.samples[i-1].bucket
	}
	x.samples = slices.Insert(x.samples, i, sample{index: index})
	if len(x.samples) > mostPeriods && i > 0 {
		x.samples = slices.Delete(x.samples, 0, 1)
		i--
	}
	return &x.samples[i].bucket
}

// hold says what is so from a time on, of one of those whom the metric is about. Times of one do not go back. Under mu.
func (x *series) hold(group string, at time.Time, values ...float64) {
	levels := x.held[group]
	if n := len(levels); n > 0 && slices.Equal(levels[n-1].values, values) || n == 0 && len(values) == 0 {
		return
	}
	levels = append(levels, level{at, values})
	x.held[group] = levels[max(len(levels)-mostPeriods, 0):]
}

// point is a period with anything in it.
type point struct {
	at     time.Time // its beginning
	bucket bucket
}

// points are those whose periods begin in [from, to), of the sampling periods that ended by the horizon; oldest first.
func (x *series) points(from, to, horizon time.Time, period, sampling time.Duration) []point {
	period = max(period, sampling)
	first, last := floor(from.UnixNano(), int64(period)), floor(to.UnixNano()-1, int64(period))
	found := map[int64]*bucket{}
	in := func(index int64) *bucket { // of a sampling period
		begin := time.Unix(0, index*int64(sampling))
		i := floor(begin.UnixNano(), int64(period))
		if i < first || i > last || begin.Add(sampling).After(horizon) {
			return nil
		}
		if found[i] == nil {
			found[i] = &bucket{}
		}
		return found[i]
	}
	for i := range x.samples {
		if b := in(x.samples[i].index); b != nil {
			b.merge(&x.samples[i].bucket)
		}
	}
	end := min((last+1)*int64(period), horizon.UnixNano())
	for i := floor(end, int64(sampling)) - 1; i >= floor(first*int64(period), int64(sampling)); i-- {
		values := x.levels(time.Unix(0, (i+1)*int64(sampling)))
		if values == nil && !x.begun(time.Unix(0, (i+1)*int64(sampling))) {
			break
		}
		for _, v := range values {
			if b := in(i); b != nil {
				b.add(v, 1)
			}
		}
	}
	var out []point
	for _, i := range slices.Sorted(maps.Keys(found)) {
		out = append(out, point{time.Unix(0, i*int64(period)).UTC(), *found[i]})
	}
	return out
}

// levels is what was so just before a time, of all groups.
func (x *series) levels(t time.Time) []float64 {
	var all []float64
	for _, group := range slices.Sorted(maps.Keys(x.held)) {
		var now []float64
		for _, l := range x.held[group] {
			if !l.at.Before(t) {
				break
			}
			now = l.values
		}
		all = append(all, now...)
	}
	if x.total && len(all) > 1 {
		sum := 0.0
		for _, v := range all {
			sum += v
		}
		return []float64{sum}
	}
	return all
}

// begun says whether anything was said of levels before a time.
func (x *series) begun(t time.Time) bool {
	for _, levels := range x.held {
		if len(levels) > 0 && levels[0].at.Before(t) {
			return true
		}
	}
	return false
}

func floor(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}
