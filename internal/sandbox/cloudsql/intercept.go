package cloudsql

import (
	"context"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
)

// intercept writes the call down on arrival and lets the faults of calls happen around it.
func (s *Server) intercept(ctx context.Context, method string, req proto.Message, handler func(context.Context) (proto.Message, error)) (proto.Message, error) {
	call := &Call{At: s.opts.Now(), Method: method}
	call.describe(req)
	s.calls.received(call)
	resp, err := s.withFaults(context.WithValue(ctx, callKey{}, call), call, handler)
	s.calls.answered(call, status.Code(err))
	return resp, err
}

func (s *Server) withFaults(ctx context.Context, call *Call, handler func(context.Context) (proto.Message, error)) (proto.Message, error) {
	take := func(kind string) (Fault, bool) { return s.faults.take(kind, call.Method, call.Instance) }
	if f, ok := take(Delay); ok {
		if err := s.pause(ctx, f.Delay); err != nil {
			return nil, err
		}
	}
	if f, ok := take(LateEffect); ok {
		ctx = context.WithoutCancel(ctx)
		if err := s.pause(ctx, f.Delay); err != nil {
			return nil, err
		}
	}
	if f, ok := take(Refuse); ok {
		return nil, status.Errorf(orElse(f.Code, codes.Unavailable), "the sandbox refuses %s", call.Method)
	}
	if _, ok := take(Quota); ok {
		return nil, status.Error(codes.ResourceExhausted, "Quota exceeded for quota metric 'Queries' and limit 'Queries per minute per user' of service 'sqladmin.googleapis.com'.")
	}
	resp, err := handler(ctx)
	if err != nil {
		return nil, err
	}
	if f, ok := take(LateAnswer); ok {
		if err := s.pause(ctx, f.Delay); err != nil {
			return nil, err
		}
	}
	if f, ok := take(LoseAnswer); ok {
		return nil, status.Errorf(orElse(f.Code, codes.Unavailable), "the sandbox lost the answer of %s", call.Method)
	}
	return resp, nil
}

// pause waits d, or as long as the call and the server live.
func (s *Server) pause(ctx context.Context, d time.Duration) error {
	over := time.NewTimer(d)
	defer over.Stop()
	select {
	case <-over.C:
		return nil
	case <-ctx.Done():
		return status.FromContextError(ctx.Err()).Err()
	case <-s.ctx.Done():
		return closing()
	}
}

func orElse(code, fallback codes.Code) codes.Code {
	if code == codes.OK {
		return fallback
	}
	return code
}
