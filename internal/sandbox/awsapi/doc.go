// Package awsapi is the wire of the practice AWS: one HTTP address at which several of its APIs answer, each in the
// protocols that its clients speak. It hears JSON 1.0 and 1.1, Query with answers in XML, and RPC v2 with CBOR, and turns
// each of them into the SDK's own types of requests and answers, so that a practice API is a handful of functions. It
// writes down every call, and lets calls go wrong on demand.
//
// What it is strict about: that a request is signed; the time, the names and the errors of each protocol.
//
// What it never does: check a signature, know what an operation means, or refuse a request for what it lacks, which is
// the operation's business. Fields that an operation does not have are ignored, as at AWS. Members that are one of several
// shapes are left out, but for documents.
//
// Start reading at Server and API.
package awsapi
