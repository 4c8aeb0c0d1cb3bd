// Package terminal lets a person play with the sandbox: type and click as one of the people in it, and watch the
// channel as Slack would show it. It reaches the sandbox over its HTTP API only. Start reading at Run.
package terminal
