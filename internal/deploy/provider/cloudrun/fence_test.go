package cloudrun_test

import (
	"testing"
	"time"

	"cloud.google.com/go/run/apiv2/runpb"
	"github.com/google/go-cmp/cmp"

	"slipway/internal/deploy"
	sandbox "slipway/internal/sandbox/cloudrun"
)

// back asks for all traffic on the baseline, as a rollback does.
func (h *practice) back(epoch deploy.Epoch) deploy.ShiftRequest {
	return deploy.ShiftRequest{Service: h.ref, Shares: map[deploy.RevisionName]int{baseline: 100}, Epoch: epoch, Seal: "app-42/rollback/traffic"}
}

func TestOvertakenOwnerChangesNothingThoughItReadsTheNewestState(t *testing.T) {
	t.Parallel()
	h := newPractice(t)
	p := h.connect(nil)
	h.stage(p, h.request(deploy.Settings{}))
	if _, err := p.Shift(t.Context(), h.back(7)); err != nil {
		t.Fatal(err)
	}
	h.Finish()
	before := h.Changes()
	next := h.request(deploy.Settings{})
	next.Candidate, next.Tag, next.Epoch = deploy.CandidateName(serviceID, 43, 1), "rc-43", 6
	_, shiftErr := p.Shift(t.Context(), deploy.ShiftRequest{Service: h.ref, Epoch: 6,
		Shares: map[deploy.RevisionName]int{baseline: 90, deploy.CandidateName(serviceID, 42, 1): 10}})
	_, stageErr := p.Stage(t.Context(), next)
	for what, err := range map[string]error{"shift": shiftErr, "stage": stageErr} {
		if deploy.CodeOf(err) != deploy.Fenced {
			t.Errorf("%s under an earlier epoch: %v, want fenced", what, err)
		}
	}
	if got := h.Changes() - before; got != 0 {
		t.Errorf("%d changes, want none", got)
	}
	if _, err := p.Shift(t.Context(), deploy.ShiftRequest{Service: h.ref, Epoch: 8,
		Shares: map[deploy.RevisionName]int{baseline: 90, deploy.CandidateName(serviceID, 42, 1): 10}}); err != nil {
		t.Errorf("shift under a later epoch: %v", err)
	}
}

func TestCallOnItsWayIsVoidAfterASealedReturnThatHadNothingElseToChange(t *testing.T) {
	t.Parallel()
	h := newPractice(t)
	p := h.connect(nil)
	candidate := deploy.CandidateName(serviceID, 42, 1)
	h.stage(p, h.request(deploy.Settings{}))
	h.inject(sandbox.Fault{Kind: sandbox.LateEffect, Method: "UpdateService", Delay: 30 * time.Second, Count: 1})
	sent := make(chan error, 1)
	go func() {
		_, err := p.Shift(t.Context(), deploy.ShiftRequest{Service: h.ref, Epoch: 6, Shares: map[deploy.RevisionName]int{baseline: 90, candidate: 10}})
		sent <- err
	}()
	for changed := h.server.Changed(); len(h.server.Faults().Active()) > 0 || len(h.updates()) < 2; changed = h.server.Changed() {
		select {
		case <-changed:
		case <-t.Context().Done():
			t.Fatal("the call was never sent")
		}
	}
	if _, err := p.Shift(t.Context(), h.back(7)); err != nil {
		t.Fatal(err)
	}
	h.Finish()
	if err := <-sent; deploy.CodeOf(err) != deploy.Fenced {
		t.Errorf("the call that arrived late: %v, want it refused by its etag, and then fenced", err)
	}
	h.Finish()
	want := map[string]int32{string(baseline): 100, string(candidate): 0}
	got := map[string]int32{}
	for _, l := range h.server.Service(h.name).GetTrafficStatuses() {
		got[l.GetRevision()] += l.GetPercent()
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("traffic in the end (-want +got):\n%s", diff)
	}
}

func TestSealIsLeftOnceAndForeignAnnotationsStay(t *testing.T) {
	t.Parallel()
	h := newPractice(t)
	h.setTraffic(byName(baseline, 100, ""))
	h.edit(&runpb.Service{Annotations: map[string]string{"team": "a"}}, "annotations")
	for _, epoch := range []deploy.Epoch{7, 8} {
		if _, err := h.connect(nil).Shift(t.Context(), h.back(epoch)); err != nil {
			t.Fatal(err)
		}
		h.Finish()
	}
	if got := h.Changes(); got != 1 {
		t.Errorf("%d changes for one return of traffic by two owners, want 1", got)
	}
	want := map[string]string{"team": "a", "slipway-epoch": "7", "slipway-seal": "app-42/rollback/traffic"}
	if diff := cmp.Diff(want, h.server.Service(h.name).GetAnnotations()); diff != "" {
		t.Errorf("annotations (-want +got):\n%s", diff)
	}
}
