// Package scans is the scanner port on Google's Artifact Analysis, over the official gRPC client: what its scanner found
// in an image of Artifact Registry or gcr.io, and when. First asks several scanners, of whichever kind.
//
// It never starts a scan, never asks about images that lie elsewhere (unless the API is a stand-in on plain text, which
// knows the images of the practice range), and never takes a scan that has not ended for a clean one. It needs
// roles/containeranalysis.occurrences.viewer in the project that holds the image.
//
// Start reading at Scans.Scan.
package scans
