package ecs

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	sdk "github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"

	"slipway/internal/deploy"
)

// region is the clients of one region, which share their connections.
type region struct {
	http        *http.Client
	read, write *clients
}

// clients are the two APIs that are needed.
type clients struct {
	ecs *sdk.Client
	elb *elasticloadbalancingv2.Client
}

// in gives the clients of a region. They are made once; credentials are fetched anew when they end.
func (p *Platform) in(ctx context.Context, name string) (*region, error) {
	p.mu.Lock()
	known, closed := p.regions[name], p.closed
	p.mu.Unlock()
	switch {
	case closed:
		return nil, &deploy.Error{Code: deploy.Unavailable, Msg: "Slipway is stopping"}
	case known != nil:
		return known, nil
	}
	made, err := p.dial(ctx, name)
	if err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if other := p.regions[name]; other != nil {
		return other, nil
	}
	p.regions[name] = made
	return made, nil
}

func (p *Platform) dial(ctx context.Context, name string) (*region, error) {
	cfg, err := config.LoadDefaultConfig(ctx, config.WithRegion(name))
	if err != nil {
		return nil, &deploy.Error{
			Code: deploy.Forbidden, Msg: "AWS's configuration cannot be read",
			Hint: "look at AWS_PROFILE, AWS_CONFIG_FILE and ~/.aws/config of the account the bot runs as", Err: err,
		}
	}
	if p.opts.Credentials != nil {
		cfg.Credentials = p.opts.Credentials
	}
	cfg.Credentials = explained{cfg.Credentials}
	r := &region{http: &http.Client{Transport: readers{transport(cfg)}, CheckRedirect: func(*http.Request, []*http.Request) error {
		return http.ErrUseLastResponse // a signed request is not for whoever it is sent on to
	}}}
	cfg.HTTPClient = r.http
	r.read, r.write = p.clients(cfg, reading), p.clients(cfg, writing)
	return r, nil
}

// transport keeps its connections alive, and has what AWS's own variables say of certificates.
func transport(cfg aws.Config) *http.Transport {
	if b, ok := cfg.HTTPClient.(*awshttp.BuildableClient); ok {
		return b.GetTransport()
	}
	return awshttp.NewBuildableClient().GetTransport()
}

// readers hides that the SDK's bodies can write themselves. Once an answer is there the SDK closes the body, and what then
// writes itself reports an end of file as an error, for which the transport closes the connection with the answer in it:
// smithy-go's safeWriteToReadCloser, as of 1.28. For the same reason an answer is read to its end at once.
type readers struct{ *http.Transport }

func (t readers) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Body != nil && req.Body != http.NoBody {
		sent := *req
		sent.Body = struct{ io.ReadCloser }{req.Body}
		req = &sent
	}
	res, err := t.Transport.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	answer, err := io.ReadAll(res.Body)
	_ = res.Body.Close()
	if err != nil {
		return nil, err
	}
	res.Body = io.NopCloser(bytes.NewReader(answer))
	return res, nil
}

func (p *Platform) clients(cfg aws.Config, retryer func() aws.Retryer) *clients {
	cfg.Retryer = retryer
	return &clients{
		ecs: sdk.NewFromConfig(cfg, func(o *sdk.Options) {
			if p.opts.Endpoint != "" {
				o.BaseEndpoint = aws.String(p.opts.Endpoint)
			}
		}),
		elb: elasticloadbalancingv2.NewFromConfig(cfg, func(o *elasticloadbalancingv2.Options) {
			if p.opts.Endpoint != "" {
				o.BaseEndpoint = aws.String(p.opts.Endpoint)
			}
		}),
	}
}

// reading repeats what AWS's SDK thinks may be repeated: no answer, a server's fault, throttling.
func reading() aws.Retryer {
	return retry.NewStandard(func(o *retry.StandardOptions) {
		o.MaxAttempts, o.MaxBackoff, o.RateLimiter = 3, 250*time.Millisecond, ratelimit.None
	})
}

// writing repeats only what was refused before anything was done, for going too fast. A write whose answer was lost may
// have been carried out: whether it was is for the next read to find out.
func writing() aws.Retryer {
	return retry.NewStandard(func(o *retry.StandardOptions) {
		o.MaxAttempts, o.MaxBackoff, o.RateLimiter = 3, 500*time.Millisecond, ratelimit.None
		o.Retryables = []retry.IsErrorRetryable{
			retry.NoRetryCanceledError{}, retry.RetryableErrorCode{Codes: throttled},
		}
	})
}

// throttled are the codes with which AWS refuses who goes too fast.
var throttled = map[string]struct{}{
	"Throttling": {}, "ThrottlingException": {}, "ThrottledException": {}, "RequestThrottledException": {}, "RequestThrottled": {},
	"TooManyRequestsException": {}, "RequestLimitExceeded": {},
}

// explained is a provider of credentials whose errors are ours, so that they can be told from those of a call.
type explained struct{ aws.CredentialsProvider }

// Retrieve fetches credentials. Forbidden if there are none.
func (x explained) Retrieve(ctx context.Context) (aws.Credentials, error) {
	got, err := x.CredentialsProvider.Retrieve(ctx)
	if err != nil && ctx.Err() == nil {
		err = &deploy.Error{
			Code: deploy.Forbidden, Msg: "Slipway has no AWS credentials it can use",
			Hint: "give the bot a role, or set AWS_PROFILE or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY", Err: err,
		}
	}
	return got, err
}
