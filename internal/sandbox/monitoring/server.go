package monitoring

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"cloud.google.com/go/monitoring/apiv3/v2/monitoringpb"
	"google.golang.org/grpc"

	"slipway/internal/deploy"
)

const (
	// DefaultProject and DefaultLocation are those of the deployment guide.
	DefaultProject  = "my-gcp-project"
	DefaultLocation = "us-central1"
	// DefaultPeriod is how often the real service samples what Cloud Run does.
	DefaultPeriod = time.Minute
)

// Clock says what time it is.
type Clock interface{ Now() time.Time }

// Options of New; nil means all defaults.
type Options struct {
	// Clock is by which samples become visible; nil means the wall clock.
	Clock Clock
	// Project and Location are whose metrics these are; default the guide's.
	Project, Location string
	// Period is the sampling period; default DefaultPeriod.
	Period time.Duration
	// Delay is how long after the end of a sampling period its samples can be read; default 0.
	Delay time.Duration
}

// Server is one practice Cloud Monitoring. Its methods may be called from any goroutine.
type Server struct {
	monitoringpb.UnimplementedMetricServiceServer

	opts Options
	grpc *grpc.Server
	work sync.WaitGroup

	ctx    context.Context //nolint:containedctx // it is the server's own life, ended by Close
	cancel context.CancelFunc

	mu     sync.Mutex
	closed bool
	addr   string
	fault  Fault
	shown  time.Time // up to here samples could be read already

	recorded sync.RWMutex // guards the two maps, not what they lead to
	revision map[revisionKey]*revision
	database map[string]*database
}

type revisionKey struct{ service, name string }

// New makes a Cloud Monitoring without samples that does not listen yet.
func New(opts *Options) *Server {
	s := &Server{revision: map[revisionKey]*revision{}, database: map[string]*database{}}
	if opts != nil {
		s.opts = *opts
	}
	if s.opts.Clock == nil {
		s.opts.Clock = deploy.SystemClock{}
	}
	if s.opts.Project == "" {
		s.opts.Project = DefaultProject
	}
	if s.opts.Location == "" {
		s.opts.Location = DefaultLocation
	}
	if s.opts.Period <= 0 {
		s.opts.Period = DefaultPeriod
	}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	s.grpc = grpc.NewServer(grpc.UnaryInterceptor(s.intercept))
	monitoringpb.RegisterMetricServiceServer(s.grpc, s)
	return s
}

// Start listens on addr ("" means 127.0.0.1 and a free port) and serves until Close.
func (s *Server) Start(addr string) error {
	if addr == "" {
		addr = "127.0.0.1:0"
	}
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return fmt.Errorf("listen for cloud monitoring: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return errors.Join(errors.New("start cloud monitoring: closed already"), l.Close())
	}
	s.addr = l.Addr().String()
	s.work.Go(func() { _ = s.grpc.Serve(l) })
	return nil
}

// Addr is the host:port of the API, or "" before Start.
func (s *Server) Addr() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.addr
}

// Close ends calls in progress and returns when nothing runs any more. Closing twice is harmless.
func (s *Server) Close() error {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.cancel()
	s.grpc.GracefulStop()
	s.work.Wait()
	return nil
}
