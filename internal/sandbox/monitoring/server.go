package monitoring

import (
	"context"
	"sync"
	"time"

	"cloud.google.com/go/monitoring/apiv3/v2/monitoringpb"
	"google.golang.org/grpc"

	"slipway/internal/deploy"
	"slipway/internal/sandbox/grpcserver"
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
	*grpcserver.Server // Start, Addr, Close

	opts Options

	ctx    context.Context //nolint:containedctx // it is the server's own life, ended by Close
	cancel context.CancelFunc

	mu    sync.Mutex
	fault Fault
	shown time.Time // up to here samples could be read already

	policies []*monitoringpb.AlertPolicy // under mu, too

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
	s.policies = seeded(s.opts.Project)
	s.ctx, s.cancel = context.WithCancel(context.Background())
	s.Server = grpcserver.New("cloud monitoring", grpc.UnaryInterceptor(s.intercept))
	monitoringpb.RegisterMetricServiceServer(s.Server, s)
	monitoringpb.RegisterAlertPolicyServiceServer(s.Server, alerting{Server: s})
	return s
}

// Close ends calls in progress and returns when nothing runs any more. Closing twice is harmless.
func (s *Server) Close() error {
	s.cancel()
	return s.Server.Close()
}
