package cloudrun_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"slipway/internal/deploy"
	sandbox "slipway/internal/sandbox/cloudrun"
)

func TestEachChangeSendsItsOwnFieldsAndTheEtagItRead(t *testing.T) {
	t.Parallel()
	h := newPractice(t)
	p := h.connect(nil)
	candidate := deploy.CandidateName(serviceID, 42, 1)
	etags := []string{h.server.Service(h.name).GetEtag()}
	h.stage(p, h.request(deploy.Settings{}))
	etags = append(etags, h.server.Service(h.name).GetEtag())
	_, err := p.Shift(t.Context(), deploy.ShiftRequest{Service: h.ref, Shares: map[deploy.RevisionName]int{baseline: 90, candidate: 10}})
	if err != nil {
		t.Fatal(err)
	}
	h.Finish()
	etags = append(etags, h.server.Service(h.name).GetEtag())
	if _, err := p.Retire(t.Context(), h.ref, "rc-42"); err != nil {
		t.Fatal(err)
	}
	type sent struct{ Mask, Etag, Traffic string }
	var got []sent
	for _, c := range h.updates() {
		got = append(got, sent{c.Mask, c.Etag, c.Traffic})
	}
	b, c := string(baseline), string(candidate)
	want := []sent{
		{"template,traffic", etags[0], b + "=100, " + b + "=0 tag preview, " + c + "=0 tag rc-42"},
		{"traffic", etags[1], b + "=90, " + c + "=10, " + b + "=0 tag preview, " + c + "=0 tag rc-42"},
		{"traffic", etags[2], b + "=90, " + c + "=10, " + b + "=0 tag preview"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("updates (-want +got):\n%s", diff)
	}
}

func TestTrafficThatDidNotArriveIsAskedForAgain(t *testing.T) {
	t.Parallel()
	h := newPractice(t)
	p := h.connect(nil)
	h.stage(p, h.request(deploy.Settings{}))
	h.server.ForgetCalls()
	q := deploy.ShiftRequest{Service: h.ref, Shares: map[deploy.RevisionName]int{
		baseline: 90, deploy.CandidateName(serviceID, 42, 1): 10,
	}}
	shift := func(when string, wantUpdates int) {
		t.Helper()
		if _, err := p.Shift(t.Context(), q); err != nil {
			t.Fatal(err)
		}
		if got := len(h.updates()); got != wantUpdates {
			t.Errorf("%s: %d updates so far, want %d", when, got, wantUpdates)
		}
	}
	h.inject(sandbox.Fault{Kind: sandbox.SettleStuck, Count: 1})
	shift("at first", 1)
	h.clock.Advance(59 * time.Second)
	shift("while it may still arrive", 1)
	h.clock.Advance(time.Second)
	shift("when it has been stuck for a minute", 2)
	h.Finish()
	shift("when it has arrived", 2)
}

func TestTrafficThatIsOnlySaidToHaveMovedIsAskedForAgain(t *testing.T) {
	t.Parallel()
	h := newPractice(t)
	p := h.connect(nil)
	h.stage(p, h.request(deploy.Settings{}))
	h.server.ForgetCalls()
	h.inject(sandbox.Fault{Kind: sandbox.TrafficSkew, Count: 1})
	q := deploy.ShiftRequest{Service: h.ref, Shares: map[deploy.RevisionName]int{
		baseline: 90, deploy.CandidateName(serviceID, 42, 1): 10,
	}}
	for range 2 {
		if _, err := p.Shift(t.Context(), q); err != nil {
			t.Fatal(err)
		}
		h.Finish()
	}
	if got := len(h.updates()); got != 2 {
		t.Errorf("%d updates, want 2: the first did not move the traffic that is reported", got)
	}
}
