// Package cloudsql is the practice range's Cloud SQL: the instances, backup runs and operations of the Admin API, over HTTP
// on loopback, at the paths of the official clients and of gcloud. Where PostgreSQL is installed every instance is a server
// of its own, and what the API does is done: a restore brings rows back and cuts connections off, and a clone has what its
// source had at a moment. Elsewhere instances and backups are records, and HasData says so.
//
// What it is strict about: operations, which have a UUID, take their time, and of which an instance has one at a time (409
// operationInProgress); replicas, which keep a restore from happening; names that are taken; moments that were not kept;
// connection strings, which are good again after a restore in place.
//
// What it does not model: IAM, certificates, flags, users, exports, failover, maintenance, replication (a replica is a
// record), retention, creating and changing instances, and restoring a backup of another instance. Those calls are answered
// with 501. Where the real service's behaviour is not documented, the choice is stated at the code that makes it.
//
// How a call is served: routes.go says where it is, http.go makes a message of the request and JSON of the answer,
// intercept.go writes it down and lets faults happen, and the APIs know nothing of HTTP: they answer with codes of gRPC,
// which refusals.go tells as Cloud SQL does.
//
// How a moment comes back: a cluster keeps the folder that its server began with and archives everything that is written
// (cluster.go). A backup is a named place in it. A restore or clone copies that folder and has PostgreSQL replay the archive
// up to the place, or the moment, on the timeline that was written then (past.go). Moments are those of the system's clock.
//
// Start reading at Server; seed.go says what is there when the practice begins.
package cloudsql
