package egress

import (
	"net"
	"net/netip"
	"strings"
	"syscall"
	"time"
)

// Refusal is an address that is not connected to.
type Refusal struct {
	Address string // as it was written, or what its name led to
	Why     string // goes on where "ADDRESS …" begins
}

func (r *Refusal) Error() string { return r.Address + " " + r.Why }

// Guard decides which addresses are connected to. Those of metadata servers, and those that cannot be a service, are
// refused by every Guard. The zero value also refuses the bot's own machine.
type Guard struct {
	// Public refuses private and loopback addresses, too.
	Public bool
	// Local lets through the bot's own machine. It is for who has named it: another name that leads there is a mistake,
	// or an attempt. Public outweighs it.
	Local bool
}

// For is the guard of connections to a host, as the catalog has written it.
func For(host string, public bool) Guard { return Guard{Public: public, Local: IsLocal(host)} }

const (
	isMetadata = "is the address of a metadata server or only valid on one network segment"
	isLoopback = "is the bot's own machine"
	isPrivate  = "is a private address, and those are forbidden"
	isNothing  = "is no address of a network"
)

// Refuses says why an address is not connected to; empty if it is.
func (g Guard) Refuses(a netip.Addr) string {
	a = a.WithZone("").Unmap()
	if b := a.As16(); nat64.Contains(a) {
		a = netip.AddrFrom4([4]byte(b[12:16]))
	} else if sixTo4.Contains(a) {
		a = netip.AddrFrom4([4]byte(b[2:6]))
	}
	switch {
	case within(never, a):
		return isMetadata
	case a.IsLoopback() && (g.Public || !g.Local):
		return isLoopback
	case g.Public && (a.IsPrivate() || within(inside, a)):
		return isPrivate
	}
	return ""
}

// Forbids looks at a host as it is written, without its port: at the names of metadata servers, and at addresses. An
// address of the bot's own machine that is written out names it. nil if nothing speaks against it; what a name leads to
// is looked at by Control.
func (g Guard) Forbids(host string) *Refusal {
	name := strings.TrimSuffix(strings.ToLower(host), ".")
	if name == "metadata" || name == "metadata.google.internal" || name == "instance-data" {
		return &Refusal{Address: host, Why: isMetadata}
	}
	a, err := netip.ParseAddr(name)
	if err != nil {
		return nil
	}
	g.Local = g.Local || IsLocal(host)
	if why := g.Refuses(a); why != "" {
		return &Refusal{Address: host, Why: why}
	}
	return nil
}

// Control is for net.Dialer.Control. The error is a *Refusal, within what the net package puts around it.
func (g Guard) Control(network, address string, _ syscall.RawConn) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil || strings.HasPrefix(network, "unix") {
		return &Refusal{Address: address, Why: isNothing}
	}
	if why := g.Refuses(at.Addr()); why != "" {
		return &Refusal{Address: at.Addr().String(), Why: why}
	}
	return nil
}

// Dialer makes connections that the guard allows, each within a time.
func (g Guard) Dialer(within time.Duration) *net.Dialer {
	return &net.Dialer{Timeout: within, Control: g.Control}
}

// IsLocal says whether a host is the bot's own machine as it is written: only then is it connected to there.
func IsLocal(host string) bool {
	name := strings.TrimSuffix(strings.ToLower(host), ".")
	if name == "localhost" || strings.HasSuffix(name, ".localhost") {
		return true
	}
	a, err := netip.ParseAddr(name)
	return err == nil && a.Unmap().IsLoopback()
}
