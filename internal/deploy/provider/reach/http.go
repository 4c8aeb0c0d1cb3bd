package reach

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"slipway/internal/deploy/provider/egress"
)

// mostBody is what is read of an answer, so that a connection ends in peace where the answer is short.
const mostBody = 64 << 10

// http asks with GET. A redirect is an answer: where it leads to is not asked.
func (c *Checker) http(ctx context.Context, a *address) (string, error) {
	u, err := url.Parse(a.text)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" {
		return "", a.wrong("is not an http or https URL", "https://host/path")
	}
	at := a.where(u.Host)
	if len(a.secrets) == 0 { // the path may be what must not be known, such as that of a webhook
		at = bare(u.Host + u.EscapedPath())
	}
	guard := egress.For(u.Hostname(), a.public)
	if no := guard.Forbids(u.Hostname()); no != nil {
		return "", silence(ctx, "the service at "+at, "HTTP", no)
	}
	transport := &http.Transport{
		Proxy: http.ProxyFromEnvironment, DialContext: guard.DialContext(u.Host, connectWithin), TLSClientConfig: c.tls(""),
		TLSHandshakeTimeout: connectWithin, MaxResponseHeaderBytes: mostBody, DisableKeepAlives: true, ForceAttemptHTTP2: true,
	}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return "", a.wrong("is not an http or https URL", "https://host/path")
	}
	req.Header.Set("User-Agent", "slipway")
	begun := c.clock.Now()
	res, err := client.Do(req)
	if err != nil {
		if errors.Is(err, http.ErrSchemeMismatch) {
			return "", refused("the service at "+at+" fails at TLS: TLS is not spoken on this port", "write http://, or correct the port")
		}
		return "", silence(ctx, "the service at "+at, "HTTP", err)
	}
	defer res.Body.Close()
	took := c.clock.Now().Sub(begun)
	_, _ = io.CopyN(io.Discard, res.Body, mostBody)
	if res.StatusCode >= http.StatusBadRequest {
		return "", unexpected(fmt.Sprintf("the service at %s answered %d, expected a status below 400", at, res.StatusCode), "")
	}
	return fmt.Sprintf("answered %d in %d ms", res.StatusCode, took.Round(time.Millisecond).Milliseconds()), nil
}
