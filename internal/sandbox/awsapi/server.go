package awsapi

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"
)

const (
	// endWithin is how long calls in progress have for their answers once the server is closed.
	endWithin = time.Second
	// headersWithin bounds the wait for a request that was begun.
	headersWithin = 10 * time.Second
)

// Options of New; nil means all defaults.
type Options struct {
	// Now is the clock of the log of calls; nil means time.Now.
	Now func() time.Time
}

// Server is one address of the practice AWS. Its methods may be called from any goroutine.
type Server struct {
	now    func() time.Time
	http   *http.Server
	calls  calls
	faults faults
	work   sync.WaitGroup
	ctx    context.Context //nolint:containedctx // it is the server's own life, ended by Close
	cancel context.CancelFunc

	mu      sync.Mutex
	closed  bool
	addr    string
	apis    []*API
	request int // how many answers have been numbered
}

// New makes a server without APIs that does not listen yet.
func New(opts *Options) *Server {
	s := &Server{now: time.Now}
	if opts != nil && opts.Now != nil {
		s.now = opts.Now
	}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	s.http = &http.Server{Handler: s, ReadHeaderTimeout: headersWithin}
	return s
}

// Handle adds an API, or replaces the one of the same name, for calls that arrive from now on.
func (s *Server) Handle(api API) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, known := range s.apis {
		if known.Name == api.Name {
			s.apis[i] = &api
			return
		}
	}
	s.apis = append(s.apis, &api)
}

// Start listens on addr ("" means 127.0.0.1 and a free port) and serves until Close.
func (s *Server) Start(addr string) error {
	if addr == "" {
		addr = "127.0.0.1:0"
	}
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return fmt.Errorf("listen for the practice AWS: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return errors.Join(errors.New("start the practice AWS: closed already"), l.Close())
	}
	s.addr = l.Addr().String()
	s.work.Go(func() { _ = s.http.Serve(l) }) // returns at Close
	return nil
}

// Addr is the host:port that it listens on, or "" before Start.
func (s *Server) Addr() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.addr
}

// URL is what AWS_ENDPOINT_URL and the SDK's BaseEndpoint take, or "" before Start.
func (s *Server) URL() string {
	if addr := s.Addr(); addr != "" {
		return "http://" + addr
	}
	return ""
}

// Close lets calls in progress be answered, those that would never be but cut, and returns when nothing runs any more.
// Closing twice is harmless.
func (s *Server) Close() error {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.cancel()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(s.ctx), endWithin)
	defer cancel()
	err := s.http.Shutdown(ctx)
	if err != nil {
		err = s.http.Close()
	}
	s.work.Wait()
	if err != nil && !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("close the practice AWS: %w", err)
	}
	return nil
}

// nextID numbers an answer, in the form that AWS gives request ids.
func (s *Server) nextID() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.request++
	return fmt.Sprintf("00000000-0000-4000-8000-%012d", s.request)
}
