package metricstest

import (
	"testing"
	"time"

	"slipway/internal/deploy"
)

var lateness = []fact{
	{"the newest sample is later than the window where the source has come further", func(t *testing.T, h Harness, m deploy.Metrics) {
		h.Write(h.Service.Name, stable, h.Start, 18, busy)
		wantNewest(t, read(t, m, h.query(5, 15)), h.at(18))
	}},
	{"a source that is late shows how far it has come", func(t *testing.T, h Harness, m deploy.Metrics) {
		h.Write(h.Service.Name, stable, h.Start, 8, busy)
		got := read(t, m, h.query(10, 15))
		wantNewest(t, got, h.at(8))
		wantAbsent(t, got, stable)
	}},
	{"the newest sample is that of the revision which has come furthest", func(t *testing.T, h Harness, m deploy.Metrics) {
		h.Write(h.Service.Name, stable, h.Start, 9, busy)
		h.Write(h.Service.Name, candidate, h.at(5), 8, bad)
		wantNewest(t, read(t, m, h.query(5, 15)), h.at(13))
	}},
	{"a source without any sample has no newest", func(t *testing.T, h Harness, m deploy.Metrics) {
		h.Write("somebody-elses", stable, h.Start, 20, busy)
		got := read(t, m, h.query(5, 15))
		wantNewest(t, got, time.Time{})
		if len(got.Revisions) != 0 || got.Connections.Samples != 0 {
			t.Errorf("nothing was written, and it reads %+v", got)
		}
	}},
	{"a revision that nobody calls is in the answer, with no requests", func(t *testing.T, h Harness, m deploy.Metrics) {
		h.Write(h.Service.Name, stable, h.Start, 20, busy)
		h.Write(h.Service.Name, candidate, h.Start, 20, idle)
		got := read(t, m, h.query(5, 15))
		wantRequests(t, got, candidate, 0, 0)
		wantNewest(t, got, h.at(19))
	}},
	{"that nobody calls is told from a source that is late", func(t *testing.T, h Harness, m deploy.Metrics) {
		h.Write(h.Service.Name, stable, h.Start, 4, busy)
		h.Write(h.Service.Name, stable, h.at(4), 12, idle)
		got := read(t, m, h.query(5, 15))
		wantRequests(t, got, stable, 0, 0)
		wantNewest(t, got, h.at(16))
	}},
}

func wantNewest(t *testing.T, got deploy.Reading, want time.Time) {
	t.Helper()
	if !got.Newest.Equal(want) {
		t.Errorf("newest sample ends %s, want %s", got.Newest, want)
	}
}
