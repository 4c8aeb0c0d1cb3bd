// Package logging is the practice range's Cloud Logging: LoggingServiceV2 over gRPC on loopback, as far as somebody
// reads it who wants to know why a revision fails. The practice Cloud Run writes to it what the sample application
// says: a line for each answer with 5xx, and the last words of a container that does not start.
//
// What it is strict about: a project is named; orders, page sizes, fields, severities and times that the real one
// refuses are INVALID_ARGUMENT; pages hold 50 entries if nothing else is asked for, and go on where the one before
// ended although entries are written meanwhile.
//
// What it does not model: request logs (of which the real Cloud Run writes one for each request, with severity ERROR
// and without a text for a 5xx), structured payloads, the delay until an entry can be found, buckets and views, other
// projects (PERMISSION_DENIED, as to a stranger), searching all fields for a bare word. It keeps the last 5,000 entries.
//
// Start reading at Server.
package logging
