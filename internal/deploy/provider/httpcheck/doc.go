// Package httpcheck is the checker port on net/http: it tells a check's story to a service, call by call, and says
// exactly what was not as expected.
//
// One try is all calls in order, on connections of its own (script.go, story.go, call.go); what is expected of an
// answer is looked at as a whole, so that one failure names all that is wrong with it (answer.go). After each try the
// clean-up calls are made: also after a failed call, at the end of the time, and when the caller has given up, which
// they do not notice. A clean-up call with a placeholder that nothing was captured for has nothing to clean up and is
// left out; so is what is already gone: 404 or 410 to a DELETE that expects no status of its own. A clean-up that
// fails is told beside what failed before it; if everything else went well, it fails the check.
//
// What is read of an answer is bounded: 1 MiB of body, 64 KiB of headers, 10 redirects. Redirects are followed on the
// same host only, for a story's headers are meant for that one, and not at all where a call expects one. Addresses are
// looked at when a connection is made, so that no name and no redirect leads to a metadata server (package egress).
//
// No secret leaves this package but in a request: no value of a secret, of a header such as Authorization or of a
// capture whose name looks like one is in any message or error, in whatever answer it comes back (mask.go).
//
// It never keeps anything from one try to the next, and never writes a log.
//
// Start reading at Checker.Run.
package httpcheck
