package main

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"slipway/internal/deploy"
	"slipway/internal/store"
	"slipway/internal/store/storetest"
)

// stored is a store with one release that nobody drives.
func stored(t *testing.T) (*store.Store, deploy.ReleaseID) {
	t.Helper()
	s, err := store.Open(t.Context(), storetest.StartRedis(t).URL(0), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	made, err := s.Create(t.Context(), wanted(t), "event")
	if err != nil {
		t.Fatal(err)
	}
	return s, made.Release.ID
}

func wanted(t *testing.T) deploy.Release {
	t.Helper()
	r, err := deploy.NewRelease(deploy.Ask{Kind: deploy.Deploy, Target: deploy.Target{Service: "app", Environment: "production"},
		Version: "v2", Requester: "U0ALICE", Spec: deploy.Spec{Strategy: deploy.Strategy{Steps: []deploy.TrafficStep{{Percent: 100}}}}})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestUnlockFreesATargetThatNoReplicaLooksAfter(t *testing.T) {
	t.Parallel()
	s, id := stored(t)
	var out bytes.Buffer
	signal := deploy.Signal{Kind: deploy.SignalAbandon, By: "os:root", Reason: "break-glass: Slack is down"}
	if err := say(t.Context(), s, id, signal, &out); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), "abandoned") || !strings.Contains(out.String(), "break-glass: Slack is down") {
		t.Errorf("it says:\n%s", out.String())
	}
	if holder, err := s.Holder(t.Context(), deploy.Target{Service: "app", Environment: "production"}); err != nil || holder != "" {
		t.Errorf("held by %q, %v", holder, err)
	}
	if made, err := s.Create(t.Context(), wanted(t), "another event"); err != nil || !made.Fresh {
		t.Errorf("the next release: %+v, %v", made, err)
	}
	out.Reset()
	if err := journal(t.Context(), s, id, &out); err != nil {
		t.Fatal(err)
	}
	if last := out.String(); !strings.Contains(last, "os:root") || !strings.Contains(last, "abandoned: break-glass: Slack is down") {
		t.Errorf("the journal does not record who let go and why:\n%s", last)
	}
}

func TestUnlockWaitsForTheLeaseOfAReplicaThatDied(t *testing.T) {
	t.Parallel()
	s, id := stored(t)
	claim, err := s.Claim(t.Context(), id, "a replica that died", 5*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := say(t.Context(), s, id, deploy.Signal{Kind: deploy.SignalAbandon, By: "os:root", Reason: "break-glass: x"}, &out); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Beat(t.Context(), id, claim.Epoch, time.Second); deploy.CodeOf(err) != deploy.Fenced {
		t.Errorf("the former owner's beat: %v, want fenced", err)
	}
}

func TestShowAndJournalOfWhatIsNotThere(t *testing.T) {
	t.Parallel()
	s, id := stored(t)
	var out bytes.Buffer
	if err := show(t.Context(), s, "", &out); err != nil || !strings.Contains(out.String(), string(id)) {
		t.Errorf("what is under way: %v\n%s", err, out.String())
	}
	for name, err := range map[string]error{"show": show(t.Context(), s, "app-99", &out), "journal": journal(t.Context(), s, "app-99", &out)} {
		if deploy.CodeOf(err) != deploy.NotFound {
			t.Errorf("%s of a release that is not there: %v", name, err)
		}
	}
}

func TestUnlockWantsTheIDTwice(t *testing.T) {
	t.Parallel()
	err := unlockCommand{word: word{ID: "app-1", Reason: "x"}, Confirm: "app-2"}.Run(t.Context())
	if deploy.CodeOf(err) != deploy.Invalid || !strings.Contains(deploy.Hint(err), "--confirm app-1") {
		t.Errorf("%v; %s", err, deploy.Hint(err))
	}
}

func TestClearLockOpensATargetWithoutSlack(t *testing.T) {
	t.Parallel()
	s, id := stored(t)
	var out bytes.Buffer
	if err := clearLock(t.Context(), s, id, "Slack is down", &out); deploy.CodeOf(err) != deploy.NotFound {
		t.Fatalf("without a lock: %v", err)
	}
	claim, err := s.Claim(t.Context(), id, "test", time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	r := claim.Release
	r.State, r.By, r.Why, r.Facts.MaxShare = deploy.RolledBack, deploy.Slipway, "errors", 10
	if _, err := s.Commit(t.Context(), deploy.Commit{Release: r, Epoch: claim.Epoch, Entries: []deploy.Entry{{Kind: deploy.EntryState, State: r.State}}}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Create(t.Context(), wanted(t), "while locked"); deploy.CodeOf(err) != deploy.Held {
		t.Fatalf("the next release while locked: %v", err)
	}
	if err := clearLock(t.Context(), s, id, "Slack is down", &out); err != nil {
		t.Fatal(err)
	}
	next := wanted(t)
	next.Version = "v3"
	if made, err := s.Create(t.Context(), next, "once open"); err != nil || !made.Fresh {
		t.Errorf("the next release once open: %v", err)
	}
	kept, err := s.Get(t.Context(), id)
	if err != nil || len(kept.Notes) != 1 || kept.Notes[0].Kind != deploy.NoteUnlocked || kept.Notes[0].Text != "break-glass: Slack is down" {
		t.Errorf("kept with the release: %+v, %v", kept.Notes, err)
	}
}
