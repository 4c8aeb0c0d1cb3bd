// Package registry is the images port on the distribution protocol: it finds what a tag is, by content, and which
// tags were perhaps meant when there is none.
//
// It never pushes, never pulls layers, and never waits longer than its time-out. Registries on loopback are
// spoken to in plain text, all others over TLS, with the credentials that docker and gcloud would use.
//
// Start reading at Images.Resolve.
package registry
