package report

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"slipway/internal/deploy"
)

// count is 4,118.
func count(n int64) string {
	s := strconv.FormatInt(n, 10)
	sign, s := "", strings.TrimPrefix(s, "-")
	if n < 0 {
		sign = "-"
	}
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return sign + s
}

// percent is a share from 0 to 1 as people read it: 0.29 %, 7.3 %, 99.9 %, 100 %.
func percent(share float64) string {
	p := share * 100
	if math.IsNaN(p) || math.IsInf(p, 0) {
		return "not known"
	}
	decimals := 1
	if away := min(math.Abs(p), math.Abs(100-p)); away != 0 && away < 1 {
		decimals = 2
	}
	s := strconv.FormatFloat(p, 'f', decimals, 64)
	return strings.TrimRight(strings.TrimRight(s, "0"), ".") + " %"
}

// of is 3 of 41 (7.3 %).
func of(part, all int64) string {
	if all == 0 {
		return "no requests"
	}
	return fmt.Sprintf("%s of %s (%s)", count(part), count(all), percent(float64(part)/float64(all)))
}

// value is a measured value in the unit of its metric.
func value(m deploy.MetricName, v float64) string {
	if _, latency := m.Quantile(); latency {
		return milliseconds(v)
	}
	return percent(v)
}

func milliseconds(v float64) string {
	if math.IsNaN(v) || math.Abs(v) > math.MaxInt32 {
		return "not known"
	}
	return count(int64(math.Round(v))) + " ms"
}

func plural(n int64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return count(n) + " " + many
}
