// Package checkers is the checker port as a whole: it gives each check to the one who knows its kind, beside the bot or in
// a job of the platform. In a job, a dependency is tried by Slipway's own image (`bot probe`), which reads the secrets of
// the address by itself: only their names are in its arguments.
//
// It never makes a check by itself, and reads no secret.
//
// Start reading at Checker.Run.
package checkers
