package catalog

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"slipway/internal/deploy"
	"slipway/internal/deploy/jq"
)

var (
	headerName  = regexp.MustCompile("^[A-Za-z0-9!#$%&'*+.^_`|~-]+$") // RFC 9110, 5.1
	headerValue = regexp.MustCompile(`^[^\x00-\x08\x0a-\x1f\x7f]*$`)  // RFC 9110, 5.5
)

// checkCall checks one request and what is expected of its answer, and adds to names what it captures.
func (s *source) checkCall(path string, a Asking, names *names) {
	s.checkRequest(path, a.Request, names)
	if a.Expect != nil {
		s.checkExpect(under(path, "expect"), *a.Expect)
	}
	s.checkCapture(under(path, "capture"), a.Capture)
	for name := range a.Capture {
		names.captured = append(names.captured, name)
	}
	slices.Sort(names.captured)
}

func (s *source) checkRequest(path string, r Request, names *names) {
	at := func(key string) string { return under(path, key) }
	s.checkMethod(path, r, names)
	s.checkHeaders(at("headers"), r.Headers)
	for name, value := range r.Headers {
		msg, hint := names.flaw(value)
		s.must(msg == "", under(at("headers"), name), "header "+name+msg, hint)
	}
	s.must(!s.has(at("json")), at("body"), "body stands beside json", "a call has one body")
	for key, text := range map[string]string{"json": string(r.JSON), "body": r.Body} {
		msg, hint := names.flaw(text)
		s.must(msg == "", at(key), key+msg, hint)
	}
	timeout := time.Duration(r.Timeout)
	s.must(timeout > 0 && timeout <= longestCheck, at("timeout"), "timeout "+timeout.String()+" is out of range", "more than 0s, at most 1m")
}

func (s *source) checkMethod(path string, r Request, names *names) {
	var first string
	for i, key := range methods {
		at := under(path, key)
		if !s.has(at) {
			continue
		}
		if first != "" {
			s.problem(at, "there are "+first+" and "+key, "one call has one method")
			continue
		}
		first = key
		text := r.paths()[i]
		s.must(urlPath.MatchString(text), at, "path "+strconv.Quote(text)+" is not a path", "it begins with / and has no spaces")
		msg, hint := names.flaw(text)
		s.must(msg == "", at, "path"+msg, hint)
	}
	if first == "" && !slices.ContainsFunc(slices.Concat(methods, dependencies, []string{"command"}), func(key string) bool { return s.flawed[under(path, key)] }) {
		s.problem(under(path, methods[0]), "nothing is called", "write one of "+strings.Join(methods, ", ")+" with the path")
	}
}

func (s *source) checkHeaders(path string, headers map[string]string) {
	for name, value := range headers {
		at := under(path, name)
		s.must(headerName.MatchString(name), at, strconv.Quote(name)+" cannot be the name of a header", "letters, digits and hyphens")
		s.must(headerValue.MatchString(value), at, "header "+name+" has more than one line", "")
	}
}

func (s *source) checkExpect(path string, e Expect) {
	at := func(key string) string { return under(path, key) }
	s.must(e.Status >= 100 && e.Status <= 599, at("status"), fmt.Sprintf("status %d is not an HTTP status", e.Status), "100 to 599; leave it out for any from 200 to 299")
	s.checkHeaders(at("headers"), e.Headers)
	for name, value := range e.Headers {
		s.checkVerbatim(under(at("headers"), name), value)
	}
	s.must(len(e.JSON) > 0, at("json"), "json is empty", `write a jq expression, such as '.status == "ok"'`)
	for i, expr := range e.JSON {
		where := item(at("json"), i)
		if !s.has(where) {
			where = at("json") // one, without a list
		}
		s.checkExpression(where, expr)
		s.checkVerbatim(where, expr)
	}
	s.must(e.Body != "", at("body"), "body is empty", "any text has nothing in it")
	s.checkVerbatim(at("body"), e.Body)
	latency := time.Duration(e.Latency)
	s.must(latency > 0 && latency <= longestCheck, at("latency"), "latency "+latency.String()+" is out of range", "more than 0ms, at most 1m")
}

// checkVerbatim reports a reference in what is expected, where none is filled in.
func (s *source) checkVerbatim(path, text string) {
	s.must(!strings.Contains(text, "${"), path, "${ is not filled in here", "only paths, headers and bodies of requests have references")
}

func (s *source) checkCapture(path string, capture map[string]string) {
	for name, expr := range capture {
		at := under(path, name)
		s.must(variable.MatchString(name), at, strconv.Quote(name)+" cannot be captured", "letters, digits and _, not beginning with a digit")
		s.must(!slices.Contains(known, name), at, name+" cannot be captured", "it is the release's")
		s.checkExpression(at, expr)
	}
}

func (s *source) checkExpression(path, expr string) {
	if _, err := jq.Compile(expr); err != nil {
		s.must(false, path, deploy.Message(err), "")
	}
}
