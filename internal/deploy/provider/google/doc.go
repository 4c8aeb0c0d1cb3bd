// Package google is what all providers on Google's APIs have in common: where an API is (endpoint.go), its clients, made
// at the first call and closed once (connection.go; rest.go for an API without gRPC), the repetition of what changes
// nothing (call.go), and what an answer says to people (explain.go), over HTTP as well (status.go).
//
// It never knows which API it serves beyond its name (API), never repeats a call that changes something, and keeps
// nothing that an API has answered. It reaches no network before the first call, so that a bot starts while Google is
// away.
//
// Start reading at Connection, then Explain.
package google
