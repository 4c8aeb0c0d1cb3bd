package deploy

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Conclude is what becomes of r after its step was run: out if err is nil. A step that has ended meanwhile, or
// that a roll back took away, changes nothing.
func Conclude(r Release, name StepName, out Outcome, err error, now time.Time) (Release, []Entry) {
	if name == WatchName {
		return Saw(r, out.Look, err, now)
	}
	r = r.Clone()
	cur := r.Current()
	if cur == nil || cur.Name != name || cur.Status != Started {
		return r, nil
	}
	if err == nil && out.Incident != nil {
		r.Incident = out.Incident
	}
	if out.Load != nil { // also of one that broke a limit
		r.loaded(*out.Load)
	}
	if out.Schema != nil { // also of one that went wrong in the middle: what was applied was
		r.Schema = out.Schema.clone()
	}
	if err == nil {
		err = r.lacking(cur, out)
	}
	if err != nil {
		return r, r.trouble(cur, err, now)
	}
	changed := r.Of(cur.Part).Facts != out.Facts || len(out.Parts) > 0 || out.Incident != nil || out.Load != nil || out.Schema != nil || out.Backup != nil || out.Note != "" && out.Note != cur.Note
	r.learnAll(cur.Part, out)
	if out.Backup != nil {
		r.Backup = out.Backup
	}
	if out.Snapshot != nil {
		r.Snapshot = out.Snapshot
	}
	cur.Stuck = cur.Kind == KindReturn && out.Park != ""
	if out.Park != "" && r.returning(cur) {
		return r, r.again(cur, out.Park, now)
	}
	if out.Park != "" {
		return r, []Entry{r.enter(Parked, now, Slipway, out.Park+r.stuckBeside(cur))}
	}
	var entries []Entry
	if out.Ready != nil {
		var other bool
		entries, out.Again, other = r.readied(*out.Ready, out.Again, now)
		changed = changed || other
	}
	switch {
	case out.Again > 0:
		cur.Attempts, cur.Looks, cur.Look = 0, cur.Looks+1, now.Add(out.Again)
		if !changed {
			return r, entries
		}
		cur.Note = cmp.Or(out.Note, cur.Note)
		return r, append(entries, Entry{At: now, Kind: EntryProgress, Step: cur.Name, Phase: cur.Phase, By: Slipway, Text: out.Note})
	case cur.Kind == KindConfirm:
		return r, r.confirmed(cur, *out.Proposal, out.Note, now)
	case cur.Kind == KindShift:
		r.Watch.begins(r.Spec.Metrics, now)
	}
	if out.Proposal != nil {
		r.Proposal = out.Proposal
	}
	return r, append(entries, cur.end(now, Done, out.Note))
}

// lacking is the defect of a runner that says a step has ended, and has not done what people rely on. Going on would be
// to change something that nobody has agreed to.
func (r *Release) lacking(cur *Step, out Outcome) error {
	switch {
	case out.Again > 0, out.Park != "":
		return nil
	case cur.Kind == KindReady && out.Ready != nil:
		return nil
	case cur.Kind == KindConfirm, cur.Kind == KindPropose && (r.Spec.Policy.ApprovePlan || r.Spec.Database.Migrates()):
		if out.Proposal != nil && out.Proposal.Hash != "" {
			return nil
		}
	case cur.Kind != KindReady:
		return nil
	}
	return &Error{Code: Internal, Op: string(cur.Name), Msg: "the step ended without what it is for, which is a defect of Slipway"}
}

// trouble is what becomes of a step whose call ended in an error.
func (r *Release) trouble(cur *Step, err error, now time.Time) []Entry {
	text := Message(err)
	if hint := Hint(err); hint != "" {
		text += "; " + hint
	}
	cur.Stuck = cur.Kind == KindReturn && !Retryable(err)
	switch {
	case Retryable(err), r.returning(cur):
		return r.again(cur, text, now)
	case cur.Kind == KindIncident, cur.Kind == KindSettle: // users are back already
		return r.fail(cur, now, text)
	case CodeOf(err) == Internal, CodeOf(err) == Fenced:
		return []Entry{r.enter(Parked, now, Slipway, fmt.Sprintf("%s: %s; traffic stays as it is", cur.Name.Says(), text+r.stuckBeside(cur)))}
	default:
		return r.fail(cur, now, text)
	}
}

// again tries a step once more, later.
func (r *Release) again(cur *Step, text string, now time.Time) []Entry {
	cur.Attempts++
	cur.Look = now.Add(backoff(cur.Kind, cur.Attempts))
	cur.Note = text
	kind := EntryProgress
	if worthSaying(cur.Attempts) {
		kind = EntryTrouble
	}
	return []Entry{{At: now, Kind: kind, Step: cur.Name, Phase: cur.Phase, By: Slipway,
		Text: fmt.Sprintf("%s; attempt %d, trying again", text, cur.Attempts)}}
}

// returning says whether traffic of another part than that of cur is still to be brought back, and may be: what cannot be
// done for one part keeps the others from nothing. Once nothing can be done for any of them, people are asked.
func (r *Release) returning(cur *Step) bool {
	return cur.Kind == KindReturn && slices.ContainsFunc(r.Back, func(s Step) bool {
		return s.Kind == KindReturn && s.Name != cur.Name && !s.Status.Ended() && !s.Stuck
	})
}

// stuckBeside says what else cannot be brought back, and why.
func (r *Release) stuckBeside(cur *Step) string {
	text := ""
	for _, s := range r.Back {
		if s.Stuck && s.Name != cur.Name && !s.Status.Ended() {
			text += "; " + s.Name.Says() + ": " + s.Note
		}
	}
	return text
}

// fail ends a step badly and decides what that means for the release.
func (r *Release) fail(cur *Step, now time.Time, text string) []Entry {
	switch cur.Kind {
	case KindRetire:
		return []Entry{cur.end(now, Skipped, "the tag is left: "+text)}
	case KindIncident:
		return []Entry{cur.end(now, Skipped, "the evidence is not complete: "+text)}
	case KindSettle:
		if s := r.Schema.clone(); s != nil && !s.Done { // a later rollback must not take it for unchanged
			s.Open, r.Schema = true, s
		}
		return []Entry{cur.end(now, Skipped, "what became of the schema is not known: "+text)}
	case KindBackup:
		if r.Kind == Deploy { // nothing was changed: people may try again, or go without
			cur.reopen()
			r.Facts.Operation = "" // of an attempt that is over: the step after this one must not wait for it
			trouble := Entry{At: now, Kind: EntryTrouble, Step: cur.Name, Phase: cur.Phase, By: Slipway, Text: text}
			if r.State == Paused { // by somebody, whose hold it stays
				return []Entry{trouble}
			}
			return []Entry{trouble, r.enter(Paused, now, Slipway, fmt.Sprintf("%s: %s; resume tries again, an approver may go without it", cur.Name, text))}
		}
	default:
	}
	back := r.goingBack()
	entries := []Entry{cur.end(now, Broken, text)}
	why := fmt.Sprintf("%s: %s", cur.Name.Says(), amiss(text))
	switch {
	case back, r.Kind == Restore && r.touched():
		return append(entries, r.enter(Parked, now, Slipway, why+r.stuckBeside(cur)))
	case r.touched():
		return append(entries, r.enter(RollingBack, now, Slipway, why))
	default:
		return append(entries, r.enter(Failed, now, Slipway, why))
	}
}

// amiss is a text without the lines that say what went well: why a release is where it is. The rest stands with the step.
func amiss(text string) string {
	return strings.Join(slices.DeleteFunc(strings.Split(text, "\n"), func(line string) bool { return strings.HasPrefix(line, "✓") }), "\n")
}

// touched says whether the platform, or what is in the database, may have been changed by this release.
func (r *Release) touched() bool {
	return slices.ContainsFunc(r.Steps, func(s Step) bool {
		switch s.Kind {
		case KindRevision, KindMigrate, KindRunJob, KindRestore:
			return s.Status != Pending && (s.Status != Skipped || !s.Begun.IsZero())
		default:
			return false
		}
	})
}

// Touched is touched for those who tell people of it.
func (r *Release) Touched() bool { return r.touched() }

// backoff is how long to wait before attempt n+1: doubling from 500 ms to 30 s, and for the return of traffic,
// where users are suffering meanwhile, from 200 ms to 5 s.
func backoff(k StepKind, n int) time.Duration {
	first, most := 500*time.Millisecond, 30*time.Second
	if k == KindReturn {
		first, most = 200*time.Millisecond, 5*time.Second
	}
	d := first
	for i := 1; i < n && d < most; i++ {
		d *= 2
	}
	return min(d, most)
}

// worthSaying tells people of a call that keeps failing: at the third attempt, and then each time the number
// has doubled. A single refused call is not news.
func worthSaying(attempts int) bool {
	for n := 3; n <= attempts; n *= 2 {
		if n == attempts {
			return true
		}
	}
	return false
}
