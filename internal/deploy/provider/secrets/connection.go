package secrets

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"

	secretmanager "cloud.google.com/go/secretmanager/apiv1"
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
		Code: deploy.Invalid, Op: "read the endpoint of secret manager",
		Msg:  fmt.Sprintf("%q is no address of Secret Manager", given),
		Hint: "write CLOUDSDK_API_ENDPOINT_OVERRIDES_SECRETMANAGER as http://host:port (plain text, no credentials) or https://host, or leave it out",
		Err:  err,
	}
}

// connection makes the client at first use and keeps it. What went wrong is not kept: the next call tries again.
type connection struct {
	target endpoint
	turn   chan struct{} // held by whoever looks at the rest
	made   *secretmanager.Client
	closed bool
}

func newConnection(target endpoint) *connection {
	return &connection{target: target, turn: make(chan struct{}, 1)}
}

// get returns the client. It may look for credentials, but waits for no network connection. Forbidden if there are no
// credentials.
func (c *connection) get(ctx context.Context) (*secretmanager.Client, error) {
	select {
	case c.turn <- struct{}{}:
		defer func() { <-c.turn }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if c.closed {
		return nil, &deploy.Error{Code: deploy.Unavailable, Msg: "the connection to Secret Manager is closed"}
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
	err := c.made.Close()
	c.made = nil
	if err != nil {
		return fmt.Errorf("close the connection to secret manager: %w", err)
	}
	return nil
}

func (e endpoint) connect(ctx context.Context) (*secretmanager.Client, error) {
	opts := []option.ClientOption{
		option.WithUserAgent("slipway"),
		// By default gRPC waits up to two minutes between attempts to connect, which is longer than a check waits.
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
	client, err := secretmanager.NewClient(ctx, opts...)
	if err != nil {
		return nil, fmt.Errorf("make the client for secrets: %w", err)
	}
	// Time-outs and retries are in Secrets.Value.
	client.CallOptions = &secretmanager.CallOptions{}
	return client, nil
}
