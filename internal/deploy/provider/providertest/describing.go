package providertest

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"slipway/internal/deploy"
)

var describing = []fact{
	{"the baseline is the revision with all of the traffic", Any, func(t *testing.T, h Harness, p deploy.Platform) {
		s := describe(t, h, p)
		if !s.Settled || s.Unrest != "" {
			t.Errorf("settled %v, unrest %q", s.Settled, s.Unrest)
		}
		if got, err := s.Baseline(); err != nil || got != h.Baseline {
			t.Errorf("baseline %q, %v, want %q", got, err, h.Baseline)
		}
		if h.Has.has(Tags) {
			wantTag(t, s, h.UserTag, h.Baseline)
		}
		if s.Ref != h.Service || s.URL == "" && h.Has.has(Addresses) || s.Image == "" || s.Env["VERSION"] == "" {
			t.Errorf("described as %+v", s)
		}
	}},
	{"the baseline is described as a revision", Any, func(t *testing.T, h Harness, p deploy.Platform) {
		got, err := p.Revision(t.Context(), h.Service, h.Baseline)
		if err != nil {
			t.Fatal(err)
		}
		if got.Name != h.Baseline || !got.Ready || got.Failed || got.Image == "" || got.Version == "" {
			t.Errorf("described as %+v", got)
		}
	}},
	{"what a revision was made with can be compared, and gives no value away", Any, func(t *testing.T, h Harness, p deploy.Platform) {
		q := h.request(1, h.Image)
		q.Settings = deploy.Settings{
			Env: map[string]string{"VERSION": h.Image.Version, "SAME": "a", "COLOUR": "blue-in-the-clear"}, Secrets: map[string]string{"KEY": h.Sizes.Secret},
			CPU: h.Sizes.CPU, Memory: h.Sizes.Memory,
		}
		scaled := h.scale(&q.Settings)
		before := config(t, h, p, stage(t, h, p, q))
		makeRoom(t, h, p)
		q.Candidate, q.Tag, q.Image = deploy.CandidateName(h.Service.Name, 2, 1), deploy.CandidateTag(2), h.Other.Ref
		q.Settings.Env["COLOUR"], q.Settings.Secrets["KEY"], q.Settings.CPU = "red-in-the-clear", h.Sizes.AnotherSecret, h.Sizes.MoreCPU
		after := config(t, h, p, stage(t, h, p, q))
		for name, want := range scaled {
			if got := [2]string{before[name], after[name]}; got != [2]string{want, want} {
				t.Errorf("%s is %q and then %q, want %q", name, got[0], got[1], want)
			}
		}
		for name, want := range map[string][2]string{
			"image": {h.Image.Ref, h.Other.Ref}, "cpu": {h.Sizes.CPU, h.Sizes.MoreCPU}, "memory": {h.Sizes.Memory, h.Sizes.Memory},
			"secret KEY": {h.Sizes.Secret, h.Sizes.AnotherSecret},
		} {
			if got := [2]string{before[name], after[name]}; got != want {
				t.Errorf("%s is %q and then %q, want %q", name, got[0], got[1], want)
			}
		}
		if before["env SAME"] == "" || before["env SAME"] != after["env SAME"] || before["env COLOUR"] == after["env COLOUR"] {
			t.Errorf("variables do not compare as their values do: %v, then %v", before, after)
		}
		for name, value := range after {
			if strings.Contains(value, "in-the-clear") || name == "env SAME" && value == "a" {
				t.Errorf("%s gives its value away: %s", name, value)
			}
		}
	}},
	{"looking changes nothing", Any, func(t *testing.T, h Harness, p deploy.Platform) {
		wantChanges(t, h, 0, func() {
			if diff := cmp.Diff(describe(t, h, p), describe(t, h, p)); diff != "" {
				t.Errorf("two looks differ (-first +second):\n%s", diff)
			}
		})
	}},
}

// scale sets what a platform says of instances and requests, if it says it of revisions, and gives how that is reported.
func (h Harness) scale(s *deploy.Settings) map[string]string {
	if !h.Has.has(Scales) {
		return nil
	}
	one, two := 1, 2
	s.MinInstances, s.MaxInstances, s.Concurrency, s.Timeout = &one, &two, 40, 90*time.Second
	return map[string]string{"min instances": "1", "max instances": "2", "concurrency": "40", "timeout": "1m30s"}
}

func config(t *testing.T, h Harness, p deploy.Platform, name deploy.RevisionName) map[string]string {
	t.Helper()
	got, err := p.Revision(t.Context(), h.Service, name)
	if err != nil {
		t.Fatal(err)
	}
	return got.Config
}
