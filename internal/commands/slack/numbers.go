package slack

import (
	"math"
	"strconv"
	"strings"

	"slipway/internal/deploy"
)

// thousands writes a count as people read it: 4,118.
func thousands(n int64) string {
	digits, sign := strconv.FormatInt(n, 10), ""
	if n < 0 {
		digits, sign = digits[1:], "−"
	}
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return sign + digits
}

// odd are numbers of which the digits would say nothing.
func odd(v float64) bool { return math.IsNaN(v) || math.Abs(v) > 1e12 }

// asPercent writes a share from 0 to 1 as a percentage. What is a little is never written as nothing, nor what is not
// quite everything as everything.
func asPercent(share float64) string {
	v := 100 * share
	digits := 1
	switch {
	case odd(v):
		return "? %"
	case v < 0.01, v > 99.99 && v < 100:
		digits = 4
	case v < 1, v > 99 && v < 100:
		digits = 2
	}
	text := short(strconv.FormatFloat(v, 'f', digits, 64))
	switch {
	case text == "0" && v > 0:
		return "under 0.0001 %"
	case text == "100" && v < 100:
		return "over 99.9999 %"
	}
	return text + " %"
}

// short leaves out zeros that end a decimal.
func short(decimal string) string {
	if !strings.Contains(decimal, ".") {
		return decimal
	}
	return strings.TrimRight(strings.TrimRight(decimal, "0"), ".")
}

// millis writes milliseconds without their unit: 0.4, 412, 2,000.
func millis(ms float64) string {
	switch {
	case odd(ms):
		return "?"
	case math.Abs(ms) < 10:
		return short(strconv.FormatFloat(ms, 'f', 1, 64))
	}
	return thousands(int64(math.Round(ms)))
}

// level writes the value of a metric in its unit.
func level(m deploy.MetricName, v float64) string {
	if _, latency := m.Quantile(); latency {
		return millis(v) + " ms"
	}
	return asPercent(v)
}
