package slack_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"slipway/internal/commands/slack"
	"slipway/internal/deploy"
)

// past is what a store says of the releases before.
type past struct {
	deploy.Reader
	releases []deploy.Release
	err      error
	read     int
	limit    int
}

func (p *past) History(_ context.Context, _ deploy.Target, limit int) ([]deploy.Release, error) {
	p.read++
	p.limit = limit
	return p.releases, p.err
}

// before is a release in which the new revision took so long.
func before(number int, state deploy.State, took time.Duration) deploy.Release {
	return deploy.Release{Number: number, State: state, Steps: []deploy.Step{
		{Name: "deploy/revision", Kind: deploy.KindRevision, Status: deploy.Done, Begun: noon, EndedAt: noon.Add(took)},
	}}
}

func TestHowLongStepsTakeIsLearntFromWhatHasEndedBefore(t *testing.T) {
	t.Parallel()
	p := &past{releases: []deploy.Release{
		before(43, deploy.Succeeded, time.Hour), before(42, deploy.Running, time.Hour), before(41, deploy.Succeeded, 40*time.Second),
		before(40, deploy.RolledBack, 50*time.Second), before(39, deploy.Running, time.Hour), before(38, deploy.Failed, 60*time.Second),
	}}
	var h slack.History
	r := newRelease(t, nil)
	want := deploy.Usual{"deploy/revision": 50 * time.Second}
	if diff := cmp.Diff(want, h.Of(t.Context(), p, r)); diff != "" {
		t.Error(diff)
	}
	if p.limit != 11 {
		t.Errorf("%d releases are read: itself and ten before", p.limit)
	}
	p.releases = nil
	if diff := cmp.Diff(want, h.Of(t.Context(), p, r)); diff != "" || p.read != 1 {
		t.Errorf("read %d times:\n%s", p.read, diff)
	}
}

func TestHistoryThatCannotBeReadIsReadAgain(t *testing.T) {
	t.Parallel()
	p := &past{err: &deploy.Error{Code: deploy.Unavailable, Msg: "Redis did not answer"}}
	var h slack.History
	r := newRelease(t, nil)
	if u := h.Of(t.Context(), p, r); u != nil {
		t.Errorf("learnt %v from nothing", u)
	}
	p.releases, p.err = []deploy.Release{before(41, deploy.Succeeded, 40*time.Second)}, nil
	if u := h.Of(t.Context(), p, r); u["deploy/revision"] != 40*time.Second {
		t.Errorf("learnt %v", u)
	}
}

func TestHistoryIsRememberedOfSoManyReleases(t *testing.T) {
	t.Parallel()
	p := &past{}
	var h slack.History
	for i := range 1000 {
		r := newRelease(t, nil)
		r.ID = deploy.ReleaseID(fmt.Sprintf("coditect-app-%d", i))
		h.Of(t.Context(), p, r)
		if n := h.Remembered(); n > 200 {
			t.Fatalf("of %d", n)
		}
	}
}
