// Package command is the checker port for programs that people have already: scripts with curl and jq, run beside the
// bot. A command is a file of the catalog's folder (file.go). It gets the URL to look at as its last argument and as
// BASE_URL, with VERSION and ENVIRONMENT beside it, and nothing else of the bot's environment; an empty folder of its own
// to work in, which is removed afterwards; and a limit to its time, at which all that it has started ends with it
// (process.go). It succeeds by ending with 0.
//
// This is no prison: a command runs as the bot's user, and can read what that may read and reach what that may reach. So
// it is off unless whoever runs the bot allows it; a job of the platform is the safe place for what others write.
//
// It never runs a shell by itself, never runs what is not in the folder, and never logs what a command writes.
//
// Start reading at Checker.Run.
package command
