package ecs

import (
	"context"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"slipway/internal/deploy"
)

var (
	_ deploy.Platform    = (*Platform)(nil)
	_ deploy.Inspector   = (*Platform)(nil)
	_ deploy.Previewer   = (*Platform)(nil)
	_ deploy.Snapshotter = (*Platform)(nil)
)

// Platform is Amazon ECS. Its methods may be called from any goroutine; calls to one region share their connections.
type Platform struct {
	opts Options

	mu      sync.Mutex
	closed  bool
	regions map[string]*region
	known   memory
	flips   flips // of weights that we changed
}

// Lines finds the last lines that a revision wrote; deploy.Logs of CloudWatch does.
type Lines interface {
	Errors(ctx context.Context, q deploy.LogQuery) ([]deploy.LogLine, error)
}

// Options of New; nil means all defaults.
type Options struct {
	// Endpoint replaces the addresses of ECS and of the load balancers, and what AWS's own variables (AWS_ENDPOINT_URL,
	// AWS_ENDPOINT_URL_ECS) say of them.
	Endpoint string
	// Credentials replace those that AWS's tools would use.
	Credentials aws.CredentialsProvider
	// ReadTimeout bounds a read with its retries; default 5 s.
	ReadTimeout time.Duration
	// WriteTimeout bounds one write; default 15 s.
	WriteTimeout time.Duration
	// Now is the time, by default the system's. It is only used to say how long something has taken so far.
	Now func() time.Time
	// Settle is how long tasks stay that have lost their traffic by a change of weights, which load balancers follow one
	// by one; default 1 minute.
	Settle time.Duration
	// Lines are added to the reasons of tasks that stopped; nil: no lines are.
	Lines Lines
}

// New prepares a platform. It connects to nothing and looks for no credentials: the first call does, so that a bot
// starts while AWS is away.
func New(opts *Options) *Platform {
	p := &Platform{regions: map[string]*region{}}
	if opts != nil {
		p.opts = *opts
	}
	if p.opts.ReadTimeout <= 0 {
		p.opts.ReadTimeout = 5 * time.Second
	}
	if p.opts.WriteTimeout <= 0 {
		p.opts.WriteTimeout = 15 * time.Second
	}
	if p.opts.Settle <= 0 {
		p.opts.Settle = time.Minute
	}
	if p.opts.Now == nil {
		p.opts.Now = time.Now
	}
	p.known.init()
	return p
}

// Close ends the connections. Calls after it are Unavailable. Closing twice is harmless.
func (p *Platform) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	for _, r := range p.regions {
		r.http.CloseIdleConnections()
	}
	return nil
}
