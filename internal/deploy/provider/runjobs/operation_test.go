package runjobs_test

import (
	"context"
	"errors"
	"net"
	"testing"
	"time"

	"cloud.google.com/go/longrunning/autogen/longrunningpb"
	"cloud.google.com/go/run/apiv2/runpb"
	"google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/anypb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"slipway/internal/deploy"
	"slipway/internal/deploy/provider/runjobs"
)

// platform is a Cloud Run whose operations say nothing of an execution while they go on.
type platform struct {
	runpb.UnimplementedJobsServer
	runpb.UnimplementedExecutionsServer
	longrunningpb.UnimplementedOperationsServer

	end *longrunningpb.Operation
}

func (p *platform) RunJob(context.Context, *runpb.RunJobRequest) (*longrunningpb.Operation, error) {
	return &longrunningpb.Operation{Name: p.end.GetName()}, nil
}

func (p *platform) GetOperation(context.Context, *longrunningpb.GetOperationRequest) (*longrunningpb.Operation, error) {
	return p.end, nil
}

func (p *platform) GetExecution(_ context.Context, req *runpb.GetExecutionRequest) (*runpb.Execution, error) {
	return &runpb.Execution{Name: req.GetName(), SucceededCount: 1, CompletionTime: timestamppb.Now()}, nil
}

func serve(t *testing.T, p *platform) *runjobs.Jobs {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer()
	runpb.RegisterJobsServer(server, p)
	runpb.RegisterExecutionsServer(server, p)
	longrunningpb.RegisterOperationsServer(server, p)
	served := make(chan error, 1)
	go func() { served <- server.Serve(l) }()
	j, err := runjobs.New(&runjobs.Options{Endpoint: "http://" + l.Addr().String(), Look: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := j.Close(); err != nil {
			t.Error(err)
		}
		server.Stop()
		if err := <-served; err != nil && !errors.Is(err, grpc.ErrServerStopped) {
			t.Error(err)
		}
	})
	return j
}

const operation = "projects/p/locations/r/operations/o"

func TestAnOperationThatEndsBeforeThereIsAnExecution(t *testing.T) {
	t.Parallel()
	end := &longrunningpb.Operation{Name: operation, Done: true, Result: &longrunningpb.Operation_Error{Error: &status.Status{Code: int32(codes.ResourceExhausted), Message: "words"}}}
	_, err := serve(t, &platform{end: end}).Run(t.Context(), request("x"))
	if deploy.CodeOf(err) != deploy.Unavailable || deploy.Message(err) != "Cloud Run asks Slipway to slow down" {
		t.Errorf("%v", err)
	}
}

func TestAnOperationThatNamesTheExecutionAtItsEndOnly(t *testing.T) {
	t.Parallel()
	response, err := anypb.New(&runpb.Execution{Name: "projects/p/locations/r/jobs/probe/executions/probe-abc"})
	if err != nil {
		t.Fatal(err)
	}
	end := &longrunningpb.Operation{Name: operation, Done: true, Result: &longrunningpb.Operation_Response{Response: response}}
	got, err := serve(t, &platform{end: end}).Run(t.Context(), request("x"))
	if err != nil || got.Execution != "probe-abc" {
		t.Errorf("%+v, %v", got, err)
	}
}
