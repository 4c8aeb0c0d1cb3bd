package secrets

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"sync"
	"time"

	"cloud.google.com/go/secretmanager/apiv1/secretmanagerpb"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"slipway/internal/sandbox/grpcserver"
)

const (
	// DefaultProject is that of the deployment guide, and ProjectNumber what Google's own answers call it.
	DefaultProject = "my-gcp-project"
	ProjectNumber  = "314159265358"
)

// The secrets of the deployment guide, with their practice values.
const (
	APIKeyName      = "api-key"
	APIKey          = "practice-key-5f2c8e91d7"
	DatabaseURLName = "database-url"
	DatabaseURL     = "postgresql://coditect:practice-password@10.0.0.5:5432/coditect"
)

const (
	newest    = "latest"
	mostBytes = 64 << 10 // of a value, as the real one
)

// Options of New; nil means all defaults.
type Options struct {
	// Project is whose secrets these are; default the guide's.
	Project string
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// Server is one practice Secret Manager. Its methods may be called from any goroutine.
type Server struct {
	secretmanagerpb.UnimplementedSecretManagerServiceServer
	*grpcserver.Server // Start, Addr, Close

	opts Options

	mu      sync.Mutex
	fault   Fault
	secrets map[string][]version // by name, oldest version first
}

type version struct {
	value string
	made  time.Time
}

// New makes a Secret Manager with the secrets of the deployment guide, a version of each, that does not listen yet.
func New(opts *Options) *Server {
	s := &Server{secrets: map[string][]version{}}
	if opts != nil {
		s.opts = *opts
	}
	if s.opts.Project == "" {
		s.opts.Project = DefaultProject
	}
	if s.opts.Now == nil {
		s.opts.Now = time.Now
	}
	for name, value := range map[string]string{APIKeyName: APIKey, DatabaseURLName: DatabaseURL} {
		s.secrets[name] = []version{{value, s.opts.Now()}}
	}
	s.Server = grpcserver.New("secret manager", grpc.UnaryInterceptor(s.intercept))
	secretmanagerpb.RegisterSecretManagerServiceServer(s.Server, s)
	return s
}

// Put gives a secret a new version, which is its latest from now on. Larger values than Secret Manager takes are an
// error.
func (s *Server) Put(name, value string) error {
	if len(value) > mostBytes {
		return fmt.Errorf("secret %s: %d bytes are more than %d", name, len(value), mostBytes)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.secrets[name] = append(s.secrets[name], version{value, s.opts.Now()})
	return nil
}

// Names lists the secrets, those too that are missing by a fault.
func (s *Server) Names() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Sorted(maps.Keys(s.secrets))
}

// Value is what a revision is started with: a version ("latest", or a number) of a secret of a project. It does not ask
// over the API, so it knows nothing of Fault.Down and Fault.Denied.
func (s *Server) Value(project, name, id string) (value string, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.ours(project) {
		return "", false
	}
	v, _, ok := s.find(name, id)
	return v.value, ok
}

// find is a version of a secret, and its number. Under mu.
func (s *Server) find(name, id string) (v version, number int, ok bool) {
	versions := s.secrets[name]
	if slices.Contains(s.fault.Missing, name) || len(versions) == 0 {
		return version{}, 0, false
	}
	number = len(versions)
	if id != newest {
		n, err := strconv.Atoi(id)
		if err != nil || n < 1 || n > len(versions) {
			return version{}, 0, false
		}
		number = n
	}
	return versions[number-1], number, true
}

func (s *Server) ours(project string) bool {
	return project == s.opts.Project || project == ProjectNumber
}

func (s *Server) intercept(ctx context.Context, req any, _ *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
	if s.Fault().Down {
		return nil, status.Error(codes.Unavailable, "The service is currently unavailable.")
	}
	return handler(ctx, req)
}
