package providertest

import (
	"testing"

	"slipway/internal/deploy"
)

var retiring = []fact{
	{"a retired tag is gone and the others stay", func(t *testing.T, h Harness, p deploy.Platform) {
		q := h.request(1, h.Image)
		stage(t, h, p, q)
		op, err := p.Retire(t.Context(), h.Service, q.Tag)
		if err != nil {
			t.Fatal(err)
		}
		if err := finish(t, h, p, op); err != nil {
			t.Fatal(err)
		}
		s := rest(t, h, p)
		if line, ok := s.Tagged(q.Tag); ok {
			t.Errorf("the tag is still there: %+v", line)
		}
		wantTag(t, s, h.UserTag, h.Baseline)
		wantShares(t, s, map[deploy.RevisionName]int{h.Baseline: 100})
	}},
	{"a revision keeps its traffic when its tag is retired", func(t *testing.T, h Harness, p deploy.Platform) {
		q := h.request(1, h.Image)
		candidate := stage(t, h, p, q)
		shift(t, h, p, map[deploy.RevisionName]int{candidate: 100})
		if _, err := p.Retire(t.Context(), h.Service, q.Tag); err != nil {
			t.Fatal(err)
		}
		s := rest(t, h, p)
		wantShares(t, s, map[deploy.RevisionName]int{candidate: 100})
		if line, ok := s.Tagged(q.Tag); ok {
			t.Errorf("the tag is still there: %+v", line)
		}
	}},
	{"retired twice is retired once", func(t *testing.T, h Harness, p deploy.Platform) {
		q := h.request(1, h.Image)
		stage(t, h, p, q)
		wantChanges(t, h, 1, func() {
			for range 2 {
				if _, err := p.Retire(t.Context(), h.Service, q.Tag); err != nil {
					t.Fatal(err)
				}
			}
			rest(t, h, p)
			if op, err := p.Retire(t.Context(), h.Service, q.Tag); err != nil || op != "" {
				t.Errorf("once it is gone: operation %q, %v", op, err)
			}
		})
	}},
	{"retired again after a lost answer is retired once", func(t *testing.T, h Harness, p deploy.Platform) {
		q := h.request(1, h.Image)
		stage(t, h, p, q)
		wantChanges(t, h, 1, func() {
			h.LoseAnswer()
			_, err := p.Retire(t.Context(), h.Service, q.Tag)
			wantCode(t, "retire with a lost answer", err, deploy.Unavailable)
			if _, err := h.Connect().Retire(t.Context(), h.Service, q.Tag); err != nil {
				t.Fatalf("again, by another process: %v", err)
			}
			rest(t, h, p)
		})
	}},
}
