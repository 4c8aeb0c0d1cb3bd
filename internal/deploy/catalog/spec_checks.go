package catalog

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"slipway/internal/deploy"
)

// What is meant where a check says nothing.
const (
	defaultWithin = time.Minute
	defaultTries  = 1 // a story that has changed something may not go well a second time
)

const contentType = "Content-Type"

// checks are those of the environment; nil if there are none.
func (w whole) checks() []deploy.Check {
	var checks []deploy.Check
	for _, c := range w.Checks {
		check := deploy.Check{
			Name: c.Name, Stage: deploy.CheckStage(c.Stage), Calls: calls(c.all()), Cleanup: calls(c.Cleanup),
			Dependency: c.dependency(), Job: c.Job,
			Within: cmp.Or(time.Duration(c.Within), defaultWithin), Tries: cmp.Or(c.Tries, defaultTries),
		}
		if len(c.Command) > 0 {
			check.Command = &deploy.Command{Run: c.Command}
		}
		checks = append(checks, check)
	}
	return checks
}

func calls(list []Call) []deploy.Call {
	var all []deploy.Call
	for _, c := range list {
		call := c.call()
		call.Name, call.Capture = c.Name, c.Capture
		if e := c.Expect; e != nil {
			call.Expect = deploy.Expect{Status: e.Status, Headers: e.Headers, JSON: e.JSON, Body: e.Body, Latency: time.Duration(e.Latency)}
		}
		all = append(all, call)
	}
	return all
}

// call is what is sent, and nothing that is expected.
func (r Request) call() deploy.Call {
	call := deploy.Call{Headers: r.headers(), Body: r.body(), Timeout: cmp.Or(time.Duration(r.Timeout), defaultTimeout)}
	for i, path := range r.paths() {
		if path != "" {
			call.Method, call.Path = strings.ToUpper(methods[i]), path
		}
	}
	return call
}

func (r Request) body() string { return cmp.Or(string(r.JSON), r.Body) }

// headers are those of the file, and what they must say of a body that is JSON.
func (r Request) headers() map[string]string {
	if r.JSON == "" {
		return r.Headers
	}
	for name := range r.Headers {
		if strings.EqualFold(name, contentType) {
			return r.Headers
		}
	}
	headers := maps.Clone(r.Headers)
	if headers == nil {
		headers = map[string]string{}
	}
	headers[contentType] = "application/json"
	return headers
}

// copiedChecks is a copy down to the last list.
func copiedChecks(checks []deploy.Check) []deploy.Check {
	checks = slices.Clone(checks)
	for i := range checks {
		c := &checks[i]
		c.Calls, c.Cleanup = copiedCalls(c.Calls), copiedCalls(c.Cleanup)
		if c.Dependency, c.Command = copied(c.Dependency), copied(c.Command); c.Command != nil {
			c.Command.Run = slices.Clone(c.Command.Run)
		}
	}
	return checks
}

func copiedCalls(calls []deploy.Call) []deploy.Call {
	calls = slices.Clone(calls)
	for i := range calls {
		c := &calls[i]
		c.Headers, c.Capture = maps.Clone(c.Headers), maps.Clone(c.Capture)
		c.Expect.Headers, c.Expect.JSON = maps.Clone(c.Expect.Headers), slices.Clone(c.Expect.JSON)
	}
	return calls
}
