package slack_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"slipway/internal/commands/slack"
	"slipway/internal/deploy"
	"slipway/internal/store"
)

// slow is a store that takes a lease's time to confirm the first note of a post.
type slow struct {
	*store.Store
	clock quick
	times atomic.Int64
}

func (s *slow) SaveAnnouncement(ctx context.Context, id deploy.ReleaseID, a deploy.Announcement, e deploy.Epoch, yield bool, d time.Duration) error {
	err := s.Store.SaveAnnouncement(ctx, id, a, e, yield, d)
	if a.Posting != "" && !yield && s.times.Add(1) == 1 {
		s.clock.leap(5 * time.Second)
	}
	return err
}

var _ slack.AnnouncerStore = (*slow)(nil)

// What was noted too long ago to be sent is looked for, and then sent, also if nothing changes about the release meanwhile.
func TestAPostThatCameTooLateIsMadeUpFor(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	p := s.release(oneStep)
	p.until("")
	s.announceFrom(&slow{Store: s.store, clock: s.clock}, "one", nil)
	eventually(t, s.w, "the end", s.shows("100 % of traffic on v1.2.4 since"))
	s.toldOnce(p)
	if n := len(s.parents()); n != 1 {
		t.Errorf("%d parents", n)
	}
}
