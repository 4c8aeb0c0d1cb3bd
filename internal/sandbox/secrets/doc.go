// Package secrets is the practice range's Secret Manager: SecretManagerService over gRPC on loopback, as far as somebody
// reads it who needs a secret's value, or wants to know whether it is there. It holds the two secrets of the deployment
// guide with practice values. The practice Cloud Run starts its revisions with the same values, so a key that is read
// here opens what a revision guards.
//
// What it is strict about: names of resources; versions, of which "latest" is the newest; the project's number in the
// names that it answers with, whatever it was asked by; the checksum of a value; other projects (PERMISSION_DENIED, as
// to a stranger).
//
// What it does not model: writing, lists, versions that are disabled or destroyed, aliases, regional secrets, rotation
// and IAM. Those methods are UNIMPLEMENTED. A value is at no place but in an answer that asks for it.
//
// Start reading at Server.
package secrets
