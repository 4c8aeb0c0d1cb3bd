// Package control is the sandbox's one small HTTP API: it types, clicks and submits as people do, shows channels
// and threads as people see them, switches faults on and lists the calls that reached the clouds. The terminal,
// rehearsals, tests and pages all use it. docs/sandbox.md describes it.
//
// It decides nothing and keeps nothing: what happens, happens in the workspace and the clouds. Start reading at
// Server.Handler; Client is the other end of the wire.
package control
