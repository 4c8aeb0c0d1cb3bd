// Package cloudrun is the platform port on Google Cloud Run, over the official v2 gRPC client.
//
// Every change reads the service first, sends nothing when it is already so, and otherwise carries the etag of
// that read, so that a stale replica or a person at the console is noticed instead of overwritten. Traffic that
// Slipway sets is always pinned to revisions by name; tags that people gave are kept.
//
// It never creates or deletes services or revisions that were not asked for, never repeats a write whose answer
// was lost (the caller does, and the read before it finds out what became of the first), and never waits for an
// operation: Wait asks once.
//
// Calls go to run.googleapis.com; the client names the region in a header of each call, so regional endpoints
// are not needed.
//
// Start reading at Platform (platform.go), then change (change.go), which Stage, Shift and Retire share.
package cloudrun
