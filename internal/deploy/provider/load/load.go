package load

import (
	"context"
	"crypto/x509"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"time"

	"slipway/internal/deploy"
)

var _ deploy.Loader = (*Loader)(nil)

const (
	// mostAtOnce is how many requests are unanswered at the same time. Each has a connection, and the files that a
	// process may open are not endless.
	mostAtOnce = 4096
	// lookEvery is how often Stop is asked.
	lookEvery = 100 * time.Millisecond
	// dialWithin bounds the making of a connection and, once more, of TLS on it.
	dialWithin = 10 * time.Second
	// idleFor is how long a connection is kept for the next stretch.
	idleFor = 10 * time.Second
	// mostHeader bounds what an answer may put before its body.
	mostHeader = 64 << 10
)

// Loader sends load. Its methods may be called from any goroutine; two calls at once measure each other.
type Loader struct {
	secrets deploy.Secrets
	clock   deploy.Clock
	roots   *x509.CertPool

	// Of load that a proxy takes: one for each of what may be called, as with place.
	proxy           func(*http.Request) (*url.URL, error)
	private, public *http.Transport

	mu   sync.Mutex
	kept map[place]*kept
}

// Options of New; nil means all defaults.
type Options struct {
	// Secrets is where secrets are read; without it a check that names one is Invalid.
	Secrets deploy.Secrets
	// Clock paces; by default the computer's. Latencies are measured by the library, with the computer's in any case.
	Clock deploy.Clock
	// Roots are the authorities that a service's certificate is believed from; by default those of the computer.
	Roots *x509.CertPool
}

// New makes a loader.
func New(opts *Options) *Loader {
	o := Options{}
	if opts != nil {
		o = *opts
	}
	if o.Clock == nil {
		o.Clock = deploy.SystemClock{}
	}
	l := &Loader{secrets: o.Secrets, clock: o.Clock, roots: o.Roots, proxy: http.ProxyFromEnvironment, kept: map[place]*kept{}}
	l.private, l.public = l.transport(o.Roots), l.transport(o.Roots)
	return l
}

// Fire sends requests for one stretch. The targets are taken in turn; the first target is the first of every stretch.
//
// A stretch lasts q.For, and then until the last request was answered or given up. When ctx ends or Stop says so,
// requests that are unanswered are broken off and not counted; what was measured is given without an error. A call
// without a Timeout is given up after 30 s.
//
// Where no request had an answer because none could be sent or each connection broke, the error is Unavailable;
// Invalid if it is because of the address or the certificate, which another try would not change. The stretch is given
// in that case, too. As soon as one was answered, or one was given up after its time, those are failed requests.
func (l *Loader) Fire(ctx context.Context, q deploy.LoadRequest) (deploy.LoadStretch, error) {
	doing := fmt.Sprintf("send load %q", q.Check.Name)
	a, err := l.aim(ctx, &q)
	if err != nil {
		return deploy.LoadStretch{}, &deploy.Error{Code: deploy.CodeOf(err), Op: doing, Err: err}
	}
	stretch, err := l.fire(ctx, &q, a)
	if err != nil {
		return stretch, &deploy.Error{Code: deploy.CodeOf(err), Op: doing, Err: err}
	}
	return stretch, nil
}
