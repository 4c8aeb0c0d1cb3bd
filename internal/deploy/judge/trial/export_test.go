package trial

import "math/rand/v2"

// The draws, for the test of their distributions.
func Binomial(n int, p float64) func(*rand.Rand) int64 { return binomial(n, p).draw }

func Poisson(mean float64) func(*rand.Rand) int64 { return poisson(mean).draw }
