package cloudrun

import (
	"context"
	"path"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

type callKey struct{}

// intercept writes the call down on arrival and lets the faults of calls happen around it.
func (s *Server) intercept(ctx context.Context, req any, info *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
	call := &Call{At: s.clock.Now(), Method: path.Base(info.FullMethod)}
	s.describe(call, req)
	s.calls.received(call)
	resp, err := s.withFaults(context.WithValue(ctx, callKey{}, call), call, req, handler)
	s.calls.answered(call, status.Code(err))
	return resp, err
}

func (s *Server) withFaults(ctx context.Context, call *Call, req any, handler grpc.UnaryHandler) (any, error) {
	take := func(kind string) (Fault, bool) { return s.faults.take(kind, call.Method, call.Service) }
	if f, ok := take(Delay); ok && !s.pause(ctx, f.Delay) {
		return nil, s.gaveUp(ctx)
	}
	if f, ok := take(LateEffect); ok {
		ctx = context.WithoutCancel(ctx)
		if !s.pause(ctx, f.Delay) {
			return nil, s.gaveUp(ctx)
		}
	}
	if f, ok := take(Refuse); ok {
		return nil, status.Errorf(orElse(f.Code, codes.Unavailable), "the sandbox refuses %s", call.Method)
	}
	if _, ok := take(NeverAnswer); ok {
		select {
		case <-ctx.Done():
		case <-s.ctx.Done():
		}
		return nil, s.gaveUp(ctx)
	}
	resp, err := handler(ctx, req)
	if err != nil {
		return nil, err
	}
	if f, ok := take(LateAnswer); ok && !s.pause(ctx, f.Delay) {
		return nil, s.gaveUp(ctx)
	}
	if f, ok := take(LoseAnswer); ok {
		return nil, status.Errorf(orElse(f.Code, codes.DeadlineExceeded), "the sandbox lost the answer of %s", call.Method)
	}
	return resp, nil
}

func (s *Server) gaveUp(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return status.FromContextError(err).Err()
	}
	return status.Error(codes.Unavailable, "the server is shutting down")
}

// noteChange marks the call of ctx as one that changed something.
func (s *Server) noteChange(ctx context.Context) {
	if call, ok := ctx.Value(callKey{}).(*Call); ok {
		s.calls.changed(call)
	}
}

func orElse(code, fallback codes.Code) codes.Code {
	if code == codes.OK {
		return fallback
	}
	return code
}
