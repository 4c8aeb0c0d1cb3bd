package deploy

import (
	"context"
	"slices"
	"time"
)

// Incident is what is posted after a rollback, with the evidence as it was at that moment.
type Incident struct {
	At        time.Time  `json:"at"`                  // when the evidence was taken
	Began     time.Time  `json:"began,omitzero"`      // users were sent to the candidate; zero if none were
	Back      time.Time  `json:"back,omitzero"`       // the platform reported all traffic back
	Part      string     `json:"part,omitempty"`      // of the release, that the rest is about; empty: the service itself
	Share     int        `json:"share,omitempty"`     // percent of traffic on the candidate, at most
	Requests  int64      `json:"requests,omitempty"`  // that the candidate answered
	Failed    int64      `json:"failed,omitempty"`    // of these with 5xx
	CountedTo time.Time  `json:"counted_to,omitzero"` // requests are counted up to here; zero if they are not known
	Points    []Point    `json:"points,omitempty"`    // what the metrics say of that time, for a chart
	Trigger   string     `json:"trigger"`             // what decided it, with numbers
	Lines     []LogGroup `json:"lines,omitempty"`     // the last error lines, most frequent first
	Platform  []string   `json:"platform,omitempty"`  // the platform's own conditions, in its words
	Checks    []string   `json:"checks,omitempty"`    // of a deployment that failed: whether its image is there, and Slipway's permissions
	Database  []string   `json:"database,omitempty"`  // which schema it has, and what was wrong or slow in it; statements without their values
	Changed   []string   `json:"changed,omitempty"`   // what the candidate had that the baseline had not; never a value of a variable
	Diagnosis Diagnosis  `json:"diagnosis,omitzero"`
	Missing   []string   `json:"missing,omitempty"` // evidence that could not be had, and why
}

// LogGroup is error lines that say the same.
type LogGroup struct {
	Count int       `json:"count"`
	Text  string    `json:"text"` // the newest of them
	Last  time.Time `json:"last"`
}

// Diagnosis is what probably happened and what to do about it.
type Diagnosis struct {
	Symptom string `json:"symptom,omitempty"` // one of the guide's three: deployment fails, errors rise, it is slow
	Cause   string `json:"cause,omitempty"`   // the most probable one, and what speaks for it
	Remedy  string `json:"remedy,omitempty"`  // what to do next
}

// NoteKind is what somebody did about a release that was taken back.
type NoteKind string

const (
	NoteTaken    NoteKind = "taken"    // somebody looks after the incident
	NoteBug      NoteKind = "bug"      // a bug report was asked for; Link once it is open
	NoteFix      NoteKind = "fix"      // somebody plans the fix
	NoteUnlocked NoteKind = "unlocked" // the lock was cleared
	NoteReport   NoteKind = "report"   // the report was asked for
)

// Asks says whether a note of this kind asks for something that is then carried out by others.
func (k NoteKind) Asks() bool { return k == NoteBug || k == NoteReport }

// Note records who did what about a release after it was taken back. There is one of each kind: the first counts.
type Note struct {
	Kind NoteKind  `json:"kind"`
	By   UserID    `json:"by"`
	At   time.Time `json:"at"`
	Text string    `json:"text,omitempty"`
	Link string    `json:"link,omitempty"` // of what came of it
	Done bool      `json:"done,omitempty"` // what was asked for has been carried out, or cannot be (Text says why)
}

// Entry is how the journal records the note.
func (n Note) Entry() Entry {
	text := string(n.Kind)
	if n.Text != "" {
		text += ": " + n.Text
	}
	if n.Link != "" {
		text += " " + n.Link
	}
	return Entry{At: n.At, Kind: EntryNote, By: n.By, Text: text}
}

// AddNote is notes with n: the first of a kind counts, and one that is done takes the place of one that is not.
func AddNote(notes []Note, n Note) (after []Note, added bool) {
	for i, x := range notes {
		if x.Kind != n.Kind {
			continue
		}
		if x.Done || !n.Done {
			return notes, false
		}
		after = slices.Clone(notes)
		n.By, n.At = x.By, x.At
		after[i] = n
		return after, true
	}
	return append(notes[:len(notes):len(notes)], n), true
}

// Noted finds the note of a kind.
func (r *Release) Noted(k NoteKind) (Note, bool) {
	for _, n := range r.Notes {
		if n.Kind == k {
			return n, true
		}
	}
	return Note{}, false
}

// Bug is a report for whoever will mend it.
type Bug struct {
	Release ReleaseID
	Key     string // the same for the same report: what was opened under it already is found again
	Title   string
	Body    string // Markdown
	By      string // who asked for it, by name
}

// Notifier opens bug reports. Open with the Key of one that is open already answers with that one, where the other
// side has a way to look; where it has none, the same report may arrive twice after a lost answer, under one Key.
type Notifier interface {
	// Open gives the address of the report, or an empty link where there is none. Codes as everywhere.
	Open(ctx context.Context, b Bug) (link string, err error)
	// Name says where reports go, for people: "GitHub acme/coditect".
	Name() string
}
