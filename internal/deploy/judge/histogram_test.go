package judge_test

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"slipway/internal/deploy"
	"slipway/internal/deploy/judge"
)

func TestQuantileLiesInsideItsBucket(t *testing.T) {
	t.Parallel()
	h := deploy.Histogram{Bounds: []float64{100, 400, 1600}, Counts: []int64{50, 40, 8, 2}}
	for _, c := range []struct {
		name string
		h    deploy.Histogram
		q    float64
		want float64
		ok   bool
	}{
		{"in the first bucket values lie evenly", h, 0.25, 50, true},
		{"at its end it is the bound", h, 0.50, 100, true},
		{"half-way through the second it is half-way by its logarithm", h, 0.70, 200, true},
		{"and so in the third", h, 0.94, 800, true},
		{"beyond the last bound that bound is all that is known", h, 0.99, 1600, true},
		{"nothing has no percentile", deploy.Histogram{}, 0.5, 0, false},
		{"no requests have none", deploy.Histogram{Bounds: []float64{1}, Counts: []int64{0, 0}}, 0.5, 0, false},
		{"nor has a count without bounds", deploy.Histogram{Counts: []int64{7}}, 0.5, 0, false},
		{"nor a histogram with a bound too many", deploy.Histogram{Bounds: []float64{1, 2}, Counts: []int64{1, 2}}, 0.5, 0, false},
		{"there is no percentile 101", h, 1.01, 0, false},
		{"nor one that is no number", h, math.NaN(), 0, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got, ok := judge.Quantile(c.h, c.q); math.Abs(got-c.want) > 1e-9 || ok != c.ok {
				t.Errorf("got %g, %v, want %g, %v", got, ok, c.want, c.ok)
			}
		})
	}
}

func TestQuantileRisesAndIsCloseToTheRealOne(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		values := rapid.SliceOfN(rapid.Float64Range(5.1, 9000), 1, 300).Draw(rt, "values")
		h := histogram(buckets(), values...)
		q := rapid.Float64Range(0, 1).Draw(rt, "q")
		got, ok := judge.Quantile(h, q)
		if !ok {
			rt.Fatal("no percentile")
		}
		if higher, _ := judge.Quantile(h, q+(1-q)/2); higher < got {
			rt.Fatalf("falls from %g to %g", got, higher)
		}
		notAbove, notBelow := 0, 0
		for _, v := range values {
			if v <= got*1.4 {
				notAbove++
			}
			if v >= got/1.4 {
				notBelow++
			}
		}
		n := float64(len(values))
		if float64(notAbove) < q*n-1e-6 || float64(notBelow) < (1-q)*n-1e-6 {
			rt.Fatalf("%g is not within a bucket of the percentile: %d up to there, %d from there", got, notAbove, notBelow)
		}
	})
}

func TestMergeAddsWhatCanBeAdded(t *testing.T) {
	t.Parallel()
	a := deploy.Histogram{Bounds: []float64{1, 2}, Counts: []int64{1, 2, 3}}
	b := deploy.Histogram{Bounds: []float64{1, 2}, Counts: []int64{10, 20, 30}}
	for _, c := range []struct {
		name string
		a, b deploy.Histogram
		want deploy.Histogram
		code deploy.Code
	}{
		{"count by count", a, b, deploy.Histogram{Bounds: []float64{1, 2}, Counts: []int64{11, 22, 33}}, ""},
		{"nothing adds nothing", a, deploy.Histogram{}, a, ""},
		{"to nothing", deploy.Histogram{}, b, b, ""},
		{"other bounds do not fit", a, deploy.Histogram{Bounds: []float64{1, 3}, Counts: []int64{1, 1, 1}}, deploy.Histogram{}, deploy.Invalid},
		{"a negative count is no count", a, deploy.Histogram{Bounds: []float64{1, 2}, Counts: []int64{1, -1, 1}}, deploy.Histogram{}, deploy.Invalid},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := judge.Merge(c.a, c.b)
			if diff := cmp.Diff(c.want, got); diff != "" || deploy.CodeOf(err) != c.code {
				t.Errorf("%v, %s", err, diff)
			}
		})
	}
	if a.Counts[0] != 1 || b.Counts[0] != 10 {
		t.Error("what was merged has changed")
	}
}

func TestRanksCompareEveryPair(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		counts := rapid.SliceOfN(rapid.Int64Range(0, 9), 4, 4)
		a, b := counts.Draw(rt, "a"), counts.Draw(rt, "b")
		var wins, pairs float64
		for i, x := range a {
			for j, y := range b {
				pairs += float64(x * y)
				switch {
				case i > j:
					wins += float64(x * y)
				case i == j:
					wins += float64(x*y) / 2
				}
			}
		}
		got, p := judge.Ranks(a, b)
		if pairs == 0 {
			if got != 0.5 || p != 1 {
				rt.Fatalf("of nothing: %g, %g", got, p)
			}
			return
		}
		if math.Abs(got-wins/pairs) > 1e-12 {
			rt.Fatalf("got %g, want %g", got, wins/pairs)
		}
		if back, q := judge.Ranks(b, a); math.Abs(got+back-1) > 1e-12 || p+q < 1-1e-9 || !(p >= 0 && p <= 1) {
			rt.Fatalf("the other way round: %g and %g, %g and %g", got, back, p, q)
		}
	})
}

func TestTiesMakeUSmaller(t *testing.T) {
	t.Parallel()
	// By hand: a has 5, 10, 15, b 15, 10, 5; N is 60, with ties of 20, 20 and 20. U is 10·15 + 10·10/2 + 15·15 + 15·10 + the
	// ties 5·15/2 + 15·5/2 = 650; its mean is 450, its variance 75·(61 − 3·(8000−20)/(60·59)) = 4067.8.
	a12, p := judge.Ranks([]int64{5, 10, 15}, []int64{15, 10, 5})
	want := math.Erfc(199.5/math.Sqrt(75*(61-3*7980.0/3540))/math.Sqrt2) / 2
	if math.Abs(a12-650.0/900) > 1e-12 || math.Abs(p-want) > 1e-12 {
		t.Errorf("got %g and %g, want %g and %g", a12, p, 650.0/900, want)
	}
}

func TestHistogramsAreComparedOverTheBoundsThatBothHave(t *testing.T) {
	t.Parallel()
	a := deploy.Histogram{Bounds: []float64{1, 2, 4, 8}, Counts: []int64{1, 2, 3, 4, 5}}
	for _, c := range []struct {
		name string
		b    deploy.Histogram
		x, y []int64
		ok   bool
	}{
		{"the same", a, a.Counts, a.Counts, true},
		{"fewer", deploy.Histogram{Bounds: []float64{2, 8}, Counts: []int64{1, 1, 1}}, []int64{3, 7, 5}, []int64{1, 1, 1}, true},
		{"others between and beyond", deploy.Histogram{Bounds: []float64{0.5, 2, 3, 16}, Counts: []int64{1, 2, 3, 4, 5}}, []int64{3, 12}, []int64{3, 12}, true},
		{"none in common", deploy.Histogram{Bounds: []float64{3}, Counts: []int64{1, 1}}, []int64{15}, []int64{2}, false},
		{"nothing", deploy.Histogram{}, []int64{15}, []int64{0}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			x, y, ok := judge.Aligned(a, c.b)
			if diff := cmp.Diff([][]int64{c.x, c.y}, [][]int64{x, y}); diff != "" || ok != c.ok {
				t.Errorf("%v, %s", ok, diff)
			}
		})
	}
}
