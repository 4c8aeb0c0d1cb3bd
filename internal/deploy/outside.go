package deploy

import (
	"context"
	"time"
)

// Outside looks at addresses as a stranger would. It follows no redirect, sends no secret, and keeps nothing. Codes:
// Invalid (not an address, or one that is not called; a certificate that does not hold), NotFound (a name that leads
// nowhere), Unavailable (no answer in time).
type Outside interface {
	// Ask makes one GET.
	Ask(ctx context.Context, q AddressRequest) (AddressAnswer, error)
	// Certificate says until when the certificate of a host is good: the first of its chain to end. The port is that of
	// the URL, or 443. Invalid if nobody trusts it, or not for this host.
	Certificate(ctx context.Context, q AddressRequest) (until time.Time, err error)
	// Resolve gives the addresses of the host of a URL; at least one.
	Resolve(ctx context.Context, q AddressRequest) ([]string, error)
}

// AddressRequest is an address to look at.
type AddressRequest struct {
	URL    string // http or https
	Within time.Duration
	Public bool // private addresses are forbidden
}

// AddressAnswer is what came back.
type AddressAnswer struct {
	Status   int
	Location string // where a redirect leads, as a whole URL; empty if it is none
}
