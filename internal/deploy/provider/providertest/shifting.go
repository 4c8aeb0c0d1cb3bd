package providertest

import (
	"slices"
	"testing"

	"slipway/internal/deploy"
)

var shifting = []fact{
	{"traffic moves in steps, as reported, and back", Any, func(t *testing.T, h Harness, p deploy.Platform) {
		q := h.request(1, h.Image)
		candidate := stage(t, h, p, q)
		for _, percent := range append(slices.Clone(h.Shares), 0) {
			s := shift(t, h, p, h.split(candidate, percent))
			if h.Has.has(Tags) {
				wantTag(t, s, q.Tag, candidate)
				wantTag(t, s, h.UserTag, h.Baseline)
			}
		}
	}},
	{"the report shows a move only when it has happened", Gradual, func(t *testing.T, h Harness, p deploy.Platform) {
		candidate := stage(t, h, p, h.request(1, h.Image))
		shares := h.first(candidate)
		op, err := p.Shift(t.Context(), deploy.ShiftRequest{Service: h.Service, Shares: shares})
		if err != nil || op == "" {
			t.Fatalf("operation %q, %v", op, err)
		}
		s := describe(t, h, p)
		wantShares(t, s, map[deploy.RevisionName]int{h.Baseline: 100})
		if s.Settled {
			t.Error("settled while traffic moves")
		}
		if err := finish(t, h, p, op); err != nil {
			t.Fatal(err)
		}
		wantShares(t, rest(t, h, p), shares)
	}},
	{"shifted twice is shifted once", Any, func(t *testing.T, h Harness, p deploy.Platform) {
		candidate := stage(t, h, p, h.request(1, h.Image))
		q := deploy.ShiftRequest{Service: h.Service, Shares: h.first(candidate)}
		wantChanges(t, h, 1, func() {
			for range 2 {
				if _, err := p.Shift(t.Context(), q); err != nil {
					t.Fatal(err)
				}
			}
			rest(t, h, p)
			if op, err := p.Shift(t.Context(), q); err != nil || op != "" {
				t.Errorf("once it is so: operation %q, %v", op, err)
			}
		})
		wantShares(t, rest(t, h, p), q.Shares)
	}},
	{"shifted again after a lost answer is shifted once", Any, func(t *testing.T, h Harness, p deploy.Platform) {
		candidate := stage(t, h, p, h.request(1, h.Image))
		q := deploy.ShiftRequest{Service: h.Service, Shares: h.first(candidate)}
		wantChanges(t, h, 1, func() {
			h.LoseAnswer()
			_, err := p.Shift(t.Context(), q)
			wantCode(t, "shift with a lost answer", err, deploy.Unavailable)
			if _, err := h.Connect().Shift(t.Context(), q); err != nil {
				t.Fatalf("again, by another process: %v", err)
			}
			wantShares(t, rest(t, h, p), q.Shares)
		})
	}},
	{"traffic turns back while it is still moving forward", Any, func(t *testing.T, h Harness, p deploy.Platform) {
		candidate := stage(t, h, p, h.request(1, h.Image))
		if _, err := p.Shift(t.Context(), deploy.ShiftRequest{Service: h.Service, Shares: h.first(candidate)}); err != nil {
			t.Fatal(err)
		}
		shift(t, h, p, map[deploy.RevisionName]int{h.Baseline: 100})
	}},
	{"shares are absolute, whatever a person did in between", Splits, func(t *testing.T, h Harness, p deploy.Platform) {
		candidate := stage(t, h, p, h.request(1, h.Image))
		shift(t, h, p, map[deploy.RevisionName]int{h.Baseline: 90, candidate: 10})
		h.MoveTraffic(map[deploy.RevisionName]int{h.Baseline: 40, candidate: 60})
		wantChanges(t, h, 1, func() {
			shift(t, h, p, map[deploy.RevisionName]int{h.Baseline: 100})
		})
	}},
	{"bare shares take every tag off, once", Tags, func(t *testing.T, h Harness, p deploy.Platform) {
		candidate := stage(t, h, p, h.request(1, h.Image))
		shift(t, h, p, map[deploy.RevisionName]int{h.Baseline: 90, candidate: 10})
		q := deploy.ShiftRequest{Service: h.Service, Shares: map[deploy.RevisionName]int{h.Baseline: 90, candidate: 10}, Bare: true}
		wantChanges(t, h, 1, func() {
			for range 2 {
				if _, err := p.Shift(t.Context(), q); err != nil {
					t.Fatal(err)
				}
				rest(t, h, p)
			}
		})
		s := rest(t, h, p)
		wantShares(t, s, q.Shares)
		for _, line := range s.Traffic {
			if line.Tag != "" {
				t.Errorf("tag %s is still there", line.Tag)
			}
		}
	}},
	{"the baseline is held by name even if it has everything already", Any, func(t *testing.T, h Harness, p deploy.Platform) {
		shift(t, h, p, map[deploy.RevisionName]int{h.Baseline: 100})
		wantChanges(t, h, 0, func() {
			shift(t, h, p, map[deploy.RevisionName]int{h.Baseline: 100})
		})
	}},
	{"somebody else's change in between is read again and kept", Versioned, func(t *testing.T, h Harness, p deploy.Platform) {
		candidate := stage(t, h, p, h.request(1, h.Image))
		h.Contend(2)
		wantChanges(t, h, 1, func() {
			shift(t, h, p, map[deploy.RevisionName]int{h.Baseline: 90, candidate: 10})
		})
	}},
	{"a service that others never stop changing is a conflict", Versioned, func(t *testing.T, h Harness, p deploy.Platform) {
		candidate := stage(t, h, p, h.request(1, h.Image))
		h.Contend(1000)
		wantChanges(t, h, 0, func() {
			_, err := p.Shift(t.Context(), deploy.ShiftRequest{
				Service: h.Service, Shares: map[deploy.RevisionName]int{h.Baseline: 90, candidate: 10},
			})
			wantCode(t, "shift", err, deploy.Conflict)
			_, err = p.Stage(t.Context(), h.request(2, h.Other))
			wantCode(t, "stage", err, deploy.Conflict)
		})
	}},
	{"shares that make no sense are refused before anything happens", Any, func(t *testing.T, h Harness, p deploy.Platform) {
		for name, shares := range map[string]map[deploy.RevisionName]int{
			"none":           nil,
			"fewer than 100": {h.Baseline: 99},
			"more than 100":  {h.Baseline: 100, "another": 1},
			"negative":       {h.Baseline: 110, "another": -10},
		} {
			wantChanges(t, h, 0, func() {
				_, err := p.Shift(t.Context(), deploy.ShiftRequest{Service: h.Service, Shares: shares})
				wantCode(t, name, err, deploy.Invalid)
			})
		}
	}},
}
