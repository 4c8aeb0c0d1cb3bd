// Package telemetry is how Slipway itself is watched: its log, its metrics and its health endpoints. It decides
// nothing, and nothing waits for it.
package telemetry
