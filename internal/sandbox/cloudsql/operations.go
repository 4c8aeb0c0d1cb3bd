package cloudsql

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"cloud.google.com/go/sql/apiv1/sqlpb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// operationsAPI is the API of operations. They cannot be cancelled here.
type operationsAPI struct{ *Server }

// operation is something that takes its time. Its message is guarded by Server.mu.
type operation struct {
	message *sqlpb.Operation
	method  string // that began it
	holds   []*instance
}

// refusal is why an operation failed, in words that the API gives.
type refusal struct{ code, message string }

func (r refusal) Error() string { return r.code + ": " + r.message }

var errBackupFails = refusal{"INTERNAL_ERROR", "The backup failed: the disk could not be read."}

// begin opens an operation on the first of instances and holds them all. It is the caller who knows that they are able.
// Under mu.
func (s *Server) begin(ctx context.Context, kind sqlpb.Operation_SqlOperationType, holds ...*instance) *operation {
	on := holds[0].spec
	name := s.uuid()
	op := &operation{method: s.calls.change(ctx), holds: holds, message: &sqlpb.Operation{
		Kind: "sql#operation", Name: name, OperationType: kind, Status: sqlpb.Operation_PENDING, User: "slipway@practice", InsertTime: timestamppb.New(s.opts.Now()),
		TargetId: on.Name, TargetProject: on.Project, TargetLink: link(on.Project, "instances", on.Name), SelfLink: link(on.Project, "operations", name),
	}}
	for _, i := range holds {
		i.busy = op
	}
	s.operations = append(s.operations, op)
	return op
}

// run does the work of an operation, which takes at least so long, and tells ended under mu what came of it. Under mu.
func (s *Server) run(op *operation, least time.Duration, work func(ctx context.Context) error, ended func(err error)) {
	s.work.Go(func() {
		over := time.NewTimer(least)
		defer over.Stop()
		s.mu.Lock()
		op.message.Status, op.message.StartTime = sqlpb.Operation_RUNNING, timestamppb.New(s.opts.Now())
		s.mu.Unlock()
		err := s.stuck(op)
		if err == nil {
			err = work(s.ctx)
		}
		select {
		case <-over.C:
		case <-s.ctx.Done():
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		ended(err)
		if err != nil {
			op.message.Error = &sqlpb.OperationErrors{Kind: "sql#operationErrors", Errors: []*sqlpb.OperationError{operationError(err)}}
		}
		op.message.Status, op.message.EndTime = sqlpb.Operation_DONE, timestamppb.New(s.opts.Now())
		for _, i := range op.holds {
			i.busy = nil
		}
	})
}

// stuck holds an operation for as long as a fault says so.
func (s *Server) stuck(op *operation) error {
	cleared := s.faults.untilCleared()
	if _, ok := s.faults.take(OperationStuck, op.method, op.holds[0].spec.Name); !ok {
		return nil
	}
	select {
	case <-cleared:
		return nil
	case <-s.ctx.Done():
		return s.ctx.Err()
	}
}

// place names a place in the data of an instance after the operation.
func (op *operation) place() string {
	return "op_" + strings.ReplaceAll(op.message.GetName(), "-", "")
}

// pb is what the API says of it. Under mu.
func (op *operation) pb() *sqlpb.Operation { return proto.CloneOf(op.message) }

func operationError(err error) *sqlpb.OperationError {
	out := &sqlpb.OperationError{Kind: "sql#operationError", Code: "INTERNAL_ERROR", Message: err.Error()}
	var r refusal
	if errors.As(err, &r) {
		out.Code, out.Message = r.code, r.message
	}
	return out
}

// Get answers for every operation since the start, as often as it is asked.
func (a operationsAPI) Get(_ context.Context, req *sqlpb.SqlOperationsGetRequest) (*sqlpb.Operation, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, op := range a.operations {
		if op.message.GetName() == req.GetOperation() && op.message.GetTargetProject() == req.GetProject() {
			return op.pb(), nil
		}
	}
	return nil, status.Error(codes.NotFound, "The Cloud SQL operation does not exist.")
}

// List answers with the operations of an instance, or of all of a project, the newest first.
func (a operationsAPI) List(_ context.Context, req *sqlpb.SqlOperationsListRequest) (*sqlpb.OperationsListResponse, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	out := &sqlpb.OperationsListResponse{Kind: "sql#operationsList"}
	for _, op := range slices.Backward(a.operations) {
		if op.message.GetTargetProject() == req.GetProject() && (req.GetInstance() == "" || op.message.GetTargetId() == req.GetInstance()) {
			out.Items = append(out.Items, op.pb())
		}
	}
	var err error
	out.Items, out.NextPageToken, err = page(out.Items, int(req.GetMaxResults()), req.GetPageToken())
	return out, err
}
