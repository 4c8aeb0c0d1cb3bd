package cloudrun

import (
	"context"
	"strings"
	"time"

	"cloud.google.com/go/longrunning/autogen/longrunningpb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"
	"google.golang.org/protobuf/types/known/emptypb"
)

// operation is one long-running operation. Guarded by Server.mu.
type operation struct {
	name     string
	resource string
	// rev is the revision whose start it waits for, if it asked for one.
	rev *revision
	// state is the service or revision as last seen by the operation: its metadata, and when it ended
	// well its response.
	state   proto.Message
	done    bool
	failure *status.Status
}

func (s *Server) newOperation(resource string, state proto.Message) *operation {
	op := &operation{
		name:     location(resource) + "/operations/" + s.newUUID(),
		resource: resource, state: proto.Clone(state),
	}
	s.operations[op.name] = op
	s.opOrder = append(s.opOrder, op)
	return op
}

// begin opens an operation on a service that observe will end.
func (s *Server) begin(svc *service, rev *revision) *operation {
	op := s.newOperation(svc.pb.Name, svc.pb)
	op.rev = rev
	svc.pending = append(svc.pending, op)
	return op
}

// finished is an operation that is over as it begins.
func (s *Server) finished(resource string, state proto.Message) *operation {
	op := s.newOperation(resource, state)
	op.done = true
	return op
}

func (op *operation) pb() (*longrunningpb.Operation, error) {
	state, err := anypb.New(op.state)
	if err != nil {
		return nil, status.Errorf(codes.Internal, "encode operation: %v", err)
	}
	out := &longrunningpb.Operation{Name: op.name, Metadata: state, Done: op.done}
	switch {
	case op.failure != nil:
		out.Result = &longrunningpb.Operation_Error{Error: op.failure.Proto()}
	case op.done:
		out.Result = &longrunningpb.Operation_Response{Response: state}
	}
	return out, nil
}

func (s *Server) answer(op *operation) (*longrunningpb.Operation, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return op.pb()
}

func (s *Server) serviceOfOperation(name string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	op := s.operations[name]
	switch {
	case op == nil:
		return ""
	case strings.Contains(op.resource, "/revisions/"):
		return serviceOfRevision(op.resource)
	}
	return shortName(op.resource)
}

// GetOperation answers for every operation since the start, as often as it is asked.
func (s *Server) GetOperation(_ context.Context, req *longrunningpb.GetOperationRequest) (*longrunningpb.Operation, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	op := s.operations[req.GetName()]
	if op == nil {
		return nil, status.Errorf(codes.NotFound, "Operation '%s' does not exist.", req.GetName())
	}
	return op.pb()
}

// WaitOperation answers when the operation is done, or with its state when the request's or the
// call's time is up.
func (s *Server) WaitOperation(ctx context.Context, req *longrunningpb.WaitOperationRequest) (*longrunningpb.Operation, error) {
	expired := make(chan struct{})
	if t := req.GetTimeout(); t != nil {
		timer := s.clock.AfterFunc(max(t.AsDuration(), time.Nanosecond), func() { close(expired) })
		defer timer.Stop()
	}
	for {
		changed := s.Changed()
		op, err := s.GetOperation(ctx, &longrunningpb.GetOperationRequest{Name: req.GetName()})
		if err != nil || op.GetDone() {
			return op, err
		}
		select {
		case <-changed:
		case <-expired:
			return op, nil
		case <-ctx.Done():
			return nil, s.gaveUp(ctx)
		case <-s.ctx.Done():
			return nil, s.gaveUp(ctx)
		}
	}
}

// ListOperations lists those of a location, newest first; the filters "done=true" and "done=false" are
// understood, others are INVALID_ARGUMENT.
func (s *Server) ListOperations(_ context.Context, req *longrunningpb.ListOperationsRequest) (*longrunningpb.ListOperationsResponse, error) {
	parent := strings.TrimSuffix(req.GetName(), "/operations")
	if err := checkParent(parent); err != nil {
		return nil, err
	}
	var keep func(*operation) bool
	switch strings.ReplaceAll(strings.ReplaceAll(req.GetFilter(), " ", ""), ":", "=") {
	case "":
		keep = func(*operation) bool { return true }
	case "done=true":
		keep = func(op *operation) bool { return op.done }
	case "done=false":
		keep = func(op *operation) bool { return !op.done }
	default:
		return nil, invalid("filter %q is not understood", req.GetFilter())
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []*longrunningpb.Operation
	for i := len(s.opOrder) - 1; i >= 0; i-- {
		op := s.opOrder[i]
		if location(op.name) != parent || !keep(op) {
			continue
		}
		pb, err := op.pb()
		if err != nil {
			return nil, err
		}
		list = append(list, pb)
	}
	list, next, err := page(list, req.GetPageSize(), req.GetPageToken())
	return &longrunningpb.ListOperationsResponse{Operations: list, NextPageToken: next}, err
}

// DeleteOperation forgets an operation that is done; one that is not is FAILED_PRECONDITION.
func (s *Server) DeleteOperation(_ context.Context, req *longrunningpb.DeleteOperationRequest) (*emptypb.Empty, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	op := s.operations[req.GetName()]
	switch {
	case op == nil:
		return nil, status.Errorf(codes.NotFound, "Operation '%s' does not exist.", req.GetName())
	case !op.done:
		return nil, status.Errorf(codes.FailedPrecondition, "Operation '%s' is not done.", req.GetName())
	}
	delete(s.operations, op.name)
	for i, x := range s.opOrder {
		if x == op {
			s.opOrder = append(s.opOrder[:i:i], s.opOrder[i+1:]...)
			break
		}
	}
	return &emptypb.Empty{}, nil
}
