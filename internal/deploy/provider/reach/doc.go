// Package reach is the checker port for dependencies: it says whether a database, a Redis, a bucket, an address or a
// name that a service needs can be reached from where it runs. That is beside the bot, or in a job of the platform, where
// `bot probe` is this package and nothing else.
//
// Secrets are put into the address when it is read (address.go), each so that it can be nothing but a value there. None
// leaves this package but on the connection it is for: messages have host and port, never what logs in; and no text of
// another program, which may quote what it was sent. What is connected to is looked at by package egress, in every
// dialer.
//
// It never changes anything where it arrives, keeps no connection from one try to the next, and never writes a log.
//
// Start reading at Checker.Run, then at the kind: postgres.go, redis.go, bucket.go, http.go, network.go.
package reach
