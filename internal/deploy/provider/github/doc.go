// Package github opens bug reports as issues of a GitHub repository: it is the notifier port on google/go-github.
//
// A report is found again by a marker in the first line of its issue, among the issues that carry the label
// slipway-incident, so that the same report is opened once also when an answer was lost. The list of a repository's
// issues shows what was just created; GitHub's search does so only after a while and is not used.
//
// It never comments on an issue, closes none and changes none, and follows no redirect: the token goes to the server
// that was configured and to no other.
//
// Start reading at Notifier.Open.
package github
