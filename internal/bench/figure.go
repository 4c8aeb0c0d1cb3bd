package main

import (
	"fmt"
	"math"
	"slices"
	"time"
)

// figure prints a result.
func figure(name string, value float64, unit string) {
	fmt.Printf("figure %s %.2f %s\n", name, value, unit)
}

// sample is how long the same thing took, time after time.
type sample []time.Duration

// quantile is the smallest value that a share q of the sample does not exceed: an observed one, never a mean of two.
func (s sample) quantile(q float64) time.Duration {
	sorted := slices.Sorted(slices.Values(s))
	rank := int(math.Ceil(q * float64(len(sorted))))
	return sorted[min(max(rank, 1), len(sorted))-1]
}

func (s sample) p50() time.Duration { return s.quantile(0.50) }
func (s sample) p99() time.Duration { return s.quantile(0.99) }

func (s sample) mean() time.Duration {
	var sum time.Duration
	for _, d := range s {
		sum += d
	}
	return sum / time.Duration(max(len(s), 1))
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

func ratio(a, b time.Duration) float64 { return float64(a) / float64(b) }
