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

// between stands still once between reading a release and reading its journal, after it was armed.
type between struct {
	*store.Store
	armed  atomic.Bool
	loaded chan struct{}
	resume chan struct{}
}

func (s *between) Journal(ctx context.Context, id deploy.ReleaseID, after int64) ([]deploy.Entry, error) {
	if s.armed.Swap(false) {
		close(s.loaded)
		<-s.resume
	}
	return s.Store.Journal(ctx, id, after)
}

var _ slack.AnnouncerStore = (*between)(nil)

// A gate that opens after the release has been read, and before its journal has, is asked about once, and not told of in a
// line as well.
func TestAGateThatOpensWhileItsReleaseIsReadIsAskedAboutOnce(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	from := &between{Store: s.store, loaded: make(chan struct{}), resume: make(chan struct{})}
	p := s.release(gated).until("traffic/10")
	s.announceFrom(from, "one", nil)
	s.toldOnce(p)
	s.clock.leap(time.Minute) // Slack takes several posts at once again
	from.armed.Store(true)
	p.until("traffic/10/bake")
	<-from.loaded
	p.until("traffic/100/gate")
	close(from.resume)
	eventually(t, s.w, "the question", s.threadHas("wants 100 %"))
	s.toldOnce(p)
}
