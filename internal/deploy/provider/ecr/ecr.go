package ecr

import (
	"context"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	service "github.com/aws/aws-sdk-go-v2/service/ecr"

	"slipway/internal/deploy"
)

// registries are the hosts of ECR: account, then region.
var registries = regexp.MustCompile(`^(\d{12})\.(?:dkr\.ecr(?:-fips)?\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?|dkr-ecr(?:-fips)?\.([a-z0-9-]+)\.on\.(?:aws|amazonwebservices\.com\.cn))$`)

// ECR is Amazon's registry. Its methods may be called from any goroutine.
type ECR struct {
	opts Options

	mu     sync.Mutex
	tokens map[string]token // by region
}

// Options of New; nil means all defaults.
type Options struct {
	// Endpoint replaces ecr.REGION.amazonaws.com, and what AWS's own variables say of it.
	Endpoint string
	// Credentials replace those that AWS's tools would use.
	Credentials aws.CredentialsProvider
	// Timeout bounds a question with its pages and retries; default 10 s.
	Timeout time.Duration
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// New prepares a client. It connects to nothing and looks for no credentials: the first call about an image of ECR's does.
func New(opts *Options) *ECR {
	e := &ECR{tokens: map[string]token{}}
	if opts != nil {
		e.opts = *opts
	}
	if e.opts.Timeout <= 0 {
		e.opts.Timeout = 10 * time.Second
	}
	if e.opts.Now == nil {
		e.opts.Now = time.Now
	}
	return e
}

// place is where an image lies.
type place struct{ host, account, region, repository string }

// locate says where an image of ECR's lies; ok is false for one that lies elsewhere.
func locate(repository string) (p place, ok bool) {
	host, path, _ := strings.Cut(repository, "/")
	parts := registries.FindStringSubmatch(host)
	if parts == nil {
		return place{}, false
	}
	return place{host, parts[1], parts[2] + parts[3], path}, true
}

// client is one for a region. What is in the environment and in files is read each time: it may have changed.
func (e *ECR) client(ctx context.Context, region string) (*service.Client, error) {
	// Questions are rare, so that no connection is kept, and nothing has to be closed.
	client := awshttp.NewBuildableClient().WithTransportOptions(func(t *http.Transport) { t.DisableKeepAlives = true })
	cfg, err := config.LoadDefaultConfig(ctx,
		config.WithRegion(region), config.WithHTTPClient(client),
		config.WithRetryer(func() aws.Retryer {
			return retry.NewStandard(func(o *retry.StandardOptions) { o.MaxAttempts, o.MaxBackoff = 3, 500*time.Millisecond })
		}))
	if err != nil {
		return nil, &deploy.Error{
			Code: deploy.Forbidden, Msg: "AWS's configuration cannot be read", Hint: "look at AWS_PROFILE, AWS_CONFIG_FILE and ~/.aws/config of the account the bot runs as", Err: err,
		}
	}
	if e.opts.Credentials != nil {
		cfg.Credentials = e.opts.Credentials
	}
	cfg.Credentials = explained{cfg.Credentials}
	return service.NewFromConfig(cfg, func(o *service.Options) {
		if e.opts.Endpoint != "" {
			o.BaseEndpoint = aws.String(e.opts.Endpoint)
		}
	}), nil
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
