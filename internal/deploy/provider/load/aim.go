package load

import (
	"context"
	"fmt"
	"maps"
	"net"
	"net/url"
	"slices"
	"strings"

	"slipway/internal/deploy"
	"slipway/internal/deploy/placeholder"
	"slipway/internal/deploy/provider/egress"
)

// aim is where a stretch of load goes.
type aim struct {
	base    *url.URL // without a slash at its end
	guard   egress.Guard
	targets []target
}

// address is where connections are made to.
func (a *aim) address() string {
	port := a.base.Port()
	if port == "" {
		port = a.base.Scheme // the resolver knows it
	}
	return net.JoinHostPort(a.base.Hostname(), port)
}

// reading collects all that is wrong with a check.
type reading struct {
	problems []string
	known    map[string]string // values, under the names of placeholders
}

func (r *reading) wrong(format string, args ...any) {
	r.problems = append(r.problems, fmt.Sprintf(format, args...))
}

// aim reads a check, and the secrets that it names, each once. Invalid with everything that is wrong with it.
func (l *Loader) aim(ctx context.Context, q *deploy.LoadRequest) (*aim, error) {
	r := &reading{known: maps.Clone(q.Values)}
	if r.known == nil {
		r.known = map[string]string{}
	}
	r.amounts(q)
	base := r.base(q.BaseURL)
	if err := r.err(); err != nil {
		return nil, err
	}
	for _, name := range r.secrets(q.Check.Targets) {
		v, err := l.secret(ctx, q.Service.Project, name)
		if err != nil {
			return nil, err
		}
		r.known["secret:"+name] = v
	}
	a := &aim{base: base, guard: egress.For(base.Hostname(), q.Public)}
	if refused := a.guard.Forbids(base.Hostname()); refused != nil {
		return nil, isRefused(refused)
	}
	for i, call := range q.Check.Targets {
		a.targets = append(a.targets, r.target(base, i, call))
	}
	return a, r.err()
}

// err is all that is wrong, or nil.
func (r *reading) err() error {
	if len(r.problems) == 0 {
		return nil
	}
	return &deploy.Error{
		Code: deploy.Invalid, Op: "read the check", Msg: strings.Join(r.problems, "; "), Hint: "correct the load check in the catalog",
	}
}

func (r *reading) amounts(q *deploy.LoadRequest) {
	c := &q.Check
	switch {
	case c.Rate > 0 == (c.Concurrency > 0):
		r.wrong("it needs either a rate or a concurrency")
	case c.Concurrency > mostAtOnce:
		r.wrong("a concurrency of %s is more than the %s that are possible", deploy.Thousands(int64(c.Concurrency)), deploy.Thousands(mostAtOnce))
	}
	if !(c.Most > 0) {
		r.wrong("it does not say how many requests a second there may be at most")
	}
	if q.For <= 0 {
		r.wrong("it has no time")
	}
	if len(c.Targets) == 0 {
		r.wrong("there is no target in it")
	}
}

func (r *reading) base(given string) *url.URL {
	u, err := url.Parse(given)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.RawQuery != "" || u.Fragment != "" {
		r.wrong("the address of the service is not an http or https URL without a query")
		return nil
	}
	u.Path, u.RawPath = strings.TrimRight(u.Path, "/"), ""
	return u
}

// secrets are those that the targets name. A text that cannot be read is complained of when it is filled.
func (r *reading) secrets(calls []deploy.Call) []string {
	named := map[string]bool{}
	for _, c := range calls {
		for _, s := range append(slices.Collect(maps.Values(c.Headers)), c.Path, c.Body) {
			text, err := placeholder.Parse(s)
			if err != nil {
				continue
			}
			for _, name := range text.Names() {
				if secret, ok := placeholder.Secret(name); ok {
					named[secret] = true
				}
			}
		}
	}
	return slices.Sorted(maps.Keys(named))
}

// secret is a secret as a shell's $(…) would give it: without the line break at its end.
func (l *Loader) secret(ctx context.Context, project, name string) (string, error) {
	if l.secrets == nil {
		return "", &deploy.Error{
			Code: deploy.Invalid, Msg: "the check names the secret " + name + ", and there is nothing to read secrets from",
			Hint: "leave it out of the check, or give the bot a source of secrets",
		}
	}
	v, err := l.secrets.Value(ctx, project, name)
	if err != nil {
		return "", fmt.Errorf("read the secret %s: %w", name, err)
	}
	if v = strings.TrimRight(v, "\r\n"); v == "" {
		return "", &deploy.Error{Code: deploy.Invalid, Msg: "the secret " + name + " is empty", Hint: "give it a new version"}
	}
	return v, nil
}
