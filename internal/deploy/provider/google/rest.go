package google

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"time"

	"google.golang.org/api/option"
	"google.golang.org/api/option/internaloption"
	transport "google.golang.org/api/transport/http"
)

// REST is how the clients of an API that speaks JSON over HTTP reach it. They are made for one call (Within) and cost
// nothing: what is dear, connections and tokens, is here, and shared.
type REST struct {
	base   *http.Transport
	client http.Client
	opts   []option.ClientOption
}

// NewRESTConnection is NewConnection for an API that speaks JSON over HTTP alone, with the scopes that its tokens need.
func NewRESTConnection(api API, given string, scopes []string) (*Connection[*REST], error) {
	c, err := NewConnection(api, given, func(ctx context.Context, opts ...option.ClientOption) (*REST, error) {
		return newREST(ctx, scopes, opts...)
	})
	if err != nil {
		return nil, err
	}
	c.opts = append([]option.ClientOption{agent()}, c.target.overHTTP()...)
	return c, nil
}

func newREST(ctx context.Context, scopes []string, opts ...option.ClientOption) (*REST, error) {
	base := &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		DialContext:         (&net.Dialer{Timeout: 5 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
		TLSHandshakeTimeout: 5 * time.Second,
		IdleConnTimeout:     90 * time.Second,
		ForceAttemptHTTP2:   true,
		// As keepalive does for gRPC: a connection that died silently is found out.
		HTTP2: &http.HTTP2Config{SendPingTimeout: 30 * time.Second, PingTimeout: 10 * time.Second},
	}
	// The newer of the two libraries for credentials, which generated clients take as well: the older one forgets the
	// context of a call while it fetches a token.
	own := append([]option.ClientOption{option.WithScopes(scopes...), internaloption.EnableNewAuthLibrary()}, opts...)
	through, err := transport.NewTransport(ctx, base, own...)
	if err != nil {
		return nil, fmt.Errorf("make the transport: %w", err)
	}
	return &REST{base: base, opts: opts, client: http.Client{
		Transport: through,
		// A request that is redirected would be sent twice, and Google redirects none.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

// Within are the options for clients whose calls end with ctx, all of them: generated clients forget the context of a
// list.
func (r *REST) Within(ctx context.Context) []option.ClientOption {
	client := r.client
	client.Transport = within{ctx, r.client.Transport}
	return append(append([]option.ClientOption{}, r.opts...), option.WithHTTPClient(&client))
}

// Close ends the connections that no call uses. Those of calls in progress end with them.
func (r *REST) Close() error {
	r.base.CloseIdleConnections()
	return nil
}

// within gives a context to requests that nothing would end.
type within struct {
	ctx  context.Context //nolint:containedctx // it is made for one call
	next http.RoundTripper
}

func (w within) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Context().Done() == nil {
		req = req.WithContext(w.ctx)
	}
	return w.next.RoundTrip(req) //nolint:wrapcheck // http.Client wraps it
}
