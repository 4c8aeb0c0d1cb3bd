package phase

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"slipway/internal/deploy"
)

// How much has to be measured before load is judged. At its end it is judged in any case.
const (
	judgedAfter    = time.Second
	judgedRequests = 20
	latencyCounts  = 100 // requests that a mean or a percentile is made of
)

// breach says which limits a load check has broken by what was measured so far, with numbers; empty: none. Failures
// count as soon as so many cannot be made up for any more, latencies as soon as they are exceeded, the rate at the end.
func breach(c deploy.LoadCheck, l deploy.LoadResult, end bool) string {
	if !end && (l.Took < judgedAfter || l.Requests < judgedRequests) {
		return ""
	}
	var broken []string
	if why := tooManyFailed(c, l, end); why != "" {
		broken = append(broken, why)
	}
	if end || l.Requests >= latencyCounts {
		for _, m := range []struct {
			what       string
			got, limit time.Duration
		}{
			{"mean", l.Latencies.Mean(), c.Limits.Mean}, {"p99", l.Latencies.Quantile(0.99), c.Limits.P99},
		} {
			if m.limit > 0 && m.got > m.limit {
				broken = append(broken, fmt.Sprintf("%s %s, limit %s", m.what, deploy.Millis(m.got), deploy.Millis(m.limit)))
			}
		}
	}
	if end && l.Rate() < c.Limits.Rate {
		broken = append(broken, fmt.Sprintf("%s answers a second, at least %s are asked", number(l.Rate()), number(c.Limits.Rate)))
	}
	return strings.Join(broken, "; ")
}

// tooManyFailed holds the failures against all requests that there can be by the end.
func tooManyFailed(c deploy.LoadCheck, l deploy.LoadResult, end bool) string {
	all := float64(l.Requests)
	if !end {
		all = max(all, float64(l.Requests)+fastest(c)*max(c.For-l.Took, 0).Seconds())
	}
	if float64(l.Failed) <= c.Limits.Failed*all {
		return ""
	}
	text := fmt.Sprintf("%s of %s requests failed (%s), limit %s", deploy.Thousands(l.Failed), deploy.Thousands(l.Requests),
		share(float64(l.Failed)/float64(max(l.Requests, 1))), share(c.Limits.Failed))
	for i, why := range byCount(l.Reasons) {
		text += [...]string{": ", ", "}[min(i, 1)] + fmt.Sprintf("%s× %s", deploy.Thousands(int64(l.Reasons[why])), why)
	}
	return text
}

// fastest is how many requests a second there can be at most.
func fastest(c deploy.LoadCheck) float64 {
	switch {
	case c.Rate > 0 && c.Most > 0:
		return min(c.Rate, c.Most)
	case c.Rate > 0:
		return c.Rate
	}
	return c.Most
}

// share is a share in per cent: 0.05 %.
func share(s float64) string { return strconv.FormatFloat(s*100, 'g', 3, 64) + " %" }

// number is a rate without what nobody asks for: 100, 89.6.
func number(f float64) string {
	return strings.TrimSuffix(strconv.FormatFloat(f, 'f', 1, 64), ".0")
}
