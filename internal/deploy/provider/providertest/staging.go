package providertest

import (
	"strings"
	"testing"

	"slipway/internal/deploy"
)

var staging = []fact{
	{"a staged revision is invisible to users", Starts, func(t *testing.T, h Harness, p deploy.Platform) {
		q := h.request(1, h.Image)
		op, err := p.Stage(t.Context(), q)
		if err != nil || op == "" {
			t.Fatalf("operation %q, %v", op, err)
		}
		s := describe(t, h, p)
		wantShares(t, s, map[deploy.RevisionName]int{h.Baseline: 100})
		if s.Settled || s.Unrest == "" {
			t.Errorf("in progress, but settled %v, unrest %q", s.Settled, s.Unrest)
		}
		if err := finish(t, h, p, op); err != nil {
			t.Fatal(err)
		}
		s = rest(t, h, p)
		wantShares(t, s, map[deploy.RevisionName]int{h.Baseline: 100})
		if line, ok := s.Tagged(q.Tag); !ok || line.Revision != q.Candidate || line.URL == "" && h.Has.has(Addresses) {
			t.Errorf("tag %s is %+v, want it on %s", q.Tag, line, q.Candidate)
		}
		if h.Has.has(Tags) {
			wantTag(t, s, h.UserTag, h.Baseline)
		}
		r, err := p.Revision(t.Context(), h.Service, q.Candidate)
		if err != nil || !r.Ready || r.Failed || r.Image != h.Image.Ref || r.Version != h.Image.Version {
			t.Errorf("the candidate is %+v, %v", r, err)
		}
	}},
	{"a revision is not ready and not failed while it comes up", Starts, func(t *testing.T, h Harness, p deploy.Platform) {
		q := h.request(1, h.Image)
		if _, err := p.Stage(t.Context(), q); err != nil {
			t.Fatal(err)
		}
		r, err := p.Revision(t.Context(), h.Service, q.Candidate)
		if err != nil || r.Ready || r.Failed {
			t.Errorf("the candidate is %+v, %v", r, err)
		}
	}},
	{"staged twice is staged once", Any, func(t *testing.T, h Harness, p deploy.Platform) {
		q := h.request(1, h.Image)
		wantChanges(t, h, 1, func() {
			for range 2 {
				if _, err := p.Stage(t.Context(), q); err != nil {
					t.Fatal(err)
				}
			}
			rest(t, h, p)
			if op, err := p.Stage(t.Context(), q); err != nil || op != "" {
				t.Errorf("once it is there: operation %q, %v", op, err)
			}
		})
		if h.Has.has(Tags) {
			wantTag(t, rest(t, h, p), q.Tag, q.Candidate)
		}
	}},
	{"staged again after a lost answer is staged once", Any, func(t *testing.T, h Harness, p deploy.Platform) {
		q := h.request(1, h.Image)
		wantChanges(t, h, 1, func() {
			h.LoseAnswer()
			_, err := p.Stage(t.Context(), q)
			wantCode(t, "stage with a lost answer", err, deploy.Unavailable)
			if _, err := h.Connect().Stage(t.Context(), q); err != nil {
				t.Fatalf("again, by another process: %v", err)
			}
			rest(t, h, p)
		})
		r, err := p.Revision(t.Context(), h.Service, q.Candidate)
		if err != nil || !r.Ready {
			t.Errorf("the candidate is %+v, %v", r, err)
		}
	}},
	{"a name is not staged with another image", Any, func(t *testing.T, h Harness, p deploy.Platform) {
		stage(t, h, p, h.request(1, h.Image))
		wantChanges(t, h, 0, func() {
			_, err := p.Stage(t.Context(), h.request(1, h.Other))
			wantCode(t, "stage another image", err, deploy.Conflict)
		})
	}},
	{"nothing is staged once a person has moved traffic", Splits, func(t *testing.T, h Harness, p deploy.Platform) {
		first := stage(t, h, p, h.request(1, h.Image))
		h.MoveTraffic(map[deploy.RevisionName]int{h.Baseline: 70, first: 30})
		wantChanges(t, h, 0, func() {
			_, err := p.Stage(t.Context(), h.request(2, h.Other))
			wantCode(t, "stage over split traffic", err, deploy.Conflict)
		})
		wantShares(t, rest(t, h, p), map[deploy.RevisionName]int{h.Baseline: 70, first: 30})
	}},
	{"an image that is not there is refused in the platform's words", Any, func(t *testing.T, h Harness, p deploy.Platform) {
		cannotStart(t, h, p, h.Missing, h.MissingWords)
	}},
	{"an image that crashes is refused in the platform's words", Any, func(t *testing.T, h Harness, p deploy.Platform) {
		cannotStart(t, h, p, h.Crashing, h.CrashingWords)
	}},
	{"after a revision that failed the next one comes up, even if nobody cleaned up", Any, func(t *testing.T, h Harness, p deploy.Platform) {
		cannotStart(t, h, p, h.Crashing, h.CrashingWords)
		makeRoom(t, h, p)
		second := stage(t, h, p, h.request(2, h.Image))
		shift(t, h, p, map[deploy.RevisionName]int{second: 100})
	}},
	{"what kept a revision warm for a former release goes, and what this release keeps stays", Tags, func(t *testing.T, h Harness, p deploy.Platform) {
		first := stage(t, h, p, h.request(1, h.Image))
		keep(t, h, p, deploy.ShiftRequest{Shares: map[deploy.RevisionName]int{first: 100}, Keep: map[string]deploy.RevisionName{
			deploy.WarmTag(1): h.Baseline, deploy.WarmTag(2): first,
		}})
		q := h.request(2, h.Other)
		q.Baseline = first
		stage(t, h, p, q)
		s := rest(t, h, p)
		wantNoTag(t, s, deploy.WarmTag(1))
		wantTag(t, s, deploy.WarmTag(2), first)
		wantTag(t, s, h.UserTag, h.Baseline)
	}},
	{"traffic can go back to the baseline after a revision that failed", Any, func(t *testing.T, h Harness, p deploy.Platform) {
		cannotStart(t, h, p, h.Crashing, h.CrashingWords)
		op, err := p.Shift(t.Context(), deploy.ShiftRequest{Service: h.Service, Shares: map[deploy.RevisionName]int{h.Baseline: 100}})
		if err != nil {
			t.Fatal(err)
		}
		if err := finish(t, h, p, op); err != nil {
			t.Errorf("it ended with %v", err)
		}
		wantShares(t, describe(t, h, p), map[deploy.RevisionName]int{h.Baseline: 100})
	}},
}

func cannotStart(t *testing.T, h Harness, p deploy.Platform, img Image, words string) {
	t.Helper()
	q := h.request(1, img)
	op, err := p.Stage(t.Context(), q)
	if err != nil {
		t.Fatalf("stage: %v", err)
	}
	if !h.Has.has(Starts) {
		if op, err = p.Shift(t.Context(), deploy.ShiftRequest{Service: h.Service, Shares: map[deploy.RevisionName]int{q.Candidate: 100}}); err != nil {
			t.Fatalf("shift: %v", err)
		}
	}
	err = finish(t, h, p, op)
	wantCode(t, "the operation", err, deploy.Invalid)
	if !strings.Contains(deploy.Message(err), words) || deploy.Hint(err) == "" {
		t.Errorf("message %q, hint %q; want the words %q and a hint", deploy.Message(err), deploy.Hint(err), words)
	}
	r, err := p.Revision(t.Context(), h.Service, q.Candidate)
	if err != nil || r.Ready || !r.Failed || !strings.Contains(r.Reason, words) {
		t.Errorf("the candidate is %+v, %v; want it failed with the words %q", r, err, words)
	}
	s := describe(t, h, p)
	if !h.Has.has(Starts) {
		s = rest(t, h, p)
	}
	wantShares(t, s, map[deploy.RevisionName]int{h.Baseline: 100})
}
