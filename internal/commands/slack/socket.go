package slack

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"
	sdk "github.com/slack-go/slack"
	"golang.org/x/sync/errgroup"

	"slipway/internal/commands"
	"slipway/internal/deploy"
)

// Handler decides what words and presses mean and stores what they ask for before it returns. It is called from
// many goroutines at once.
type Handler interface {
	Command(ctx context.Context, r commands.Request) commands.Reply
	Press(ctx context.Context, p commands.Press) commands.Reply
	// Form is what a press of Attest or Waive opens; if it opens nothing, ok is false and the reply says why.
	Form(ctx context.Context, p commands.Press) (f commands.Form, r commands.Reply, ok bool)
	// Submit takes a form that was sent. With something wrong, by the keys "items" and "reason", nothing was stored.
	Submit(ctx context.Context, f commands.Filled) (r commands.Reply, wrong map[string]string)
}

// SocketOptions change how a Socket works; zero fields mean the defaults.
type SocketOptions struct {
	Connections int                // at least 2, which is the default: while one is renewed the other hears
	Handlers    int                // envelopes handled at once; default 16
	Regrouped   func(group string) // called when Slack says that a user group changed; "" if it is not known which
}

const (
	// handleWithin leaves half a second of Slack's three for the way there and back.
	handleWithin = 2500 * time.Millisecond
	// mostWaiting bounds the envelopes that wait for a handler; more are refused at once, in words.
	mostWaiting = 512
	// linger is how long connections stay after the last acknowledgement was queued: slack-go does not say when it
	// is written.
	linger = 100 * time.Millisecond
	// rejoin is the pause before a connection that ended without a reason is opened again.
	rejoin = time.Second
	// reach is the longest pause between two tries to reach Slack. slack-go's own grow to five minutes, which is how
	// long people would not be heard after Slack has come back.
	reach = 5 * time.Second
)

// Socket brings what people type and press to a Handler over several Socket Mode connections.
type Socket struct {
	client  *Client
	handler Handler
	opts    SocketOptions
	log     zerolog.Logger

	current []atomic.Pointer[link] // one per connection that is wanted
	lives   sync.WaitGroup         // of links, those that are about to go included
	ready   chan struct{}
	once    sync.Once

	slots chan struct{} // one taken per handler at work
	awake *awake
	count counters

	mu       sync.RWMutex
	closed   bool // nothing more is accepted
	inflight sync.WaitGroup
}

// NewSocket makes a socket that connects when it is run.
func NewSocket(c *Client, h Handler, opts *SocketOptions) *Socket {
	s := &Socket{client: c, handler: h, log: c.log, ready: make(chan struct{})}
	if opts != nil {
		s.opts = *opts
	}
	s.opts.Connections = max(s.opts.Connections, 2)
	if s.opts.Handlers <= 0 {
		s.opts.Handlers = 16
	}
	if s.opts.Regrouped == nil {
		s.opts.Regrouped = func(string) {}
	}
	s.slots = make(chan struct{}, s.opts.Handlers)
	s.awake = newAwake(c.clock)
	s.current = make([]atomic.Pointer[link], s.opts.Connections)
	return s
}

// Ready is closed when all connections have been open at the same time.
func (s *Socket) Ready() <-chan struct{} { return s.ready }

// Run connects and serves until ctx ends, which is not an error: what was already heard is then finished and
// acknowledged. It returns an error if Slack refuses the app for good. It may be called once.
func (s *Socket) Run(ctx context.Context) error {
	sockets, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	var g errgroup.Group
	s.lives.Go(func() { s.awake.keep(sockets) })
	failed := make(chan struct{})
	var once sync.Once
	for i := range s.current {
		g.Go(func() error {
			err := s.keep(sockets, i)
			if err != nil {
				once.Do(func() { close(failed) })
			}
			return err
		})
	}
	select {
	case <-ctx.Done():
	case <-failed:
	}
	s.close()
	s.pause(sockets, linger)
	cancel()
	err := g.Wait()
	s.lives.Wait()
	return err
}

// begin starts work on an envelope; false if nothing more is accepted.
func (s *Socket) begin(work func()) bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if !s.closed {
		s.inflight.Go(work)
	}
	return !s.closed
}

// close accepts nothing more and waits for what was begun, which handleWithin, ackWithin and commands.LaterWithin bound.
func (s *Socket) close() {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.inflight.Wait()
}

// keep holds one connection open. When Slack gives notice to one, its successor is opened at once and the old one
// serves until Slack closes it. It ends with ctx, or with an error that no other try mends.
func (s *Socket) keep(ctx context.Context, i int) error {
	unreached := false
	for ctx.Err() == nil {
		l := newLink(s.client.api, i)
		l.brief.Store(unreached)
		s.current[i].Store(l)
		ended := make(chan error, 1)
		s.lives.Go(func() { ended <- s.live(ctx, l) })
		select {
		case <-l.noticed:
			s.log.Info().Int("socket", i).Msg("Slack renews a socket")
			unreached = false
			continue
		case err := <-ended:
			if unreached = errors.Is(err, errUnreached); unreached {
				s.pause(ctx, reach)
				continue
			}
			if remedy, ok := fatal[refusal(err)]; ok {
				return &deploy.Error{Code: deploy.Forbidden, Op: "connect to Slack", Msg: "Slack refuses the app: " + refusal(err), Hint: remedy, Err: err}
			}
			if ctx.Err() == nil {
				s.log.Warn().Err(withoutURL(err)).Int("socket", i).Msg("a socket ended; opening it again")
				s.pause(ctx, rejoin)
			}
		}
	}
	return nil
}

// live runs a link to its end. slack-go opens a connection again that was lost; what comes back here is the end
// of ctx, the end of a link that Slack gave notice to, or something that slack-go does not try again.
func (s *Socket) live(ctx context.Context, l *link) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	l.setStop(stop)
	var listening sync.WaitGroup
	listening.Go(func() { s.listen(ctx, l) })
	err := l.mode.RunContext(ctx)
	l.open.Store(false)
	if cause := context.Cause(ctx); cause != nil && !errors.Is(cause, context.Canceled) {
		err = cause
	}
	stop(nil)
	listening.Wait()
	return err
}

func (s *Socket) pause(ctx context.Context, d time.Duration) {
	timer, stop := s.client.clock.NewTimer(d)
	defer stop()
	select {
	case <-timer:
	case <-ctx.Done():
	}
}

// listen drains the events of a link for as long as it lives: if nobody did, slack-go would stop answering pings
// and lose the connection. What has been heard when it ends is still taken.
func (s *Socket) listen(ctx context.Context, l *link) {
	outlives := context.WithoutCancel(ctx)
	for {
		select {
		case ev := <-l.mode.Events:
			s.hear(outlives, l, ev)
			continue
		case <-ctx.Done():
		}
		select {
		case ev := <-l.mode.Events:
			s.hear(outlives, l, ev)
		default:
			return
		}
	}
}

// opened notes that a connection has had its hello.
func (s *Socket) opened(l *link, connections int) {
	now := s.client.clock.Now()
	l.since.Store(&now)
	l.open.Store(true)
	l.brief.Store(false)
	s.log.Info().Int("socket", l.number).Int("num_connections", connections).Msg("socket connected")
	if s.Connected() == len(s.current) {
		s.once.Do(func() { close(s.ready) })
	}
}

// errUnreached ends a link whose next try slack-go would wait too long with.
var errUnreached = errors.New("slack cannot be reached")

// refusedConnection looks at why a connection could not be opened. slack-go would try again for ever, and more and
// more seldom. How long Slack asks us to wait is waited in any case.
func (s *Socket) refusedConnection(l *link, trouble *sdk.ConnectionErrorEvent) {
	err := trouble.ErrorObj
	s.log.Warn().Err(withoutURL(err)).Int("socket", l.number).Msg("cannot open a socket")
	if _, ok := fatal[refusal(err)]; ok {
		l.end(fmt.Errorf("open a socket: %w", err))
		return
	}
	var asked time.Duration
	if limited, ok := errors.AsType[*sdk.RateLimitedError](err); ok {
		asked = limited.RetryAfter
	}
	if trouble.Backoff > asked && (l.brief.Load() || trouble.Backoff > reach) {
		l.end(errUnreached)
	}
}
