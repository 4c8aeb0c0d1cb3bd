package cloudsql

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"
)

// endWithin is how long calls in progress have for their answers once the server is closed. What a call waits for ends
// with the server, so this is for connections over which nothing was asked.
const endWithin = time.Second

// Start listens on addr ("" means 127.0.0.1 and a free port) and serves until Close.
func (s *Server) Start(addr string) error {
	if addr == "" {
		addr = "127.0.0.1:0"
	}
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return fmt.Errorf("listen for cloud sql: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return errors.Join(errors.New("start cloud sql: closed already"), l.Close())
	}
	s.addr = l.Addr().String()
	s.work.Go(func() { _ = s.http.Serve(l) }) // returns at Close
	return nil
}

// Addr is the host:port of the API, or "" before Start.
func (s *Server) Addr() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.addr
}

// hangUp lets calls in progress be answered and ends every connection.
func (s *Server) hangUp() error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(s.ctx), endWithin)
	defer cancel()
	if err := s.http.Shutdown(ctx); err == nil {
		return nil
	}
	if err := s.http.Close(); err != nil && !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("close cloud sql: %w", err)
	}
	return nil
}
