// Package deploy is the vocabulary of Slipway and its decisions: releases, plans, steps, gates, signals, the
// journal, and the ports through which the outside is reached.
//
// It imports the standard library only and does no I/O: given a release, what happened and the time, its
// functions return the new release, what to write in the journal and what to do next. That is what makes a
// crash on any line harmless: the engine stores the answer before it acts on it.
//
// Start reading at Release (release.go), then Decide (decide.go), Conclude (conclude.go) and Apply (apply.go).
package deploy
