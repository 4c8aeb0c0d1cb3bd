package phase

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"time"

	"slipway/internal/deploy"
)

const (
	addressWithin = 10 * time.Second    // one look at an address
	goodFor       = 14 * 24 * time.Hour // a certificate, at least, where the checklist does not say
)

// proveHTTPS makes sure that who calls by plain HTTP is sent to HTTPS, at the same host.
func (l *looking) proveHTTPS(ctx context.Context, arg string) error {
	u, err := l.address(ctx, arg)
	if err != nil {
		return err
	}
	if u.Scheme == "https" { // plain HTTP is at its own port
		u.Host = strings.TrimSuffix(u.Host, ":"+u.Port())
	}
	u.Scheme = "http"
	answer, err := l.Outside.Ask(ctx, l.lookAt(u))
	if err != nil {
		return err
	}
	to, err := url.Parse(answer.Location)
	switch {
	case answer.Status < 300 || answer.Status > 399 || answer.Location == "":
		return cannot(fmt.Sprintf("%s answers %d, and does not redirect to HTTPS", u, answer.Status))
	case err != nil || to.Scheme != "https" || !strings.EqualFold(to.Hostname(), u.Hostname()):
		return cannot(fmt.Sprintf("%s redirects to %s, not to HTTPS at the same host", u, cut([]byte(answer.Location))))
	}
	return nil
}

// proveCertificate makes sure that the certificate of where users are holds for a while.
func (l *looking) proveCertificate(ctx context.Context, arg string) error {
	least := goodFor
	if arg != "" {
		d, err := time.ParseDuration(arg)
		if err != nil {
			return cannot(fmt.Sprintf("%q is no duration", arg))
		}
		least = d
	}
	u, err := l.address(ctx, "")
	if err != nil {
		return err
	}
	if u.Scheme != "https" {
		return cannot(u.String() + " has no certificate: it is plain HTTP")
	}
	until, err := l.Outside.Certificate(ctx, l.lookAt(u))
	if err != nil {
		return err
	}
	if left := until.Sub(l.now); left < least {
		return cannot(fmt.Sprintf("the certificate of %s ends on %s, in %s; at least %s are asked", u.Host, until.UTC().Format("2 Jan 2006"), days(left), days(least)))
	}
	return nil
}

// proveDNS makes sure that a name leads somewhere.
func (l *looking) proveDNS(ctx context.Context, arg string) error {
	u, err := l.address(ctx, arg)
	if err != nil {
		return err
	}
	_, err = l.Outside.Resolve(ctx, l.lookAt(u))
	return err
}

// proveURL makes sure that what users call answers well.
func (l *looking) proveURL(ctx context.Context, path string) error {
	u, err := l.address(ctx, "")
	if err != nil {
		return err
	}
	target, err := url.Parse(strings.TrimSuffix(u.String(), "/") + path)
	if err != nil {
		return cannot(fmt.Sprintf("%q is no path", path))
	}
	answer, err := l.Outside.Ask(ctx, l.lookAt(target))
	if err == nil && (answer.Status < 200 || answer.Status > 299) {
		return wrong(target.String(), fmt.Sprintf("answered %d, expected 200 to 299", answer.Status))
	}
	return err
}

func (l *looking) lookAt(u *url.URL) deploy.AddressRequest {
	return deploy.AddressRequest{URL: u.String(), Within: addressWithin, Public: l.r.Spec.Public}
}

// address is what a proof is about: a URL or a host that the checklist names, or where users reach the service.
func (l *looking) address(ctx context.Context, arg string) (*url.URL, error) {
	if l.Outside == nil {
		return nil, cannot("this Slipway looks at no addresses")
	}
	switch {
	case arg == "":
		var err error
		if arg, err = l.usersURL(ctx, l.r); err != nil {
			return nil, err
		}
	case !strings.Contains(arg, "://"):
		arg = "http://" + arg
	}
	u, err := url.Parse(arg)
	if err != nil || u.Host == "" {
		return nil, cannot(fmt.Sprintf("%.200q is no address", arg))
	}
	return u, nil
}

// days is how long something is good for yet.
func days(d time.Duration) string {
	const day = 24 * time.Hour
	switch n := d / day; {
	case d < 0:
		return "the past"
	case n >= 2:
		return fmt.Sprintf("%d days", n)
	}
	return deploy.Planned(d.Truncate(time.Minute))
}
