// Package logging is the logs port on Google Cloud Logging, over the official v2 gRPC client: the error lines of a
// revision of a Cloud Run service.
//
// Of each entry it makes one line: the message, wherever the program has put it. Secrets that a program has written
// there are masked before a line leaves this package, as far as they can be told by their shape (package lines); people
// and channels that see an incident are more than those who may read the log.
//
// It never writes entries, and never tells what the platform logs of requests beyond their path: a query string may
// carry anything.
//
// Start reading at Logs.Errors, then textOf (text.go).
package logging
