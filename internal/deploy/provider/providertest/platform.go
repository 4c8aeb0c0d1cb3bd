package providertest

import (
	"testing"

	"slipway/internal/deploy"
)

// fact is one thing that holds for every platform that has what it is about.
type fact struct {
	name  string
	about Trait
	hold  func(t *testing.T, h Harness, p deploy.Platform)
}

// RunPlatform runs the suite. harness is called once for each case.
func RunPlatform(t *testing.T, harness func(t *testing.T) Harness) {
	for _, facts := range [][]fact{describing, staging, shifting, keeping, retiring, operations, refusals} {
		run(t, facts, harness)
	}
}

func run(t *testing.T, facts []fact, harness func(t *testing.T) Harness) {
	has := harness(t).Has
	for _, f := range facts {
		if !has.has(f.about) {
			continue
		}
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			h := harness(t)
			f.hold(t, h, h.Connect())
		})
	}
}
