package httpcheck

import "net/netip"

// Refuses says why an address is not called, of a service whose name is that of this machine or not.
func (c *Checker) Refuses(address string, local bool) string {
	return c.refuses(netip.MustParseAddr(address), local)
}
