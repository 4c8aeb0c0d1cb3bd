package egress

import "net/netip"

// never are addresses that no check is about: where clouds hand out credentials, and what cannot be a service.
var never = prefixes(
	"169.254.0.0/16", "fe80::/10", // link-local: the metadata servers of all clouds
	"fd00:ec2::/32", "fd20:ce::/32", // the same over IPv6: Amazon, Google
	"100.100.100.200/32", "168.63.129.16/32", "192.0.0.192/32", // Alibaba, Azure, Oracle
	"0.0.0.0/8", "::/128", // this machine by another name
	"224.0.0.0/4", "ff00::/8", "255.255.255.255/32", // many at once
)

// inside are addresses of somebody's own networks that netip does not call private: of carriers, of sites, of laboratories,
// and of gateways to IPv4 that a network has made for itself, which lead where that likes.
var inside = prefixes("100.64.0.0/10", "fec0::/10", "198.18.0.0/15", "192.0.0.0/24", "240.0.0.0/4", "64:ff9b:1::/48")

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

func within(all []netip.Prefix, a netip.Addr) bool {
	for _, p := range all {
		if p.Contains(a) {
			return true
		}
	}
	return false
}
