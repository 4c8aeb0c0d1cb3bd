package logging

import (
	"context"
	"slices"
	"sync"
	"time"

	"cloud.google.com/go/logging/apiv2/loggingpb"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"slipway/internal/sandbox/grpcserver"
)

const (
	// DefaultProject and DefaultLocation are those of the deployment guide.
	DefaultProject  = "my-gcp-project"
	DefaultLocation = "us-central1"
	// DefaultKeep is how many entries are kept.
	DefaultKeep = 5000
)

// The logs of a Cloud Run revision, and of an execution of a job.
const (
	Stdout = "run.googleapis.com/stdout"
	Stderr = "run.googleapis.com/stderr"
	System = "run.googleapis.com/varlog/system"
)

// Options of New; nil means all defaults.
type Options struct {
	// Project and Location are whose logs these are; default the guide's.
	Project, Location string
	// Keep is how many entries are kept; default DefaultKeep.
	Keep int
}

// Server is one practice Cloud Logging. Its methods may be called from any goroutine.
type Server struct {
	loggingpb.UnimplementedLoggingServiceV2Server
	*grpcserver.Server // Start, Addr, Close

	opts Options

	mu      sync.Mutex
	down    bool
	written int64
	ring    []entry // full: the oldest is at written % Keep
}

// entry is one line that was written.
type entry struct {
	at                time.Time
	number            int64
	job               bool // service and revision are a job and its execution
	service, revision string
	log, severity     string
	text              string
}

// New makes a Cloud Logging without entries that does not listen yet.
func New(opts *Options) *Server {
	s := &Server{}
	if opts != nil {
		s.opts = *opts
	}
	if s.opts.Project == "" {
		s.opts.Project = DefaultProject
	}
	if s.opts.Location == "" {
		s.opts.Location = DefaultLocation
	}
	if s.opts.Keep <= 0 {
		s.opts.Keep = DefaultKeep
	}
	s.Server = grpcserver.New("cloud logging", grpc.UnaryInterceptor(s.intercept))
	loggingpb.RegisterLoggingServiceV2Server(s.Server, s)
	return s
}

// Down makes every call UNAVAILABLE, or ends that.
func (s *Server) Down(down bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.down = down
}

// IsDown says whether calls are UNAVAILABLE.
func (s *Server) IsDown() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.down
}

func (s *Server) intercept(ctx context.Context, req any, _ *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
	if s.IsDown() {
		return nil, status.Error(codes.Unavailable, "The service is currently unavailable.")
	}
	return handler(ctx, req)
}

// Write keeps a line that a revision of a service (short names) wrote at a time. log is Stderr or System, severity one
// of Cloud Logging's, such as ERROR. A line is kept whatever is wrong with reading them.
func (s *Server) Write(service, revision, log, severity, text string, at time.Time) {
	s.keep(entry{at: at, service: service, revision: revision, log: log, severity: severity, text: text})
}

// WriteJob keeps a line that an execution of a job (short names) wrote at a time, as Write does.
func (s *Server) WriteJob(job, execution, log, severity, text string, at time.Time) {
	s.keep(entry{at: at, job: true, service: job, revision: execution, log: log, severity: severity, text: text})
}

func (s *Server) keep(e entry) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e.number = s.written
	if len(s.ring) < s.opts.Keep {
		s.ring = append(s.ring, e)
	} else {
		s.ring[s.written%int64(s.opts.Keep)] = e
	}
	s.written++
}

func (s *Server) entries() []entry {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.ring)
}
