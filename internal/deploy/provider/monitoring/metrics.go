package monitoring

import (
	"context"
	"time"

	monitoring "cloud.google.com/go/monitoring/apiv3/v2"

	"slipway/internal/deploy"
	"slipway/internal/deploy/provider/google"
)

var _ deploy.Metrics = (*Metrics)(nil)

// Metrics is Cloud Monitoring. Its methods may be called from any goroutine; all share one connection.
type Metrics struct {
	connection *google.Connection[*monitoring.MetricClient]
	timeout    time.Duration
	minimum    time.Duration
	now        func() time.Time
}

// Options of New; nil means all defaults.
type Options struct {
	// Endpoint replaces monitoring.googleapis.com: the value of CLOUDSDK_API_ENDPOINT_OVERRIDES_MONITORING.
	// http://host:port means plain text without credentials; https://host[:port] and host[:port] mean TLS with
	// credentials.
	Endpoint string
	// Timeout bounds a reading, or a check, with all of its calls; default 10 s.
	Timeout time.Duration
	// Minimum is the shortest window that is asked for: a shorter one begins earlier. By default 60 s, the least that
	// Google aligns to, and nothing where the Endpoint is plain text, which Google's never is.
	Minimum time.Duration
	// Now is the time, by default the system's. It is only used by Check, to look for a database's last samples.
	Now func() time.Time
}

// New prepares a source. It connects to nothing and looks for no credentials: the first call does, so that a bot
// starts while Google is away. Invalid if the endpoint cannot be understood.
func New(_ context.Context, opts *Options) (*Metrics, error) {
	o := Options{}
	if opts != nil {
		o = *opts
	}
	conn, err := google.NewConnection(api, o.Endpoint, dial)
	if err != nil {
		return nil, err
	}
	m := &Metrics{connection: conn, timeout: 10 * time.Second, minimum: o.Minimum, now: time.Now}
	if !conn.Plain() && o.Minimum <= 0 {
		m.minimum = time.Minute
	}
	if o.Timeout > 0 {
		m.timeout = o.Timeout
	}
	if o.Now != nil {
		m.now = o.Now
	}
	return m, nil
}

// Close ends the connection. Calls after it are Unavailable. Closing twice is harmless.
func (m *Metrics) Close() error { return m.connection.Close() }
