package rehearsal

import (
	"slices"
	"time"
)

// Script is a rehearsal as read from its file.
type Script struct {
	Name  string // of the file
	Lines []Line
}

// People are those who type or click, in the order of their first line.
func (s Script) People() []string {
	var people []string
	for _, l := range s.Lines {
		if (l.Do == Type || l.Do == Click || l.Do == Again || l.Do == Fill) && !slices.Contains(people, l.Who) {
			people = append(people, l.Who)
		}
	}
	return people
}

// Line is one line that does or expects something.
type Line struct {
	Number int
	Source string // as written
	Do     Doing
	Who    string            // the person who types, clicks or sees
	Text   string            // what is typed, the label clicked, the text expected, the fault
	Values map[string]string // fill in: by label

	Within time.Duration // expectations: how long it may take; 0 = it must be so now
	Count  int           // calls: how often; -1 = at least once
}

// Doing says what a line is about.
type Doing string

const (
	Type    Doing = "type"
	Click   Doing = "click"
	Again   Doing = "click again" // a button as it was shown before: stale by now
	Fill    Doing = "fill in"     // the form that a person has open, and send it
	Sees    Doing = "sees"        // a person, of what only they can see
	Shows   Doing = "shows"       // the channel
	Thread  Doing = "thread"      // the thread of the newest release
	Hides   Doing = "hides"       // channel and thread
	Calls   Doing = "calls"       // calls that changed a cloud
	Fault   Doing = "fault"
	Mend    Doing = "mend" // all faults off
	Elapse  Doing = "elapse"
	Channel Doing = "channel" // where people type from here on
)

// defaultWithin is how long an expectation may take where the line does not say.
const defaultWithin = 10 * time.Second
