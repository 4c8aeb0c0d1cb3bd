// Package sandbox is the practice range: a Slack workspace, Cloud Run with a sample application, Cloud Monitoring and
// Cloud Logging that it reports to, Secret Manager, a container registry and Redis, in one process, on loopback. They
// speak the real protocols, so the real bot joins them through its ordinary clients; Environ says how.
//
// Nothing of it is used by `bot run`, and nothing of it leaves this machine. Start reading at Start.
package sandbox
