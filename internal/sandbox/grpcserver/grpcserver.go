// Package grpcserver is how a practice API of the sandbox listens: it is started on an address, and closed once nothing
// runs any more.
//
// It never knows what is served, and never leaves the address that it was given.
package grpcserver

import (
	"errors"
	"fmt"
	"net"
	"sync"

	"google.golang.org/grpc"
)

// Server serves what was registered with it. Its methods may be called from any goroutine.
type Server struct {
	name string
	grpc *grpc.Server
	work sync.WaitGroup

	mu     sync.Mutex
	closed bool
	addr   string
}

// New makes a server that does not listen yet. name stands in its errors, opts are gRPC's.
func New(name string, opts ...grpc.ServerOption) *Server {
	return &Server{name: name, grpc: grpc.NewServer(opts...)}
}

// RegisterService makes it a grpc.ServiceRegistrar, for generated code. After Start it is too late.
func (s *Server) RegisterService(desc *grpc.ServiceDesc, impl any) {
	s.grpc.RegisterService(desc, impl)
}

// Start listens on addr ("" means 127.0.0.1 and a free port) and serves until Close.
func (s *Server) Start(addr string) error {
	if addr == "" {
		addr = "127.0.0.1:0"
	}
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return fmt.Errorf("listen for %s: %w", s.name, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return errors.Join(fmt.Errorf("start %s: closed already", s.name), l.Close())
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

// Close lets calls in progress end and returns when nothing runs any more. Closing twice is harmless.
func (s *Server) Close() error {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.grpc.GracefulStop()
	s.work.Wait()
	return nil
}
