package deploy

import (
	"context"
	"time"
)

// Runner carries out one kind of step. It never waits longer than one call: what has to wait is said with
// Outcome.Again. It may be called again after any crash, so it looks before it acts. It is given a copy of the
// release, as the step's part sees it (Release.Of), and changes the outside only; what it learnt goes into Outcome.Facts.
//
// Codes: retryable ones (see Retryable) are tried again until the step's time is up; any other fails the step,
// except Internal and a panic, which park the release.
type Runner interface {
	Run(ctx context.Context, r Release, s Step) (Outcome, error)
}

// Outcome is how far a step has come.
type Outcome struct {
	Facts Facts         // the facts of the step's part from now on: those given, with what was learnt
	Again time.Duration // > 0: not finished, look again after this
	Note  string        // evidence in one line; kept with the step
	Park  string        // not empty: going on could do harm; people are asked, and this is what they are told

	Look     *Look            // KindWatch only: what was seen; Facts and the rest are not looked at
	Ready    *Readiness       // KindReady only: how far the checklist has come; as long as something is open the step goes on
	Parts    map[string]Facts // KindConfirm only: as Facts, of the other parts
	Proposal *Proposal        // KindPropose and KindConfirm only; Facts have the image and the baseline that it is about
	Load     *LoadResult      // KindLoad only: what it has come to so far; also with an error
	Backup   *BackupRun       // KindBackup only
	Schema   *Schema          // KindMeasure, KindMigrate and KindSettle only: also with an error
	Snapshot []byte           // KindSnapshot only

	Incident *Incident // KindIncident only: the evidence, from now on part of the release
}

// RunnerFunc makes a function a Runner.
type RunnerFunc func(ctx context.Context, r Release, s Step) (Outcome, error)

// Run calls f.
func (f RunnerFunc) Run(ctx context.Context, r Release, s Step) (Outcome, error) { return f(ctx, r, s) }
