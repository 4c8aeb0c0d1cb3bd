// Package cloudrun is the practice range's Cloud Run: the Services, Revisions and Operations of the v2
// API over gRPC on loopback, with a small model behind it that behaves over time as the platform does.
// Revisions serve the sample application over HTTP, services and tags have addresses that answer, and
// requests are split by the traffic that the platform reports, not by the traffic that was asked for.
//
// What it is strict about, because releases go wrong there: etags, update masks (none is a full
// replacement), revision names that can be used once, operations that end with an error long after the
// call was accepted, traffic statuses that trail the traffic asked for. Faults adds the bad days.
//
// What revisions are asked and what they write is told to whoever listens (Options.Metrics and Logs); how many instances
// they keep, and when they lose them, is in warmth.go.
//
// Jobs are those that were seeded, each with a function in the place of its container; they can be looked at and run, and
// their executions looked at and cancelled (jobs.go, execution.go). What they write is told to Options.Logs, too.
//
// What it never does: authenticate, bill, scale instances by load, run containers, keep anything on disk, or
// reach beyond loopback. IAM methods, other calls about jobs, worker pools and cancelling an operation are
// UNIMPLEMENTED (Cloud Run itself does not cancel operations).
//
// Where the real platform's behaviour is not documented, the choice made here is stated at the code
// that makes it.
//
// Start reading at Server; the semantics are in update.go and reconcile.go.
package cloudrun
