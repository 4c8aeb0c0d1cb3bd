package ecs

import (
	"context"
	"errors"
	"math/rand"
	"sync"

	"slipway/internal/sandbox/sampleapp"
)

// Server is one practice ECS. Its methods may be called from any goroutine.
type Server struct {
	opts  Options
	clock Clock
	wake  broadcast
	kicks chan struct{}

	ctx    context.Context //nolint:containedctx // it is the server's own life, ended by Close
	cancel context.CancelFunc
	work   sync.WaitGroup

	mu            sync.Mutex
	closed        bool
	random        *rand.Rand
	addresses     int // tasks that were given an IP address
	clusters      []*cluster
	families      map[string]*family
	registrations int
	behaviours    map[behaviourKey]*sampleapp.Behaviour
	stores        map[string]*sampleapp.State // by service
	turn          turn
	timer         func() bool
}

type behaviourKey struct{ service, version string }

// New makes a platform with nothing on it. Names it generates follow from a fixed seed, so that two runs of one script
// see the same ones. The caller closes it.
func New(opts *Options) *Server {
	s := &Server{
		kicks:      make(chan struct{}, 1),
		random:     rand.New(rand.NewSource(1)),
		families:   map[string]*family{},
		behaviours: map[behaviourKey]*sampleapp.Behaviour{},
		stores:     map[string]*sampleapp.State{},
	}
	if opts != nil {
		s.opts = *opts
	}
	s.opts.fill()
	s.clock = s.opts.Clock
	s.ctx, s.cancel = context.WithCancel(context.Background())
	if s.opts.Balancer != nil {
		s.opts.Balancer.Subscribe(s.kick)
	}
	s.work.Go(s.schedule)
	return s
}

// Changed returns a channel that is closed at the next change of anything that can be asked for. Take the channel, look,
// and only then wait for it.
func (s *Server) Changed() <-chan struct{} { return s.wake.channel() }

// Close stops every task and returns when nothing runs any more. Closing twice is harmless.
func (s *Server) Close() error {
	s.mu.Lock()
	s.closed = true
	if s.timer != nil {
		s.timer()
	}
	var apps []*app
	for _, c := range s.clusters {
		for _, svc := range c.services {
			for _, a := range svc.apps {
				apps = append(apps, a)
			}
			svc.apps = nil
		}
	}
	s.mu.Unlock()
	s.cancel()
	var err error
	for _, a := range apps {
		err = errors.Join(err, a.close())
	}
	s.work.Wait()
	return err
}

// Behaviour is what goes wrong with the tasks of a service that carry this version, those that run and those to come.
// service is its short name.
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
		b.Notify(s.kick)
		s.behaviours[key] = b
	}
	return b
}

// broadcast wakes everyone who waits.
type broadcast struct {
	mu sync.Mutex
	ch chan struct{}
}

func (b *broadcast) channel() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ch == nil {
		b.ch = make(chan struct{})
	}
	return b.ch
}

func (b *broadcast) signal() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ch != nil {
		close(b.ch)
		b.ch = nil
	}
}
