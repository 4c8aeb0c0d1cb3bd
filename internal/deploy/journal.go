package deploy

import "time"

// EntryKind says what an entry records.
type EntryKind string

const (
	EntryCreated  EntryKind = "created"
	EntryIntent   EntryKind = "intent"   // about to act: from here on the step may have had an effect
	EntryProgress EntryKind = "progress" // acted, not finished: an operation's name, a retry
	EntryTrouble  EntryKind = "trouble"  // a call keeps being refused or not answered; it is tried again
	EntryOutcome  EntryKind = "outcome"  // a step has ended well
	EntryFailure  EntryKind = "failure"  // a step has ended badly
	EntryAsked    EntryKind = "asked"    // a gate has opened
	EntryApproved EntryKind = "approved" // one approval
	EntrySignal   EntryKind = "signal"   // any other word from a person or replica, and what became of it
	EntryState    EntryKind = "state"    // the release changed its state
	EntryVerdict  EntryKind = "verdict"  // the judge says something else than before
	EntryAttested EntryKind = "attested" // somebody attested items of the checklist
	EntryWaived   EntryKind = "waived"   // somebody let an item pass
	EntryVoided   EntryKind = "voided"   // an approval is void: what was approved is no longer so
	EntryNote     EntryKind = "note"     // somebody did something about a release that was taken back
)

// Entry is one line of the journal: append-only, in order, never rewritten. Rev is the revision of the release
// that wrote it, Index its place among the entries of that revision.
type Entry struct {
	Rev   int64     `json:"-"`
	Index int       `json:"-"`
	At    time.Time `json:"at"`
	Kind  EntryKind `json:"kind"`
	Step  StepName  `json:"step,omitempty"`
	Phase Phase     `json:"phase,omitempty"`
	By    UserID    `json:"by,omitempty"`
	State State     `json:"state,omitempty"` // EntryState: the new one
	Text  string    `json:"text,omitempty"`  // one line a person can read; never a secret
	Took  int64     `json:"took_ms,omitempty"`
}
