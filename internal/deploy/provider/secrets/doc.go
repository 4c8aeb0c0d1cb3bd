// Package secrets is the secrets port on Google Secret Manager, over the official gRPC client: the newest version of a
// secret, for the checks that name one.
//
// It never keeps a value, and never puts one into an error: errors name the project and the secret. It writes nothing
// and lists nothing, so that roles/secretmanager.secretAccessor on each secret is all it needs.
//
// Start reading at Secrets.Value.
package secrets
