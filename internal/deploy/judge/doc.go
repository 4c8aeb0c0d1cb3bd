// Package judge says what a revision's measurements come to: a verdict with the numbers that it rests on. It is a pure
// function of one look: no clock, no I/O, nothing remembered between two looks. What a verdict leads to is decided in
// package deploy, and what a source cannot have meant (NaN, more failures than requests) is an error here and never the
// reason for a rollback.
//
// The rules in words, their numbers and what they come to on simulated traffic are in docs/judge.md.
//
// Start reading at Judge; then share.go (errors and availability), latency.go and gauge.go, one for each kind of
// objective; binomial.go and rank.go are the statistics.
package judge
