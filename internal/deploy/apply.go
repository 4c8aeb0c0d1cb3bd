package deploy

import (
	"fmt"
	"slices"
	"time"
)

// Apply is what becomes of r when s is said to it. A signal that no longer fits changes nothing but leaves its
// entry, so that the journal shows that it was heard. Whether the person may say it was decided before it was
// stored; what depends on the state of the release is decided here, where only one owner decides at a time.
func Apply(r Release, s Signal, now time.Time) (Release, []Entry) {
	r = r.Clone()
	if r.State.Terminal() {
		return r, []Entry{r.heard(s, now, "came after the release had ended")}
	}
	switch s.Kind {
	case SignalPromote:
		return r, r.promote(s, now)
	case SignalPause:
		return r, r.pause(s, now)
	case SignalResume:
		return r, r.resume(s, now)
	case SignalRollBack:
		return r, r.rollBack(s, now)
	case SignalNote:
		return r, r.note(s, now)
	case SignalWaive:
		return r, r.waive(s, now)
	case SignalAttested:
		return r, r.attested(s, now)
	case SignalAbandon:
		r.interrupt(now, "let go by break-glass")
		return r, []Entry{r.enter(Abandoned, now, s.By, s.Reason)}
	}
	return r, []Entry{r.heard(s, now, "is not known to this version of Slipway")}
}

func (r *Release) heard(s Signal, now time.Time, what string) Entry {
	return Entry{At: now, Kind: EntrySignal, Step: s.Step, By: s.By, Text: string(s.Kind) + " " + what}
}

// MayApprove says why a person's approval of the gate does not count, or "" if it does. It does not look at the
// catalog's list of approvers: that takes Slack.
func (r *Release) MayApprove(gate *Step, by UserID) string {
	switch {
	case by == r.Requester && gate.TakesTwo():
		return "it takes two people: the requester's own approval does not count"
	case by == r.Requester && gate.AboutPlan() && r.Proposal.Needs(r.Spec) > 0:
		return "the requester's own approval of risky statements does not count"
	case by == r.Requester && !r.Spec.Policy.RequesterMayApprove:
		return "the requester's own approval does not count"
	case slices.ContainsFunc(gate.Approvals, func(a Approval) bool { return a.By == by }):
		return "this person has approved already"
	}
	return ""
}

// Gate is the gate that an approval would count at now, or nil. With force that is also one that waits for a verdict,
// or at which Slipway has paused the release because of one.
func (r *Release) Gate(force bool) *Step {
	cur := r.Current()
	if cur == nil || cur.Kind != KindGate || r.goingBack() {
		return nil
	}
	switch {
	case r.State == Waiting && cur.Status == Started:
		return cur
	case force && r.State == Running && cur.Status == Started && cur.byVerdict():
		return cur
	case force && r.State == Paused && r.By == Slipway && cur.byVerdict():
		return cur
	}
	return nil
}

// Against says why an approval would go against the verdict, or "" if it would not. A version that was unhealthy when it
// was last seen is not better for its metrics being gone.
func (r *Release) Against() string {
	last := r.Watch.Last
	unhealthy := func(f Finding) bool { return f.Verdict == Unhealthy && !f.DryRun }
	switch {
	case !r.watching():
		return ""
	case last.Verdict == Unhealthy:
		return string(Unhealthy) + ": " + last.Why
	case last.Verdict == Unknown && slices.ContainsFunc(last.Findings, unhealthy):
		return "unhealthy when it was last seen; since then " + r.Watch.says()
	}
	return ""
}

func (r *Release) promote(s Signal, now time.Time) []Entry {
	cur := r.Gate(s.Force)
	if cur == nil {
		return []Entry{r.heard(s, now, "came when no gate was open")}
	}
	if s.Step != "" && s.Step != cur.Name {
		return []Entry{r.heard(s, now, "was meant for another step")}
	}
	if why := r.MayApprove(cur, s.By); why != "" {
		return []Entry{r.heard(s, now, "refused: "+why)}
	}
	if why := r.otherPlan(cur, s.Plan); why != "" {
		return []Entry{r.heard(s, now, why)}
	}
	against := r.Against()
	if against == "" && !cur.asking() {
		against = r.Watch.says()
	}
	if against != "" && (!s.Force || s.Reason == "") {
		return []Entry{r.heard(s, now, "refused, since it goes against the verdict: "+against)}
	}
	approval := Approval{By: s.By, At: now, Plan: s.Plan}
	text := "approved " + r.Wants(cur)
	if against != "" {
		approval.Forced, approval.Reason = true, s.Reason
		text = fmt.Sprintf("approved %s against the verdict (%s), because: %s", r.Wants(cur), against, s.Reason)
	}
	cur.Approvals = append(cur.Approvals, approval)
	if cur.Needed > 1 {
		text += fmt.Sprintf(" (%d of %d)", len(cur.Approvals), cur.Needed)
	}
	entries := []Entry{{At: now, Kind: EntryApproved, Step: cur.Name, Phase: cur.Phase, By: s.By, Text: text}}
	if len(cur.Approvals) < cur.Needed {
		return entries
	}
	if cur.Begun.IsZero() {
		cur.Begun = now
	}
	cur.Status, cur.EndedAt, cur.Note = Done, now, text
	paused := r.State == Paused
	going := r.enter(Running, now, s.By, "")
	if paused { // of an open gate, the approval says as much
		entries = append(entries, going)
	}
	return entries
}

// otherPlan says why a word about a gate is not about the plan in force, or "" if it is. The gate before anything is
// changed takes no approval that does not say of what; later ones ask about what is there already.
func (r *Release) otherPlan(gate *Step, plan string) string {
	switch {
	case gate.AboutPlan() && plan == "":
		return "refused: it does not say which plan"
	case plan != "" && (r.Proposal == nil || plan != r.Proposal.Hash):
		return "was meant for a plan that has changed since"
	}
	return ""
}

// Forced says whether somebody has promoted the release against the verdict.
func (r *Release) Forced() bool {
	return slices.ContainsFunc(r.Steps, func(s Step) bool {
		return slices.ContainsFunc(s.Approvals, func(a Approval) bool { return a.Forced })
	})
}

// note keeps what somebody did about a rollback that has not quite ended.
func (r *Release) note(s Signal, now time.Time) []Entry {
	n := Note{Kind: s.Note, By: s.By, At: now, Text: s.Reason, Done: !s.Note.Asks()}
	notes, added := AddNote(r.Notes, n)
	if !added {
		return []Entry{r.heard(s, now, "was done before")}
	}
	r.Notes = notes
	if n.Kind == NoteUnlocked && r.Counting() {
		return []Entry{n.Entry(), r.Current().end(now, Skipped, "cut short, since somebody has cleared the lock")}
	}
	return []Entry{n.Entry()}
}

func (r *Release) pause(s Signal, now time.Time) []Entry {
	if r.goingBack() || r.State != Running && r.State != Waiting {
		return []Entry{r.heard(s, now, "changes nothing now")}
	}
	if cur := r.Current(); cur != nil && cur.Kind == KindGate && cur.Status == Started {
		cur.reopen()
	}
	return []Entry{r.enter(Paused, now, s.By, s.Reason)}
}

func (r *Release) resume(s Signal, now time.Time) []Entry {
	if r.State != Paused && r.State != Parked {
		return []Entry{r.heard(s, now, "changes nothing now")}
	}
	next := Running
	if r.goingBack() {
		next = RollingBack
	}
	r.retry(now)
	if cur := r.Current(); cur != nil && cur.Kind.standsStill() && cur.Status == Started { // its time stood still, see advance
		cur.Begun, cur.Look = now, time.Time{}
	}
	r.readyAnew(now)
	r.Watch.Unsure, r.Watch.Errors = 0, 0
	return []Entry{r.enter(next, now, s.By, s.Reason)}
}

// readyAnew has the checklist and the image policy looked at from the beginning, and all that follows from them, if what
// was found is older than people may take to answer: a hold may last for days, and what was so before it need not be so
// any more. What was let pass of the image that long ago was let pass as it was found then; other waivers stay.
func (r *Release) readyAnew(now time.Time) {
	if r.touched() || r.goingBack() {
		return
	}
	anew, after := false, false
	for i := range r.Steps {
		s := &r.Steps[i]
		switch {
		case s.Kind == KindReady && (s.Status == Started && now.Sub(r.Since) > s.Within || s.Status == Done && now.Sub(s.EndedAt) > s.Within):
			anew, after = true, s.Status == Done
			r.Waivers = slices.DeleteFunc(r.Waivers, func(w Waiver) bool { return r.ofImage(w.Item) && now.Sub(w.At) > s.Within })
			if after {
				s.reopen()
			}
		case after && s.Status != Pending && s.Status != Skipped: // what is skipped by now was never to be done, or people go without
			s.reopen()
		}
	}
	if anew {
		r.Readiness = nil
	}
}

// retry gives the step that parked the release a fresh start; it looks before it acts, as after a crash. Of returns of
// traffic that is every one that has not come to its end.
func (r *Release) retry(now time.Time) {
	if r.State != Parked {
		return
	}
	plan := r.Plan()
	var first *Step
	for i := range plan {
		s := &plan[i]
		if s.Status != Broken && s.Status != Started || first != nil && (first.Kind != KindReturn || s.Kind != KindReturn) {
			continue
		}
		if first == nil {
			first = s
		}
		s.Status, s.Begun, s.Look, s.EndedAt = Started, now, time.Time{}, time.Time{}
		s.Attempts, s.Looks, s.Stuck = 0, 0, false
	}
}

func (r *Release) rollBack(s Signal, now time.Time) []Entry {
	if r.goingBack() {
		if r.State == Parked {
			return r.resume(s, now)
		}
		if r.Counting() {
			return []Entry{r.Current().end(now, Skipped, "cut short, since somebody wants to go back further")}
		}
		return []Entry{r.heard(s, now, "changes nothing: it is already going back")}
	}
	if r.Kind == Restore && r.touched() {
		return []Entry{r.heard(s, now, "changes nothing: the restore cannot be stopped any more")}
	}
	r.interrupt(now, "interrupted by a roll back")
	if !r.touched() {
		text := "stopped before anything was changed"
		if r.Kind == Restore && slices.ContainsFunc(r.Steps, func(s Step) bool { return s.Kind == KindClone && !s.Begun.IsZero() }) {
			text = "stopped; the new instance " + r.Restore.Clone + " may be made all the same: delete it if nobody needs it"
		}
		return []Entry{r.enter(Failed, now, s.By, text+because(s.Reason))}
	}
	why := s.Reason
	if why == "" {
		why = "a person said so"
	}
	return []Entry{r.enter(RollingBack, now, s.By, why)}
}

// Counting says whether traffic is back and verified, what is known of the incident is kept, and only its requests are
// still being counted. Somebody who has to go back further does not wait for that.
func (r *Release) Counting() bool {
	cur := r.Current()
	return r.State == RollingBack && r.Incident != nil && cur != nil && cur.Kind == KindIncident && cur.Status == Started
}

// interrupt ends the step in progress, which may have had its effect.
func (r *Release) interrupt(now time.Time, note string) {
	if cur := r.Current(); cur != nil && cur.Status == Started {
		if cur.Kind == KindShift && cur.Note != "" && r.Of(cur.Part).Spec.Strategy.Kind == Rolling { // how far it came
			note += "; " + cur.Note
		}
		cur.Status, cur.EndedAt, cur.Look, cur.Note = Skipped, now, time.Time{}, note
	}
}

func because(reason string) string {
	if reason == "" {
		return ""
	}
	return ": " + reason
}
