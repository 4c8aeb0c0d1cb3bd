// Package registry is the images port on the distribution protocol: it finds what a tag is, by content, and which
// tags were perhaps meant when there is none (registry.go, nearest.go). It is also the port for a closer look: what an
// image says of itself (inspect.go), the reports of scanners that are attached to it as OCI referrers (scan.go,
// trivy.go, grype.go, sarif.go), and cosign's signatures by a public key (signed.go, bundle.go).
//
// It can make a tag lead to an image that is there (tag.go).
//
// It never pushes anything but a tag, never pulls layers of images, and never waits longer than its time-out. Registries on loopback are
// spoken to in plain text, all others over TLS, with the credentials that docker, a Login and gcloud would use, in that
// order; a registry that needs none waits for none but docker's. It never checks keyless signatures (those with a
// certificate instead of a key): that takes the time-stamp and transparency services they were made with, and a policy of
// who may sign.
//
// Start reading at Images.Resolve, then at Images.Inspect, Images.Scan and Images.Signed.
package registry
