// Package chart draws what was seen of a canary as a picture that can be read in a chat on a phone: errors, latency
// and share of requests, one above the other over the same time. And what a load check came to.
//
// It is given data and returns bytes. It never reads a clock, a file or the network, and the same data makes the same
// bytes. Nothing of a release may depend on a picture: whoever cannot have one goes on without.
//
// Start with Canary; series.go says what is made of the points, panels.go what is drawn of it, picture.go where, and
// words.go what is said to those who do not see it. Load has the same in load.go and loadpicture.go.
package chart
