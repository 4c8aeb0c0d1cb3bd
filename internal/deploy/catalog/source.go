package catalog

import (
	"strconv"
	"strings"
)

// source is one file while it is being read: its text, where everything stands in it, and what is wrong.
//
// A path names a place in the file as people would: environments.production.policy.deploy[0].
type source struct {
	name   string
	lines  []string
	places map[string]place
	flawed map[string]bool // paths with a problem: no second one is reported there or below
	found  Problems

	folder    *folder // the catalog that the file is of; nil: only its text is looked at
	what      string  // what the whole file is, for people: a catalog file
	about     string  // what it describes: service
	file      File
	checklist Checklist
}

// place is where a value stands, and its key if it has one.
type place struct{ key, value pos }

type pos struct{ line, column int }

var start = pos{1, 1}

func newSource(name string, text []byte) *source {
	return &source{
		name: name, what: "a catalog file", about: "service", lines: strings.Split(string(text), "\n"),
		places: map[string]place{"": {start, start}}, flawed: map[string]bool{},
	}
}

func under(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

func item(path string, i int) string { return path + "[" + strconv.Itoa(i) + "]" }

// above is the path that contains path; the file itself contains itself.
func above(path string) string { return path[:max(strings.LastIndexAny(path, ".["), 0)] }

// last is how a message calls what stands at path: its key.
func last(path string) string {
	for strings.HasSuffix(path, "]") {
		path = above(path)
	}
	return path[strings.LastIndexByte(path, '.')+1:]
}

func (s *source) has(path string) bool {
	_, ok := s.places[path]
	return ok
}

// excused says whether path, or something it is in, has a problem already.
func (s *source) excused(path string) bool {
	for ; path != ""; path = above(path) {
		if s.flawed[path] {
			return true
		}
	}
	return s.flawed[""]
}

// flawedIn says whether path, something it is in, or something in it has a problem already.
func (s *source) flawedIn(path string) bool {
	for p := range s.flawed {
		if strings.HasPrefix(p, path+".") || strings.HasPrefix(p, path+"[") {
			return true
		}
	}
	return s.excused(path)
}

// problem reports what is wrong at path: at its value, or at the key of what it is missing from.
func (s *source) problem(path, msg, hint string) {
	if s.excused(path) {
		return
	}
	s.flawed[path] = true
	at := s.places[path].value
	for p := path; at == (pos{}); {
		p = above(p)
		at = s.places[p].key
	}
	s.problemAt(at, msg, hint)
}

func (s *source) problemAt(at pos, msg, hint string) {
	s.found = append(s.found, Problem{File: s.name, Line: at.line, Column: at.column, Msg: msg, Hint: hint})
}

// must reports a problem with the value at path, if there is one and it is not ok.
func (s *source) must(ok bool, path, msg, hint string) {
	if !ok && s.has(path) {
		s.problem(path, msg, hint)
	}
}

// rule is file:line of the key at path.
func (s *source) rule(path string) string {
	return s.name + ":" + strconv.Itoa(s.places[path].key.line)
}
