package cloudwatch

import (
	"context"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"slipway/internal/deploy"
)

var (
	_ deploy.Metrics = (*CloudWatch)(nil)
	_ deploy.Logs    = (*CloudWatch)(nil)
)

// Place is where CloudWatch has what it knows of a revision.
type Place struct {
	// TargetGroup and LoadBalancer are the ends of their ARNs, targetgroup/NAME/ID and app/NAME/ID. Empty: no load balancer
	// sends it requests. Two revisions may have the same.
	TargetGroup, LoadBalancer string
	// Service is the ECS service that its tasks belong to; empty: that of the ServiceRef. Two revisions may have the same.
	Service string
	// Region is where all of it is; empty: that of the ServiceRef.
	Region string
	// LogGroup is where its tasks write; empty: they do not write to CloudWatch Logs.
	LogGroup string
	// LogStreamPrefix is what the names of its streams begin with, as PREFIX/CONTAINER of PREFIX/CONTAINER/TASKID; empty:
	// every stream of the group is its own.
	LogStreamPrefix string
}

// Places says where the numbers and the log of a revision are.
type Places interface {
	// Place is that of a revision of a service. NotFound for one that there is not any more: it is not in an answer.
	Place(ctx context.Context, s deploy.ServiceRef, revision deploy.RevisionName) (Place, error)
	// Tasks are the ids of its tasks, where those of others write with the same prefix: only streams whose names end with one
	// of them are its own. None: all with the prefix.
	Tasks(ctx context.Context, s deploy.ServiceRef, revision deploy.RevisionName) ([]string, error)
}

// CloudWatch is Amazon CloudWatch with its logs. Its methods may be called from any goroutine.
type CloudWatch struct {
	places Places
	opts   Options

	mu      sync.Mutex
	closed  bool
	clients map[string]*clients // by region
}

// Options of New; nil means all defaults.
type Options struct {
	// Config makes the configuration for a region; nil means what all of AWS's tools use: AWS_PROFILE, a role,
	// AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_CLOUDWATCH, AWS_ENDPOINT_URL_CLOUDWATCH_LOGS and so on, except the region.
	Config func(ctx context.Context, region string) (aws.Config, error)
	// Endpoint replaces monitoring.REGION.amazonaws.com and logs.REGION.amazonaws.com, and what AWS's variables say of them.
	Endpoint string
	// Credentials replace those that AWS's tools would use.
	Credentials aws.CredentialsProvider
	// Timeout bounds a question with its pages and retries; default 10 s.
	Timeout time.Duration
	// Period is by which numbers are asked, and the shortest window: a shorter one begins earlier. Default 60 s, which is
	// how often AWS reports; 1, 5, 10, 20 or 30 s or whole minutes.
	Period time.Duration
}

// New prepares a source. It connects to nothing and looks for no credentials: the first call does. Close ends it.
func New(places Places, opts *Options) *CloudWatch {
	c := &CloudWatch{places: places, clients: map[string]*clients{}}
	if opts != nil {
		c.opts = *opts
	}
	if c.opts.Timeout <= 0 {
		c.opts.Timeout = 10 * time.Second
	}
	if c.opts.Period < time.Second {
		c.opts.Period = time.Minute
	}
	return c
}

// Close ends the connections that are kept. Calls after it are Unavailable. Closing twice is harmless.
func (c *CloudWatch) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, known := range c.clients {
		known.close()
	}
	c.closed, c.clients = true, map[string]*clients{}
	return nil
}
