// Package slack is how Slipway meets Slack: sockets that bring commands and presses of buttons in, an announcer
// that makes channels look like the releases in the store, and a directory of who people are. It is the only
// importer of slack-go.
//
// It decides nothing about releases and nothing about who may do what: both are asked of the Handler and of the
// store. An envelope is acknowledged only after the Handler has returned, which is after what it asks for was
// stored. Slack being slow or gone delays messages and nothing else.
//
// Start reading at Socket.Run (socket.go) for the way in and Announcer.Run (announcer.go) for the way out; what
// people see is in parent.go, gate.go, ready.go, plancard.go and entry.go, pure functions from a release to a message;
// forms are drawn in form.go and read in submission.go.
package slack
