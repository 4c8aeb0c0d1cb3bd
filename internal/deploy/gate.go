package deploy

import (
	"cmp"
	"fmt"
	"time"
)

// ask opens a gate: people are asked from now on.
func (r *Release) ask(gate *Step, now time.Time) Entry {
	gate.Until = now.Add(gate.Within)
	if gate.AboutPlan() {
		gate.Needed = max(1, r.Spec.Policy.Approvals, r.Proposal.Needs(r.Spec))
	}
	r.enter(Waiting, now, Slipway, "")
	return Entry{At: now, Kind: EntryAsked, Step: gate.Name, Phase: gate.Phase, By: Slipway, Text: "asks for " + r.Wants(gate)}
}

// asking says whether people have been asked and can still answer.
func (s *Step) asking() bool { return s.Kind == KindGate && s.Status == Started && !s.Until.IsZero() }

// gated is what becomes of a gate that has begun, by time and by the verdict. A gate that does not always ask lets a
// healthy version through by itself, also while people are being asked.
func (r *Release) gated(gate *Step, now time.Time) (entries []Entry, a Action, decided bool) {
	switch {
	case gate.Ask == AskRisky && r.Proposal.Needs(r.Spec) == 0:
		entry := gate.end(now, Done, "nothing in the plan needs an approval")
		if r.State == Waiting {
			r.enter(Running, now, Slipway, "")
		}
		return []Entry{entry}, a, false
	case gate.Ask == AskRisky && !gate.asking():
		entries = append(entries, r.ask(gate, now))
	case gate.byVerdict():
		switch verdict, settled := r.verdictFor(gate, now); {
		case verdict == Healthy:
			entry := gate.end(now, Done, fmt.Sprintf("healthy, goes on to %d %% by itself: %s", gate.Percent, r.Watch.Last.Why))
			if r.State == Waiting {
				r.enter(Running, now, Slipway, "")
			}
			return []Entry{entry}, a, false
		case gate.asking():
		case !settled:
			return nil, Action{Do: Wait, Step: gate.Name, Until: r.Watch.Next}, true
		case gate.Ask == AskUnsure && verdict != Unhealthy:
			entries = append(entries, r.ask(gate, now))
		default:
			text := fmt.Sprintf("not promoted to %d %%: %s", gate.Percent, cmp.Or(r.Against(), r.Watch.says()))
			gate.reopen()
			return []Entry{r.enter(Paused, now, Slipway, text)}, a, false
		}
	}
	if !now.Before(gate.Until) {
		return append(entries, r.expire(gate, now)), a, false
	}
	return entries, Action{Do: Wait, Step: gate.Name, Until: gate.Until}, true
}

// verdictFor is the verdict that a gate goes by. It is settled once it is healthy or unhealthy, or when so many looks
// in a row could not tell that more of them are not waited for. Only looks count that have seen enough of the present
// share, and one that is due is made first, however late: what was healthy before nobody could look may not be so now.
func (r *Release) verdictFor(gate *Step, now time.Time) (v Verdict, settled bool) {
	w, m := &r.Watch, r.Spec.Metrics
	enough := r.enough(gate)
	switch {
	case m == nil:
		return Unknown, true
	case r.overdue(now):
		return Inconclusive, false
	case w.Through.Before(enough):
		return Inconclusive, w.Errors >= m.Errors || !now.Before(r.patience(later(gate.Begun, enough)))
	case w.Last.Verdict == Healthy && w.Trouble != "": // it was
		return Inconclusive, w.Errors >= m.Errors
	case w.Last.Verdict == Healthy, w.Last.Verdict == Unhealthy:
		return w.Last.Verdict, true
	}
	return w.Last.Verdict, w.Unsure >= m.Unsure || w.Errors >= m.Errors
}

// enough is up to where a look has to have seen for its verdict to be one on the present share: to the end of the bake
// before the gate, and where there is none over one whole window.
func (r *Release) enough(gate *Step) time.Time {
	end := r.Watch.Shifted
	if r.Spec.Metrics != nil {
		end = end.Add(r.Spec.Metrics.Reach())
	}
	for i := range r.Steps {
		if r.Steps[i].Name != gate.Name {
			continue
		}
		if i > 0 && r.Steps[i-1].Kind == KindBake {
			end = r.Steps[i-1].Until
		}
	}
	return end
}

// expire closes a gate that nobody answered: the share stays where it is until somebody resumes or rolls back.
func (r *Release) expire(gate *Step, now time.Time) Entry {
	stays := "traffic stays as it is"
	if gate.AboutPlan() || gate.TakesTwo() {
		stays = "nothing was changed"
	}
	text := fmt.Sprintf("nobody approved %s within %s; %s", r.Wants(gate), Planned(gate.Within), stays)
	gate.reopen()
	return r.enter(Paused, now, Slipway, text)
}

// reopen makes a step begin again when its release goes on, as if it never had: a gate asks again, from no approvals.
func (s *Step) reopen() {
	s.Status, s.Approvals, s.Note, s.Attempts, s.Looks = Pending, nil, "", 0, 0
	s.Begun, s.EndedAt, s.Until, s.Look = time.Time{}, time.Time{}, time.Time{}, time.Time{}
}
