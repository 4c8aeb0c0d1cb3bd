package httpcheck

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"slipway/internal/deploy"
	"slipway/internal/deploy/placeholder"
)

const (
	// mostBody is what is read of an answer; the connection of a longer one is closed.
	mostBody = 1 << 20
	// mostHeader bounds what an answer may put before its body.
	mostHeader = 64 << 10
	// mostRedirects are followed.
	mostRedirects = 10
)

// request is a call with its values put in.
type request struct {
	method string
	url    *url.URL
	header http.Header
	body   string
}

// answer is what came back. The body is cut at mostBody.
type answer struct {
	status int
	header http.Header
	body   []byte
	cut    bool
	took   time.Duration // from the first packet to the last byte that was read
}

// request puts the values in. What stands in headers such as Authorization is a secret from then on.
func (t *telling) request(st *step) (*request, error) {
	value := func(name string) (string, bool) {
		v, ok := t.values[name]
		return v, ok
	}
	path, err := st.path.Fill(placeholder.Path, value)
	if err != nil {
		return nil, err
	}
	// Never by resolving a reference: //elsewhere is a path here.
	u, err := url.ParseRequestURI(t.s.base.EscapedPath() + path)
	if err != nil {
		return nil, &deploy.Error{Code: deploy.Invalid, Msg: fmt.Sprintf("%q cannot be the path of a URL", st.call.Path)}
	}
	u.Scheme, u.Host, u.User = t.s.base.Scheme, t.s.base.Host, t.s.base.User
	r := &request{method: st.method, url: u, header: http.Header{"User-Agent": {"slipway"}, "Cache-Control": {"no-cache"}}}
	for _, h := range st.headers {
		v, err := h.value.Fill(placeholder.Header, value)
		if err != nil {
			return nil, err
		}
		if sensitive.MatchString(h.name) {
			t.mask.addHeader(v)
		}
		r.header.Set(h.name, v)
	}
	r.body, err = st.body.Fill(st.kind, value)
	return r, err
}

// do sends a request and reads the answer.
func (t *telling) do(ctx context.Context, st *step, r *request) (*answer, *failure) {
	if refused := t.s.guard.Forbids(r.url.Hostname()); refused != nil {
		return nil, t.silence(st, r, nil, refused)
	}
	within, cancel := ctx, context.CancelFunc(func() {})
	if st.call.Timeout > 0 {
		within, cancel = context.WithTimeoutCause(ctx, st.call.Timeout, errCallTime)
	}
	defer cancel()
	var body io.Reader
	if r.body != "" {
		body = strings.NewReader(r.body)
	}
	req, err := http.NewRequestWithContext(within, r.method, r.url.String(), body)
	if err != nil {
		return nil, &failure{code: deploy.Invalid, final: true, msg: st.label + ": no request can be made of it"}
	}
	req.Header = r.header
	if host := r.header.Get("Host"); host != "" {
		req.Host = host
	}
	client := &http.Client{Transport: t.transport, CheckRedirect: follows(st)}
	begun := t.c.clock.Now()
	res, err := client.Do(req)
	if err != nil {
		return nil, t.silence(st, r, context.Cause(within), bare(err))
	}
	defer res.Body.Close()
	text, err := io.ReadAll(io.LimitReader(res.Body, mostBody+1))
	if err != nil {
		return nil, t.silence(st, r, context.Cause(within), err)
	}
	a := &answer{status: res.StatusCode, header: res.Header, body: text, took: t.c.clock.Now().Sub(begun)}
	if len(text) > mostBody {
		a.body, a.cut = text[:mostBody], true
	}
	return a, nil
}

// errEndless ends a chain of redirects.
var errEndless = errors.New("too many redirects")

// elsewhere is a redirect that is not followed.
type elsewhere struct{ to *url.URL }

func (e *elsewhere) Error() string { return "redirected to " + e.to.Host }

// follows says which redirects are followed: up to ten, to where the call was sent to, or from http there to https.
func follows(st *step) func(*http.Request, []*http.Request) error {
	return func(next *http.Request, before []*http.Request) error {
		switch {
		case st.call.Expect.Status >= 300 && st.call.Expect.Status <= 399:
			return http.ErrUseLastResponse
		case !same(before[0].URL, next.URL):
			return &elsewhere{to: next.URL}
		case len(before) > mostRedirects:
			return errEndless
		}
		return nil
	}
}

func same(from, to *url.URL) bool {
	if !strings.EqualFold(from.Hostname(), to.Hostname()) {
		return false
	}
	if from.Scheme == to.Scheme {
		return port(from) == port(to)
	}
	return from.Scheme == "http" && to.Scheme == "https" && port(from) == "80" && port(to) == "443"
}

func port(u *url.URL) string {
	switch {
	case u.Port() != "":
		return u.Port()
	case u.Scheme == "https":
		return "443"
	}
	return "80"
}

// bare is the error without the address that net/http puts around it, which may have a secret in it.
func bare(err error) error {
	if around := (*url.Error)(nil); errors.As(err, &around) {
		return around.Err
	}
	return err
}

func (c *Checker) transport(s *script) *http.Transport {
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            s.guard.DialContext(s.base.Host, 10*time.Second),
		TLSClientConfig:        &tls.Config{RootCAs: c.roots, MinVersion: tls.VersionTLS12, Time: c.clock.Now},
		TLSHandshakeTimeout:    10 * time.Second,
		ForceAttemptHTTP2:      true,
		MaxResponseHeaderBytes: mostHeader,
	}
}
