package chart

import (
	"math"
	"slices"
	"strings"
	"time"
	"unicode"

	"slipway/internal/deploy"
)

// series is what is drawn: the points in order of time, and what is made of them. Where there is nothing to draw a
// value is NaN.
type series struct {
	title  string
	points []deploy.Point
	limits Limits
}

// mostMs is the longest latency that is believed: an hour, the longest time-out that Cloud Run gives a request.
const mostMs = 3.6e6

func newSeries(title string, points []deploy.Point, limits Limits) *series {
	s := &series{
		title:  oneLine(title),
		points: slices.DeleteFunc(slices.Clone(points), func(p deploy.Point) bool { return p.At.IsZero() }),
		limits: Limits{ErrorRate: positive(limits.ErrorRate, 1), P50: positive(limits.P50, mostMs), P95: positive(limits.P95, mostMs), P99: positive(limits.P99, mostMs)},
	}
	slices.SortStableFunc(s.points, func(a, b deploy.Point) int { return a.At.Compare(b.At) })
	return s
}

// mostTitle is more letters than there is room for.
const mostTitle = 200

// oneLine leaves out what cannot be written on one line: a newline or an escape would be written as a box.
func oneLine(title string) string {
	words := strings.FieldsFunc(title, func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsPrint(r) })
	letters := []rune(strings.Join(words, " "))
	return string(letters[:min(len(letters), mostTitle)])
}

// positive is v if it is above 0 and at most most, 0 otherwise.
func positive(v, most float64) float64 {
	if v > 0 && v <= most {
		return v
	}
	return 0
}

// from and to are when the first and the last look saw.
func (s *series) from() time.Time { return s.points[0].At.UTC() }
func (s *series) to() time.Time   { return s.points[len(s.points)-1].At.UTC() }

// seconds are where the points are on the axis of time.
func (s *series) seconds() []float64 {
	xs := make([]float64, len(s.points))
	for i, p := range s.points {
		xs[i] = p.At.Sub(s.points[0].At).Seconds()
	}
	return xs
}

// empty says why there is nothing to see; it is "" if there is something.
func (s *series) empty() string {
	if len(s.points) == 0 {
		return "nothing was measured"
	}
	for _, p := range s.points {
		if p.Candidate.Requests > 0 || p.Stable.Requests > 0 {
			return ""
		}
	}
	return "no requests"
}

// each makes a value of each point.
func (s *series) each(value func(deploy.Point) float64) []float64 {
	ys := make([]float64, len(s.points))
	for i, p := range s.points {
		ys[i] = value(p)
	}
	return ys
}

func ofCandidate(p deploy.Point) deploy.Seen { return p.Candidate }
func ofStable(p deploy.Point) deploy.Seen    { return p.Stable }

// rate is the error rate in percent, NaN without requests.
func rate(of func(deploy.Point) deploy.Seen) func(deploy.Point) float64 {
	return func(p deploy.Point) float64 {
		n, failed := of(p).Requests, of(p).Failed
		if n <= 0 || failed < 0 || failed > n {
			return math.NaN()
		}
		return 100 * float64(failed) / float64(n)
	}
}

// latency is a percentile in ms, NaN without requests.
func latency(of func(deploy.Point) deploy.Seen, percentile func(deploy.Seen) float64) func(deploy.Point) float64 {
	return func(p deploy.Point) float64 {
		seen := of(p)
		if ms := positive(percentile(seen), mostMs); seen.Requests > 0 && ms > 0 {
			return ms
		}
		return math.NaN()
	}
}

func p50(s deploy.Seen) float64 { return s.P50 }
func p95(s deploy.Seen) float64 { return s.P95 }
func p99(s deploy.Seen) float64 { return s.P99 }

// asked is the share that the candidate was to have, in percent.
func asked(p deploy.Point) float64 { return float64(min(max(p.Share, 0), 100)) }

// had is the share of the requests that the candidate had, in percent.
func had(p deploy.Point) float64 {
	n, all := float64(p.Candidate.Requests), float64(p.Candidate.Requests)+float64(p.Stable.Requests)
	if n < 0 || p.Stable.Requests < 0 || all == 0 {
		return math.NaN()
	}
	return 100 * n / all
}

// last is the newest value that is known.
func last(ys []float64) (y float64, at int, ok bool) {
	for i, y := range slices.Backward(ys) {
		if !math.IsNaN(y) {
			return y, i, true
		}
	}
	return 0, 0, false
}

// runs are the stretches of ys without a gap, each from its first to after its last.
func runs(ys []float64) (found [][2]int) {
	begun := -1
	for i, y := range append(slices.Clone(ys), math.NaN()) {
		switch {
		case !math.IsNaN(y) && begun < 0:
			begun = i
		case math.IsNaN(y) && begun >= 0:
			found = append(found, [2]int{begun, i})
			begun = -1
		}
	}
	return found
}
