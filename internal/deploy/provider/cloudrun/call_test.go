package cloudrun_test

import (
	"testing"
	"time"

	"google.golang.org/grpc/codes"

	"slipway/internal/deploy"
	"slipway/internal/deploy/provider/cloudrun"
	sandbox "slipway/internal/sandbox/cloudrun"
)

func TestReadsAreTriedAgainAndWritesAreNot(t *testing.T) {
	t.Parallel()
	h := newPractice(t)
	p := h.connect(nil)
	h.inject(sandbox.Fault{Kind: sandbox.Refuse, Method: "GetService", Count: 2})
	if _, err := p.Describe(t.Context(), h.ref); err != nil {
		t.Errorf("after two refusals: %v", err)
	}
	h.server.ForgetCalls()
	h.inject(sandbox.Fault{Kind: sandbox.Refuse, Method: "UpdateService", Count: 1})
	_, err := p.Retire(t.Context(), h.ref, userTag)
	if deploy.CodeOf(err) != deploy.Unavailable {
		t.Errorf("a refused write: %v", err)
	}
	if got := len(h.updates()); got != 1 {
		t.Errorf("%d writes were sent, want 1", got)
	}
	h.server.ForgetCalls()
	h.inject(sandbox.Fault{Kind: sandbox.Refuse, Method: "GetService", Code: codes.PermissionDenied})
	if _, err := p.Describe(t.Context(), h.ref); deploy.CodeOf(err) != deploy.Forbidden || len(h.server.Calls()) != 1 {
		t.Errorf("a refusal for good: %v after %d calls, want one", err, len(h.server.Calls()))
	}
}

func TestAnAnswerThatDoesNotComeIsNotWaitedForLong(t *testing.T) {
	t.Parallel()
	h := newPractice(t)
	p := h.connect(&cloudrun.Options{ReadTimeout: 40 * time.Millisecond, WriteTimeout: 40 * time.Millisecond})
	if _, err := p.Describe(t.Context(), h.ref); err != nil {
		t.Fatal(err)
	}
	h.inject(sandbox.Fault{Kind: sandbox.NeverAnswer, Method: "UpdateService", Count: 1})
	h.inject(sandbox.Fault{Kind: sandbox.NeverAnswer, Method: "GetRevision", Count: 1})
	_, write := p.Retire(t.Context(), h.ref, userTag)
	_, read := p.Revision(t.Context(), h.ref, baseline)
	for name, err := range map[string]error{"write": write, "read": read} {
		if deploy.CodeOf(err) != deploy.Unavailable || deploy.Message(err) != "Cloud Run did not answer in time" {
			t.Errorf("%s: %v", name, err)
		}
	}
}
