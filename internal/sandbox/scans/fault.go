package scans

import (
	"context"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// Fault is what goes wrong with Artifact Analysis. The zero value is a healthy one; all of them may be combined.
type Fault struct {
	// Down answers every call with UNAVAILABLE.
	Down bool
	// Denied answers every call with PERMISSION_DENIED.
	Denied bool
	// Slow delays every answer.
	Slow time.Duration
	// Scanning says of every image that its scan has not ended.
	Scanning bool
}

// SetFault replaces what goes wrong, for calls that arrive from now on.
func (s *Server) SetFault(f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fault = f
}

// Fault is what goes wrong at present.
func (s *Server) Fault() Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.fault
}

func (s *Server) intercept(ctx context.Context, req any, _ *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
	f := s.Fault()
	if f.Slow > 0 {
		t := time.NewTimer(f.Slow)
		defer t.Stop()
		select {
		case <-t.C:
		case <-ctx.Done():
			return nil, status.FromContextError(ctx.Err()).Err()
		case <-s.closing.Done():
			return nil, status.Error(codes.Unavailable, "the server is shutting down")
		}
	}
	switch {
	case f.Down:
		return nil, status.Error(codes.Unavailable, "The service is currently unavailable.")
	case f.Denied:
		return nil, status.Error(codes.PermissionDenied, "permission \"containeranalysis.occurrences.list\" denied for project (or it may not exist)")
	}
	return handler(ctx, req)
}
