// Package pgserver runs PostgreSQL servers of one's own: on a free port of the loopback address, with a folder that goes
// with them. Tests measure against one, and the practice Cloud SQL keeps its instances in them.
//
// It never touches a server that it did not start, never leaves the loopback address, and knows nothing of what is stored.
// PostgreSQL does not run as root: there it is started as the user postgres, or nobody. A server does not outlive the
// process that started it where the system sees to that (Linux), and is gone after Close everywhere.
//
// Start reading at Server.
package pgserver
