package chart

import (
	"fmt"
	"math"
	"strings"
	"time"

	"slipway/internal/deploy"
)

// words is the picture in one sentence: "Error rate of v1.2.4 against v1.2.3 from 14:02 to 14:17 UTC: candidate rose
// to 3.8 % (31 of 816), stable 0.04 % (3 of 7,344), limit 1 %; p99 412 ms (stable 398, limit 2,000)."
func (s *series) words() string {
	if len(s.points) == 0 {
		return "Error rate of " + s.title + ": nothing was measured."
	}
	said := []string{"candidate " + s.course(), "stable " + s.lastRate(ofStable, "")}
	if s.limits.ErrorRate > 0 {
		said = append(said, "limit "+percent(100*s.limits.ErrorRate))
	}
	return "Error rate of " + s.title + " " + s.span() + ": " + strings.Join(said, ", ") + s.slow() + "."
}

// span is the time in words. Days are named where there is more than one.
func (s *series) span() string {
	from, to, form := s.from(), s.to(), "15:04"
	switch {
	case from.Equal(to):
		return "at " + from.Format("15:04:05") + " UTC"
	case !from.Truncate(24 * time.Hour).Equal(to.Truncate(24 * time.Hour)):
		form = "2 Jan 15:04"
	case from.Truncate(time.Minute).Equal(to.Truncate(time.Minute)):
		form = "15:04:05"
	}
	return "from " + from.Format(form) + " to " + to.Format(form) + " UTC"
}

// course is how the candidate's error rate went: where to, and over which height if it has come down from one.
func (s *series) course() string {
	var known []float64
	for _, y := range s.each(rate(ofCandidate)) {
		if !math.IsNaN(y) {
			known = append(known, y)
		}
	}
	if len(known) < 2 {
		return s.lastRate(ofCandidate, "")
	}
	first, now, most := known[0], known[len(known)-1], 0.0
	for _, y := range known {
		most = max(most, y)
	}
	switch {
	case percent(most) != percent(max(first, now)):
		return "rose to " + percent(most) + " and came to " + s.lastRate(ofCandidate, "")
	case percent(now) == percent(first):
		return s.lastRate(ofCandidate, "stayed at ")
	case now > first:
		return s.lastRate(ofCandidate, "rose to ")
	}
	return s.lastRate(ofCandidate, "fell to ")
}

// lastRate is the newest error rate with its counts.
func (s *series) lastRate(of func(deploy.Point) deploy.Seen, how string) string {
	y, i, ok := last(s.each(rate(of)))
	if !ok {
		return "had no requests"
	}
	seen := of(s.points[i])
	return how + percent(y) + " (" + count(seen.Failed) + " of " + count(seen.Requests) + ")"
}

// slow is the newest p99, if it is known.
func (s *series) slow() string {
	ms, _, ok := last(s.each(latency(ofCandidate, p99)))
	if !ok {
		return ""
	}
	var beside []string
	if was, _, ok := last(s.each(latency(ofStable, p99))); ok {
		beside = append(beside, "stable "+millis(was))
	}
	if s.limits.P99 > 0 {
		beside = append(beside, "limit "+millis(s.limits.P99))
	}
	if len(beside) == 0 {
		return fmt.Sprintf("; p99 %s ms", millis(ms))
	}
	return fmt.Sprintf("; p99 %s ms (%s)", millis(ms), strings.Join(beside, ", "))
}
