// Package tries makes the tries of a check that is one thing as a whole, a dependency or a command: again after a pause
// until it is as expected, within the check's time. It is what all checkers but that of stories have in common; a story
// has its clean-up to look after, and tries by itself.
//
// It never decides what is as expected, never begins a try that there is no time for, and never logs.
//
// Start reading at Plan.Run.
package tries
