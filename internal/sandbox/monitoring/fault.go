package monitoring

import (
	"context"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// Fault is what goes wrong with Monitoring. The zero value is a healthy one; all of them may be combined. What was
// sampled meanwhile is there again when the fault is over.
type Fault struct {
	// Down answers every call with UNAVAILABLE.
	Down bool
	// Refuse answers every call with this code; OK means that it does not.
	Refuse codes.Code
	// Late shows new samples this much later. What could be read before stays readable.
	Late time.Duration
	// Missing has no samples at all.
	Missing bool
	// NaN answers with values that cannot be: not a number, or negative where the type has nothing else.
	NaN bool
	// Slow delays every answer.
	Slow time.Duration
}

// SetFault replaces what goes wrong, for calls that arrive from now on.
func (s *Server) SetFault(f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.shown = s.horizon()
	s.fault = f
}

// Fault is what goes wrong at present.
func (s *Server) Fault() Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.fault
}

// horizon is up to when samples can be read. Under mu.
func (s *Server) horizon() time.Time {
	h := s.opts.Clock.Now().Add(-s.opts.Delay - s.fault.Late)
	if h.Before(s.shown) {
		return s.shown
	}
	return h
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
		case <-s.ctx.Done():
			return nil, status.Error(codes.Unavailable, "the server is shutting down")
		}
	}
	switch {
	case f.Down:
		return nil, status.Error(codes.Unavailable, "The service is currently unavailable.")
	case f.Refuse != codes.OK:
		return nil, status.Error(f.Refuse, "the sandbox refuses to answer")
	}
	return handler(ctx, req)
}
