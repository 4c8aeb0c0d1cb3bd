package metricstest

import (
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"slipway/internal/deploy"
)

var (
	busy = Sample{Requests: 100, Failed: 1, Took: 40 * time.Millisecond, CPU: 0.25, Memory: 0.5, Instances: 3}
	bad  = Sample{Requests: 10, Failed: 4, Took: 700 * time.Millisecond, CPU: 0.75, Memory: 0.75, Instances: 1}
	idle = Sample{CPU: 0.01, Memory: 0.3, Instances: 1}
)

var reading = []fact{
	{"requests and failures of each revision are those of the window", func(t *testing.T, h Harness, m deploy.Metrics) {
		h.Write(h.Service.Name, stable, h.Start, 20, busy)
		h.Write(h.Service.Name, candidate, h.Start, 20, bad)
		got := read(t, m, h.query(5, 15))
		wantRequests(t, got, stable, 1000, 10)
		wantRequests(t, got, candidate, 100, 40)
	}},
	{"a revision that began to fail within the window is seen to fail", func(t *testing.T, h Harness, m deploy.Metrics) {
		h.Write(h.Service.Name, candidate, h.Start, 10, Sample{Requests: 10, Took: time.Millisecond, Instances: 1})
		h.Write(h.Service.Name, candidate, h.at(10), 5, bad)
		wantRequests(t, read(t, m, h.query(5, 15)), candidate, 100, 20)
	}},
	{"latencies are in ms, one distribution for each revision", func(t *testing.T, h Harness, m deploy.Metrics) {
		h.Write(h.Service.Name, stable, h.Start, 20, busy)
		h.Write(h.Service.Name, candidate, h.Start, 20, bad)
		got := read(t, m, h.query(5, 15))
		wantLatency(t, got, stable, 1000, 40)
		wantLatency(t, got, candidate, 100, 700)
	}},
	{"levels are shares of what an instance may use", func(t *testing.T, h Harness, m deploy.Metrics) {
		h.Write(h.Service.Name, candidate, h.Start, 10, idle)
		h.Write(h.Service.Name, candidate, h.at(10), 10, bad)
		got := read(t, m, h.query(10, 20)).Revisions[candidate]
		wantGauge(t, "cpu", got.CPU, 0.75, 0.75)
		wantGauge(t, "memory", got.Memory, 0.75, 0.75)
	}},
	{"the highest level is not lost in the mean", func(t *testing.T, h Harness, m deploy.Metrics) {
		h.Write(h.Service.Name, candidate, h.Start, 10, Sample{CPU: 0.25, Memory: 0.25, Instances: 1})
		h.Write(h.Service.Name, candidate, h.at(10), 10, bad)
		wantGauge(t, "cpu", read(t, m, h.query(0, 20)).Revisions[candidate].CPU, 0.5, 0.75)
	}},
	{"connections are a share of the most that the database takes", func(t *testing.T, h Harness, m deploy.Metrics) {
		h.Write(h.Service.Name, stable, h.Start, 20, busy)
		h.Open(h.Start, 10, h.Spec.Database.Most/4)
		h.Open(h.at(10), 10, h.Spec.Database.Most/2)
		wantGauge(t, "connections", read(t, m, h.query(0, 20)).Connections, 0.375, 0.5)
	}},
	{"a revision of another service with the same name does not count", func(t *testing.T, h Harness, m deploy.Metrics) {
		h.Write(h.Service.Name, stable, h.Start, 20, busy)
		h.Write("somebody-elses", stable, h.Start, 20, bad)
		h.Write("somebody-elses", candidate, h.Start, 20, bad)
		got := read(t, m, h.query(5, 15))
		wantRequests(t, got, stable, 1000, 10)
		wantAbsent(t, got, candidate)
	}},
	{"a revision that nobody asks about is not in the answer", func(t *testing.T, h Harness, m deploy.Metrics) {
		h.Write(h.Service.Name, stable, h.Start, 20, busy)
		h.Write(h.Service.Name, candidate, h.Start, 20, bad)
		q := h.query(5, 15)
		q.Revisions = []deploy.RevisionName{stable}
		got := read(t, m, q)
		wantRequests(t, got, stable, 1000, 10)
		wantAbsent(t, got, candidate)
	}},
	{"only what the objectives ask for is read", func(t *testing.T, h Harness, m deploy.Metrics) {
		h.Write(h.Service.Name, stable, h.Start, 20, busy)
		h.Open(h.Start, 20, h.Spec.Database.Most/2)
		all := countCalls(h, func() { read(t, m, h.query(5, 15)) })
		q := h.query(5, 15)
		q.Spec = objectives(h.Spec, deploy.CPU)
		var got deploy.Reading
		few := countCalls(h, func() { got = read(t, m, q) })
		r := got.Revisions[stable]
		if r.CPU.Samples == 0 || r.Memory.Samples != 0 || len(r.Latency.Counts) != 0 || got.Connections.Samples != 0 {
			t.Errorf("asked for cpu only: %+v", got)
		}
		if few >= all {
			t.Errorf("%d calls for one objective, %d for all", few, all)
		}
	}},
	{"two readings at the same time are alike", func(t *testing.T, h Harness, m deploy.Metrics) {
		h.Write(h.Service.Name, stable, h.Start, 20, busy)
		got := make(chan deploy.Reading, 2)
		for range cap(got) {
			go func() {
				r, err := m.Read(t.Context(), h.query(5, 15))
				if err != nil {
					t.Errorf("read: %v", err)
				}
				got <- r
			}()
		}
		if diff := cmp.Diff(<-got, <-got); diff != "" {
			t.Errorf("(-one +other):\n%s", diff)
		}
	}},
}

func countCalls(h Harness, f func()) int {
	before := h.Calls()
	f()
	return h.Calls() - before
}

func wantRequests(t *testing.T, got deploy.Reading, r deploy.RevisionName, requests, failed int64) {
	t.Helper()
	m, ok := got.Revisions[r]
	if !ok || m.Requests != requests || m.Failed != failed {
		t.Errorf("%s: in the answer %v, %d of %d requests failed, want %d of %d", r, ok, m.Failed, m.Requests, failed, requests)
	}
}

func wantAbsent(t *testing.T, got deploy.Reading, r deploy.RevisionName) {
	t.Helper()
	if m, ok := got.Revisions[r]; ok {
		t.Errorf("%s did nothing, and is in the answer as %+v", r, m)
	}
}

// wantLatency checks that all requests are in the one bucket that has this value.
func wantLatency(t *testing.T, got deploy.Reading, r deploy.RevisionName, requests int64, ms float64) {
	t.Helper()
	h := got.Revisions[r].Latency
	if len(h.Counts) != len(h.Bounds)+1 {
		t.Fatalf("%s: %d bounds and %d counts", r, len(h.Bounds), len(h.Counts))
	}
	for i, n := range h.Counts {
		low, high := math.Inf(-1), math.Inf(1)
		if i > 0 {
			low = h.Bounds[i-1]
		}
		if i < len(h.Bounds) {
			high = h.Bounds[i]
		}
		if low >= high {
			t.Errorf("%s: bounds do not rise: %v", r, h.Bounds)
		}
		want := int64(0)
		if low < ms && ms <= high {
			want = requests
		}
		if n != want {
			t.Errorf("%s: %d requests between %g and %g ms, want %d: each took %g ms", r, n, low, high, want, ms)
		}
	}
}

// wantGauge checks a level. Where it comes from a distribution, the highest is known to the bucket.
func wantGauge(t *testing.T, name string, g deploy.Gauge, mean, most float64) {
	t.Helper()
	if g.Samples == 0 || math.Abs(g.Mean-mean) > 0.001 || g.Max < most-0.001 || g.Max > most*1.25 {
		t.Errorf("%s is %+v, want a mean of %g and at most %g", name, g, mean, most)
	}
}
