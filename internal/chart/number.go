package chart

import (
	"math"
	"strconv"
	"strings"
)

// percent is a percentage with two digits that say something, and never 100 % of what is a little less.
func percent(v float64) string {
	decimals := 1
	switch {
	case v == 0 || v == 100:
		decimals = 0
	case v < 0.001:
		return "under 0.001 %"
	case v < 1:
		decimals = 1 - int(math.Floor(math.Log10(v)))
	case v > 99.9 && v < 100:
		v = 99.9
	}
	return plain(v, decimals) + " %"
}

// millis is a latency without its unit.
func millis(v float64) string {
	switch {
	case v < 1:
		return plain(v, 2)
	case v < 10:
		return plain(v, 1)
	}
	return plain(v, 0)
}

// plain writes v with at most so many decimals, and with commas between thousands.
func plain(v float64, decimals int) string {
	whole, fraction, _ := strings.Cut(strconv.FormatFloat(v, 'f', decimals, 64), ".")
	if fraction = strings.TrimRight(fraction, "0"); fraction != "" {
		return commas(whole) + "." + fraction
	}
	return commas(whole)
}

func commas(digits string) string {
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

func count(n int64) string { return commas(strconv.FormatInt(n, 10)) }
