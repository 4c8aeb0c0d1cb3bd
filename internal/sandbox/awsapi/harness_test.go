package awsapi_test

import (
	"io"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/document"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	smithydocument "github.com/aws/smithy-go/document"
	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"slipway/internal/sandbox/awsapi"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var noon = time.Date(2025, 12, 22, 12, 0, 0, 123_000_000, time.UTC)

// practice is a server with the real clients in front of it.
type practice struct {
	*awsapi.Server
	t    *testing.T
	cfg  aws.Config
	kept *kept
}

// kept writes down the headers of what it passes on.
type kept struct {
	next http.RoundTripper

	mu   sync.Mutex
	sent []http.Header
}

func (k *kept) RoundTrip(r *http.Request) (*http.Response, error) {
	k.mu.Lock()
	k.sent = append(k.sent, r.Header.Clone())
	k.mu.Unlock()
	return k.next.RoundTrip(r)
}

// every says whether each of the requests had the header, and that there were some.
func (k *kept) every(name, value string) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return len(k.sent) > 0 && !slices.ContainsFunc(k.sent, func(h http.Header) bool { return h.Get(name) != value })
}

// start serves the APIs. Clients try tries times, without waiting long.
func start(t *testing.T, tries int, apis ...awsapi.API) *practice {
	t.Helper()
	s := awsapi.New(&awsapi.Options{Now: func() time.Time { return noon }})
	for _, api := range apis {
		s.Handle(api)
	}
	if err := s.Start(""); err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	k := &kept{next: transport}
	return &practice{Server: s, t: t, kept: k, cfg: aws.Config{
		Region: "us-east-1", BaseEndpoint: aws.String(s.URL()), HTTPClient: &http.Client{Transport: k},
		Credentials: credentials.NewStaticCredentialsProvider("AKIDPRACTICE", "practice", ""),
		Retryer: func() aws.Retryer {
			return retry.NewStandard(func(o *retry.StandardOptions) { o.MaxAttempts, o.MaxBackoff = tries, time.Millisecond })
		},
	}}
}

func (p *practice) ecs() *ecs.Client { return ecs.NewFromConfig(p.cfg) }

func (p *practice) elb() *elasticloadbalancingv2.Client {
	return elasticloadbalancingv2.NewFromConfig(p.cfg)
}

func (p *practice) metrics() *cloudwatch.Client { return cloudwatch.NewFromConfig(p.cfg) }

func (p *practice) logs() *cloudwatchlogs.Client { return cloudwatchlogs.NewFromConfig(p.cfg) }

func (p *practice) secrets() *secretsmanager.Client { return secretsmanager.NewFromConfig(p.cfg) }

// The APIs, each with one operation of the test.

func ecsAPI(name string, op awsapi.Operation) awsapi.API {
	return awsapi.API{Name: "ecs", Target: "AmazonEC2ContainerServiceV20141113", JSONNames: awsapi.Camel,
		Operations: map[string]awsapi.Operation{name: op}, Document: func(v any) any { return document.NewLazyDocument(v) }}
}

func elbAPI(name string, op awsapi.Operation) awsapi.API {
	return awsapi.API{Name: "elasticloadbalancing", Version: "2015-12-01", Namespace: "http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/",
		Operations: map[string]awsapi.Operation{name: op}}
}

func metricsAPI(name string, op awsapi.Operation) awsapi.API {
	return awsapi.API{Name: "monitoring", CBOR: "GraniteServiceVersion20100801", Target: "GraniteServiceVersion20100801",
		Version: "2010-08-01", Namespace: "http://monitoring.amazonaws.com/doc/2010-08-01/", Operations: map[string]awsapi.Operation{name: op}}
}

func logsAPI(name string, op awsapi.Operation) awsapi.API {
	return awsapi.API{Name: "logs", Target: "Logs_20140328", JSONNames: awsapi.Camel, Operations: map[string]awsapi.Operation{name: op}}
}

func secretsAPI(name string, op awsapi.Operation) awsapi.API {
	return awsapi.API{Name: "secretsmanager", Target: "secretsmanager", JSONNames: awsapi.Same, Operations: map[string]awsapi.Operation{name: op}}
}

// same compares the SDK's types by what they say.
func same(want, got any) string {
	ownOfSDK := cmp.FilterPath(func(p cmp.Path) bool {
		field, ok := p.Last().(cmp.StructField)
		return ok && (field.Name() == "noSmithyDocumentSerde" || field.Name() == "ResultMetadata")
	}, cmp.Ignore())
	documents := cmp.Comparer(func(a, b smithydocument.Marshaler) bool {
		x, errX := a.MarshalSmithyDocument()
		y, errY := b.MarshalSmithyDocument()
		return errX == nil && errY == nil && string(x) == string(y)
	})
	return cmp.Diff(want, got, ownOfSDK, documents)
}

// answerTo sends a request that no SDK would.
func answerTo(t *testing.T, p *practice, r *http.Request) (status int, body string) {
	t.Helper()
	resp, err := p.cfg.HTTPClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	said, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(said)
}
