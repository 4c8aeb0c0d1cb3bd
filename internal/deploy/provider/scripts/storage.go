package scripts

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"google.golang.org/api/option"
	apihttp "google.golang.org/api/transport/http"

	"slipway/internal/deploy"
)

const (
	storageOverride = "CLOUDSDK_API_ENDPOINT_OVERRIDES_STORAGE"
	readObjects     = "https://www.googleapis.com/auth/devstorage.read_only"
)

// storage is Cloud Storage's JSON API.
type storage struct {
	base  string // with the version, without a slash at its end
	plain bool   // without credentials

	mu   sync.Mutex
	made *http.Client
	idle func()
}

func newStorage(given string) (*storage, error) {
	if given == "" {
		return &storage{base: "https://storage.googleapis.com/storage/v1"}, nil
	}
	u, err := url.Parse(given)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.RawQuery != "" || u.User != nil {
		return nil, &deploy.Error{
			Code: deploy.Invalid, Op: "read the endpoint of cloud storage", Msg: fmt.Sprintf("%.100q is no address of Cloud Storage", given),
			Hint: "write " + storageOverride + " as http://host:port (plain text, no credentials) or https://host, or leave it out",
		}
	}
	path := strings.TrimRight(u.Path, "/")
	if path == "" {
		path = "/storage/v1"
	}
	return &storage{base: u.Scheme + "://" + u.Host + path, plain: u.Scheme == "http"}, nil
}

// client is made at the first use; what went wrong is not kept.
func (s *storage) client(ctx context.Context) (*http.Client, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.made != nil {
		return s.made, nil
	}
	transport := &http.Transport{Proxy: http.ProxyFromEnvironment, TLSHandshakeTimeout: 10 * time.Second, ForceAttemptHTTP2: true, MaxIdleConnsPerHost: atOnce, IdleConnTimeout: 30 * time.Second}
	s.idle = transport.CloseIdleConnections
	if s.plain {
		s.made = &http.Client{Transport: transport, CheckRedirect: stay}
		return s.made, nil
	}
	// Credentials outlive the call that was first to need them.
	with, err := apihttp.NewTransport(context.WithoutCancel(ctx), transport, option.WithScopes(readObjects), option.WithTelemetryDisabled())
	if err != nil {
		return nil, err
	}
	s.made = &http.Client{Transport: with, CheckRedirect: stay}
	return s.made, nil
}

// stay follows no redirect: Cloud Storage has none, and the credentials would go with it.
func stay(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

func (s *storage) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.idle != nil {
		s.idle()
	}
	s.made, s.idle = nil, nil
}

// get asks once.
func (s *storage) get(ctx context.Context, path string) (*http.Response, error) {
	client, err := s.client(ctx)
	if err != nil {
		return nil, &deploy.Error{Code: deploy.Forbidden, Msg: "there are no Google credentials to read the bucket with",
			Hint: "run `gcloud auth application-default login`, or give the bot a service account", Err: err}
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.base+path, nil)
	if err != nil {
		return nil, &deploy.Error{Code: deploy.Invalid, Msg: "the source is no address of a bucket", Hint: "write gs://bucket/prefix/", Err: err}
	}
	req.Header.Set("User-Agent", "slipway")
	res, err := client.Do(req)
	if err != nil {
		return nil, silence(err)
	}
	return res, nil
}

func silence(err error) error {
	return &deploy.Error{Code: deploy.Unavailable, Msg: "Cloud Storage does not answer", Hint: "see https://status.cloud.google.com if it goes on", Err: err}
}
