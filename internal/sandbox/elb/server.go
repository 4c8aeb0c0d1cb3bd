package elb

import (
	"context"
	"net/http"
	"sync"
	"time"
)

// The account and region of the practice range.
const (
	Account = "123456789012"
	Region  = "us-east-1"
)

// Options of New; nil means all defaults.
type Options struct {
	// Clock drives every delay; nil means the wall clock.
	Clock Clock
	// Settle is how long traffic takes to follow actions that were changed. Zero: at once.
	Settle time.Duration
	// Hold has traffic follow changed actions only when Finish is called, whatever Settle says.
	Hold bool
	// HealthAfter is when a target is first checked after it was added: the soonest that it can be healthy.
	HealthAfter time.Duration
	// HealthEvery is the time between checks of a target; zero means DefaultHealthEvery.
	HealthEvery time.Duration
	// Drain is how long a target that was removed is still described. Zero: it is gone at once.
	Drain time.Duration
	// Metrics hears what users were answered; nil: nobody listens.
	Metrics Metrics
}

// DefaultHealthEvery is how often a target is checked when nothing else is said.
const DefaultHealthEvery = 2 * time.Second

// Metrics hears what users were answered, from many goroutines and under the server's lock: it has to be quick, and must
// not call the server. Target groups and load balancers are given as CloudWatch's dimensions have them: targetgroup/NAME/ID
// and app/NAME/ID. What a rule answers without a target (a fixed response, a redirect) is not told, nor whom nobody waited for.
type Metrics interface {
	// Request is one request that a target answered with status, by either listener, and how long that took.
	Request(targetGroup, loadBalancer string, status int, took time.Duration)
	// Unanswered is one that the load balancer answered with a 502 or 504 since the target did not, or, without a target
	// group, with a 503 since there was none.
	Unanswered(targetGroup, loadBalancer string)
	// Hosts is how many targets of a group are healthy from now on, and how many are not; draining ones are neither.
	Hosts(targetGroup, loadBalancer string, healthy, unhealthy int)
}

// Server is the load balancers of one account and region. Its methods may be called from any goroutine.
type Server struct {
	opts      Options
	clock     Clock
	transport *http.Transport
	checks    *http.Client

	ctx    context.Context //nolint:containedctx // it is the server's own life, ended by Close
	cancel context.CancelFunc
	work   sync.WaitGroup
	told   chan struct{} // has room for one: something has changed since the subscribers were told

	mu          sync.Mutex
	closed      bool
	balancers   []*balancer
	groups      []*group
	tags        map[string]map[string]string
	subscribers []func()
	changes     []Change
	loads       map[string]*load
}

// New makes a server without load balancers.
func New(opts *Options) *Server {
	s := &Server{
		tags: map[string]map[string]string{}, loads: map[string]*load{}, told: make(chan struct{}, 1),
		transport: &http.Transport{MaxIdleConnsPerHost: maxInFlight, ResponseHeaderTimeout: time.Minute},
	}
	if opts != nil {
		s.opts = *opts
	}
	if s.clock = s.opts.Clock; s.clock == nil {
		s.clock = realClock{}
	}
	if s.opts.HealthEvery <= 0 {
		s.opts.HealthEvery = DefaultHealthEvery
	}
	s.checks = &http.Client{Transport: s.transport, Timeout: checkTimeout, CheckRedirect: stay}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	return s
}

// Close ends the practice traffic, the checks and the listeners. Requests in flight are cut.
func (s *Server) Close() error {
	s.mu.Lock()
	s.closed = true
	var open []*http.Server
	for _, b := range s.balancers {
		for _, l := range b.listeners {
			open = append(open, l.http)
		}
	}
	s.mu.Unlock()
	s.cancel()
	for _, srv := range open {
		_ = srv.Close()
	}
	s.work.Wait()
	s.transport.CloseIdleConnections()
	return nil
}

// Subscribe has f called after any change of targets, of health, of actions or of what is in effect: on a goroutine of
// the server's, so that f may call the server, and once for all that happened since the last time.
func (s *Server) Subscribe(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.subscribers = append(s.subscribers, f)
	if len(s.subscribers) > 1 || s.closed {
		return
	}
	s.work.Go(func() {
		for {
			select {
			case <-s.told:
			case <-s.ctx.Done():
				return
			}
			s.mu.Lock()
			all := s.subscribers[:len(s.subscribers):len(s.subscribers)]
			s.mu.Unlock()
			for _, f := range all {
				f()
			}
		}
	})
}

// tell wakes the subscribers. It never waits.
func (s *Server) tell() {
	select {
	case s.told <- struct{}{}:
	default:
	}
}

// after has f called with the lock held, and the subscribers told. The caller holds the lock; without a delay f is called at once.
func (s *Server) after(d time.Duration, f func()) {
	if d <= 0 {
		f()
		s.tell()
		return
	}
	s.clock.AfterFunc(d, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if !s.closed {
			f()
			s.tell()
		}
	})
}
