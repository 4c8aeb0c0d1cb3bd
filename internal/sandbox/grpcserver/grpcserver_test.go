package grpcserver_test

import (
	"context"
	"strings"
	"testing"

	"go.uber.org/goleak"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"

	"slipway/internal/sandbox/grpcserver"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func ask(t *testing.T, address string) error {
	t.Helper()
	conn, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_, err = grpc_health_v1.NewHealthClient(conn).Check(t.Context(), nil)
	return err
}

func TestItServesFromStartToClose(t *testing.T) {
	t.Parallel()
	intercepted := make(chan string, 1)
	s := grpcserver.New("practice", grpc.UnaryInterceptor(func(ctx context.Context, req any, info *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
		intercepted <- info.FullMethod
		return handler(ctx, req)
	}))
	grpc_health_v1.RegisterHealthServer(s, health.NewServer())
	if s.Addr() != "" {
		t.Errorf("it listens on %s before it was started", s.Addr())
	}
	if err := s.Start(""); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(s.Addr(), "127.0.0.1:") {
		t.Errorf("it listens on %s", s.Addr())
	}
	if err := ask(t, s.Addr()); err != nil {
		t.Error(err)
	}
	if got := <-intercepted; got != "/grpc.health.v1.Health/Check" {
		t.Errorf("the option saw %s", got)
	}
	for range 2 {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	}
	if err := ask(t, s.Addr()); status.Code(err) != codes.Unavailable {
		t.Errorf("once it is closed: %v", err)
	}
	if err := s.Start(""); err == nil || err.Error() != "start practice: closed already" {
		t.Errorf("started once it is closed: %v", err)
	}
}

func TestAnAddressThatIsTakenIsSaid(t *testing.T) {
	t.Parallel()
	first, second := grpcserver.New("first"), grpcserver.New("second")
	defer first.Close()
	defer second.Close()
	if err := first.Start(""); err != nil {
		t.Fatal(err)
	}
	if err := second.Start(first.Addr()); err == nil || !strings.HasPrefix(err.Error(), "listen for second: ") {
		t.Errorf("%v", err)
	}
}
