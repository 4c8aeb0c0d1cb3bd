// Package commands is what people say to Slipway: the grammar of /deploy, /promote and /rollback, who may say
// what, and one handler for each command and button.
//
// A handler reads the store, checks the person, stores at most one thing and answers in words for the one who
// asked. It never calls a cloud or a registry and never waits for a release: what it stored is carried out by
// the engine. It knows neither Slack nor Redis. When it cannot find out who somebody is, or what they may do, it
// refuses.
//
// Start reading at Handler.Command (handler.go) and Parse (parse.go); then one file per command.
package commands
