// Package prometheus is the metrics port on the HTTP API of Prometheus, and of what speaks like it.
//
// Which Prometheus, and what its series are called, comes with each question, from the catalog. A reading makes at
// most six instant queries, at the same time and within one time-out, each over the whole window. Latency is read as
// the buckets of a classic histogram, which are counts and can be added up over instances; nothing here is ever a
// percentile of percentiles. Native histograms are not read.
//
// Counts are those of increase(), which deals with counters that begin again and stretches what it saw to the ends of
// the window, so that they are rounded estimates. A series that began within the window counts from nothing, which
// increase() does not do: the first errors of a new revision are the ones that matter (promql.go).
//
// It never sends its token to a host other than the one asked about, follows no redirects, and never makes a number of
// an answer that cannot be right.
//
// Start reading at Metrics.Read.
package prometheus
