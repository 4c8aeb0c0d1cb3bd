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
		checks = append(checks, deploy.Check{
			Name: c.Name, Stage: deploy.CheckStage(c.Stage), Calls: calls(c.all()), Cleanup: calls(c.Cleanup),
			Within: cmp.Or(time.Duration(c.Within), defaultWithin), Tries: cmp.Or(c.Tries, defaultTries),
		})
	}
	return checks
}

func calls(list []Call) []deploy.Call {
	var all []deploy.Call
	for _, c := range list {
		call := deploy.Call{
			Name: c.Name, Headers: c.headers(), Body: c.body(),
			Timeout: cmp.Or(time.Duration(c.Timeout), defaultTimeout), Capture: c.Capture,
		}
		for i, path := range c.paths() {
			if path != "" {
				call.Method, call.Path = strings.ToUpper(methods[i]), path
			}
		}
		if e := c.Expect; e != nil {
			call.Expect = deploy.Expect{Status: e.Status, Headers: e.Headers, JSON: e.JSON, Body: e.Body, Latency: time.Duration(e.Latency)}
		}
		all = append(all, call)
	}
	return all
}

func (a Asking) body() string { return cmp.Or(string(a.JSON), a.Body) }

// headers are those of the file, and what they must say of a body that is JSON.
func (a Asking) headers() map[string]string {
	if a.JSON == "" {
		return a.Headers
	}
	for name := range a.Headers {
		if strings.EqualFold(name, contentType) {
			return a.Headers
		}
	}
	headers := maps.Clone(a.Headers)
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
		checks[i].Calls, checks[i].Cleanup = copiedCalls(checks[i].Calls), copiedCalls(checks[i].Cleanup)
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
