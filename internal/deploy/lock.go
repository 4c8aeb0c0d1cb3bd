package deploy

import "time"

// Lock closes a target for new versions until somebody clears it. A rollback leaves one, so that nobody, and no
// automation, ships the bad build again before somebody has looked. It closes nothing for a rollback.
type Lock struct {
	Release ReleaseID `json:"release"` // that left it
	By      UserID    `json:"by"`      // who took it back
	Reason  string    `json:"reason"`
	Since   time.Time `json:"since"`
}

// Bar remembers a version that was taken back. The same content is not released again unless somebody insists.
type Bar struct {
	Digest  string    `json:"digest"`
	Version string    `json:"version"`
	Release ReleaseID `json:"release"` // that was taken back, or that took it back
	Why     string    `json:"why"`
}

// Closure is what stands in the way of releasing to a target. Zero: nothing.
type Closure struct {
	Lock *Lock
	Bars []Bar // newest first, at most 20
}

// Barred finds the bar of a content or a version; empty strings match nothing.
func (c Closure) Barred(digest, version string) (Bar, bool) {
	for _, b := range c.Bars {
		if digest != "" && b.Digest == digest || digest == "" && version != "" && b.Version == version {
			return b, true
		}
	}
	return Bar{}, false
}

// Leaves says what the end of r leaves behind at its target if users were taken back from a version: a bar for what was
// taken back, and a lock, which is zero if somebody has cleared it before the end.
func (r *Release) Leaves() (lock Lock, bar Bar, ok bool) {
	again := r.Kind == Rollback && r.Left.Revision.Name == r.Facts.Baseline.Name // what ought to be live was brought back
	if r.State != RolledBack || again && r.Left.Revision.Name != "" {
		return Lock{}, Bar{}, false
	}
	by, why := r.Cause()
	if _, cleared := r.Noted(NoteUnlocked); !cleared { // somebody has looked already
		lock = Lock{Release: r.ID, By: by, Reason: why, Since: r.Ended}
	}
	bar = Bar{Digest: r.Facts.Image.Digest, Version: r.Version, Release: r.ID, Why: why}
	if r.Kind == Rollback {
		bar.Digest, bar.Version = r.Left.Digest, r.Left.Version
	}
	return lock, bar, true
}

// Cause is who took r back, and why. By and Why say so, too, until it stops on the way back and somebody sends it on. What
// Slipway decided by itself is told from the release all the same.
func (r *Release) Cause() (by UserID, why string) {
	if r.Watch.Last.Critical {
		return Slipway, r.Watch.Last.Why
	}
	if fell := r.Watch.Way.Fell; fell != "" {
		return Slipway, wentBack + fell
	}
	for _, s := range r.Steps {
		if s.Status == Broken {
			return Slipway, s.Name.Says() + ": " + amiss(s.Note)
		}
	}
	if r.By == "" {
		return r.Requester, r.Why
	}
	return r.By, r.Why
}

// LockedError says who closed a target.
type LockedError struct {
	Target Target
	Lock   Lock
}

// Error names the target and what locked it.
func (e *LockedError) Error() string {
	return e.Target.String() + " is locked since " + string(e.Lock.Release)
}

// BarredError says that what was asked for was taken back before.
type BarredError struct {
	Target Target
	Bar    Bar
}

// Error names the version and who took it back.
func (e *BarredError) Error() string {
	return e.Bar.Version + " was taken back from " + e.Target.String() + " by " + string(e.Bar.Release)
}
