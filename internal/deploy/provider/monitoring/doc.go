// Package monitoring is the metrics port on Google Cloud Monitoring, over the official v3 gRPC client: what revisions
// of a Cloud Run service did, and how full a Cloud SQL database is.
//
// A reading makes at most seven queries, at the same time and within one time-out. Counts and distributions are added
// up by Cloud Monitoring, over the whole window at once (ALIGN_DELTA, REDUCE_SUM), so percentiles come from one
// distribution of each revision and never from other percentiles. Cloud Run reports each minute; of a minute that the
// window cuts, Cloud Monitoring counts the part that lies inside.
//
// How far the source has come is read from the points themselves, of requests and of instances. Aligned points end
// where the window ends, whatever they were made of, and of a revision that nobody calls there are no points of
// requests: that its instances are still reported is what tells it from a source that is late.
//
// It never writes, and never makes a number of an answer that cannot be right.
//
// Start reading at Metrics.Read.
package monitoring
