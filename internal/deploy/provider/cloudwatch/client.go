package cloudwatch

import (
	"cmp"
	"context"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	metrics "github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	logs "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"

	"slipway/internal/deploy"
)

// clients are those of one region.
type clients struct {
	metrics *metrics.Client
	logs    *logs.Client
	http    aws.HTTPClient
}

// close ends the connections that are kept.
func (c *clients) close() {
	if client, ok := c.http.(interface{ CloseIdleConnections() }); ok {
		client.CloseIdleConnections()
	}
}

var errClosed = &deploy.Error{Code: deploy.Unavailable, Msg: "the connection to CloudWatch is closed"}

// in gives the clients for a region: those that there are, or new ones.
func (c *CloudWatch) in(ctx context.Context, region string) (*clients, error) {
	c.mu.Lock()
	known, closed := c.clients[region], c.closed
	c.mu.Unlock()
	switch {
	case closed:
		return nil, errClosed
	case known != nil:
		return known, nil
	}
	load := c.opts.Config
	if load == nil {
		load = defaults
	}
	cfg, err := load(ctx, region)
	if err != nil {
		return nil, &deploy.Error{
			Code: deploy.Forbidden, Msg: "AWS's configuration cannot be read", Hint: "look at AWS_PROFILE, AWS_CONFIG_FILE and ~/.aws/config of the account the bot runs as", Err: err,
		}
	}
	if c.opts.Credentials != nil {
		cfg.Credentials = c.opts.Credentials
	}
	cfg.Credentials = explained{cfg.Credentials}
	var endpoint *string
	if c.opts.Endpoint != "" {
		endpoint = aws.String(c.opts.Endpoint)
	}
	if cfg.HTTPClient == nil {
		cfg.HTTPClient = ours()
	}
	// What the SDK makes of a client cannot be closed; what is in it can.
	if made, ok := cfg.HTTPClient.(*awshttp.BuildableClient); ok {
		cfg.HTTPClient = made.Freeze()
	}
	made := &clients{
		http:    cfg.HTTPClient,
		metrics: metrics.NewFromConfig(cfg, func(o *metrics.Options) { o.BaseEndpoint = cmp.Or(endpoint, o.BaseEndpoint) }),
		logs:    logs.NewFromConfig(cfg, func(o *logs.Options) { o.BaseEndpoint = cmp.Or(endpoint, o.BaseEndpoint) }),
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if known := c.clients[region]; known != nil {
		return known, nil // somebody was faster; this one has no connection yet
	}
	if c.closed {
		return nil, errClosed
	}
	c.clients[region] = made
	return made, nil
}

// config is what all of AWS's tools would use in a region.
func defaults(ctx context.Context, region string) (aws.Config, error) {
	return config.LoadDefaultConfig(ctx,
		config.WithRegion(region), config.WithHTTPClient(ours()),
		config.WithRetryer(func() aws.Retryer {
			return retry.NewStandard(func(o *retry.StandardOptions) {
				// The time-out of a question bounds it; a budget for retries would outlive an outage.
				o.MaxAttempts, o.MaxBackoff, o.RateLimiter = 3, 500*time.Millisecond, ratelimit.None
			})
		}))
}

// ours is a client that keeps some connections: for the looks of several releases at once.
func ours() *awshttp.BuildableClient {
	return awshttp.NewBuildableClient().WithTransportOptions(func(t *http.Transport) { t.MaxIdleConnsPerHost = 4 })
}

// forget has what is in the environment and in files read again by the next call: it may have changed.
func (c *CloudWatch) forget(region string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if known := c.clients[region]; known != nil {
		known.close()
	}
	delete(c.clients, region)
}

// explained is a provider of credentials whose errors are ours, so that they can be told from those of a call.
type explained struct{ aws.CredentialsProvider }

// Retrieve fetches credentials. Forbidden if there are none.
func (x explained) Retrieve(ctx context.Context) (aws.Credentials, error) {
	var (
		got aws.Credentials
		err error
	)
	if x.CredentialsProvider != nil {
		got, err = x.CredentialsProvider.Retrieve(ctx)
	}
	if (err != nil || !got.HasKeys()) && ctx.Err() == nil {
		err = &deploy.Error{
			Code: deploy.Forbidden, Msg: "Slipway has no AWS credentials it can use",
			Hint: "give the bot a role, or set AWS_PROFILE or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY", Err: err,
		}
	}
	return got, err
}
