package cloudrun

import (
	"context"
	"errors"
	"fmt"
	"math/rand"
	"net"
	"sync"
	"time"

	"cloud.google.com/go/longrunning/autogen/longrunningpb"
	"cloud.google.com/go/run/apiv2/runpb"
	"google.golang.org/grpc"

	"slipway/internal/sandbox/sampleapp"
)

// Options of New; nil means all defaults.
type Options struct {
	// Clock drives every delay of the platform; nil means the wall clock.
	Clock Clock
	// Create is how long a new revision takes to become ready or fail. Zero: before the call answers. An execution of a
	// job takes as long to start.
	Create time.Duration
	// Settle is how long traffic takes to move after it may. Zero: at once.
	Settle time.Duration
	// Pull looks for the image of a new revision; nil means that every image is there and that its tag
	// is its version. FromRegistry asks a real registry.
	Pull Puller
	// Cool is how long a revision keeps its minimum of instances after neither traffic nor a tag leads to it.
	// Zero: it loses them at once.
	Cool time.Duration
	// Secrets gives the values of environment variables that come from secrets; ok is false where a version ("latest",
	// or a number) does not exist. It must not call the server. nil: such variables are not set.
	Secrets func(project, name, version string) (value string, ok bool)
	// Metrics and Logs hear what revisions do and write; nil: nobody listens.
	Metrics Metrics
	Logs    Logs
}

// Server is one practice Cloud Run. Its methods may be called from any goroutine.
type Server struct {
	runpb.UnimplementedServicesServer
	runpb.UnimplementedRevisionsServer
	runpb.UnimplementedExecutionsServer
	longrunningpb.UnimplementedOperationsServer

	opts   Options
	clock  Clock
	grpc   *grpc.Server
	calls  callLog
	faults Faults
	wake   broadcast

	ctx    context.Context //nolint:containedctx // it is the server's own life, ended by Close
	cancel context.CancelFunc
	work   sync.WaitGroup

	mu         sync.Mutex
	closed     bool
	addr       string
	random     *rand.Rand
	etags      int64
	services   map[string]*service
	jobs       map[string]*job // by full name
	operations map[string]*operation
	opOrder    []*operation
	behaviours map[behaviourKey]*sampleapp.Behaviour
	loads      map[string]*load
}

type behaviourKey struct{ service, version string }

// New makes a platform without services that does not listen yet. Names it generates follow from a
// fixed seed, so that two runs of one script see the same ones.
func New(opts *Options) *Server {
	s := &Server{
		random:     rand.New(rand.NewSource(1)),
		services:   map[string]*service{},
		jobs:       map[string]*job{},
		operations: map[string]*operation{},
		behaviours: map[behaviourKey]*sampleapp.Behaviour{},
		loads:      map[string]*load{},
	}
	if opts != nil {
		s.opts = *opts
	}
	if s.clock = s.opts.Clock; s.clock == nil {
		s.clock = realClock{}
	}
	if s.opts.Pull == nil {
		s.opts.Pull = trustTheTag
	}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	s.calls.wake, s.faults.wake = &s.wake, &s.wake
	s.grpc = grpc.NewServer(grpc.UnaryInterceptor(s.intercept))
	runpb.RegisterServicesServer(s.grpc, s)
	runpb.RegisterRevisionsServer(s.grpc, s)
	runpb.RegisterJobsServer(s.grpc, jobsAPI{server: s})
	runpb.RegisterExecutionsServer(s.grpc, s)
	longrunningpb.RegisterOperationsServer(s.grpc, s)
	return s
}

// Start listens on addr ("" means 127.0.0.1 and a free port) and serves until Close.
func (s *Server) Start(addr string) error {
	if addr == "" {
		addr = "127.0.0.1:0"
	}
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return fmt.Errorf("listen for cloud run: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return errors.Join(errors.New("start cloud run: closed already"), l.Close())
	}
	s.addr = l.Addr().String()
	s.work.Go(func() { _ = s.grpc.Serve(l) })
	return nil
}

// Serve serves on l until Close, which also closes l.
func (s *Server) Serve(l net.Listener) error {
	s.mu.Lock()
	s.addr = l.Addr().String()
	s.mu.Unlock()
	if err := s.grpc.Serve(l); err != nil {
		return fmt.Errorf("serve cloud run: %w", err)
	}
	return nil
}

// Addr is the host:port of the API, or "" before Start or Serve.
func (s *Server) Addr() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.addr
}

// Faults is the switchboard of what goes wrong.
func (s *Server) Faults() *Faults { return &s.faults }

// Changed returns a channel that is closed at the next change of anything that can be asked for: a
// call received or answered, a revision ready, traffic moved, an operation ended, a fault used up.
// Take the channel, look, and only then wait for it.
func (s *Server) Changed() <-chan struct{} { return s.wake.channel() }

// Behaviour is what goes wrong with the revisions of a service that carry this version, those that
// exist and those to come. service is the short name.
func (s *Server) Behaviour(service, version string) *sampleapp.Behaviour {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.behaviour(service, version)
}

func (s *Server) behaviour(service, version string) *sampleapp.Behaviour {
	key := behaviourKey{service, version}
	b := s.behaviours[key]
	if b == nil {
		b = &sampleapp.Behaviour{}
		b.Notify(func() { s.behaved(service, b) })
		s.behaviours[key] = b
	}
	return b
}

// Close stops the synthetic traffic, lets calls in progress end (those held by a fault end with
// UNAVAILABLE), closes every address and returns when nothing runs any more. Closing twice is harmless.
func (s *Server) Close() error {
	s.mu.Lock()
	s.closed = true
	loads := s.loads
	s.loads = map[string]*load{}
	s.mu.Unlock()
	for _, l := range loads {
		l.stop()
	}
	s.cancel()
	s.grpc.GracefulStop()

	s.mu.Lock()
	for _, svc := range s.services {
		s.closeEndpoints(svc)
	}
	s.mu.Unlock()
	s.work.Wait()
	return nil
}

// after calls f after d unless the server is closed by then; Close waits for an f that has begun.
func (s *Server) after(d time.Duration, f func()) Timer {
	return s.clock.AfterFunc(d, func() {
		s.mu.Lock()
		if s.closed {
			s.mu.Unlock()
			return
		}
		s.work.Add(1)
		s.mu.Unlock()
		defer s.work.Done()
		f()
	})
}

// pause waits d on the server's clock and reports false if ctx or the server ended first. It wakes
// those who wait for a change once its timer runs: whoever drives the clock may go on then.
func (s *Server) pause(ctx context.Context, d time.Duration) bool {
	over := make(chan struct{})
	t := s.clock.AfterFunc(d, func() { close(over) })
	defer t.Stop()
	s.wake.signal()
	select {
	case <-over:
		return true
	case <-ctx.Done():
		return false
	case <-s.ctx.Done():
		return false
	}
}
