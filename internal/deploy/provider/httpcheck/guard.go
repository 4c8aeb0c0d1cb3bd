package httpcheck

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"syscall"
	"time"
)

// refusal is an address that is not called.
type refusal struct{ address, why string }

func (r *refusal) Error() string { return r.address + " " + r.why }

const (
	isMetadata = "is the address of a metadata server or only valid on one network segment"
	isLoopback = "is the bot's own machine"
	isPrivate  = "is a private address, and those are forbidden"
)

// never are addresses that no check is about: where clouds hand out credentials, and what cannot be a service.
var never = prefixes(
	"169.254.0.0/16", "fe80::/10", // link-local: the metadata servers of all clouds
	"fd00:ec2::/32", "fd20:ce::/32", // the same over IPv6: Amazon, Google
	"100.100.100.200/32", "168.63.129.16/32", "192.0.0.192/32", // Alibaba, Azure, Oracle
	"0.0.0.0/8", "::/128", // this machine by another name
	"224.0.0.0/4", "ff00::/8", "255.255.255.255/32", // many at once
)

// inside are private addresses that netip does not call so.
var inside = prefixes("100.64.0.0/10", "fec0::/10")

// Addresses of IPv6 that lead to one of IPv4 within them, after so many bytes.
var (
	nat64  = netip.MustParsePrefix("64:ff9b::/96")
	sixTo4 = netip.MustParsePrefix("2002::/16")
)

func prefixes(texts ...string) []netip.Prefix {
	var all []netip.Prefix
	for _, text := range texts {
		all = append(all, netip.MustParsePrefix(text))
	}
	return all
}

// refuses says why an address is not called; empty if it is.
func (c *Checker) refuses(a netip.Addr, loopback bool) string {
	a = a.WithZone("").Unmap()
	if b := a.As16(); nat64.Contains(a) {
		a = netip.AddrFrom4([4]byte(b[12:16]))
	} else if sixTo4.Contains(a) {
		a = netip.AddrFrom4([4]byte(b[2:6]))
	}
	switch {
	case within(never, a):
		return isMetadata
	case a.IsLoopback() && (c.forbidPrivate || !loopback):
		return isLoopback
	case c.forbidPrivate && (a.IsPrivate() || within(inside, a)):
		return isPrivate
	}
	return ""
}

func within(all []netip.Prefix, a netip.Addr) bool {
	for _, p := range all {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

// forbids looks at a host as it is written: behind a proxy nobody else does.
func (c *Checker) forbids(host string) string {
	name := strings.TrimSuffix(strings.ToLower(host), ".")
	if name == "metadata" || name == "metadata.google.internal" || name == "instance-data" {
		return isMetadata
	}
	if a, err := netip.ParseAddr(host); err == nil {
		return c.refuses(a, a.Unmap().IsLoopback())
	}
	return ""
}

// dial connects to addresses that are not refused. They are looked at when the name has been resolved and the
// connection is about to be made, so that what a name leads to cannot change in between. A proxy's own address is the
// business of whoever runs the bot.
func (c *Checker) dial(base *url.URL) func(context.Context, string, string) (net.Conn, error) {
	loopback := isLocal(base.Hostname())
	proxies := map[string]bool{}
	for _, scheme := range []string{"http", "https"} {
		if p, err := http.ProxyFromEnvironment(&http.Request{URL: &url.URL{Scheme: scheme, Host: base.Host}}); err == nil && p != nil {
			proxies[net.JoinHostPort(p.Hostname(), proxyPort(p))] = true
		}
	}
	plain := &net.Dialer{Timeout: 10 * time.Second}
	guarded := &net.Dialer{Timeout: 10 * time.Second, Control: func(_, address string, _ syscall.RawConn) error {
		at, err := netip.ParseAddrPort(address)
		if err != nil {
			return err
		}
		if why := c.refuses(at.Addr(), loopback); why != "" {
			return &refusal{address: at.Addr().String(), why: why}
		}
		return nil
	}}
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		if proxies[address] {
			return plain.DialContext(ctx, network, address)
		}
		return guarded.DialContext(ctx, network, address)
	}
}

// isLocal says whether a base URL's host is the bot's own machine by name: only then is it called there.
func isLocal(host string) bool {
	name := strings.TrimSuffix(strings.ToLower(host), ".")
	if name == "localhost" || strings.HasSuffix(name, ".localhost") {
		return true
	}
	a, err := netip.ParseAddr(host)
	return err == nil && a.Unmap().IsLoopback()
}

func proxyPort(p *url.URL) string {
	if p.Port() == "" && strings.HasPrefix(p.Scheme, "socks") {
		return "1080"
	}
	return port(p)
}
