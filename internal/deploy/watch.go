package deploy

import (
	"fmt"
	"time"
)

// Watch is how a release is being watched: it lasts from the first traffic on the candidate until the release has
// ended or goes back. Looks are made whatever is waited for meanwhile.
type Watch struct {
	Since   time.Time `json:"since,omitzero"`   // the candidate first had traffic, as the platform reported it
	Shifted time.Time `json:"shifted,omitzero"` // its share last changed
	Next    time.Time `json:"next,omitzero"`    // when to look again
	Through time.Time `json:"through,omitzero"` // everything up to here has been seen
	Last    Judgement `json:"last,omitzero"`
	At      time.Time `json:"at,omitzero"`       // of Last
	Errors  int       `json:"errors,omitempty"`  // looks in a row without an answer
	Trouble string    `json:"trouble,omitempty"` // why the last look had none
	Unsure  int       `json:"unsure,omitempty"`  // inconclusive looks in a row
	Points  []Point   `json:"points,omitempty"`  // what was seen, oldest first, at most mostPoints
	Way     Way       `json:"way,omitzero"`
}

// Way is the way back as it was found at the last look: what a rollback would meet.
type Way struct {
	Checked time.Time `json:"checked,omitzero"` // zero: nobody has looked
	Gone    bool      `json:"gone,omitempty"`   // the baseline does not exist any more
	Warm    bool      `json:"warm,omitempty"`   // it has instances already
	Moved   string    `json:"moved,omitempty"`  // traffic that is not where the release left it, in words
	Fell    string    `json:"fell,omitempty"`   // the platform has gone back by itself, and why
	Part    string    `json:"part,omitempty"`   // of the release, that Fell is about
	Return  Return    `json:"return,omitzero"`  // what bringing traffic back would be
}

// mostPoints is how many looks a chart can show, and what a release's document can carry.
const mostPoints = 60

// wentBack begins the reason of a release that its platform has taken back.
const wentBack = "the platform has gone back by itself: "

// Look is what a look came to.
type Look struct {
	From, Through time.Time // what was seen
	Judgement     Judgement
	Point         Point // zero At: there is nothing to draw
	Way           Way   // zero Checked: the platform did not answer
}

// watching says whether looks are made now: while the candidate has traffic and nothing is being taken back. A
// parked release is not watched, since what Slipway knows of its traffic may not be so.
func (r *Release) watching() bool {
	return r.Spec.Metrics != nil && !r.Watch.Since.IsZero() && !r.goingBack() &&
		(r.State == Running || r.State == Waiting || r.State == Paused)
}

// watched makes a look where a would wait and one is due, and wakes a wait in time for the next.
func (r *Release) watched(a Action, now time.Time) Action {
	if a.Do != Wait || !r.watching() {
		return a
	}
	if r.overdue(now) {
		return Action{Do: See, Step: WatchName}
	}
	if a.Until.IsZero() || r.Watch.Next.Before(a.Until) {
		a.Until = r.Watch.Next
	}
	return a
}

// overdue says whether a look is due. Nothing is decided by a verdict before it has been made.
func (r *Release) overdue(now time.Time) bool { return r.watching() && !now.Before(r.Watch.Next) }

// patience is until when the release waits for a look that has seen a moment, when the source does not answer or is
// behind: its lag, and then as many looks as make an error. Before anything counts there is nothing to be patient with.
func (r *Release) patience(moment time.Time) time.Time {
	m := r.Spec.Metrics
	return later(moment, r.Watch.Since.Add(m.Delay)).Add(m.Lag + time.Duration(m.Errors+1)*m.Every)
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// baked is what becomes of a bake or an observation that has begun: it is over when its time is, and everything up to
// there has been seen.
func (r *Release) baked(s *Step, now time.Time) (entries []Entry, a Action, decided bool) {
	if now.Before(s.Until) {
		return nil, Action{Do: Wait, Step: s.Name, Until: s.Until}, true
	}
	note := fmt.Sprintf("baked %s at %d %%", Planned(s.Bake), s.Percent)
	if s.Kind == KindObserve {
		note = "observed for " + Planned(s.Bake)
	}
	if !r.watching() {
		return []Entry{s.end(now, Done, note)}, a, false
	}
	late := r.patience(s.Until)
	switch {
	case !r.Watch.Through.Before(s.Until):
		note += ", " + r.Watch.says()
	case now.Before(late), r.overdue(now):
		return nil, Action{Do: Wait, Step: s.Name, Until: late}, true
	default:
		note += ", not seen to its end: " + r.Watch.says()
	}
	entries = append(entries, s.end(now, Done, note))
	if r.Watch.Last.Verdict == Unhealthy && (s.Kind == KindObserve || s.Percent == 100 && r.Spec.Observe == 0) {
		entries = append(entries, r.enter(Paused, now, Slipway, "not finished, since it is "+r.Watch.says()+"; resume to keep it, or roll back"))
	}
	return entries, a, false
}

// says is the verdict with its reason, for people.
func (w *Watch) says() string {
	switch {
	case w.Errors > 0 && w.Trouble != "":
		return "no metrics: " + w.Trouble
	case w.Last.Verdict == "":
		return "nothing measured yet"
	}
	return string(w.Last.Verdict) + ": " + w.Last.Why
}

// Saw is what becomes of r after a look, or after one that had no answer. A critical breach takes the release back at
// once, whoever is being asked what.
func Saw(r Release, look *Look, err error, now time.Time) (Release, []Entry) {
	r = r.Clone()
	if !r.watching() {
		return r, nil
	}
	if err != nil || look == nil {
		return r, r.blind(err, now)
	}
	w := &r.Watch
	before := w.Last.Verdict
	w.Next, w.Through, w.At, w.Errors, w.Trouble = now.Add(r.Spec.Metrics.Every), later(w.Through, look.Through), now, 0, ""
	w.Last = look.Judgement
	if !look.Way.Checked.IsZero() {
		w.Way = look.Way
	}
	if !look.Point.At.IsZero() {
		w.Points = append(w.Points, look.Point)
		w.Points = w.Points[max(len(w.Points)-mostPoints, 0):]
	}
	w.Unsure++
	if w.Last.Verdict == Healthy || w.Last.Verdict == Unhealthy {
		w.Unsure = 0
	}
	entries := []Entry{w.entry(before, now)}
	if w.Way.Fell != "" {
		r.interrupt(now, "interrupted: the platform went back by itself")
		return r, append(entries, r.enter(RollingBack, now, Slipway, wentBack+w.Way.Fell))
	}
	if w.Last.Verdict == Unhealthy && w.Last.Critical {
		r.interrupt(now, "interrupted by a critical breach")
		entries = append(entries, r.enter(RollingBack, now, Slipway, w.Last.Why))
	}
	return r, entries
}

// blind is what becomes of a release whose metrics could not be had. One look without an answer is no news.
func (r *Release) blind(err error, now time.Time) []Entry {
	w, m := &r.Watch, r.Spec.Metrics
	before := w.Last.Verdict
	w.Errors++
	w.Trouble = Message(err)
	if err == nil {
		w.Trouble = "no answer"
	}
	if hint := Hint(err); hint != "" {
		w.Trouble += "; " + hint
	}
	w.Next = now.Add(m.Every * time.Duration(min(w.Errors, 4)))
	if w.Errors >= m.Errors {
		w.Last = Judgement{Verdict: Unknown, Why: fmt.Sprintf("%d looks in a row had no answer: %s", w.Errors, w.Trouble), Findings: w.Last.Findings}
	}
	return []Entry{w.entry(before, now)}
}

// entry records a look. It is told to people only if the verdict is another than before.
func (w *Watch) entry(before Verdict, now time.Time) Entry {
	e := Entry{At: now, Kind: EntryProgress, Step: WatchName, By: Slipway}
	if w.Last.Verdict != before {
		e.Kind, e.Text = EntryVerdict, string(w.Last.Verdict)+": "+w.Last.Why
	}
	return e
}

// begins starts the watch, or notes that the share has changed. The first look is made as soon as it can see anything
// that counts.
func (w *Watch) begins(m *MetricsSpec, now time.Time) {
	if m == nil {
		return
	}
	w.Shifted, w.Unsure = now, 0
	if !w.Since.IsZero() {
		return
	}
	w.Since, w.Next = now, now.Add(m.Delay+m.Lag+m.Every)
}
