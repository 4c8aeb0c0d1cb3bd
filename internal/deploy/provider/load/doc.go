// Package load is the loader port on vegeta's library: it sends many requests to a service for a stretch of time, and
// says how long each took and how many failed.
//
// With a rate requests are sent when they are due, whether or not earlier ones were answered (an open loop, as users
// are): a service that freezes gets no fewer of them, and each that waits is counted with all the time it waited. What
// such a tool must not do is to be polite, that is to hold requests back while the service is slow and so to leave out
// just those that would have been slow: coordinated omission. With a concurrency it is done on purpose, as wrk does it:
// each of so many senders waits for its answer, and latencies are those of a service that is never asked for more.
//
// A latency is from the moment a request is sent until the last byte of its answer, or until it was given up, with the
// making of a connection if there was none. It is not from the moment it was due: when this machine is too busy to
// send, or when mostAtOnce requests are unanswered at once, requests go out late or not at all. What is late by at most
// a second is made up for; more is missing, in the count and so in the rate. No stretch of a second has more requests
// than the check's Most, also when something is made up for (pacer.go).
//
// vegeta decides when requests are sent and by whom, and measures them. What it sends them with is ours: connections
// that a request is written to and an answer read from by the one goroutine that waits for it (wire.go), for net/http
// has two more for each and would make this machine busy before a service is. It is used only behind a proxy (proxy.go).
//
// Each request is on an HTTP/1.1 connection of its own while it lasts, as those of as many users would be. Connections
// that are idle are kept for ten seconds, so that of a check in several stretches only the first has the latencies of
// making them. A GET whose kept connection breaks before any answer is sent once more on another, as browsers do: the
// service may have closed it just then. Redirects are not followed, for each would be one more request; a status of 300
// to 399 is a failure. Of an answer 8 MiB are read at most. Addresses are looked at when a connection is made (package
// egress).
//
// No secret leaves this package but in a request: what goes wrong is said in words of its own (reason.go), never in
// those of an answer or of an error. It keeps nothing from one stretch to the next but idle connections, judges
// nothing, and writes no log.
//
// Start reading at Loader.Fire.
package load
