// Package rehearsal plays a game day written as plain text: who types or clicks what, which faults are switched
// on, and what must be seen, where, and within which time. docs/rehearsals.md describes the format.
//
// It reaches the sandbox through the Stage interface only, the same way the terminal and the tests do, and
// knows nothing of the bot. Start reading at Parse, then Play.
package rehearsal
