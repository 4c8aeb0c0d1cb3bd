// Package scripts fetches migration scripts: from Cloud Storage (gs://bucket/prefix/, bucket.go), from a folder of the
// catalog (folder.go), or from an OCI artifact (oci://host/repository:tag, artifact.go).
//
// What it takes is bounded: 1,000 scripts and 10 MiB. It takes files that end with .sql, and of a bucket and a folder those
// that lie there, not those in folders within. It never writes anything, never leaves the folder that it was given, and does
// not try again what failed: whoever asks does. Objects are read as they were when the bucket was listed, so that a set is
// never half of one and half of another.
//
// It asks Cloud Storage's JSON API itself: two calls do not weigh what Google's library for it does.
//
// Start reading at Scripts.Fetch.
package scripts
