package providertest

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"slipway/internal/deploy"
)

var describing = []fact{
	{"the baseline is the revision with all of the traffic", func(t *testing.T, h Harness, p deploy.Platform) {
		s := describe(t, h, p)
		if !s.Settled || s.Unrest != "" {
			t.Errorf("settled %v, unrest %q", s.Settled, s.Unrest)
		}
		if got, err := s.Baseline(); err != nil || got != h.Baseline {
			t.Errorf("baseline %q, %v, want %q", got, err, h.Baseline)
		}
		wantTag(t, s, h.UserTag, h.Baseline)
		if s.Ref != h.Service || s.URL == "" || s.Image == "" || s.Env["VERSION"] == "" {
			t.Errorf("described as %+v", s)
		}
	}},
	{"the baseline is described as a revision", func(t *testing.T, h Harness, p deploy.Platform) {
		got, err := p.Revision(t.Context(), h.Service, h.Baseline)
		if err != nil {
			t.Fatal(err)
		}
		if got.Name != h.Baseline || !got.Ready || got.Failed || got.Image == "" || got.Version == "" {
			t.Errorf("described as %+v", got)
		}
	}},
	{"looking changes nothing", func(t *testing.T, h Harness, p deploy.Platform) {
		wantChanges(t, h, 0, func() {
			if diff := cmp.Diff(describe(t, h, p), describe(t, h, p)); diff != "" {
				t.Errorf("two looks differ (-first +second):\n%s", diff)
			}
		})
	}},
}
