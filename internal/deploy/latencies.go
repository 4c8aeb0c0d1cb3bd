package deploy

import (
	"math"
	"strconv"
	"time"
)

// Latencies counts durations by size, in buckets that each end 4 % above the one before: a quantile read from it is at
// most that far off, from 50 µs on. It is small, can be added up, and is stored with releases: the buckets are never changed.
type Latencies struct {
	Counts map[int]int64 `json:"counts,omitempty"` // by bucket
	Sum    time.Duration `json:"sum,omitempty"`
	Max    time.Duration `json:"max,omitempty"`
}

const (
	firstLatency  = 50 * time.Microsecond // where the first bucket ends
	latencyGrowth = 1.04
)

// bucketOf is the bucket that a duration falls into.
func bucketOf(d time.Duration) int {
	if d <= firstLatency {
		return 0
	}
	return int(math.Ceil(math.Log(float64(d)/float64(firstLatency)) / math.Log(latencyGrowth)))
}

// Add counts one duration.
func (l *Latencies) Add(d time.Duration) {
	if l.Counts == nil {
		l.Counts = map[int]int64{}
	}
	l.Counts[bucketOf(d)]++
	l.Sum += d
	l.Max = max(l.Max, d)
}

// Plus is l and m together; neither is changed.
func (l Latencies) Plus(m Latencies) Latencies {
	sum := Latencies{Counts: make(map[int]int64, len(l.Counts)), Sum: l.Sum + m.Sum, Max: max(l.Max, m.Max)}
	for _, counts := range []map[int]int64{l.Counts, m.Counts} {
		for b, n := range counts {
			sum.Counts[b] += n
		}
	}
	return sum
}

// Count is how many were counted.
func (l Latencies) Count() int64 {
	var n int64
	for _, c := range l.Counts {
		n += c
	}
	return n
}

// Mean is the mean of all; 0 if nothing was counted.
func (l Latencies) Mean() time.Duration {
	n := l.Count()
	if n == 0 {
		return 0
	}
	return l.Sum / time.Duration(n)
}

// Quantile is the duration that the share q of all does not exceed, from the middle of its bucket; 0 if nothing was
// counted.
func (l Latencies) Quantile(q float64) time.Duration {
	n := l.Count()
	if n == 0 {
		return 0
	}
	rank, last := max(int64(math.Ceil(q*float64(n))), 1), 0
	for b := range l.Counts {
		last = max(last, b)
	}
	for b, below := 0, int64(0); b <= last; b++ {
		if below += l.Counts[b]; below >= rank {
			return min(middleOf(b), l.Max)
		}
	}
	return l.Max
}

func middleOf(bucket int) time.Duration {
	end := float64(firstLatency) * math.Pow(latencyGrowth, float64(bucket))
	return time.Duration(end / math.Sqrt(latencyGrowth))
}

// Millis is a latency as people read it: 412 ms, 0.4 ms, 2,004 ms.
func Millis(d time.Duration) string {
	if d = d.Round(100 * time.Microsecond); d < 10*time.Millisecond {
		return strconv.FormatFloat(float64(d)/float64(time.Millisecond), 'f', 1, 64) + " ms"
	}
	return Thousands(d.Round(time.Millisecond).Milliseconds()) + " ms"
}

// Thousands is a count as people read it: 4,118.
func Thousands(n int64) string {
	text := strconv.FormatInt(n, 10)
	for i := len(text) - 3; i > 0 && text[i-1] != '-'; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}
