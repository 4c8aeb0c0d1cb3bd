package cloudwatch

import (
	"math"
	"regexp"
	"strconv"
	"strings"
)

// statistic makes a number of a period; ok is false where there is none, such as a percentile of values nobody knows.
type statistic func(b *bucket) (v float64, ok bool)

var (
	percentiles = regexp.MustCompile(`^p(\d{1,2}(?:\.\d{1,10})?|100(?:\.0{1,10})?)$`)
	ranges      = regexp.MustCompile(`^(TM|TC|TS|PR)\((\d*(?:\.\d{1,10})?):(\d*(?:\.\d{1,10})?)\)$`)
)

var plain = map[string]func(b *bucket) float64{
	"SampleCount": func(b *bucket) float64 { return b.n },
	"Sum":         func(b *bucket) float64 { return b.sum },
	"Average":     func(b *bucket) float64 { return b.sum / b.n },
	"Minimum":     func(b *bucket) float64 { return b.min },
	"Maximum":     func(b *bucket) float64 { return b.max },
}

// readStatistic reads the name of one: Sum, p99, TC(0.1:0.25). known is false for what is none, and for those that are not
// had here: ranges in per cent, IQM and WM.
func readStatistic(name string) (stat statistic, known bool) {
	if f := plain[name]; f != nil {
		return func(b *bucket) (float64, bool) { return f(b), b.n > 0 }, true
	}
	if m := percentiles.FindStringSubmatch(name); m != nil {
		q, err := strconv.ParseFloat(m[1], 64)
		return func(b *bucket) (float64, bool) { return b.percentile(q / 100), b.n > 0 && !b.blurred }, err == nil
	}
	m := ranges.FindStringSubmatch(name)
	if m == nil || m[2] == "" && m[3] == "" {
		return nil, false
	}
	low, high := bound(m[2], math.Inf(-1)), bound(m[3], math.Inf(1))
	if low >= high {
		return nil, false
	}
	return func(b *bucket) (float64, bool) {
		n, sum := b.within(low, high)
		if b.n == 0 || b.blurred {
			return 0, false
		}
		switch m[1] {
		case "TC":
			return n, true
		case "TS":
			return sum, true
		case "TM":
			return sum / n, n > 0
		default:
			return 100 * n / b.n, true
		}
	}, true
}

// bound is one end of a range; without a number it is open.
func bound(text string, open float64) float64 {
	if strings.Trim(text, ".") == "" {
		return open
	}
	v, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return open
	}
	return v
}
