package deploy

// SignalKind is what is said to a running release.
type SignalKind string

const (
	SignalPromote  SignalKind = "promote"   // approve the gate named by Step
	SignalPause    SignalKind = "pause"     // stop here, leave traffic as it is
	SignalResume   SignalKind = "resume"    // go on from a pause, or try a parked step again
	SignalRollBack SignalKind = "roll_back" // go back now; cancels the step in progress
	SignalNote     SignalKind = "note"      // somebody did something about the rollback; changes nothing else
	SignalWaive    SignalKind = "waive"     // let the open item pass, or go without a backup (Item WithoutBackup), for a reason
	SignalAttested SignalKind = "attested"  // somebody has attested items of the checklist: look again
	SignalAbandon  SignalKind = "abandon"   // let go now, wherever traffic is: break-glass, from the command line only
)

// Signal is what a person or a replica says to a running release. It is stored in the release's inbox before
// its envelope is acknowledged, and consumed by the commit that acts on it.
type Signal struct {
	ID     string     `json:"-"` // given by the store; grows
	Kind   SignalKind `json:"kind"`
	By     UserID     `json:"by"`
	Step   StepName   `json:"step,omitempty"` // what the person was looking at; promote only
	Reason string     `json:"reason,omitempty"`
	Force  bool       `json:"force,omitempty"` // promote against the verdict; with Reason
	Note   NoteKind   `json:"note,omitempty"`  // note only
	Item   string     `json:"item,omitempty"`  // waive only: key of the open item
	Plan   string     `json:"plan,omitempty"`  // promote: hash of the proposal that the person saw; a gate about the plan takes no other
}

// Urgent says whether the signal cancels the step in progress instead of waiting for it.
func (k SignalKind) Urgent() bool { return k == SignalRollBack || k == SignalAbandon }
