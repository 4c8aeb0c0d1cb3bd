// Package registry is the practice range's container registry: the real distribution protocol on
// loopback, filled with small images of the sample application, one per version.
//
// The images are built from constants, so a version has the same digest at every start and on every
// machine, and says that it was built in December 2025. They are never run: the practice clouds read the version from
// their label and serve the sample application themselves. Anyone may push more.
//
// Images are signed as cosign signs them, with a practice key that is no secret; one version is not (Unsigned). Anything
// can be attached to an image as an OCI referrer.
//
// Start reading at New, then Sign and Attach.
package registry
