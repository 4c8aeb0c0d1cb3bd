package providertest

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"slipway/internal/deploy"
)

// patience is how often something in progress is looked at before the case gives up.
const patience = 20

// finish lets an operation end and returns how.
func finish(t *testing.T, h Harness, p deploy.Platform, op deploy.Operation) error {
	t.Helper()
	for range patience {
		done, err := p.Wait(t.Context(), op)
		if done {
			return err
		}
		if err != nil {
			t.Fatalf("wait for %q: %v", op, err)
		}
		h.Finish()
	}
	t.Fatalf("operation %q does not end", op)
	return nil
}

// rest lets the service come to rest and describes it.
func rest(t *testing.T, h Harness, p deploy.Platform) deploy.Service {
	t.Helper()
	var s deploy.Service
	for range patience {
		if s = describe(t, h, p); s.Settled || h.Pauses && !s.Busy {
			return s
		}
		h.Finish()
	}
	t.Fatalf("the service does not come to rest: %s", s.Unrest)
	return s
}

func describe(t *testing.T, h Harness, p deploy.Platform) deploy.Service {
	t.Helper()
	s, err := p.Describe(t.Context(), h.Service)
	if err != nil {
		t.Fatalf("describe: %v", err)
	}
	return s
}

// stage brings a revision up without traffic and returns its name.
func stage(t *testing.T, h Harness, p deploy.Platform, q deploy.StageRequest) deploy.RevisionName {
	t.Helper()
	op, err := p.Stage(t.Context(), q)
	if err != nil {
		t.Fatalf("stage %s: %v", q.Candidate, err)
	}
	if err := finish(t, h, p, op); err != nil {
		t.Fatalf("stage %s: it ended with %v", q.Candidate, err)
	}
	rest(t, h, p)
	return q.Candidate
}

// shift moves traffic and waits until the platform reports it.
func shift(t *testing.T, h Harness, p deploy.Platform, shares map[deploy.RevisionName]int) deploy.Service {
	t.Helper()
	return keep(t, h, p, deploy.ShiftRequest{Shares: shares})
}

// wantShares compares the report with exactly these shares.
func wantShares(t *testing.T, s deploy.Service, want map[deploy.RevisionName]int) {
	t.Helper()
	got := map[deploy.RevisionName]int{}
	for _, line := range s.Traffic {
		if line.Percent > 0 {
			got[line.Revision] += line.Percent
		}
	}
	expected := map[deploy.RevisionName]int{}
	for name, percent := range want {
		if percent > 0 {
			expected[name] = percent
		}
	}
	if diff := cmp.Diff(expected, got); diff != "" {
		t.Errorf("shares in the platform's report (-want +got):\n%s", diff)
	}
}

// wantTag checks that a tag leads to a revision, at an address.
func wantTag(t *testing.T, s deploy.Service, tag string, revision deploy.RevisionName) {
	t.Helper()
	line, ok := s.Tagged(tag)
	if !ok || line.Revision != revision || line.URL == "" {
		t.Errorf("tag %s is %+v, want it on %s with an address; the table is %+v", tag, line, revision, s.Traffic)
	}
}

func wantNoTag(t *testing.T, s deploy.Service, tag string) {
	t.Helper()
	if line, ok := s.Tagged(tag); ok {
		t.Errorf("tag %s is still there: %+v", tag, line)
	}
}

// makeRoom ends what was staged before, where only one revision can be up without traffic.
func makeRoom(t *testing.T, h Harness, p deploy.Platform) {
	t.Helper()
	if !h.Has.has(Several) {
		shift(t, h, p, map[deploy.RevisionName]int{h.Baseline: 100})
	}
}

// keep carries a shift out and waits until the platform reports its shares. One that can only be moved in steps is asked
// again, as a release does.
func keep(t *testing.T, h Harness, p deploy.Platform, q deploy.ShiftRequest) deploy.Service {
	t.Helper()
	q.Service = h.Service
	var s deploy.Service
	for range patience {
		op, err := p.Shift(t.Context(), q)
		if err != nil {
			t.Fatalf("shift to %v: %v", q.Shares, err)
		}
		if err := finish(t, h, p, op); err != nil {
			t.Fatalf("shift to %v: it ended with %v", q.Shares, err)
		}
		if s = rest(t, h, p); h.Has.has(Splits) || op == "" {
			break
		}
	}
	wantShares(t, s, q.Shares)
	return s
}

// wantChanges runs f and checks how often it changed something at the platform.
func wantChanges(t *testing.T, h Harness, want int, f func()) {
	t.Helper()
	before := h.Changes()
	f()
	if got := h.Changes() - before; got != want {
		t.Errorf("%d changes at the platform, want %d", got, want)
	}
}

// wantCode checks the code of an error, and that a person can read it.
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
