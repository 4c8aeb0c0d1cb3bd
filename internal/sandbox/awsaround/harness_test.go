package awsaround_test

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/smithy-go"
	"go.uber.org/goleak"

	"slipway/internal/sandbox/awsapi"
	"slipway/internal/sandbox/awsaround"
	"slipway/internal/sandbox/registry"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var noon = time.Date(2025, 12, 22, 12, 0, 0, 0, time.UTC)

// practice is what stands around ECS, with the SDK's configuration for it.
type practice struct {
	*awsaround.Server
	registry *registry.Registry // nil without one
	wire     *awsapi.Server
	cfg      aws.Config
}

func start(t *testing.T, withRegistry bool) *practice {
	t.Helper()
	p := &practice{wire: awsapi.New(nil)}
	opts := &awsaround.Options{Now: func() time.Time { return noon }}
	if withRegistry {
		r, err := registry.New(&registry.Options{Repositories: []string{"coditect"}, Versions: []string{"v1.2.2", "v1.2.3", "v1.2.4"}})
		if err != nil {
			t.Fatal(err)
		}
		p.registry, opts.Registry = r, r.Addr()
	}
	p.Server = awsaround.New(opts)
	for _, api := range p.APIs() {
		p.wire.Handle(api)
	}
	if err := p.wire.Start(""); err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		err := errors.Join(p.wire.Close(), p.Close())
		if p.registry != nil {
			err = errors.Join(err, p.registry.Close())
		}
		if err != nil {
			t.Error(err)
		}
	})
	p.cfg = aws.Config{
		Region: awsaround.Region, BaseEndpoint: aws.String(p.wire.URL()), HTTPClient: &http.Client{Transport: transport},
		Credentials: credentials.NewStaticCredentialsProvider("AKIDPRACTICE", "practice", ""),
		Retryer:     func() aws.Retryer { return aws.NopRetryer{} },
	}
	return p
}

// message is what the API said, if the error is the SDK's type T.
func message[T error](err error) string {
	var typed T
	var api smithy.APIError
	if !errors.As(err, &typed) || !errors.As(err, &api) {
		return "not refused so: " + text(err)
	}
	return api.ErrorMessage()
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
