package judge

import (
	"math"
	"strconv"

	"slipway/internal/deploy"
)

// Name is a metric for people: "error rate", "p99", "memory".
func Name(m deploy.MetricName) string {
	switch m {
	case deploy.ErrorRate:
		return "error rate"
	case deploy.Availability:
		return "availability"
	case deploy.LatencyP50:
		return "p50"
	case deploy.LatencyP95:
		return "p95"
	case deploy.LatencyP99:
		return "p99"
	case deploy.CPU:
		return "CPU"
	case deploy.Memory:
		return "memory"
	case deploy.Connections:
		return "database connections"
	}
	return string(m)
}

// Format is a value of a metric for people: 0.05 %, 99.95 %, 412 ms, 63 %.
func Format(m deploy.MetricName, v float64) string { return string(line(nil).value(m, v)) }

// Count is a number for people: 4,118.
func Count(n int64) string { return string(line(nil).count(n)) }

// line is a text that is being written. A look writes one for each objective, and makes no other.
type line []byte

func (l line) say(parts ...string) line {
	for _, p := range parts {
		l = append(l, p...)
	}
	return l
}

func (l line) value(m deploy.MetricName, v float64) line {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return strconv.AppendFloat(l, v, 'g', -1, 64)
	}
	if _, ok := m.Quantile(); ok {
		switch {
		case v < 10:
			return l.trimmed(v, 1).say(" ms")
		case v < 9999.5:
			return l.count(int64(math.Round(v))).say(" ms")
		}
		return l.trimmed(v/1000, 1).say(" s")
	}
	if m == deploy.Availability {
		return l.percent(v, places(1-v, 2))
	}
	return l.percent(v, places(v, 2))
}

func (l line) percent(share float64, decimals int) line {
	return l.trimmed(100*share, decimals).say(" %")
}

// trimmed is a number without zeros at the end of its fraction.
func (l line) trimmed(v float64, decimals int) line {
	l = strconv.AppendFloat(l, v, 'f', decimals, 64)
	if decimals == 0 {
		return l
	}
	for l[len(l)-1] == '0' {
		l = l[:len(l)-1]
	}
	if l[len(l)-1] == '.' {
		l = l[:len(l)-1]
	}
	return l
}

func (l line) count(n int64) line {
	var buffer [20]byte
	digits := strconv.AppendInt(buffer[:0], n, 10)
	for i, d := range digits {
		if left := len(digits) - i; i > 0 && left%3 == 0 && digits[i-1] != '-' {
			l = append(l, ',')
		}
		l = append(l, d)
	}
	return l
}

// places is how many decimals of a percentage show digits of a share; a share near 1 is shown by how far it is from 1.
// Two digits mean as many as a reader takes in at once: no third decimal while there is anything in the first two.
func places(share float64, digits int) int {
	share = 100 * math.Abs(share)
	if share > 99 && share < 100 {
		share = 100 - share
	}
	if share < 1e-12 {
		return 0
	}
	first := 0 // decimals that show one digit
	for ; share < 1-1e-9 && first < 12; first++ {
		share *= 10
	}
	before := 0 // digits before the point, beyond the first
	for ; share >= 10-1e-9 && before < 3; before++ {
		share /= 10
	}
	decimals := max(first+digits-1-before, 0)
	if digits <= 2 {
		decimals = min(decimals, max(first, 2))
	}
	return decimals
}
