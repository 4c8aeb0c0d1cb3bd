package deploy

import (
	"fmt"
	"time"
)

// Do says what the engine does next.
type Do string

const (
	Act  Do = "act"  // run the step; its intent is in the release and the entries, to be stored first
	See  Do = "look" // make a look at the metrics; it changes nothing outside
	Wait Do = "wait" // nothing before Until (zero: until somebody says something)
	End  Do = "end"  // the release has ended
)

// Action is what to do next with a release.
type Action struct {
	Do    Do
	Step  StepName
	Until time.Time
}

// Decide says what to do next with r at now. It is pure: the caller stores the release and entries returned
// before it acts, and may call again at any time: with nothing changed it answers the same and writes nothing.
func Decide(r Release, now time.Time) (Release, []Entry, Action) {
	r = r.Clone()
	var entries []Entry
	for {
		if r.State.Terminal() {
			return r, entries, Action{Do: End}
		}
		if r.State == Parked {
			return r, entries, Action{Do: Wait}
		}
		cur := r.Current()
		if cur == nil {
			entries = append(entries, r.finish(now))
			continue
		}
		more, action, decided := r.advance(cur, now)
		entries = append(entries, more...)
		if decided {
			return r, entries, r.watched(action, now)
		}
	}
}

// advance moves the current step as far as time alone can. decided is false when the step has ended and the
// next one must be looked at.
func (r *Release) advance(cur *Step, now time.Time) (entries []Entry, a Action, decided bool) {
	if cur.Status == Pending {
		if r.State == Paused {
			return nil, Action{Do: Wait}, true
		}
		entries = append(entries, r.begin(cur, now))
	}
	switch {
	case cur.Kind == KindBake, cur.Kind == KindObserve:
		more, a, decided := r.baked(cur, now)
		return append(entries, more...), a, decided
	case cur.Kind == KindGate:
		more, a, decided := r.gated(cur, now)
		return append(entries, more...), a, decided
	case cur.Kind.standsStill() && r.State == Paused: // somebody said stop
		return entries, Action{Do: Wait, Step: cur.Name}, true
	case cur.timedOut(now):
		text := "not finished after " + Planned(cur.Within)
		if cur.Note != "" {
			text += ": " + cur.Note
		}
		return append(entries, r.fail(cur, now, text)...), a, false
	case now.Before(cur.Look):
		return entries, Action{Do: Wait, Step: cur.Name, Until: cur.Look}, true
	default:
		return entries, Action{Do: Act, Step: cur.Name}, true
	}
}

// timedOut says whether a step has used up its time. A look that was due before that is made first, however late:
// when nobody could look for a while, what is waited for may long be there.
func (s *Step) timedOut(now time.Time) bool {
	end := s.Begun.Add(s.Within)
	return s.Within > 0 && !now.Before(end) && !s.Look.Before(end)
}

// begin records the intent of a step. From here on it may have had its effect.
func (r *Release) begin(s *Step, now time.Time) Entry {
	s.Status, s.Begun = Started, now
	e := Entry{At: now, Kind: EntryIntent, Step: s.Name, Phase: s.Phase, By: Slipway}
	switch s.Kind {
	case KindGate:
		if s.Ask == AskAlways {
			return r.ask(s, now)
		}
		e.Text = fmt.Sprintf("waits for a verdict before %d %%", s.Percent)
		if s.Ask == AskRisky {
			e.Text = "looks whether the plan needs an approval"
		}
	case KindBake:
		s.Until = now.Add(s.Bake)
		e.Text = fmt.Sprintf("bakes %s at %d %%", Planned(s.Bake), s.Percent)
	case KindObserve:
		s.Until = now.Add(s.Bake)
		e.Text = "observes for " + Planned(s.Bake)
	case KindShift:
		f := r.Of(s.Part).Facts
		f.MaxShare = max(f.MaxShare, s.Percent)
		r.learn(s.Part, f)
		e.Text = fmt.Sprintf("sends %d %% to %s", s.Percent, r.Version)
		if r.Of(s.Part).Spec.Strategy.Kind == Rolling {
			e.Text = "rolls " + r.Version + " out"
		}
	case KindReturn:
		e.Text = "sends 100 % to " + string(r.Of(s.Part).Facts.Baseline.Name)
	default: // the name of the step says it
	}
	return e
}

func (s *Step) end(now time.Time, status StepStatus, note string) Entry {
	s.Status, s.EndedAt, s.Look, s.Attempts = status, now, time.Time{}, 0
	if note != "" {
		s.Note = note
	}
	kind := EntryOutcome
	if status == Broken {
		kind = EntryFailure
	}
	e := Entry{At: now, Kind: kind, Step: s.Name, Phase: s.Phase, By: Slipway, Text: s.Note}
	if !s.Begun.IsZero() { // else it was ended before it had begun
		e.Took = now.Sub(s.Begun).Milliseconds()
	}
	return e
}

// enter changes the state and says so in the journal. Going back starts with no operation of its own: what the
// interrupted step had asked for is overtaken.
func (r *Release) enter(s State, now time.Time, by UserID, why string) Entry {
	r.State, r.Since, r.By, r.Why = s, now, by, why
	if s.Terminal() {
		r.Ended = now
	}
	if s == RollingBack && len(r.Back) > 0 && r.Back[0].Status == Pending {
		for _, part := range r.Spec.PartNames() {
			f := r.Of(part).Facts
			f.Operation = ""
			r.learn(part, f)
		}
	}
	return Entry{At: now, Kind: EntryState, State: s, By: by, Text: why}
}

// finish ends a release whose plan has no step left.
func (r *Release) finish(now time.Time) Entry {
	switch {
	case r.Kind == Rollback && !r.goingBack(): // people have agreed
		return r.enter(RollingBack, now, r.Requester, r.Reason)
	case r.Kind == Restore:
		return r.enter(Succeeded, now, Slipway, "restored to "+r.Restore.Says())
	case !r.goingBack():
		return r.enter(Succeeded, now, Slipway, fmt.Sprintf("100 %% on %s", r.Version))
	case r.Kind == Deploy && r.Most() == 0:
		return r.enter(Failed, now, r.By, r.Why)
	default:
		return r.enter(RolledBack, now, r.By, r.Why)
	}
}
