package load

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http"
	"net/url"

	"slipway/internal/deploy/provider/egress"
)

// behindProxy says whether the environment has a proxy for a service. What is sent through one is sent with net/http,
// slower: what a proxy bears is not what is measured.
func (l *Loader) behindProxy(base *url.URL) bool {
	p, err := l.proxy(&http.Request{URL: base})
	return err != nil || p != nil
}

func (l *Loader) transport(roots *x509.CertPool) *http.Transport {
	return &http.Transport{
		Proxy:                  func(r *http.Request) (*url.URL, error) { return l.proxy(r) },
		DialContext:            dial,
		TLSClientConfig:        &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:    dialWithin,
		MaxIdleConnsPerHost:    mostAtOnce,
		IdleConnTimeout:        idleFor,
		MaxResponseHeaderBytes: mostHeader,
		DisableCompression:     true, // to unpack answers is not what is measured
	}
}

// destination is where a context says what a connection is made for.
type destination struct{}

// dial makes connections that the guard of an aim allows. The transport keeps the values of a request's context.
func dial(ctx context.Context, network, address string) (net.Conn, error) {
	a, ok := ctx.Value(destination{}).(*aim)
	if !ok {
		return nil, &egress.Refusal{Address: address, Why: "is not where load is sent to"}
	}
	return a.guard.DialContext(a.base.Host, dialWithin)(ctx, network, address)
}
