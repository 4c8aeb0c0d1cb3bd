package scans

import (
	"context"
	"strings"
	"sync"
	"time"

	"google.golang.org/genproto/googleapis/grafeas/v1"
	"google.golang.org/grpc"

	"slipway/internal/sandbox/grpcserver"
)

// DefaultProject is that of the deployment guide.
const DefaultProject = "my-gcp-project"

// Options of New; nil means all defaults.
type Options struct {
	// Project is whose images these are; default the guide's.
	Project string
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// Server is one practice Artifact Analysis. Its methods may be called from any goroutine.
type Server struct {
	*grpcserver.Server // Start, Addr

	opts    Options
	closing context.Context //nolint:containedctx // the server's own life
	close   context.CancelFunc

	mu    sync.Mutex
	fault Fault
	scans []scan
}

// scan is that of an image.
type scan struct {
	Scan

	repository, digest string
}

// New makes an Artifact Analysis that knows no image and does not listen yet.
func New(opts *Options) *Server {
	s := &Server{}
	if opts != nil {
		s.opts = *opts
	}
	if s.opts.Project == "" {
		s.opts.Project = DefaultProject
	}
	if s.opts.Now == nil {
		s.opts.Now = time.Now
	}
	s.closing, s.close = context.WithCancel(context.Background())
	s.Server = grpcserver.New("artifact analysis", grpc.UnaryInterceptor(s.intercept))
	s.RegisterService(&service, s)
	return s
}

// Close breaks slow answers off, lets other calls in progress end and returns when nothing runs any more. Closing twice is
// harmless.
func (s *Server) Close() error {
	s.close()
	return s.Server.Close()
}

// Put says what was found in an image; an earlier scan of it is replaced. repository is without a registry, as in
// my-gcp-project/coditect.
func (s *Server) Put(repository, digest string, found Scan) {
	if found.Status == grafeas.DiscoveryOccurrence_ANALYSIS_STATUS_UNSPECIFIED {
		found.Status = grafeas.DiscoveryOccurrence_FINISHED_SUCCESS
	}
	if found.At.IsZero() {
		found.At = s.opts.Now()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, known := range s.scans {
		if known.repository == repository && known.digest == digest {
			s.scans[i].Scan = found
			return
		}
	}
	s.scans = append(s.scans, scan{found, repository, digest})
}

// is says whether a resource (https://registry/repository@digest) is the image.
func (k scan) is(resource string) bool {
	rest, secure := strings.CutPrefix(resource, "https://")
	name, digest, _ := strings.Cut(rest, "@")
	_, path, _ := strings.Cut(name, "/")
	return secure && digest == k.digest && (path == k.repository || strings.HasSuffix(path, "/"+k.repository))
}
