package load_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"slipway/internal/deploy"
	"slipway/internal/deploy/provider/load"
)

func TestMain(m *testing.M) {
	// A proxy would answer for names that lead nowhere.
	if err := os.Setenv("NO_PROXY", "*"); err != nil {
		panic(err)
	}
	goleak.VerifyTestMain(m)
}

// secrets are those of the project "prod", and how often each was read.
type secrets struct {
	values map[string]string
	read   map[string]int
}

func (s *secrets) Value(_ context.Context, project, name string) (string, error) {
	v, ok := s.values[name]
	if !ok || project != "prod" {
		return "", &deploy.Error{Code: deploy.NotFound, Msg: "there is no secret " + name}
	}
	if s.read == nil {
		s.read = map[string]int{}
	}
	s.read[name]++
	return v, nil
}

const apiKey = "k-81f0c2d9e7"

func serve(t *testing.T, h http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}

func ok(http.ResponseWriter, *http.Request) {}

// rate asks for so many requests a second over a time.
func rate(base string, rps float64, lasts time.Duration) deploy.LoadRequest {
	return deploy.LoadRequest{
		Check:   deploy.LoadCheck{Name: "API", Targets: []deploy.Call{{Method: "GET", Path: "/status", Timeout: 20 * time.Second}}, Rate: rps, Most: 10 * rps},
		BaseURL: base, For: lasts, Service: deploy.ServiceRef{Project: "prod"},
		Values: map[string]string{"VERSION": "v1.2.4", "ENVIRONMENT": "production"},
	}
}

// busy asks for so many requests at once over a time.
func busy(base string, n int, lasts time.Duration) deploy.LoadRequest {
	q := rate(base, 0, lasts)
	q.Check.Concurrency, q.Check.Most = n, 1e6
	return q
}

func loader(t *testing.T, opts *load.Options) *load.Loader {
	t.Helper()
	if opts == nil {
		opts = &load.Options{}
	}
	if opts.Secrets == nil {
		opts.Secrets = &secrets{values: map[string]string{"API_KEY": apiKey}}
	}
	l := load.New(opts)
	t.Cleanup(l.Close)
	return l
}

func fire(t *testing.T, q deploy.LoadRequest) deploy.LoadStretch {
	t.Helper()
	got, err := loader(t, nil).Fire(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	if n := got.Latencies.Count(); n != got.Requests {
		t.Errorf("%d requests have %d latencies", got.Requests, n)
	}
	return got
}

// fails looks whether an error is of a code and says all of the words.
func fails(t *testing.T, err error, code deploy.Code, words ...string) {
	t.Helper()
	if deploy.CodeOf(err) != code {
		t.Errorf("code %s, want %s: %v", deploy.CodeOf(err), code, err)
	}
	for _, w := range words {
		if !strings.Contains(deploy.Message(err), w) {
			t.Errorf("%q does not say %q", deploy.Message(err), w)
		}
	}
}
