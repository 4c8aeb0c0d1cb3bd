package google

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"google.golang.org/api/option"
	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/keepalive"

	"slipway/internal/deploy"
)

// Connect makes the client of an API, or several that share a connection, with at least these options.
type Connect[C io.Closer] func(ctx context.Context, opts ...option.ClientOption) (C, error)

// Connection makes its client at the first use and keeps it. What went wrong is not kept: the next call tries again.
// Its methods may be called from any goroutine.
type Connection[C io.Closer] struct {
	api     API
	target  endpoint
	connect Connect[C]
	opts    []option.ClientOption

	turn   chan struct{} // held by whoever looks at the rest
	isMade bool
	made   C
	closed bool
}

// NewConnection prepares a connection. It connects to nothing and looks for no credentials: the first Get does. given
// is the value of the API's Override: http://host:port means plain text without credentials, https://host[:port] and
// host[:port] mean TLS with credentials, nothing means Google's own address. Invalid if it cannot be understood.
func NewConnection[C io.Closer](api API, given string, connect Connect[C]) (*Connection[C], error) {
	target, err := api.parse(given)
	if err != nil {
		return nil, err
	}
	return &Connection[C]{
		api: api, target: target, connect: connect, opts: append(overGRPC(), target.overGRPC()...), turn: make(chan struct{}, 1),
	}, nil
}

// Plain says whether the endpoint is plain text, which Google's never is.
func (c *Connection[C]) Plain() bool { return c.target.plain }

// Get returns the client. It may look for credentials, but waits for no network connection. Forbidden if there are no
// credentials, Unavailable once it is closed, and the error of ctx as it is.
func (c *Connection[C]) Get(ctx context.Context) (C, error) {
	var none C
	select {
	case c.turn <- struct{}{}:
		defer func() { <-c.turn }()
	case <-ctx.Done():
		return none, ctx.Err()
	}
	if c.closed {
		return none, &deploy.Error{Code: deploy.Unavailable, Msg: "the connection to " + c.api.Name + " is closed"}
	}
	if c.isMade {
		return c.made, nil
	}
	// Credentials outlive the call that was first to need them.
	made, err := c.connect(context.WithoutCancel(ctx), c.opts...)
	if err != nil {
		return none, &deploy.Error{
			Code: deploy.Forbidden, Msg: "Slipway has no Google credentials it can use",
			Hint: loginHint, Err: err,
		}
	}
	c.made, c.isMade = made, true
	return made, nil
}

// Close ends the connection. Closing twice is harmless.
func (c *Connection[C]) Close() error {
	c.turn <- struct{}{}
	defer func() { <-c.turn }()
	c.closed = true
	if !c.isMade {
		return nil
	}
	c.isMade = false
	if err := c.made.Close(); err != nil {
		return fmt.Errorf("close the connection to %s: %w", strings.ToLower(c.api.Name), err)
	}
	return nil
}

func agent() option.ClientOption { return option.WithUserAgent("slipway") }

// overGRPC are the options of every client that speaks gRPC.
func overGRPC() []option.ClientOption {
	return []option.ClientOption{
		agent(),
		// By default gRPC waits up to two minutes between attempts to connect: longer than a rollback, a look or a check
		// can wait.
		option.WithGRPCDialOption(grpc.WithConnectParams(grpc.ConnectParams{
			Backoff:           backoff.Config{BaseDelay: 200 * time.Millisecond, Multiplier: 1.6, Jitter: 0.2, MaxDelay: 3 * time.Second},
			MinConnectTimeout: 5 * time.Second,
		})),
		// Without it a connection that died silently stays in use for a quarter of an hour.
		option.WithGRPCDialOption(grpc.WithKeepaliveParams(keepalive.ClientParameters{
			Time: 30 * time.Second, Timeout: 10 * time.Second,
		})),
	}
}
