package scans

import (
	"context"

	"google.golang.org/genproto/googleapis/grafeas/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// lister is the one method of Grafeas that there is.
type lister interface {
	ListOccurrences(context.Context, *grafeas.ListOccurrencesRequest) (*grafeas.ListOccurrencesResponse, error)
}

const method = "/grafeas.v1.Grafeas/ListOccurrences"

// service is written by hand: what is generated for Grafeas registers with nothing but a server of gRPC's own.
var service = grpc.ServiceDesc{
	ServiceName: "grafeas.v1.Grafeas",
	HandlerType: (*lister)(nil),
	Methods:     []grpc.MethodDesc{{MethodName: "ListOccurrences", Handler: listOccurrences}},
	Metadata:    "google/grafeas/v1/grafeas.proto",
}

func listOccurrences(srv any, ctx context.Context, decode func(any) error, interceptor grpc.UnaryServerInterceptor) (any, error) { //nolint:revive // gRPC's order
	req := &grafeas.ListOccurrencesRequest{}
	if err := decode(req); err != nil {
		return nil, err
	}
	s, ok := srv.(lister)
	if !ok {
		return nil, status.Error(codes.Internal, "registered with something else")
	}
	handler := func(ctx context.Context, req any) (any, error) {
		in, ok := req.(*grafeas.ListOccurrencesRequest)
		if !ok {
			return nil, status.Error(codes.Internal, "called with something else")
		}
		return s.ListOccurrences(ctx, in)
	}
	return interceptor(ctx, req, &grpc.UnaryServerInfo{Server: srv, FullMethod: method}, handler)
}
