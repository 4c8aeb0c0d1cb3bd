package trial_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"slipway/internal/deploy/judge/trial"
)

func TestDrawsHaveTheMeanAndTheSpreadOfTheirDistribution(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name           string
		draw           func(*rand.Rand) int64
		mean, variance float64
	}{
		{"rare failures of many", trial.Binomial(9_000, 0.0005), 4.5, 4.5 * 0.9995},
		{"frequent failures", trial.Binomial(1_000, 0.2), 200, 160},
		{"of two", trial.Binomial(2, 0.5), 1, 0.5},
		{"none ever", trial.Binomial(1_000, 0), 0, 0},
		{"few arrivals", trial.Poisson(0.3), 0.3, 0.3},
		{"many arrivals", trial.Poisson(900), 900, 900},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			const n = 100_000
			r := rand.New(rand.NewPCG(1, 2))
			var sum, squares float64
			for range n {
				v := float64(c.draw(r))
				sum, squares = sum+v, squares+v*v
			}
			mean := sum / n
			variance := squares/n - mean*mean
			if math.Abs(mean-c.mean) > 5*math.Sqrt(c.variance/n) || math.Abs(variance-c.variance) > 0.05*c.variance {
				t.Errorf("got %g and %g, want %g and %g", mean, variance, c.mean, c.variance)
			}
		})
	}
}
