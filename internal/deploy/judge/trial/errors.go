package trial

import (
	"math/rand/v2"

	"slipway/internal/deploy"
)

const errorsKind, latencyKind = "errors", "latency"

// limit and usual are the critical error rate, and that of stable beside a bad candidate.
const (
	limit = 0.01
	usual = 0.0005
)

// failing is traffic in which each request fails by chance. How many requests come is certain.
type failing struct {
	requests        int
	rates           [2]float64
	dice            map[int][2]dice // by the candidate's requests of a look
	candidate, main deploy.Measured
}

func newFailing(requests int, candidate, stable float64) *failing {
	return &failing{requests: requests, rates: [2]float64{candidate, stable}, dice: map[int][2]dice{}}
}

func (f *failing) again() { f.candidate, f.main = deploy.Measured{}, deploy.Measured{} }

func (f *failing) next(r *rand.Rand, look int) (candidate, stable deploy.Measured) {
	n := f.requests*look/looks - f.requests*(look-1)/looks
	m := n * (100 - share) / share
	d, ok := f.dice[n]
	if !ok {
		d = [2]dice{binomial(n, f.rates[0]), binomial(m, f.rates[1])}
		f.dice[n] = d
	}
	f.candidate.Requests += int64(n)
	f.candidate.Failed += d[0].draw(r)
	f.main.Requests += int64(m)
	f.main.Failed += d[1].draw(r)
	return f.candidate, f.main
}

func (f *failing) over(c *deploy.Measured) bool {
	return float64(c.Failed) > limit*float64(c.Requests)
}

func (f *failing) clear(c *deploy.Measured) bool { return !f.over(c) }
