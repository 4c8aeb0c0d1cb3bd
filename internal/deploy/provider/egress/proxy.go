package egress

import (
	"context"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// DialContext is for http.Transport.DialContext of a transport whose Proxy is http.ProxyFromEnvironment: it makes
// connections that the guard allows, each within a time, and those to the environment's proxy for a host (as URLs have
// it) without looking: a proxy's own address is the business of whoever runs the bot.
func (g Guard) DialContext(host string, within time.Duration) func(context.Context, string, string) (net.Conn, error) {
	proxies := map[string]bool{}
	for _, scheme := range []string{"http", "https"} {
		if p, err := http.ProxyFromEnvironment(&http.Request{URL: &url.URL{Scheme: scheme, Host: host}}); err == nil && p != nil {
			proxies[net.JoinHostPort(p.Hostname(), proxyPort(p))] = true
		}
	}
	plain, guarded := &net.Dialer{Timeout: within}, g.Dialer(within)
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		if proxies[address] {
			return plain.DialContext(ctx, network, address)
		}
		return guarded.DialContext(ctx, network, address)
	}
}

func proxyPort(p *url.URL) string {
	switch {
	case p.Port() != "":
		return p.Port()
	case strings.HasPrefix(p.Scheme, "socks"):
		return "1080"
	case p.Scheme == "https":
		return "443"
	}
	return "80"
}
