package cloudrun

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"

	run "cloud.google.com/go/run/apiv2"
	"google.golang.org/api/option"
	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/keepalive"

	"slipway/internal/deploy"
)

// endpoint is where the API is. The zero value is Google's.
type endpoint struct {
	address string // host:port
	plain   bool   // plain text, no credentials
}

func parseEndpoint(given string) (endpoint, error) {
	if given == "" {
		return endpoint{}, nil
	}
	s := given
	if !strings.Contains(s, "://") {
		s = "https://" + s
	}
	u, err := url.Parse(s)
	switch {
	case err != nil || u.Hostname() == "" || u.Path != "" && u.Path != "/":
	case u.Scheme == "http" && u.Port() != "":
		return endpoint{address: u.Host, plain: true}, nil
	case u.Scheme == "https":
		port := u.Port()
		if port == "" {
			port = "443"
		}
		return endpoint{address: net.JoinHostPort(u.Hostname(), port)}, nil
	}
	return endpoint{}, &deploy.Error{
		Code: deploy.Invalid, Op: "read the endpoint of cloud run",
		Msg:  fmt.Sprintf("%q is no address of Cloud Run", given),
		Hint: "write CLOUDSDK_API_ENDPOINT_OVERRIDES_RUN as http://host:port (plain text, no credentials) or https://host, or leave it out",
		Err:  err,
	}
}

// clients are the two halves of the API that are needed, on one connection.
type clients struct {
	services  *run.ServicesClient
	revisions *run.RevisionsClient
}

// connection makes the clients at first use and keeps them. What went wrong is not kept: the next call tries
// again.
type connection struct {
	target endpoint
	turn   chan struct{} // held by whoever looks at the rest
	made   *clients
	closed bool
}

func newConnection(target endpoint) *connection {
	return &connection{target: target, turn: make(chan struct{}, 1)}
}

// get returns the clients. It may look for credentials, but waits for no network connection. Forbidden if there
// are no credentials.
func (c *connection) get(ctx context.Context) (*clients, error) {
	select {
	case c.turn <- struct{}{}:
		defer func() { <-c.turn }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if c.closed {
		return nil, &deploy.Error{Code: deploy.Unavailable, Msg: "the connection to Cloud Run is closed"}
	}
	if c.made != nil {
		return c.made, nil
	}
	// Credentials outlive the call that was first to need them.
	made, err := c.target.connect(context.WithoutCancel(ctx))
	if err != nil {
		return nil, &deploy.Error{
			Code: deploy.Forbidden, Msg: "Slipway has no Google credentials it can use",
			Hint: loginHint, Err: err,
		}
	}
	c.made = made
	return made, nil
}

func (c *connection) close() error {
	c.turn <- struct{}{}
	defer func() { <-c.turn }()
	c.closed = true
	if c.made == nil {
		return nil
	}
	err := c.made.services.Close() // and with it the connection of both
	c.made = nil
	if err != nil {
		return fmt.Errorf("close the connection to cloud run: %w", err)
	}
	return nil
}

func (e endpoint) connect(ctx context.Context) (*clients, error) {
	opts := []option.ClientOption{
		option.WithUserAgent("slipway"),
		// By default gRPC waits up to two minutes between attempts to connect, which is long for a rollback.
		option.WithGRPCDialOption(grpc.WithConnectParams(grpc.ConnectParams{
			Backoff:           backoff.Config{BaseDelay: 200 * time.Millisecond, Multiplier: 1.6, Jitter: 0.2, MaxDelay: 3 * time.Second},
			MinConnectTimeout: 5 * time.Second,
		})),
		// Without it a connection that died silently stays in use for a quarter of an hour.
		option.WithGRPCDialOption(grpc.WithKeepaliveParams(keepalive.ClientParameters{
			Time: 30 * time.Second, Timeout: 10 * time.Second,
		})),
	}
	if e.address != "" {
		opts = append(opts, option.WithEndpoint(e.address))
	}
	if e.plain {
		opts = append(opts, option.WithoutAuthentication(),
			option.WithGRPCDialOption(grpc.WithTransportCredentials(insecure.NewCredentials())))
	}
	services, err := run.NewServicesClient(ctx, opts...)
	if err != nil {
		return nil, fmt.Errorf("make the client for services: %w", err)
	}
	shared := services.Connection() //nolint:staticcheck // there is one connection, not a pool: it is the one to share
	revisions, err := run.NewRevisionsClient(ctx, option.WithGRPCConn(shared))
	if err != nil {
		return nil, errors.Join(fmt.Errorf("make the client for revisions: %w", err), services.Close())
	}
	// Time-outs and retries are in call.go, for all calls alike.
	services.CallOptions = &run.ServicesCallOptions{}
	revisions.CallOptions = &run.RevisionsCallOptions{}
	return &clients{services: services, revisions: revisions}, nil
}
