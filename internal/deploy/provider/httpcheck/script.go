package httpcheck

import (
	"fmt"
	"maps"
	"net/http"
	"net/textproto"
	"net/url"
	"slices"
	"strings"

	"slipway/internal/deploy"
	"slipway/internal/deploy/jq"
	"slipway/internal/deploy/placeholder"
	"slipway/internal/deploy/provider/egress"
)

// script is a check that has been read: what can be wrong with it before it is told is not.
type script struct {
	base    *url.URL // without a slash at its end
	guard   egress.Guard
	calls   []*step
	cleanup []*step
	secrets []string
}

// step is a call that has been read.
type step struct {
	call     deploy.Call
	label    string // call 2 of 5 (log in)
	cleaning bool
	method   string
	path     placeholder.Text
	headers  []header
	body     placeholder.Text
	kind     placeholder.Kind // of the body
	json     []*jq.Program
	captures []capture
}

type header struct {
	name  string
	value placeholder.Text
}

type capture struct {
	name string
	expr *jq.Program
}

// reading collects all that is wrong with a check.
type reading struct {
	problems []string
	known    map[string]bool // placeholders that have a value by now
	secrets  map[string]bool
}

func (r *reading) wrong(st *step, format string, args ...any) {
	r.problems = append(r.problems, st.label+": "+fmt.Sprintf(format, args...))
}

// prepare reads a check. Invalid with everything that is wrong with it.
func prepare(q *deploy.CheckRequest) (*script, error) {
	r := &reading{known: map[string]bool{}, secrets: map[string]bool{}}
	for name := range q.Values {
		r.known[name] = true
	}
	s := &script{base: r.base(q.BaseURL)}
	if len(q.Check.Calls) == 0 {
		r.problems = append(r.problems, "there is no call in it")
	}
	if q.Check.Within <= 0 {
		r.problems = append(r.problems, "it has no time")
	}
	for i, call := range q.Check.Calls {
		s.calls = append(s.calls, r.step(call, title("call", i, len(q.Check.Calls), call.Name), false))
	}
	for i, call := range q.Check.Cleanup {
		s.cleanup = append(s.cleanup, r.step(call, title("clean-up call", i, len(q.Check.Cleanup), call.Name), true))
	}
	s.secrets = slices.Sorted(maps.Keys(r.secrets))
	if len(r.problems) > 0 {
		return nil, &deploy.Error{
			Code: deploy.Invalid, Op: "read the check", Msg: strings.Join(r.problems, "; "), Hint: "correct the check in the catalog",
		}
	}
	return s, nil
}

func title(what string, i, of int, name string) string {
	if of > 1 {
		what = fmt.Sprintf("%s %d of %d", what, i+1, of)
	}
	if name != "" {
		what += " (" + name + ")"
	}
	return what
}

func (r *reading) base(given string) *url.URL {
	u, err := url.Parse(given)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.RawQuery != "" || u.Fragment != "" {
		r.problems = append(r.problems, "the address of the service is not an http or https URL without a query")
		return nil
	}
	u.Path, u.RawPath = strings.TrimRight(u.Path, "/"), ""
	return u
}

// step reads one call, and makes what it captures known to those after it.
func (r *reading) step(call deploy.Call, label string, cleaning bool) *step {
	st := &step{call: call, label: label, cleaning: cleaning, method: call.Method}
	if st.method == "" {
		st.method = http.MethodGet
	}
	if !token(st.method) {
		r.wrong(st, "%q is no method", st.method)
	}
	if !strings.HasPrefix(call.Path, "/") || strings.ContainsAny(call.Path, "#\r\n") {
		r.wrong(st, "the path %q does not begin with / or has a # in it", call.Path)
	}
	st.path = r.text(st, call.Path)
	st.body = r.text(st, call.Body)
	kind := ""
	for _, name := range slices.Sorted(maps.Keys(call.Headers)) {
		if !token(name) {
			r.wrong(st, "%q is no name of a header", name)
		}
		if textproto.CanonicalMIMEHeaderKey(name) == "Content-Type" {
			kind = call.Headers[name]
		}
		st.headers = append(st.headers, header{name, r.text(st, call.Headers[name])})
	}
	st.kind = placeholder.BodyKind(kind, call.Body)
	if kind == "" && st.kind == placeholder.JSON {
		st.headers = append(st.headers, header{"Content-Type", r.text(st, "application/json")})
	}
	for _, expr := range call.Expect.JSON {
		st.json = append(st.json, r.program(st, expr))
	}
	for _, name := range slices.Sorted(maps.Keys(call.Capture)) {
		if text, err := placeholder.Parse("${" + name + "}"); err != nil || !slices.Equal(text.Names(), []string{name}) || strings.Contains(name, ":") {
			r.wrong(st, "%q is no name to capture a value under", name)
		}
		st.captures = append(st.captures, capture{name, r.program(st, call.Capture[name])})
	}
	for _, c := range st.captures {
		r.known[c.name] = true
	}
	return st
}

func (r *reading) text(st *step, s string) placeholder.Text {
	text, err := placeholder.Parse(s)
	if err != nil {
		r.wrong(st, "%s", deploy.Message(err))
	}
	for _, name := range text.Names() {
		if secret, ok := placeholder.Secret(name); ok {
			r.secrets[secret] = true
		} else if !r.known[name] {
			r.wrong(st, "${%s} is neither captured by a call before nor a value of the release", name)
		}
	}
	return text
}

func (r *reading) program(st *step, expr string) *jq.Program {
	p, err := jq.Compile(expr)
	if err != nil {
		r.wrong(st, "%s", deploy.Message(err))
	}
	return p
}

// token says whether s may be a method or the name of a header.
func token(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return r <= ' ' || r > '~' || strings.ContainsRune(`"(),/:;<=>?@[\]{}`, r)
	})
}
