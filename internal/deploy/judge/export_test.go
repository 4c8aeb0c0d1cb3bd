package judge

import "slipway/internal/deploy"

// The statistics, for the tests that compare them with other ways to compute the same.
var (
	AtLeast = atLeast
	AtMost  = atMost
	Ranks   = ranks
	Aligned = func(a, b deploy.Histogram) (x, y []int64, ok bool) { return aligned(a, b) }
)
