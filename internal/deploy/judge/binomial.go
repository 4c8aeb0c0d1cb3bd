package judge

import "math"

// tally is how many of how many requests.
type tally struct{ hits, of int64 }

func (t tally) rate() float64 {
	if t.of == 0 {
		return 0
	}
	return float64(t.hits) / float64(t.of)
}

func (t tally) plus(o tally) tally { return tally{t.hits + o.hits, t.of + o.of} }

// atLeast is the chance of k or more hits among n, each with the chance p: the p-value of k hits if the true rate is p
// or less. Exact but for rounding. Where it cannot be computed it is 1, which proves nothing.
func atLeast(k, n int64, p float64) float64 {
	switch {
	case k <= 0 || math.IsNaN(p):
		return 1
	case k > n || p <= 0:
		return 0
	case p >= 1:
		return 1
	}
	return beta(float64(k), float64(n-k+1), p, 1-p)
}

// atMost is the chance of k or fewer hits among n, each with the chance p.
func atMost(k, n int64, p float64) float64 {
	switch {
	case k >= n || math.IsNaN(p) || p <= 0:
		return 1
	case k < 0 || p >= 1:
		return 0
	case k == 0:
		return math.Exp(float64(n) * math.Log1p(-p))
	}
	return beta(float64(n-k), float64(k+1), 1-p, p)
}

// beta is the regularised incomplete beta function I_x(a, b) with y = 1-x, which is the tail of a binomial
// distribution (Abramowitz and Stegun 26.5.24).
func beta(a, b, x, y float64) float64 {
	la, _ := math.Lgamma(a)
	lb, _ := math.Lgamma(b)
	lab, _ := math.Lgamma(a + b)
	front := math.Exp(lab - la - lb + a*math.Log(x) + b*math.Log(y))
	if x <= (a+1)/(a+b+2) {
		return min(front*fraction(a, b, x)/a, 1)
	}
	return max(1-front*fraction(b, a, y)/b, 0)
}

// rounds bounds the continued fraction, which needs about the square root of max(a, b) of them at worst.
const rounds = 1_000_000

// fraction is the continued fraction of the incomplete beta function (26.5.8), by the method of Lentz.
func fraction(a, b, x float64) float64 {
	const tiny = 1e-300
	c, d := 1.0, 1/away(1-(a+b)*x/(a+1), tiny)
	h := d
	for i := 1; i < rounds; i++ {
		m := float64(i)
		even := m * (b - m) * x / ((a + 2*m - 1) * (a + 2*m))
		d = 1 / away(1+even*d, tiny)
		c = away(1+even/c, tiny)
		h *= d * c
		odd := -(a + m) * (a + b + m) * x / ((a + 2*m) * (a + 2*m + 1))
		d = 1 / away(1+odd*d, tiny)
		c = away(1+odd/c, tiny)
		h *= d * c
		if math.Abs(d*c-1) < 1e-14 {
			break
		}
	}
	return h
}

// away keeps a divisor away from 0.
func away(v, from float64) float64 {
	if math.Abs(v) < from {
		return from
	}
	return v
}
