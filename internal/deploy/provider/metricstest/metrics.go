package metricstest

import (
	"testing"

	"slipway/internal/deploy"
)

// fact is one thing that holds for every source.
type fact struct {
	name string
	hold func(t *testing.T, h Harness, m deploy.Metrics)
}

// RunMetrics runs the suite. harness is called once for each case.
func RunMetrics(t *testing.T, harness func(t *testing.T) Harness) {
	for _, facts := range [][]fact{reading, lateness, checking, refusals} {
		for _, f := range facts {
			t.Run(f.name, func(t *testing.T) {
				t.Parallel()
				h := harness(t)
				f.hold(t, h, h.Connect())
			})
		}
	}
}

func read(t *testing.T, m deploy.Metrics, q deploy.MetricsQuery) deploy.Reading {
	t.Helper()
	got, err := m.Read(t.Context(), q)
	if err != nil {
		t.Fatalf("read: %v", err)
	}
	return got
}

// wantCode checks the code of an error, and that a person can read it and knows what to do.
func wantCode(t *testing.T, doing string, err error, want deploy.Code) {
	t.Helper()
	if got := deploy.CodeOf(err); got != want {
		t.Errorf("%s: code %q, want %q: %v", doing, got, want, err)
		return
	}
	if msg := deploy.Message(err); msg == "" || msg == "internal error" {
		t.Errorf("%s: no message for people in %v", doing, err)
	}
}
