package logging

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	ltype "google.golang.org/genproto/googleapis/logging/type"

	"slipway/internal/sandbox/filter"
)

// readFilter reads the filter of ListLogEntries, and says what fits it.
func (s *Server) readFilter(text string) (fits func(entry) bool, err error) {
	f, err := filter.Parse(text)
	if err == nil {
		err = f.Each(s.check)
	}
	if err != nil {
		return nil, invalid("Unparseable filter: %v", err)
	}
	return func(e entry) bool {
		return f.Match(func(c filter.Comparison) bool { return s.holds(c, e) })
	}, nil
}

// check refuses comparisons that mean nothing.
func (s *Server) check(c filter.Comparison) error {
	if c.Func != "" {
		return invalid("there is no function %s", c.Func)
	}
	switch c.Field {
	case "timestamp", "receiveTimestamp":
		if _, err := time.Parse(time.RFC3339Nano, c.Values[0]); err != nil || c.Op == ":" {
			return invalid("%s: not a time such as 2025-12-22T12:00:00Z", c)
		}
		return nil
	case "severity":
		if _, ok := severity(c.Values[0]); !ok || c.Op == ":" {
			return invalid("%s: not a severity such as ERROR", c)
		}
		return nil
	}
	if _, ok := s.text(c.Field, entry{}); !ok {
		return invalid("field not found: '%s'", c.Field)
	}
	if _, understood := c.Compare(""); !understood {
		return invalid("%s is not understood", c)
	}
	return nil
}

// severity is the rank of a level, given by name or as a number.
func severity(name string) (int32, bool) {
	if n, err := strconv.ParseInt(name, 10, 32); err == nil {
		return int32(n), true
	}
	n, ok := ltype.LogSeverity_value[strings.ToUpper(name)]
	return n, ok
}

func (s *Server) holds(c filter.Comparison, e entry) bool {
	switch c.Field {
	case "timestamp", "receiveTimestamp":
		t, err := time.Parse(time.RFC3339Nano, c.Values[0])
		return err == nil && ordered(c.Op, e.at.Compare(t))
	case "severity":
		want, _ := severity(c.Values[0])
		return ordered(c.Op, cmp.Compare(ltype.LogSeverity_value[e.severity], want))
	}
	value, _ := s.text(c.Field, e)
	holds, _ := c.Compare(value)
	return holds
}

func ordered(op string, order int) bool {
	switch op {
	case "=":
		return order == 0
	case "!=":
		return order != 0
	case "<":
		return order < 0
	case "<=":
		return order <= 0
	case ">":
		return order > 0
	case ">=":
		return order >= 0
	}
	return false
}

// text is the value of a field with text; ok is false if entries have no such field. Labels that an entry does not
// have are empty.
func (s *Server) text(field string, e entry) (value string, ok bool) {
	switch field {
	case "resource.type":
		return e.resourceType(), true
	case "logName":
		return s.logName(e), true
	case "insertId":
		return e.insertID(), true
	case "textPayload":
		return e.text, true
	}
	if key, found := strings.CutPrefix(field, "resource.labels."); found {
		return s.resource(e)[key], true
	}
	if key, found := strings.CutPrefix(field, "labels."); found {
		return e.labels()[strings.Trim(key, `"`)], true
	}
	has := func(before string) bool { return strings.HasPrefix(field, before) }
	return "", slices.ContainsFunc([]string{"jsonPayload.", "protoPayload.", "httpRequest."}, has)
}
