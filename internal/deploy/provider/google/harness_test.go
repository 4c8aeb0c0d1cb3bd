package google_test

import (
	"context"
	"errors"
	"net"
	"sync/atomic"
	"testing"

	"go.uber.org/goleak"
	"google.golang.org/api/option"
	transport "google.golang.org/api/transport/grpc"
	"google.golang.org/grpc"
	"google.golang.org/grpc/health/grpc_health_v1"

	"slipway/internal/deploy/provider/google"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var api = google.API{Name: "Cloud Practice", Override: "CLOUDSDK_API_ENDPOINT_OVERRIDES_PRACTICE"}

// client is one of an API that can be asked whether it is well, as generated clients are made.
type client struct {
	grpc_health_v1.HealthClient
	transport.ConnPool
}

func dial(ctx context.Context, opts ...option.ClientOption) (*client, error) {
	pool, err := transport.DialPool(ctx, append(opts, option.WithScopes("https://www.googleapis.com/auth/cloud-platform"))...)
	if err != nil {
		return nil, err
	}
	return &client{grpc_health_v1.NewHealthClient(pool), pool}, nil
}

// server counts its calls and answers them with what answer says.
type server struct {
	grpc_health_v1.UnimplementedHealthServer

	answer func(call int64) error
	calls  atomic.Int64
}

func (s *server) Check(context.Context, *grpc_health_v1.HealthCheckRequest) (*grpc_health_v1.HealthCheckResponse, error) {
	call := s.calls.Add(1)
	if s.answer != nil {
		if err := s.answer(call); err != nil {
			return nil, err
		}
	}
	return &grpc_health_v1.HealthCheckResponse{Status: grpc_health_v1.HealthCheckResponse_SERVING}, nil
}

// serve serves s on an address until the end of the test; "" is any that is free.
func serve(t *testing.T, address string, s *server) string {
	t.Helper()
	if address == "" {
		address = "127.0.0.1:0"
	}
	l, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	g := grpc.NewServer()
	grpc_health_v1.RegisterHealthServer(g, s)
	served := make(chan error, 1)
	go func() { served <- g.Serve(l) }()
	t.Cleanup(func() {
		g.Stop()
		if err := <-served; err != nil && !errors.Is(err, grpc.ErrServerStopped) {
			t.Error(err)
		}
	})
	return l.Addr().String()
}

func connect(t *testing.T, given string) *google.Connection[*client] {
	t.Helper()
	c, err := google.NewConnection(api, given, dial)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

// ask asks the API whether it is well.
func ask(ctx context.Context, c *client) (grpc_health_v1.HealthCheckResponse_ServingStatus, error) {
	res, err := c.Check(ctx, &grpc_health_v1.HealthCheckRequest{})
	return res.GetStatus(), err
}
