// Package filter reads the filters of the practice Google APIs: the comparisons of Cloud Monitoring and Cloud
// Logging joined by AND, OR, NOT and parentheses, as in
//
//	metric.type = "run.googleapis.com/request_count" AND resource.labels.revision_name = one_of("a", "b")
//	resource.type="cloud_run_revision" severity>=ERROR timestamp<="2025-12-22T12:00:00Z"
//
// As in both APIs, OR binds tighter than AND, and two comparisons with nothing between them are joined by AND.
//
// It knows no fields and no types: whoever asks says what a comparison means. Bare words that search all fields, as
// Cloud Logging has them, are refused. Start reading at Parse.
package filter
