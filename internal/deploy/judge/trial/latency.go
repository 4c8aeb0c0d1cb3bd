package trial

import (
	"math"
	"math/rand/v2"

	"slipway/internal/deploy"
	"slipway/internal/deploy/judge"
)

// critical is the limit of the 99th percentile, in ms.
const critical = 2000

// usualMedian and usualSpread are the log-normal latencies of a healthy service: 99 of 100 requests within 386 ms.
const (
	usualMedian = 60
	usualSpread = 0.8
)

// z99 is how many standard deviations from the mean the 99th percentile of a normal distribution is.
const z99 = 2.3263478740408408

// lognormal are latencies with a median and the standard deviation of their logarithm.
type lognormal struct{ median, spread float64 }

// reaching is with the usual median, and the 99th percentile at p99.
func reaching(p99 float64) lognormal {
	return lognormal{usualMedian, math.Log(p99/usualMedian) / z99}
}

// upTo is the share of latencies of at most ms.
func (l lognormal) upTo(ms float64) float64 {
	return math.Erfc(-math.Log(ms/l.median)/l.spread/math.Sqrt2) / 2
}

// slow is traffic that comes at random and takes its time; failures are as usual. Its buckets grow by 1.4 from 5 ms on.
type slow struct {
	bounds          []float64
	dice            [2][]dice // a bucket each
	fails           [2]dice   // of a look
	candidate, main deploy.Measured
}

func newSlow(requests int, candidate, stable lognormal) *slow {
	s := &slow{}
	for b := 5.0; b < 100_000; b *= 1.4 {
		s.bounds = append(s.bounds, b)
	}
	each := float64(requests) / looks
	s.dice = [2][]dice{s.buckets(candidate, each), s.buckets(stable, each*(100-share)/share)}
	s.fails = [2]dice{poisson(each * usual), poisson(each * usual * (100 - share) / share)}
	return s
}

func (s *slow) buckets(l lognormal, requests float64) []dice {
	all := make([]dice, len(s.bounds)+1)
	below := 0.0
	for i := range all {
		upTo := 1.0
		if i < len(s.bounds) {
			upTo = l.upTo(s.bounds[i])
		}
		all[i] = dice{1}
		if mean := requests * (upTo - below); mean > 1e-9 {
			all[i] = poisson(mean)
		}
		below = upTo
	}
	return all
}

func (s *slow) again() {
	s.candidate, s.main = s.none(), s.none()
}

func (s *slow) none() deploy.Measured {
	return deploy.Measured{Latency: deploy.Histogram{Bounds: s.bounds, Counts: make([]int64, len(s.bounds)+1)}}
}

func (s *slow) next(r *rand.Rand, _ int) (candidate, stable deploy.Measured) {
	for i, m := range []*deploy.Measured{&s.candidate, &s.main} {
		for b := range s.dice[i] {
			n := s.dice[i][b].draw(r)
			m.Latency.Counts[b] += n
			m.Requests += n
		}
		m.Failed = min(m.Failed+s.fails[i].draw(r), m.Requests)
	}
	return s.candidate, s.main
}

func (s *slow) over(c *deploy.Measured) bool {
	p99, ok := judge.Quantile(c.Latency, 0.99)
	return ok && p99 > critical
}

func (s *slow) clear(c *deploy.Measured) bool {
	for _, o := range objectives() {
		q, latency := o.Metric.Quantile()
		v, _ := judge.Quantile(c.Latency, q)
		if !latency {
			v = float64(c.Failed) / float64(max(c.Requests, 1))
		}
		if v > o.Critical {
			return false
		}
	}
	return true
}
