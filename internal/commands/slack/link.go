package slack

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	sdk "github.com/slack-go/slack"
	"github.com/slack-go/slack/socketmode"
)

// link is one Socket Mode connection with slack-go's client for it, up to its end. A connection that was lost is
// opened again by slack-go and is still the same link; one that Slack gives notice to is followed by another.
type link struct {
	number  int
	mode    *socketmode.Client
	noticed chan struct{} // closed when Slack says that it is going to close the connection

	open  atomic.Bool
	since atomic.Pointer[time.Time] // when it was opened last
	brief atomic.Bool               // one try to open it is enough: its predecessor did not reach Slack
	// life counts the connections that this link has been. An acknowledgement is good on the connection that
	// brought the envelope, so one that comes in another life has to reach the person in another way.
	life atomic.Int64

	mu   sync.Mutex
	stop context.CancelCauseFunc
}

func newLink(api *sdk.Client, number int) *link {
	l := &link{number: number, noticed: make(chan struct{})}
	var once sync.Once
	noticed := func() { once.Do(func() { close(l.noticed) }) }
	left := func() {
		l.life.Add(1)
		l.end(nil)
	}
	l.mode = socketmode.New(api, socketmode.OptionDialer(patientDialer(noticed, left)))
	return l
}

func (l *link) setStop(stop context.CancelCauseFunc) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.stop = stop
}

// end makes slack-go give up, because of err if there is one.
func (l *link) end(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.stop != nil {
		l.stop(err)
	}
}

// Connected is how many connections are open now, without those that Slack has given notice to.
func (s *Socket) Connected() int {
	n := 0
	for i := range s.current {
		if l := s.current[i].Load(); l != nil && l.open.Load() {
			n++
		}
	}
	return n
}

// Counters are totals since the socket was made.
type Counters struct {
	Envelopes  int64 // commands, presses and events heard
	Acked      int64 // acknowledgements handed to a connection
	Unacked    int64 // envelopes whose acknowledgement could not be handed over or written
	Moved      int64 // answers to commands given by response_url: connection renewed meanwhile, or too long
	Refused    int64 // commands and presses turned away because too many were waiting, or at shutdown
	Panics     int64 // handlers that panicked
	Unreadable int64 // frames that could not be understood
	Opened     int64 // connections opened
}

type counters struct {
	envelopes, acked, unacked, moved, refused, panics, unreadable, opened atomic.Int64
	waiting                                                               atomic.Int64 // for a handler, or in one
}

// Counters reads the totals.
func (s *Socket) Counters() Counters {
	c := &s.count
	return Counters{
		Envelopes: c.envelopes.Load(), Acked: c.acked.Load(), Unacked: c.unacked.Load(), Moved: c.moved.Load(),
		Refused: c.refused.Load(), Panics: c.panics.Load(), Unreadable: c.unreadable.Load(), Opened: c.opened.Load(),
	}
}
