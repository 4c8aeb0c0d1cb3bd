package deploy

import (
	"context"
	"errors"
	"time"
)

// EventID identifies something that happened in Slack (an envelope, a trigger, a press of a button), so that
// hearing of it twice counts once. Marks are kept for seven days.
type EventID string

// ErrNotWritten is in the chain of an error of a Store that is sure to have written nothing.
var ErrNotWritten = errors.New("nothing was written")

// ErrNewer is in the chain of the Conflict that a Store answers with when a newer version of the bot has written what
// was asked for.
var ErrNewer = errors.New("written by a newer version")

// Store keeps releases, holds and the due list. All its times are Redis time. Every method may return
// Unavailable: the store did not answer, and whether a write took place is unknown unless the error wraps
// ErrNotWritten; claim again to find out.
type Store interface {
	Commands
	Reader
	Owners
	Announcements
	Attestations
	// Ping answers when the store can be read and written.
	Ping(ctx context.Context) error
}

// Commands is what people's words do to the store. Each call stores all or nothing.
type Commands interface {
	// Create stores a new release (no ID, no Number) with its plan and first journal entry, takes the hold on its
	// target and puts it on the due list. It returns the release as stored; Fresh is false if event was seen
	// before, and the release is then the one created at that time.
	// Held if another release has the target: the error wraps *HeldError. Invalid if r is to deploy the version that
	// the target runs already as far as its releases say (see Live): the error wraps *LiveError. Held if r is to deploy
	// to a target that is locked: the error wraps *LockedError. Invalid if r is to deploy a version that was taken back
	// before and r.Again is not set: the error wraps *BarredError. A rollback is stopped by neither.
	Create(ctx context.Context, r Release, event EventID) (Created, error)
	// Signal puts s into the inbox of a release and wakes its owner. fresh is false if event was seen before.
	// NotFound if there is no such release, Conflict if it has ended.
	Signal(ctx context.Context, id ReleaseID, s Signal, event EventID) (fresh bool, err error)
	// Unlock clears the lock of a target that a release left, and nothing else. cleared is false if there is no lock
	// (any more), also when event was seen before. Conflict if the target is locked by another release.
	Unlock(ctx context.Context, t Target, left ReleaseID, event EventID) (cleared bool, err error)
	// Note adds a note to a release that has ended, with a journal entry, and wakes its announcement. The first note
	// of a kind counts; one that is Done takes the place of one that is not. The release returned is as stored; fresh
	// is false if nothing was changed: event was seen before, or there is such a note. n.At is set by the store.
	// NotFound if there is no such release, Conflict if it has not ended: then it takes a Signal.
	Note(ctx context.Context, id ReleaseID, n Note, event EventID) (r Release, fresh bool, err error)
}

// Created is the answer to Create.
type Created struct {
	Release Release
	Fresh   bool
}

// HeldError says who has the target.
type HeldError struct {
	Target Target
	Holder ReleaseID
}

// Error names the target and its holder.
func (e *HeldError) Error() string { return e.Target.String() + " is held by " + string(e.Holder) }

// LiveError says which release brought the version that was asked for.
type LiveError struct {
	Target  Target
	Version string
	Live    ReleaseID
}

// Error names the target, what it runs, and since which release.
func (e *LiveError) Error() string {
	return e.Target.String() + " runs " + e.Version + " since " + string(e.Live)
}

// Reader is what status, history, refusals and messages are made from. It takes no lease and changes nothing.
type Reader interface {
	// Get is the newest stored state of a release. NotFound if it is not there (or older than 90 days).
	Get(ctx context.Context, id ReleaseID) (Release, error)
	// Journal is everything recorded since revision after (exclusive), in order.
	Journal(ctx context.Context, id ReleaseID, after int64) ([]Entry, error)
	// Holder is the release that has the target; empty if none.
	Holder(ctx context.Context, t Target) (ReleaseID, error)
	// Live is the release that last brought the target to 100 %. NotFound if Slipway has never done so.
	Live(ctx context.Context, t Target) (Release, error)
	// Closure is what stands in the way of releasing to a target. A commit that ends a release puts there what it
	// leaves (see Release.Leaves).
	Closure(ctx context.Context, t Target) (Closure, error)
	// History is the releases of a target, newest first.
	History(ctx context.Context, t Target, limit int) ([]Release, error)
	// Active is every release that has not ended, oldest first.
	Active(ctx context.Context) ([]Release, error)
}

// Owners is what the engine needs: who drives a release, and the fenced writes of the one who does.
type Owners interface {
	// Due names releases whose time has come, at most limit, most overdue first.
	Due(ctx context.Context, limit int) ([]ReleaseID, error)
	// Wakes hints at releases that became due, and at announcements, until ctx ends. A hint can be lost; the due
	// list is the truth. The channel is closed when ctx ends.
	Wakes(ctx context.Context) (<-chan Wake, error)
	// Claim makes owner drive the release for lease. Its epoch is higher than any before. Conflict if another
	// owner's lease is still good or the release is not due; the same owner may claim again and gets a new epoch.
	// Conflict also if the document is newer than this program can read.
	// Claim and Commit tell of epochs that may have been lost: see Gap.
	Claim(ctx context.Context, id ReleaseID, owner string, lease time.Duration) (Claim, error)
	// Commit replaces the release at c.Release.Rev by the next revision, appends c.Entries to the journal and
	// removes consumed signals, if c.Epoch is still the newest and the revision is the one expected; else Fenced
	// and nothing is written. Nothing is written either, with Conflict, if the release would end while a signal
	// waits that was not consumed: it was accepted, so it has to be heard first.
	Commit(ctx context.Context, c Commit) (Committed, error)
	// Yield gives the lease up without a change; the release is due again after d. Fenced as in Commit.
	// If a signal arrived meanwhile the release is due at once.
	Yield(ctx context.Context, id ReleaseID, e Epoch, d time.Duration) error
	// Beat prolongs the lease and says how many signals wait. Fenced as in Commit; a beat that comes after the
	// lease was given up changes nothing.
	Beat(ctx context.Context, id ReleaseID, e Epoch, lease time.Duration) (signals int, err error)
	// Confirm is a Beat that waits for a replica if there is one: once it has returned without an error, everything
	// stored of the release so far counts, also what an earlier durable Commit reported as Unavailable.
	Confirm(ctx context.Context, id ReleaseID, e Epoch, lease time.Duration) error
	// Inbox reads the signals that wait, in order, without consuming them.
	Inbox(ctx context.Context, id ReleaseID) ([]Signal, error)
}

// Wake hints that there is something to do.
type Wake struct {
	Release      ReleaseID
	Announcement bool // for the announcer; otherwise for the engine
}

// Claim is a lease with what is needed to go on.
type Claim struct {
	Release Release
	Epoch   Epoch
	Now     time.Time // Redis time of the claim
	Signals int       // waiting in the inbox
	Gaps    []Gap     // without those that people were asked about
	Asked   Epoch     // of the last commit with Asked; 0 if there was none
}

// Commit is one fenced write.
type Commit struct {
	Release  Release // the next state; Rev is still that of the state it was decided from
	Epoch    Epoch
	Entries  []Entry       // at least one
	Consumed string        // ID of the last signal that was acted upon; empty for none
	Yield    bool          // give the lease up
	After    time.Duration // with Yield: when it is due again
	Durable  bool          // wait for a replica if there is one: intents and ends
	Asked    bool          // it parks the release because the store has gone back: people are asked about every gap so far
}

// Committed is the answer to Commit.
type Committed struct {
	Rev     int64
	Now     time.Time
	Signals int   // still waiting in the inbox
	Epoch   Epoch // of this write: newer than any claim or commit before; 0 from a store that cannot go back
}

// Announcements is what the announcer needs: for each release, what people have been shown, and a due list of
// its own. Every Create, Commit, Signal and Note makes the announcement of the release due.
type Announcements interface {
	// DueAnnouncements names releases whose announcement should be looked at, at most limit.
	DueAnnouncements(ctx context.Context, limit int) ([]ReleaseID, error)
	// ClaimAnnouncement is Claim for the announcement: one announcer at a time per release.
	ClaimAnnouncement(ctx context.Context, id ReleaseID, owner string, lease time.Duration) (AnnouncementClaim, error)
	// SaveAnnouncement stores a under epoch e (else Fenced). With yield the lease is given up and the
	// announcement is due again after d, or at once if the release changed since it was claimed; d < 0 means not
	// until the release changes. Without yield the lease goes on.
	SaveAnnouncement(ctx context.Context, id ReleaseID, a Announcement, e Epoch, yield bool, d time.Duration) error
}

// AnnouncementClaim is a lease on an announcement.
type AnnouncementClaim struct {
	Announcement Announcement
	Epoch        Epoch
	Now          time.Time
}

// Announcement is what people have been shown of a release.
type Announcement struct {
	Channel  string            `json:"channel,omitempty"`  // id of the channel of the parent message
	Parent   string            `json:"parent,omitempty"`   // timestamp of the parent message
	Shown    string            `json:"shown,omitempty"`    // fingerprint of the parent as shown last
	Told     int64             `json:"told,omitempty"`     // journal revision up to which the thread is complete
	ToldTo   int               `json:"told_to,omitempty"`  // and how many entries of the next revision are there
	Asked    map[string]string `json:"asked,omitempty"`    // step, for a plan with its hash → timestamp of the message that asks, "" once stamped
	Incident string            `json:"incident,omitempty"` // timestamp of the incident's message
	Files    map[string]string `json:"files,omitempty"`    // what was uploaded, by name: its id, or "-" when it was given up
	Posting  string            `json:"posting,omitempty"`  // key of the post whose outcome is not known yet
	Since    time.Time         `json:"since,omitzero"`     // when Posting was written
}
