// Package httpprobe is the prober port on net/http: it calls a URL as a user would and hands back what came.
//
// It never judges what came back, never sends anything but a GET, never keeps a connection for the next call
// (after traffic has moved, a connection that was kept would still lead to the former revision), and gives up
// after the time it was given. Outside is the port for addresses that a checklist names: guarded by package egress, and
// following no redirect.
//
// Start reading at Prober.Get, then Outside.
package httpprobe

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"

	"slipway/internal/deploy"
)

const (
	// maxBody is what the port promises to keep of an answer.
	maxBody = 64 << 10
	// maxHeader bounds what an answer may put before its body.
	maxHeader = 64 << 10
	// maxRedirects are followed; the next one is what came back.
	maxRedirects = 3
)

var _ deploy.Prober = (*Prober)(nil)

// Prober calls URLs. Its methods may be called from any goroutine.
type Prober struct {
	client *http.Client
	now    func() time.Time
}

// Options of New; nil means all defaults.
type Options struct {
	// Now measures how long an answer took; by default the system's clock.
	Now func() time.Time
}

// New makes a prober.
func New(opts *Options) *Prober {
	p := &Prober{now: time.Now}
	if opts != nil && opts.Now != nil {
		p.now = opts.Now
	}
	p.client = &http.Client{
		Transport: &http.Transport{
			Proxy:                  http.ProxyFromEnvironment,
			DisableKeepAlives:      true,
			ForceAttemptHTTP2:      true,
			MaxResponseHeaderBytes: maxHeader,
		},
		CheckRedirect: func(_ *http.Request, via []*http.Request) error {
			if len(via) > maxRedirects {
				return http.ErrUseLastResponse
			}
			return nil
		},
	}
	return p
}

// Get calls target once. Any status is an answer; so is the fourth redirect in a row. Unavailable if no whole
// answer came within timeout, or within ctx, whose error is then in the chain. Invalid if target is not an
// http or https URL.
func (p *Prober) Get(ctx context.Context, target string, timeout time.Duration) (deploy.Response, error) {
	doing := "get " + target
	u, err := url.Parse(target)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return deploy.Response{}, &deploy.Error{
			Code: deploy.Invalid, Op: doing, Msg: fmt.Sprintf("%q is not an http or https address", target),
			Hint: "correct the address in the catalog", Err: err,
		}
	}
	within, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(within, http.MethodGet, target, nil)
	if err != nil {
		return deploy.Response{}, &deploy.Error{Code: deploy.Invalid, Op: doing, Msg: "no request can be made of it", Err: err}
	}
	req.Header.Set("User-Agent", "slipway")
	req.Header.Set("Cache-Control", "no-cache")

	begun := p.now()
	res, err := p.client.Do(req)
	if err != nil {
		return deploy.Response{}, silence(ctx, doing, u.Host, timeout, err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, maxBody))
	if err != nil {
		return deploy.Response{}, silence(ctx, doing, u.Host, timeout, fmt.Errorf("read the body: %w", err))
	}
	return deploy.Response{Status: res.StatusCode, Body: body, Took: p.now().Sub(begun)}, nil
}

// silence says why nothing came back.
func silence(ctx context.Context, doing, host string, timeout time.Duration, err error) error {
	e := &deploy.Error{Code: deploy.Unavailable, Op: doing, Err: err}
	dns := (*net.DNSError)(nil)
	dial := (*net.OpError)(nil)
	switch {
	case ctx.Err() != nil:
		e.Msg, e.Err = "the call to "+host+" was broken off", errors.Join(ctx.Err(), err)
	case errors.Is(err, context.DeadlineExceeded):
		e.Msg = fmt.Sprintf("%s did not answer within %s", host, timeout)
	case errors.As(err, &dns):
		e.Msg = "the name " + dns.Name + " leads nowhere"
	case errors.As(err, &dial) && dial.Op == "dial":
		e.Msg = host + " does not accept connections"
	default:
		e.Msg = host + " broke the connection off"
	}
	return e
}
