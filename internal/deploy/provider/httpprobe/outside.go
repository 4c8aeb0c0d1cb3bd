package httpprobe

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"time"

	"slipway/internal/deploy"
	"slipway/internal/deploy/provider/egress"
)

const (
	outsideWithin = 10 * time.Second // where a request does not say
	dialWithin    = 5 * time.Second
)

var _ deploy.Outside = (*Outside)(nil)

// Outside looks at addresses as a stranger would. What egress refuses is not connected to; Ask goes by the environment's
// proxy, as all calls over HTTP do. Its methods may be called from any goroutine.
type Outside struct {
	roots    *x509.CertPool
	resolver *net.Resolver
}

// OutsideOptions of NewOutside; nil means all defaults.
type OutsideOptions struct {
	// Roots are who is trusted to issue certificates; by default those of the system.
	Roots *x509.CertPool
	// Resolver looks names up; by default the system's.
	Resolver *net.Resolver
}

// NewOutside makes one.
func NewOutside(opts *OutsideOptions) *Outside {
	o := &Outside{}
	if opts != nil {
		o.roots, o.resolver = opts.Roots, opts.Resolver
	}
	if o.resolver == nil {
		o.resolver = net.DefaultResolver
	}
	return o
}

// Ask makes one GET and hands back its status and where it leads.
func (o *Outside) Ask(ctx context.Context, q deploy.AddressRequest) (deploy.AddressAnswer, error) {
	doing := "ask " + q.URL
	u, guard, err := allowed(doing, q)
	if err != nil {
		return deploy.AddressAnswer{}, err
	}
	within, cancel := context.WithTimeout(ctx, limit(q))
	defer cancel()
	req, err := http.NewRequestWithContext(within, http.MethodGet, u.String(), nil)
	if err != nil {
		return deploy.AddressAnswer{}, &deploy.Error{Code: deploy.Invalid, Op: doing, Msg: "no request can be made of it", Err: err}
	}
	req.Header.Set("User-Agent", "slipway")
	req.Header.Set("Cache-Control", "no-cache")
	transport := &http.Transport{
		Proxy: http.ProxyFromEnvironment, DialContext: guard.DialContext(u.Host, dialWithin), TLSClientConfig: o.trust(),
		DisableKeepAlives: true, MaxResponseHeaderBytes: maxHeader,
	}
	client := &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Do(req)
	if err != nil {
		return deploy.AddressAnswer{}, unreached(ctx, doing, u.Host, limit(q), err)
	}
	defer res.Body.Close()
	answer := deploy.AddressAnswer{Status: res.StatusCode}
	if to, err := res.Location(); err == nil {
		answer.Location = to.String()
	}
	return answer, nil
}

// Certificate makes a TLS handshake and says when the first certificate of the chain ends.
func (o *Outside) Certificate(ctx context.Context, q deploy.AddressRequest) (time.Time, error) {
	doing := "look at the certificate of " + q.URL
	u, guard, err := allowed(doing, q)
	if err != nil {
		return time.Time{}, err
	}
	within, cancel := context.WithTimeout(ctx, limit(q))
	defer cancel()
	port := "443"
	if u.Scheme == "https" && u.Port() != "" {
		port = u.Port()
	}
	config := o.trust()
	config.ServerName = u.Hostname()
	dialer := &tls.Dialer{NetDialer: guard.Dialer(dialWithin), Config: config}
	conn, err := dialer.DialContext(within, "tcp", net.JoinHostPort(u.Hostname(), port))
	if err != nil {
		return time.Time{}, unreached(ctx, doing, u.Host, limit(q), err)
	}
	defer conn.Close()
	secure, ok := conn.(*tls.Conn)
	if !ok {
		return time.Time{}, &deploy.Error{Code: deploy.Internal, Op: doing, Msg: "a connection without TLS"}
	}
	return end(secure.ConnectionState()), nil
}

// end is when the chain that is trusted longest ends.
func end(s tls.ConnectionState) time.Time {
	var latest time.Time
	for _, chain := range s.VerifiedChains {
		first := chain[0].NotAfter
		for _, c := range chain {
			if c.NotAfter.Before(first) {
				first = c.NotAfter
			}
		}
		if first.After(latest) {
			latest = first
		}
	}
	return latest
}

// Resolve looks a name up.
func (o *Outside) Resolve(ctx context.Context, q deploy.AddressRequest) ([]string, error) {
	doing := "look up " + q.URL
	u, _, err := allowed(doing, q)
	if err != nil {
		return nil, err
	}
	within, cancel := context.WithTimeout(ctx, limit(q))
	defer cancel()
	list, err := o.resolver.LookupHost(within, u.Hostname())
	if err != nil {
		return nil, unreached(ctx, doing, u.Host, limit(q), err)
	}
	return list, nil
}

// allowed reads an address and makes the guard of connections to it.
func allowed(doing string, q deploy.AddressRequest) (*url.URL, egress.Guard, error) {
	u, err := url.Parse(q.URL)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" {
		return nil, egress.Guard{}, &deploy.Error{
			Code: deploy.Invalid, Op: doing, Msg: fmt.Sprintf("%.200q is not an http or https address", q.URL),
			Hint: "correct the address in the catalog", Err: err,
		}
	}
	guard := egress.For(u.Hostname(), q.Public)
	if refused := guard.Forbids(u.Hostname()); refused != nil {
		return nil, guard, notCalled(doing, refused)
	}
	return u, guard, nil
}

func notCalled(doing string, r *egress.Refusal) error {
	return &deploy.Error{Code: deploy.Invalid, Op: doing, Msg: r.Error() + ": it is not called", Hint: "correct the address in the catalog", Err: r}
}

func (o *Outside) trust() *tls.Config {
	return &tls.Config{RootCAs: o.roots, MinVersion: tls.VersionTLS12}
}

func limit(q deploy.AddressRequest) time.Duration {
	if q.Within > 0 {
		return q.Within
	}
	return outsideWithin
}

// unreached says why there is no answer, and in particular when that will not be otherwise the next time.
func unreached(ctx context.Context, doing, host string, within time.Duration, err error) error {
	var refused *egress.Refusal
	var dns *net.DNSError
	var bad *tls.CertificateVerificationError
	switch {
	case ctx.Err() != nil:
	case errors.As(err, &refused):
		return notCalled(doing, refused)
	case errors.As(err, &dns) && dns.IsNotFound:
		return &deploy.Error{Code: deploy.NotFound, Op: doing, Msg: "the name " + dns.Name + " leads nowhere", Hint: "correct the name, or its record", Err: err}
	case errors.As(err, &bad):
		return &deploy.Error{Code: deploy.Invalid, Op: doing, Msg: "the certificate of " + host + " " + flaw(bad.Err), Hint: "renew it, with the names that users call", Err: err}
	}
	return silence(ctx, doing, host, within, err)
}

// flaw says what is wrong with a certificate, without the words of the library.
func flaw(err error) string {
	var host x509.HostnameError
	var unknown x509.UnknownAuthorityError
	var invalid x509.CertificateInvalidError
	switch {
	case errors.As(err, &host):
		return "is for another name"
	case errors.As(err, &unknown):
		return "is issued by nobody who is trusted"
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "has expired, or is not good yet"
	}
	return "does not hold"
}
