// Package monitoring is the practice range's Cloud Monitoring: the MetricService of google.monitoring.v3 over gRPC on
// loopback, as far as somebody who watches a release reads it. The practice Cloud Run tells it of every request; it
// keeps them by sampling period and shows them late, as the real one does.
//
// What it is strict about, because readers go wrong there: a filter names exactly one metric type, and one that does
// not exist is NOT_FOUND; the interval is half-open, (start, end]; samples are whole sampling periods, and can be seen
// only Delay after their end; an aligner fits a metric's kind and type or is INVALID_ARGUMENT; a reducer needs an
// aligner; alignment periods are not shorter than a minute, or than the sampling period where that is shorter;
// pages count points; buckets at the end of a distribution that are empty are left out. Fault adds the bad days.
//
// It lists alert policies, too: from the beginning two about the guide's service in production. They are never evaluated,
// and can be neither filtered nor written over the API.
//
// What it does not model: writing, custom metrics, other projects (PERMISSION_DENIED, as to a stranger), MQL and
// PromQL, secondary aggregation, deltas and counts that are interpolated where sampling and alignment periods do not
// meet (a sample counts where it ends), reducing numbers to percentiles, scaling of instances by load. Aligners and
// reducers that it does not have are UNIMPLEMENTED. It keeps no more than the last 5,000 sampling periods.
//
// The bucket bounds of latencies are those of Google's load balancers, and of utilisations hundredths: Cloud Run's are
// not documented, and readers have to take them from each distribution anyway.
//
// Start reading at Server; what is answered is made in samples.go, align.go and reduce.go.
package monitoring
