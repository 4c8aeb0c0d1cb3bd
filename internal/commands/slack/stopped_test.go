package slack_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"slipway/internal/commands/slack"
	"slipway/internal/deploy"
	"slipway/internal/store"
)

// stopping stands still after it has noted the first post, as a process does that was stopped there.
type stopping struct {
	*store.Store
	once   sync.Once
	noted  chan struct{}
	resume chan struct{}
	after  sync.Once
	over   chan struct{} // it has stored what became of the post
}

func (s *stopping) SaveAnnouncement(ctx context.Context, id deploy.ReleaseID, a deploy.Announcement, e deploy.Epoch, yield bool, d time.Duration) error {
	select {
	case <-s.resume:
		defer s.after.Do(func() { close(s.over) })
	default:
	}
	err := s.Store.SaveAnnouncement(ctx, id, a, e, yield, d)
	if err == nil && a.Posting != "" {
		s.once.Do(func() {
			close(s.noted)
			<-s.resume
		})
	}
	return err
}

var _ slack.AnnouncerStore = (*stopping)(nil)

// A replica that was stopped between noting a post and sending it does not send it when it goes on: by then another has
// its lease, has not found the message, and has posted it.
func TestAReplicaThatWasStoppedBeforeAPostDoesNotSendItLater(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	from := &stopping{Store: s.store, noted: make(chan struct{}), resume: make(chan struct{}), over: make(chan struct{})}
	p := s.release(oneStep)
	_, stop := s.announceFrom(from, "one", nil)
	<-from.noted
	s.clock.leap(time.Minute)
	s.announce("two", nil)
	p.until("")
	eventually(t, s.w, "the end", s.shows("100 % of traffic on v1.2.4 since"))
	close(from.resume)
	<-from.over
	stop()
	if n := len(s.parents()); n != 1 {
		t.Fatalf("%d parents", n)
	}
	s.toldOnce(p)
}
