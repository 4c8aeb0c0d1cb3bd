// Package cloudsql is the port for database servers on Google Cloud SQL, over the official clients for its REST API: what
// the cloud does with an instance (instance.go, backup.go, clone.go, restore.go) and how long that takes (wait.go). It also
// has the way into an instance without a password, Google's own connector (dialer.go).
//
// Cloud SQL takes no key that would make a call idempotent. So every call looks before it sends: a backup is found by its
// description, a clone by its name and by the operation that made it, a restore by its operation. What is sent is sent
// once, and never after the time of the caller has passed: what became of a lost answer is for the next call to see.
// Cloud SQL itself does one thing at a time with an instance and refuses the next one, which is a Conflict here.
//
// It never looks into a database, never deletes or changes an instance, never waits for an operation (Wait asks once), and
// makes no client before the first call.
//
// Start reading at Instances, then send in call.go.
package cloudsql
