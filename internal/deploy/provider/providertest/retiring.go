package providertest

import (
	"testing"

	"slipway/internal/deploy"
)

var retiring = []fact{
	{"a retired tag is gone and the others stay", Tags, func(t *testing.T, h Harness, p deploy.Platform) {
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
		wantNoTag(t, s, q.Tag)
		wantTag(t, s, h.UserTag, h.Baseline)
		wantShares(t, s, map[deploy.RevisionName]int{h.Baseline: 100})
	}},
	{"a revision keeps its traffic when its tag is retired", Any, func(t *testing.T, h Harness, p deploy.Platform) {
		q := h.request(1, h.Image)
		candidate := stage(t, h, p, q)
		shift(t, h, p, map[deploy.RevisionName]int{candidate: 100})
		if _, err := p.Retire(t.Context(), h.Service, q.Tag); err != nil {
			t.Fatal(err)
		}
		s := rest(t, h, p)
		wantShares(t, s, map[deploy.RevisionName]int{candidate: 100})
		wantNoTag(t, s, q.Tag)
	}},
	{"retired twice is retired once", Tags, func(t *testing.T, h Harness, p deploy.Platform) {
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
	{"retired again after a lost answer is retired once", Tags, func(t *testing.T, h Harness, p deploy.Platform) {
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
	{"several tags are taken off in one change", Tags, func(t *testing.T, h Harness, p deploy.Platform) {
		q := h.request(1, h.Image)
		candidate := stage(t, h, p, q)
		keep(t, h, p, deploy.ShiftRequest{Shares: map[deploy.RevisionName]int{candidate: 100}, Keep: map[string]deploy.RevisionName{deploy.WarmTag(1): h.Baseline}})
		wantChanges(t, h, 1, func() {
			for range 2 {
				if _, err := p.Retire(t.Context(), h.Service, q.Tag, "nobody-has-it", deploy.WarmTag(1)); err != nil {
					t.Fatal(err)
				}
				rest(t, h, p)
			}
		})
		s := rest(t, h, p)
		wantNoTag(t, s, q.Tag)
		wantNoTag(t, s, deploy.WarmTag(1))
		wantTag(t, s, h.UserTag, h.Baseline)
		wantShares(t, s, map[deploy.RevisionName]int{candidate: 100})
	}},
	{"no tag to take off is nothing to do, and one without a name makes no sense", Any, func(t *testing.T, h Harness, p deploy.Platform) {
		wantChanges(t, h, 0, func() {
			if op, err := p.Retire(t.Context(), h.Service); op != "" || err != nil {
				t.Errorf("no tag: operation %q, %v", op, err)
			}
			_, err := p.Retire(t.Context(), h.Service, h.UserTag, "")
			wantCode(t, "a tag without a name", err, deploy.Invalid)
		})
	}},
}
