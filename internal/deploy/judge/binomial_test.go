package judge_test

import (
	"math"
	"math/big"
	"testing"

	"pgregory.net/rapid"

	"slipway/internal/deploy/judge"
)

// near compares relatively: tails are small.
func near(got, want, by float64) bool { return math.Abs(got-want) <= by*math.Max(want, 1e-290) }

func TestTailsAreThoseComputedElsewhere(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name          string
		k, n          int64
		p             float64
		least, atMost float64
	}{
		// With 60 decimal digits, as sums of the terms from k on, the first by Stirling's series.
		{"two of a hundred at half a percent: the 9 % by which a plain threshold fails a healthy service", 2, 100, 0.005, 8.982230899132e-02, 9.858970834642e-01},
		{"three of 41 are not beyond chance", 3, 41, 0.01, 8.029755979504e-03, 9.992462760033e-01},
		{"ten million, near the significance of a breach", 101_040, 10_000_000, 0.01, 4.857987632590e-04, 9.995196535267e-01},
		{"ten million, near the confidence of health", 99_480, 10_000_000, 0.01, 9.510541483038e-01, 4.926951643999e-02},
		{"ten million, rare", 5_300, 10_000_000, 0.0005, 1.348148256812e-05, 9.999873205348e-01},
		{"a million, frequent", 989_600, 1_000_000, 0.99, 9.999684150407e-01, 3.293586456055e-05},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := judge.AtLeast(c.k, c.n, c.p); !near(got, c.least, 1e-6) {
				t.Errorf("at least %d of %d: got %.12e, want %.12e", c.k, c.n, got, c.least)
			}
			if got := judge.AtMost(c.k, c.n, c.p); !near(got, c.atMost, 1e-6) {
				t.Errorf("at most %d of %d: got %.12e, want %.12e", c.k, c.n, got, c.atMost)
			}
		})
	}
}

// summed is the upper tail, term by term, with 300 bits.
func summed(k, n int64, p float64) float64 {
	exact := func(v float64) *big.Float { return new(big.Float).SetPrec(300).SetFloat64(v) }
	x, sum := exact(p), exact(0)
	y := exact(1)
	y.Sub(y, x)
	for i := k; i <= n; i++ {
		term := new(big.Float).SetPrec(300).SetInt(new(big.Int).Binomial(n, i))
		for range i {
			term.Mul(term, x)
		}
		for range n - i {
			term.Mul(term, y)
		}
		sum.Add(sum, term)
	}
	v, _ := sum.Float64()
	return v
}

func TestTailsAreTheSumsOfTheirTerms(t *testing.T) {
	t.Parallel()
	for _, n := range []int64{1, 2, 5, 17, 60} {
		for _, p := range []float64{0.0001, 0.01, 0.3, 0.5, 0.95} {
			for k := int64(0); k <= n; k++ {
				want := summed(k, n, p)
				if got := judge.AtLeast(k, n, p); !near(got, want, 1e-10) {
					t.Errorf("at least %d of %d at %g: got %.15e, want %.15e", k, n, p, got, want)
				}
				if got := judge.AtMost(k-1, n, p); math.Abs(got-(1-want)) > 1e-12 {
					t.Errorf("at most %d of %d at %g: got %.15e, want %.15e", k-1, n, p, got, 1-want)
				}
			}
		}
	}
}

func TestTailsBehave(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		n := rapid.Int64Range(1, 10_000_000).Draw(rt, "n")
		k := rapid.Int64Range(0, n-1).Draw(rt, "k")
		p := rapid.Float64Range(0, 1).Draw(rt, "p")
		here, next := judge.AtLeast(k, n, p), judge.AtLeast(k+1, n, p)
		switch {
		case !(here >= 0 && here <= 1):
			rt.Fatalf("a chance of %g", here)
		case next > here*(1+1e-6):
			rt.Fatalf("%d hits are likelier than %d: %g, %g", k+1, k, next, here)
		case math.Abs(judge.AtMost(k, n, p)+next-1) > 1e-6:
			rt.Fatalf("the tails do not make a whole: %g and %g", judge.AtMost(k, n, p), next)
		case judge.AtLeast(k, n, p/2) > here*(1+1e-6):
			rt.Fatal("hits are likelier at a lower rate")
		}
	})
}
