package slack

import (
	"time"

	"slipway/internal/deploy"
)

// zero is the time at which nothing has passed: what is drawn then does not tick.
var zero time.Time

// line is a journal entry on its way to the thread.
type line struct {
	deploy.Entry
	nth  int  // its place among the entries of its revision, from 0
	last bool // of its revision
}

// untold leaves out what the thread has already: everything up to revision Told, and the first ToldTo entries of
// the one that follows.
func untold(entries []deploy.Entry, note deploy.Announcement) []line {
	var lines []line
	nth := 0
	for i, e := range entries {
		if i > 0 && entries[i-1].Rev == e.Rev {
			nth++
		} else {
			nth = 0
		}
		first := e.Rev == entries[0].Rev
		if first && nth < note.ToldTo {
			continue
		}
		last := i+1 == len(entries) || entries[i+1].Rev != e.Rev
		lines = append(lines, line{Entry: e, nth: nth, last: last})
	}
	return lines
}

// after is Told and ToldTo once l has been told.
func (l line) after() (told int64, toldTo int) {
	if l.last {
		return l.Rev, 0
	}
	return l.Rev - 1, l.nth + 1
}
