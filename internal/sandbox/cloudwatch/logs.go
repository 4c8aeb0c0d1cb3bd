package cloudwatch

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// mostLines is how many lines are kept of a log group.
const mostLines = 5000

// group is one log group.
type group struct {
	name    string
	created time.Time
	streams map[string]*stream
	events  []event // of all streams, oldest first
}

// stream is one log stream, as far as it is described; its lines are the group's.
type stream struct {
	name                 string
	created              time.Time
	first, last, written time.Time
	bytes                int64
}

// event is one line.
type event struct {
	number   int64 // lines are told apart, and gone on from, by it
	stream   string
	at       time.Time
	ingested time.Time
	text     string
}

// id is what a line is called, as long as AWS's are.
func (e *event) id() string {
	n := strconv.FormatInt(e.number, 10)
	return strings.Repeat("0", 56-len(n)) + n
}

// Group makes a log group without lines, if there is none of that name yet.
func (s *Server) Group(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.group(name)
}

// Log keeps a line that was written at a time, in a stream such as PREFIX/CONTAINER/TASKID; group and stream come to be with
// it. CloudWatch knows no severity: a line is an error if it says so, as `ERROR connection refused` does.
func (s *Server) Log(group, name string, at time.Time, text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	g, now := s.group(group), s.opts.Clock.Now()
	st := g.streams[name]
	if st == nil {
		st = &stream{name: name, created: now, first: at}
		g.streams[name] = st
	}
	if at.Before(st.first) {
		st.first = at
	}
	if at.After(st.last) {
		st.last = at
	}
	st.written, st.bytes = now, st.bytes+int64(len(text))+26 // what AWS adds for each line
	s.lines++
	i := len(g.events)
	for i > 0 && g.events[i-1].at.After(at) {
		i--
	}
	g.events = slices.Insert(g.events, i, event{s.lines, name, at, now, text})
	if len(g.events) > mostLines {
		g.events = slices.Delete(g.events, 0, len(g.events)-mostLines)
	}
}

// group is one that is there from now on. Under mu.
func (s *Server) group(name string) *group {
	g := s.groups[name]
	if g == nil {
		g = &group{name: name, created: s.opts.Clock.Now(), streams: map[string]*stream{}}
		s.groups[name] = g
	}
	return g
}

// named finds a group by its name or its ARN. Under mu.
func (s *Server) named(name, identifier *string) (*group, error) {
	switch {
	case (name == nil) == (identifier == nil):
		return nil, refuse("InvalidParameterException", "Exactly one of logGroupName and logGroupIdentifier must be given.")
	case name == nil:
		short := strings.TrimPrefix(*identifier, s.groupARN(""))
		name = &short
	}
	g := s.groups[*name]
	if g == nil {
		return nil, refuse("ResourceNotFoundException", "The specified log group does not exist.")
	}
	return g, nil
}

func (s *Server) groupARN(name string) string {
	return "arn:aws:logs:" + s.opts.Region + ":" + s.opts.Account + ":log-group:" + name
}

// look is what a reader wants of the lines of a group.
type look struct {
	from, to int64 // ms; to is included
	wanted   func(stream string) bool
	matches  func(text string) bool
	newest   bool // first
	most     int
}

// page finds lines from a place on, and says where to go on: a place, or "" where there is nothing more. No more than
// searched lines are looked at, so that a page may be empty and have a next one. Under mu.
func (g *group) page(l *look, place string, horizon time.Time) (found []event, next string, err error) {
	list := make([]event, 0, len(g.events))
	for _, e := range g.events {
		if ms := e.at.UnixMilli(); ms >= l.from && ms <= l.to && !e.ingested.After(horizon) && l.wanted(e.stream) {
			list = append(list, e)
		}
	}
	// Lines that came at the same time keep the order in which they came.
	slices.SortStableFunc(list, func(a, b event) int { return cmp.Compare(a.at.UnixMilli(), b.at.UnixMilli()) })
	if l.newest {
		slices.Reverse(list)
	}
	if place != "" {
		number, err := strconv.ParseInt(place, 10, 64)
		i := slices.IndexFunc(list, func(e event) bool { return e.number == number })
		if err != nil || i < 0 {
			return nil, "", refuse("InvalidParameterException", "The specified nextToken is invalid.")
		}
		list = list[i:]
	}
	for i, e := range list {
		if len(found) == l.most || i == searched {
			return found, strconv.FormatInt(e.number, 10), nil
		}
		if l.matches(e.text) {
			found = append(found, e)
		}
	}
	return found, "", nil
}

// searched is how many lines one page of FilterLogEvents looks at.
const searched = 500
