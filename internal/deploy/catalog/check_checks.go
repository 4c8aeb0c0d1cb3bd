package catalog

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"slipway/internal/deploy"
	"slipway/internal/deploy/placeholder"
)

// Limits of Slipway's own.
const (
	mostChecks    = 50 // of a stage: so many are run at the same time
	mostCalls     = 50 // of a check
	mostTries     = 10
	longestStory  = 10 * time.Minute
	longestCalled = 80 // characters of what people call a check or a call
)

var (
	stages = []string{string(deploy.Smoke), string(deploy.Functional)}
	called = regexp.MustCompile(`^\S([^\pC\p{Zl}\p{Zp}]*\S)?$`)
)

func (s *source) checkChecks(path string, checks []Check) {
	first := map[[2]string]int{}
	count := map[string]int{}
	for i, c := range checks {
		at := item(path, i)
		s.checkCheck(at, c)
		if other, twice := first[[2]string{c.Stage, c.Name}]; twice && c.Name != "" {
			s.problem(under(at, "name"), "check "+strconv.Quote(c.Name)+" stands in this stage twice", "the other is on line "+strconv.Itoa(s.places[under(item(path, other), "name")].value.line))
		} else {
			first[[2]string{c.Stage, c.Name}] = i
		}
		if count[c.Stage]++; count[c.Stage] == mostChecks+1 {
			s.problem(at, fmt.Sprintf("there are more than %d checks of stage %s", mostChecks, c.Stage), "all of a stage are run at the same time")
		}
	}
}

func (s *source) checkCheck(path string, c Check) {
	at := func(key string) string { return under(path, key) }
	for _, key := range []string{"name", "stage"} {
		if !s.has(at(key)) {
			s.problem(at(key), "the check has no "+key, "")
		}
	}
	s.checkCalled(at("name"), c.Name)
	s.must(slices.Contains(stages, c.Stage), at("stage"), "unknown stage "+strconv.Quote(c.Stage), didYouMean(c.Stage, stages))
	within := time.Duration(c.Within)
	s.must(within > 0 && within <= longestStory, at("within"), "within "+within.String()+" is out of range", "more than 0s, at most 10m")
	s.must(c.Tries >= 1 && c.Tries <= mostTries, at("tries"), fmt.Sprintf("tries %d is out of range", c.Tries), "1 to 10")

	s.checkKind(path, c, newNames(c))
}

// checkStory checks the calls of a check, in the order in which they are made.
func (s *source) checkStory(path string, c Check, names *names) {
	at := func(key string) string { return under(path, key) }
	if s.has(at("calls")) {
		s.checkBeside(path)
		s.must(len(c.Calls) > 0, at("calls"), "the check has no calls", "write one, or get: PATH in place of calls")
		s.checkCalls(at("calls"), c.Calls, names)
	} else {
		s.checkCall(path, c.Asking, names)
	}
	s.checkCalls(at("cleanup"), c.Cleanup, names)
}

// checkBeside reports what belongs to a call, and stands beside the list of them.
func (s *source) checkBeside(path string) {
	for _, key := range append(slices.Clone(methods), "headers", "json", "body", "timeout", "expect", "capture") {
		s.must(false, under(path, key), key+" stands beside calls", "it belongs to one of them")
	}
}

func (s *source) checkCalls(path string, calls []Call, names *names) {
	s.must(len(calls) <= mostCalls, path, fmt.Sprintf("there are %d calls, at most %d are allowed", len(calls), mostCalls), "")
	for i, c := range calls {
		s.checkCalled(under(item(path, i), "name"), c.Name)
		s.checkCall(item(path, i), c.Asking, names)
	}
}

// checkCalled checks what people call something, which stands in one line with other things.
func (s *source) checkCalled(path, text string) {
	s.must(called.MatchString(text), path, last(path)+" "+strconv.Quote(text)+" cannot be shown in one line", "write a few words")
	s.must(utf8.RuneCountInString(text) <= longestCalled, path, fmt.Sprintf("%s has %d characters, at most %d are allowed", last(path), utf8.RuneCountInString(text), longestCalled), "")
}

// names are what a reference may stand for, as far as a check has been read.
type names struct {
	captured []string // by the calls so far
	sometime []string // by any call
}

func newNames(c Check) *names {
	n := &names{}
	for _, call := range slices.Concat(c.all(), c.Cleanup) {
		for name := range call.Capture {
			n.sometime = append(n.sometime, name)
		}
	}
	slices.Sort(n.sometime)
	return n
}

// flaw says what is wrong with the placeholders in a text; msg is empty if nothing is.
func (n *names) flaw(text string) (msg, hint string) {
	t, err := placeholder.Parse(text)
	if err != nil {
		return ": " + deploy.Message(err), misplaced(text, deploy.Hint(err))
	}
	for _, name := range t.Names() {
		_, secret := placeholder.Secret(name)
		switch {
		case secret, slices.Contains(known, name), slices.Contains(n.captured, name):
		case slices.Contains(n.sometime, name):
			return " refers to ${" + name + "}, which no call before captures", "calls are made in the order of the file"
		default:
			return " refers to the unknown ${" + name + "}", n.hint(name)
		}
	}
	return "", ""
}

// named finds what is written like the name of something of a kind: ${secret:api-key:3}.
var named = regexp.MustCompile(`\$\{([^}:]*):([^}:]*)[^}]*\}`)

// misplaced is the hint for a text whose placeholders cannot be read.
func misplaced(text, usual string) string {
	m := named.FindStringSubmatch(text)
	if m == nil || meant(m[1], []string{"secret"}) == "" {
		return usual
	}
	right := "${secret:" + m[2] + "}"
	if _, err := placeholder.Parse(right); err != nil {
		return usual
	}
	return "did you mean " + strconv.Quote(right) + ", its newest version?"
}

func (n *names) hint(name string) string {
	if m := meant(name, slices.Concat(n.captured, known)); m != "" {
		return "did you mean " + strconv.Quote("${"+m+"}") + "?"
	}
	return "there is " + strings.Join(slices.Concat(n.captured, known), ", ") + " and secret:NAME; write $${ if you mean the characters"
}
