package prometheus

import (
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/prometheus/client_golang/api"
	v1 "github.com/prometheus/client_golang/api/prometheus/v1"

	"slipway/internal/deploy"
)

var _ deploy.Metrics = (*Metrics)(nil)

// Metrics is any number of Prometheus servers, one for each URL that it is asked about. Its methods may be called from
// any goroutine.
type Metrics struct {
	transport http.RoundTripper
	own       *http.Transport // nil: the transport is somebody else's
	token     string
	timeout   time.Duration

	mu      sync.Mutex
	servers map[string]*server // by URL
}

// server is one Prometheus.
type server struct {
	v1.API

	host string // for people
}

// Options of New; nil means all defaults.
type Options struct {
	// Token is sent as a bearer token to each server; by default none is. Read it from SLIPWAY_PROMETHEUS_TOKEN.
	Token string
	// Timeout bounds a reading, or a check, with all of its queries; default 10 s.
	Timeout time.Duration
	// Transport makes the requests; by default one that this source has for itself.
	Transport http.RoundTripper
}

// New prepares a source. It connects to nothing.
func New(opts *Options) *Metrics {
	o := Options{}
	if opts != nil {
		o = *opts
	}
	m := &Metrics{transport: o.Transport, token: o.Token, timeout: 10 * time.Second, servers: map[string]*server{}}
	if m.transport == nil {
		m.own = &http.Transport{
			Proxy: http.ProxyFromEnvironment, ForceAttemptHTTP2: true,
			TLSHandshakeTimeout: 5 * time.Second, IdleConnTimeout: 90 * time.Second, MaxResponseHeaderBytes: 64 << 10,
		}
		m.transport = m.own
	}
	if o.Timeout > 0 {
		m.timeout = o.Timeout
	}
	return m
}

// Close ends connections that are kept for the next call. Calls after it still work.
func (m *Metrics) Close() error {
	if m.own != nil {
		m.own.CloseIdleConnections()
	}
	return nil
}

// at is the server at a URL. Invalid if it is none.
func (m *Metrics) at(address string) (*server, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if s, ok := m.servers[address]; ok {
		return s, nil
	}
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.RawQuery != "" || u.Fragment != "" {
		return nil, &deploy.Error{
			Code: deploy.Invalid, Msg: "the catalog has no address of a Prometheus that can be used",
			Hint: "write url as http://host:9090 or https://host/path", Err: err,
		}
	}
	client, err := api.NewClient(api.Config{Address: address, Client: &http.Client{
		Transport:     &guarded{next: m.transport, scheme: u.Scheme, host: u.Host, token: m.token},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}})
	if err != nil {
		return nil, &deploy.Error{Code: deploy.Invalid, Msg: "no client can be made for the address of Prometheus", Err: err}
	}
	s := &server{API: v1.NewAPI(client), host: u.Host}
	m.servers[address] = s
	return s, nil
}
