// Package pgtest starts a PostgreSQL server of one's own, for tests and for measuring: on a free port of the loopback
// address, with a folder that goes with it. It never touches a server that it did not start, and knows nothing of what is
// stored there. How it is found and started is internal/pgserver's; here are only the names that tests use.
package pgtest

import (
	"context"

	"slipway/internal/pgserver"
)

// The owner of everything in a Server.
const (
	User     = "slipway"
	Password = "p@ss/w:rd?#%" // has to be escaped in an address
)

// ErrNotInstalled says that there is no PostgreSQL here, and how to get one.
var ErrNotInstalled = pgserver.ErrNotInstalled

// Server is one PostgreSQL server, with a database postgres. It is for one goroutine.
type Server = pgserver.Server

// Start makes a cluster, starts a server on it with settings such as "max_connections=5" after its usual ones, and waits
// until it is ready. What it answers is on disk only as far as the system has written it: it survives Kill, not the
// machine. ctx bounds the start, not the server's life: that ends with Close. ErrNotInstalled if there is none to start.
func Start(ctx context.Context, settings ...string) (*Server, error) {
	return pgserver.Start(ctx, pgserver.Options{User: User, Password: Password, Settings: settings})
}
