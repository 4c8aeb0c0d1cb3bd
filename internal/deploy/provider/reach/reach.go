package reach

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"time"

	"slipway/internal/deploy"
	"slipway/internal/deploy/provider/egress"
	"slipway/internal/deploy/provider/tries"
)

// connectWithin bounds one attempt to connect: what does not answer then is not there.
const connectWithin = 10 * time.Second

var _ deploy.Checker = (*Checker)(nil)

// Checker tries dependencies. Its methods may be called from any goroutine.
type Checker struct {
	secrets       deploy.Secrets
	plan          tries.Plan
	clock         deploy.Clock
	roots         *x509.CertPool
	resolver      *net.Resolver
	sockets       string
	forbidPrivate bool
	storage       *storage
}

// Options of New; nil means all defaults.
type Options struct {
	// Secrets is where secrets are read; without it an address that names one is Invalid.
	Secrets deploy.Secrets
	// Clock measures and waits; by default the computer's.
	Clock deploy.Clock
	// Pause is between two tries; default 2 s.
	Pause time.Duration
	// Roots are the authorities that certificates are believed from; by default those of the computer.
	Roots *x509.CertPool
	// Resolver is what names are asked of; by default that of the computer.
	Resolver *net.Resolver
	// ForbidPrivate refuses private and loopback addresses too, as CheckRequest.Public does for one check. Those of
	// metadata servers are refused in any case, and loopback unless the address itself names it.
	ForbidPrivate bool
	// Storage replaces storage.googleapis.com: the value of CLOUDSDK_API_ENDPOINT_OVERRIDES_STORAGE. http://host:port
	// means plain text without credentials, https://host[:port] means TLS with credentials.
	Storage string
	// Sockets is the folder that sockets of databases may be in; default /cloudsql, where Cloud Run puts those of Cloud
	// SQL.
	Sockets string
}

// New makes a checker. It connects to nothing and looks for no credentials. Invalid if Storage cannot be understood.
func New(opts *Options) (*Checker, error) {
	o := Options{}
	if opts != nil {
		o = *opts
	}
	store, err := newStorage(o.Storage)
	if err != nil {
		return nil, err
	}
	c := &Checker{
		secrets: o.Secrets, plan: tries.Plan{Clock: o.Clock, Pause: o.Pause}, clock: o.Clock, roots: o.Roots,
		resolver: o.Resolver, sockets: o.Sockets, forbidPrivate: o.ForbidPrivate, storage: store,
	}
	if c.clock == nil {
		c.clock = deploy.SystemClock{}
	}
	if c.resolver == nil {
		c.resolver = net.DefaultResolver
	}
	if c.sockets == "" {
		c.sockets = "/cloudsql"
	}
	return c, nil
}

// Close lets go of the connections to Cloud Storage. Closing twice is harmless.
func (c *Checker) Close() error {
	c.storage.close()
	return nil
}

// Run tries a dependency until it is reached. Codes as the port has them; what another try would not change, such as a
// wrong password, is not tried again. Calls of the report is 0: it is for stories.
func (c *Checker) Run(ctx context.Context, q deploy.CheckRequest) (deploy.CheckReport, error) {
	doing := fmt.Sprintf("check %q", q.Check.Name)
	d := q.Check.Dependency
	if d == nil || q.Check.Job != "" {
		return deploy.CheckReport{}, &deploy.Error{Code: deploy.Invalid, Op: doing, Msg: "it is no dependency to be tried from here"}
	}
	try, err := c.kind(d.Kind)
	if err != nil {
		return deploy.CheckReport{}, &deploy.Error{Code: deploy.CodeOf(err), Op: doing, Err: err}
	}
	a, err := c.read(ctx, &q)
	if err != nil {
		return deploy.CheckReport{}, &deploy.Error{Code: deploy.CodeOf(err), Op: doing, Err: err}
	}
	return c.plan.Run(ctx, &q.Check, func(ctx context.Context) (string, error) { return try(ctx, a) })
}

// kind finds how a dependency is tried. Each of these makes one try: a note if it is reached, an error of ours if not.
func (c *Checker) kind(k deploy.DependencyKind) (func(context.Context, *address) (string, error), error) {
	switch k {
	case deploy.Postgres:
		return c.postgres, nil
	case deploy.Redis:
		return c.redis, nil
	case deploy.Bucket:
		return c.bucket, nil
	case deploy.HTTP:
		return c.http, nil
	case deploy.TCP:
		return c.tcp, nil
	case deploy.DNS:
		return c.dns, nil
	}
	return nil, &deploy.Error{
		Code: deploy.Invalid, Msg: fmt.Sprintf("%.40q is no kind of dependency", k),
		Hint: "write postgres, redis, bucket, http, tcp or dns",
	}
}

// dialer connects to a host as it is written, if its addresses are not refused.
func (c *Checker) dialer(host string, public bool) *net.Dialer {
	d := egress.For(host, public).Dialer(connectWithin)
	d.Resolver = c.resolver
	return d
}

func (c *Checker) tls(host string) *tls.Config {
	return &tls.Config{ServerName: host, RootCAs: c.roots, MinVersion: tls.VersionTLS12, Time: c.clock.Now}
}
