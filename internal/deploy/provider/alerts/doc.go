// Package alerts is the alerts port on Google Cloud Monitoring, over the official v3 gRPC client: which alert policies of
// a project are about a Cloud Run service.
//
// A policy is about a service if it is enabled and one of its conditions, or one of its user labels, names the service as
// a whole word. A policy about all services of a project names none and does not count: nobody could say whether somebody
// thought of this one.
//
// It never writes, and never looks at what a policy measures or whom it tells.
//
// Start reading at Alerts.About.
package alerts
