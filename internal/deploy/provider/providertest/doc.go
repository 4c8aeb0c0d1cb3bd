// Package providertest is the conformance suite of the platform port: what the engine relies on, whatever the
// cloud. Every adapter passes it against its stand-in, over the real protocol and with the real client.
//
// The suite speaks only the words of the port. What it needs beyond them (making things go wrong, a person at the
// console, the passing of time) the adapter's test gives it as a Harness.
//
// The same is here for places with database servers (RunInstances, instances.go).
//
// Start reading at RunPlatform; each case begins on a platform of its own.
package providertest
