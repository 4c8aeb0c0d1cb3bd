package trial

import (
	"math"
	"math/rand/v2"
	"sort"
)

// dice is a distribution of small whole numbers by its cumulative chances, so that drawing is a search in a table.
type dice []float64

func (d dice) draw(r *rand.Rand) int64 {
	if len(d) == 1 {
		return 0
	}
	u := r.Float64()
	if u < d[0] {
		return 0
	}
	return int64(min(sort.SearchFloat64s(d, u), len(d)-1))
}

// binomial is how many of n happen, each with the chance p.
func binomial(n int, p float64) dice {
	return table(n, func(k float64) float64 {
		m := float64(n)
		return logFactorial(m) - logFactorial(k) - logFactorial(m-k) + times(k, math.Log(p)) + times(m-k, math.Log1p(-p))
	})
}

// poisson is how many come where mean are expected.
func poisson(mean float64) dice {
	return table(int(mean+12*math.Sqrt(mean)+30), func(k float64) float64 {
		return times(k, math.Log(mean)) - mean - logFactorial(k)
	})
}

// table adds up chances until nothing is left that would ever be drawn.
func table(most int, logChance func(float64) float64) dice {
	var d dice
	sum := 0.0
	for k := 0; k <= most && sum < 1-1e-13; k++ {
		sum += math.Exp(logChance(float64(k)))
		d = append(d, sum)
	}
	return d
}

// times is a product in which nothing times anything is nothing.
func times(k, log float64) float64 {
	if k == 0 {
		return 0
	}
	return k * log
}

func logFactorial(k float64) float64 {
	v, _ := math.Lgamma(k + 1)
	return v
}
