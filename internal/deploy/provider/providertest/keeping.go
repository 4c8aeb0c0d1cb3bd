package providertest

import (
	"testing"

	"slipway/internal/deploy"
)

// keeping is about tags that hold a revision's instances while it has no traffic.
var keeping = []fact{
	{"the former version is kept by a tag as its traffic goes, in one change", Tags, func(t *testing.T, h Harness, p deploy.Platform) {
		candidate := stage(t, h, p, h.request(1, h.Image))
		wantChanges(t, h, 1, func() {
			s := keep(t, h, p, leaving(h, candidate))
			wantTag(t, s, deploy.WarmTag(1), h.Baseline)
			wantTag(t, s, deploy.CandidateTag(1), candidate)
			wantTag(t, s, h.UserTag, h.Baseline)
		})
	}},
	{"kept twice is kept once", Tags, func(t *testing.T, h Harness, p deploy.Platform) {
		q := leaving(h, stage(t, h, p, h.request(1, h.Image)))
		wantChanges(t, h, 1, func() {
			for range 2 {
				if _, err := p.Shift(t.Context(), q); err != nil {
					t.Fatal(err)
				}
			}
			rest(t, h, p)
			if op, err := h.Connect().Shift(t.Context(), q); op != "" || err != nil {
				t.Errorf("once it is so: operation %q, %v", op, err)
			}
		})
	}},
	{"a tag is put on though the shares are so already, and moves", Tags, func(t *testing.T, h Harness, p deploy.Platform) {
		candidate := stage(t, h, p, h.request(1, h.Image))
		shift(t, h, p, map[deploy.RevisionName]int{candidate: 100})
		q := leaving(h, candidate)
		wantChanges(t, h, 2, func() {
			wantTag(t, keep(t, h, p, q), deploy.WarmTag(1), h.Baseline)
			q.Keep = map[string]deploy.RevisionName{deploy.WarmTag(1): candidate}
			wantTag(t, keep(t, h, p, q), deploy.WarmTag(1), candidate)
		})
	}},
	{"shares that say nothing of it leave it as it is", Tags, func(t *testing.T, h Harness, p deploy.Platform) {
		candidate := stage(t, h, p, h.request(1, h.Image))
		keep(t, h, p, leaving(h, candidate))
		s := shift(t, h, p, map[deploy.RevisionName]int{h.Baseline: 100})
		wantTag(t, s, deploy.WarmTag(1), h.Baseline)
	}},
	{"bare shares keep nothing", Tags, func(t *testing.T, h Harness, p deploy.Platform) {
		q := leaving(h, stage(t, h, p, h.request(1, h.Image)))
		keep(t, h, p, q)
		q.Bare = true
		wantChanges(t, h, 1, func() {
			for range 2 {
				wantNoTag(t, keep(t, h, p, q), deploy.WarmTag(1))
			}
		})
	}},
	{"a revision that does not exist holds no traffic up", Tags, func(t *testing.T, h Harness, p deploy.Platform) {
		q := leaving(h, stage(t, h, p, h.request(1, h.Image)))
		q.Keep[deploy.WarmTag(1)] = deploy.CandidateName(h.Service.Name, 9, 9)
		wantChanges(t, h, 1, func() {
			for range 2 {
				s := keep(t, h, p, q)
				wantNoTag(t, s, deploy.WarmTag(1))
				wantTag(t, s, h.UserTag, h.Baseline)
			}
		})
	}},
	{"a revision that never came up holds no traffic up", Tags, func(t *testing.T, h Harness, p deploy.Platform) {
		cannotStart(t, h, p, h.Crashing, h.CrashingWords)
		q := leaving(h, stage(t, h, p, h.request(2, h.Image)))
		q.Keep[deploy.WarmTag(1)] = deploy.CandidateName(h.Service.Name, 1, 1)
		wantNoTag(t, keep(t, h, p, q), deploy.WarmTag(1))
	}},
	{"what is kept is warm without traffic, and what nothing leads to any more is not", Tags, func(t *testing.T, h Harness, p deploy.Platform) {
		one, q := 1, h.request(1, h.Image)
		q.Settings.MinInstances = &one
		candidate := stage(t, h, p, q)
		shift(t, h, p, map[deploy.RevisionName]int{candidate: 100})
		wantWarm(t, h, p, candidate, true)
		keep(t, h, p, deploy.ShiftRequest{
			Shares: map[deploy.RevisionName]int{h.Baseline: 100}, Keep: map[string]deploy.RevisionName{deploy.WarmTag(1): candidate},
		})
		takeOff(t, h, p, q.Tag)
		wantWarm(t, h, p, candidate, true)
		takeOff(t, h, p, deploy.WarmTag(1))
		wantWarm(t, h, p, candidate, false)
	}},
	{"kept after a lost answer is kept once", Tags, func(t *testing.T, h Harness, p deploy.Platform) {
		q := leaving(h, stage(t, h, p, h.request(1, h.Image)))
		wantChanges(t, h, 1, func() {
			h.LoseAnswer()
			_, err := p.Shift(t.Context(), q)
			wantCode(t, "shift with a lost answer", err, deploy.Unavailable)
			wantTag(t, keep(t, h, h.Connect(), q), deploy.WarmTag(1), h.Baseline)
		})
	}},
}

// leaving asks for all traffic on the candidate, with the baseline kept.
func leaving(h Harness, candidate deploy.RevisionName) deploy.ShiftRequest {
	return deploy.ShiftRequest{
		Service: h.Service, Shares: map[deploy.RevisionName]int{candidate: 100},
		Keep: map[string]deploy.RevisionName{deploy.WarmTag(1): h.Baseline},
	}
}

func takeOff(t *testing.T, h Harness, p deploy.Platform, tag string) {
	t.Helper()
	op, err := p.Retire(t.Context(), h.Service, tag)
	if err != nil {
		t.Fatal(err)
	}
	if err := finish(t, h, p, op); err != nil {
		t.Fatal(err)
	}
	rest(t, h, p)
}

func wantWarm(t *testing.T, h Harness, p deploy.Platform, name deploy.RevisionName, want bool) {
	t.Helper()
	got, err := p.Revision(t.Context(), h.Service, name)
	if err != nil || got.Warm != want {
		t.Errorf("%s is warm: %v, %v, want %v", name, got.Warm, err, want)
	}
}
