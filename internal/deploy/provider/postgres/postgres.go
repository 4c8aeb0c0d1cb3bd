package postgres

import (
	"context"
	"net"
	"time"

	"slipway/internal/deploy"
)

const (
	// connectWithin bounds one attempt to connect: what does not answer then is not there.
	connectWithin = 10 * time.Second
	// lockWithin bounds the wait for another migration where the catalog says nothing.
	lockWithin = 5 * time.Second
	// settleWithin bounds the wait for what was ended to be gone: a large transaction takes a moment to be undone.
	settleWithin = 15 * time.Second
	// lookWithin bounds a statement that only looks.
	lookWithin = 30 * time.Second
	// idleWithin bounds the time between two statements of a migration, which take milliseconds to send.
	idleWithin = 30 * time.Second
	// cancelWithin is how long the server has to confirm that it has cancelled a statement, before the connection is given up.
	cancelWithin = 2 * time.Second
)

var _ deploy.Databases = (*Databases)(nil)

// Databases speaks to PostgreSQL 12 and later. Its methods may be called from any goroutine; it has nothing to close.
type Databases struct {
	secrets deploy.Secrets
	dial    func(ctx context.Context, instance deploy.InstanceRef, region string) (net.Conn, error)
	clock   deploy.Clock
}

// Options of New; nil means all defaults.
type Options struct {
	// Secrets is where secrets are read; without it a Login that names one is Invalid.
	Secrets deploy.Secrets
	// Dial connects to an instance that has no Login in the catalog, over a way that is safe and says who we are by itself:
	// no TLS is put on top of it and no password is sent. Its errors are *deploy.Error. Without it such a database is Invalid.
	Dial func(ctx context.Context, instance deploy.InstanceRef, region string) (net.Conn, error)
	// Clock measures and waits; by default the computer's.
	Clock deploy.Clock
}

// New makes them. It connects to nothing.
func New(opts *Options) *Databases {
	d := &Databases{clock: deploy.SystemClock{}}
	if opts != nil {
		d.secrets, d.dial = opts.Secrets, opts.Dial
		if opts.Clock != nil {
			d.clock = opts.Clock
		}
	}
	return d
}

// limits are how long a migration may wait and take; 0 is the server's own.
func limits(spec *deploy.DatabaseSpec) (lock, statement time.Duration) {
	if m := spec.Migrations; m != nil {
		return m.LockTimeout, m.StatementTimeout
	}
	return 0, 0
}

// pause waits; the error is that of the context.
func (d *Databases) pause(ctx context.Context, t time.Duration) error {
	over, stop := d.clock.NewTimer(t)
	defer stop()
	select {
	case <-over:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
