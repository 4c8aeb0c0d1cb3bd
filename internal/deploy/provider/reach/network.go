package reach

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"strings"
)

// tcp takes a connection and lets it go.
func (c *Checker) tcp(ctx context.Context, a *address) (string, error) {
	host, port, err := net.SplitHostPort(a.text)
	n, bad := strconv.ParseUint(port, 10, 16)
	if err != nil || host == "" || bad != nil || n == 0 {
		return "", a.wrong("is not host:port", "host:port, such as db.internal:5432")
	}
	at := a.where(a.text)
	dialer := c.dialer(host, a.public)
	conn, err := dialer.DialContext(ctx, "tcp", a.text)
	if err != nil {
		return "", silence(ctx, "the address "+at, "TCP", err)
	}
	_ = conn.Close()
	return at + " takes connections", nil
}

// dns resolves a name. Nothing is connected to, so that any address will do.
func (c *Checker) dns(ctx context.Context, a *address) (string, error) {
	if strings.ContainsAny(a.text, ":/@ ") || net.ParseIP(a.text) != nil {
		return "", a.wrong("is no name", "a name without a port, such as db.internal")
	}
	name := a.where(a.text)
	found, err := c.resolver.LookupHost(ctx, a.text)
	if err != nil {
		return "", silence(ctx, "the name "+name, "DNS", err)
	}
	note := name + " is " + found[0]
	if more := len(found) - 1; more > 0 {
		note += fmt.Sprintf(" and %d more", more)
	}
	return note, nil
}
