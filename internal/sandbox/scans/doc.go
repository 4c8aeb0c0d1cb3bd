// Package scans is the practice range's Artifact Analysis: Grafeas over gRPC on loopback, as far as somebody reads it who
// wants to know what was found in an image. It knows the images that it was told of (Put), by repository and digest.
//
// What it is strict about: the project in the name of the parent (PERMISSION_DENIED for another, as to a stranger); filters
// on kind, resourceUrl and noteProjectId; pages. An image is known by the end of its repository's name, so that it is the
// same one at gcr.io and at the practice registry.
//
// What it does not model: writing, notes, attestations, parts lists, VEX. Those methods are UNIMPLEMENTED.
//
// Start reading at Server, then Sample.
package scans
