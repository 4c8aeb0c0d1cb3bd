// Package metricstest is the conformance suite of the metrics port: what the judge relies on, wherever the numbers
// come from. Every source passes it against its stand-in, over the real protocol and with the real client.
//
// The suite speaks only the words of the port. What it needs beyond them (samples, and things going wrong) the
// adapter's test gives it as a Harness.
//
// Start reading at RunMetrics; each case begins on a source of its own.
package metricstest
