package providertest

import (
	"testing"

	"slipway/internal/deploy"
)

// fact is one thing that holds for every platform.
type fact struct {
	name string
	hold func(t *testing.T, h Harness, p deploy.Platform)
}

// RunPlatform runs the suite. harness is called once for each case.
func RunPlatform(t *testing.T, harness func(t *testing.T) Harness) {
	for _, facts := range [][]fact{describing, staging, shifting, keeping, retiring, operations, refusals} {
		run(t, facts, harness)
	}
}

func run(t *testing.T, facts []fact, harness func(t *testing.T) Harness) {
	for _, f := range facts {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			h := harness(t)
			f.hold(t, h, h.Connect())
		})
	}
}
