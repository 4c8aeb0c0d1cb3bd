package slack_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"slipway/internal/commands"
	"slipway/internal/sandbox/workspace"
)

func TestTheButtonsOfAnIncidentReachTheHandler(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	p := s.fallen()
	s.announce("one", nil)
	in := s.incidentHas("157 of 4,118 requests failed")
	h := &handler{}
	listen(t, s.client, h, nil)
	var want []commands.Press
	for _, b := range []struct {
		label  string
		action commands.Action
	}{
		{"I take this", commands.Take}, {"Open a bug", commands.Bug}, {"Schedule the fix", commands.Fix},
		{"Clear the lock", commands.Unlock}, {"Export report", commands.Report},
	} {
		clicked, err := s.w.ClickAt(t.Context(), "bob", channel, in.TS, b.label, nil)
		if err != nil || clicked.Ack != workspace.Acked {
			t.Fatalf("%s: %+v, %v", b.label, clicked, err)
		}
		if asked := clicked.Confirm != nil; asked != (b.action == commands.Unlock) {
			t.Errorf("%s is asked about: %t", b.label, asked)
		}
		eventually(t, s.w, "the answer", func() bool { return told(s.w, "bob", "pressed "+string(b.action)) })
		want = append(want, commands.Press{By: "U0BOB", Team: workspace.TeamID, Release: p.release.ID, Action: b.action})
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if diff := cmp.Diff(want, h.presses, cmpopts.IgnoreFields(commands.Press{}, "Event")); diff != "" {
		t.Errorf("what the handler heard (-want +got):\n%s", diff)
	}
}
