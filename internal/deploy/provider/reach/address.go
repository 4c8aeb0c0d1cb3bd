package reach

import (
	"context"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"slipway/internal/deploy"
	"slipway/internal/deploy/placeholder"
)

// address is where a dependency is, with its values put in.
type address struct {
	text    string // has secrets in it
	written string // as the catalog has it, with ${secret:NAME}: may be shown
	secrets []string
	values  []string // of the secrets
	public  bool     // private addresses are refused
}

// read puts the values into an address. A secret is used as a shell's $(…) would give it: without the line break at its
// end. In an address that begins with a scheme, values are escaped as URLs have it: a password with an @ in it stays the
// password. An address that is a secret as a whole is taken as it is.
func (c *Checker) read(ctx context.Context, q *deploy.CheckRequest) (*address, error) {
	a := &address{written: q.Check.Dependency.Address, public: q.Public || c.forbidPrivate}
	text, err := placeholder.Parse(a.written)
	if err != nil {
		return nil, err
	}
	known := map[string]string{}
	for _, name := range text.Names() {
		v, ok := q.Values[name]
		if secret, is := placeholder.Secret(name); is {
			if v, err = c.secret(ctx, q.Service.Project, secret); err != nil {
				return nil, err
			}
			ok = true
			if !slices.Contains(a.secrets, secret) {
				a.secrets, a.values = append(a.secrets, secret), append(a.values, v)
			}
		}
		if ok {
			known[name] = v
		}
	}
	before, _, _ := strings.Cut(a.written, "${")
	within := strings.Contains(before, "://")
	a.text, err = text.Fill(placeholder.Verbatim, func(name string) (string, bool) {
		v, ok := known[name]
		if within {
			v = escape(v)
		}
		return v, ok
	})
	if err != nil {
		return nil, err
	}
	a.text = strings.TrimSpace(a.text)
	if a.text == "" {
		return nil, a.wrong("is empty", "one")
	}
	return a, nil
}

func (c *Checker) secret(ctx context.Context, project, name string) (string, error) {
	if c.secrets == nil {
		return "", &deploy.Error{
			Code: deploy.Invalid, Msg: "the check names the secret " + name + ", and there is nothing to read secrets from",
			Hint: "leave it out of the check, or give the bot a source of secrets",
		}
	}
	v, err := c.secrets.Value(ctx, project, name)
	if err != nil {
		return "", fmt.Errorf("read the secret %s: %w", name, err)
	}
	if v = strings.TrimRight(v, "\r\n"); v == "" {
		return "", &deploy.Error{Code: deploy.Invalid, Msg: "the secret " + name + " is empty", Hint: "give it a new version"}
	}
	return v, nil
}

// escape makes a value one that ends nothing in a URL.
func escape(v string) string { return strings.ReplaceAll(url.QueryEscape(v), "+", "%20") }

// wrong is an address that cannot be one; another try does not change it. What is shown is what the catalog has, which
// holds no secret; what the catalog has in clear before an @ is not shown either.
func (a *address) wrong(why, write string) error {
	hint := "write " + write + " in the catalog"
	if len(a.secrets) > 0 {
		hint = "write " + write + " in " + a.source() + " or in the catalog"
	}
	return refused("the address "+bare(a.written)+" "+why, hint)
}

// places are what hosts with their ports, buckets and sockets are made of.
var places = regexp.MustCompile(`^[\w.:\[\]/-]+$`)

// where names a place that was taken out of the address: the place itself if it may be shown, otherwise what the catalog
// has instead. It may not if it is or has a secret, or if a password may not have been escaped, so that what was taken
// for the place is a part of it.
func (a *address) where(place string) string {
	if len(a.secrets) == 0 {
		return place
	}
	if _, rest, ok := strings.Cut(a.text, "://"); ok && strings.Contains(rest, "@") {
		host := rest
		if end := strings.IndexAny(rest, "/?#"); end >= 0 {
			host = rest[:end]
		}
		if strings.Count(rest, "@") != 1 || !strings.Contains(host, "@") {
			return bare(a.written)
		}
	}
	if !places.MatchString(strings.TrimPrefix(place, "gs://")) {
		return bare(a.written)
	}
	for _, v := range a.values {
		for _, form := range []string{v, escape(v), url.PathEscape(v), url.QueryEscape(v)} {
			if strings.Contains(place, form) {
				return bare(a.written)
			}
		}
	}
	return place
}

// source is where what logs in is from, for hints.
func (a *address) source() string {
	if len(a.secrets) > 0 {
		return "the secret " + strings.Join(a.secrets, ", ")
	}
	return "the catalog"
}

// passwords are those of addresses in the form key=value.
var passwords = regexp.MustCompile(`(?i)\b(pass\w*|pwd)\s*=\s*('(?:[^'\\]|\\.)*'?|\S+)`)

// bare is an address without what logs in and without a query.
func bare(s string) string {
	s, _, _ = strings.Cut(s, "?")
	scheme, rest, ok := strings.Cut(s, "://")
	if !ok {
		scheme, rest = "", s
	}
	rest = passwords.ReplaceAllString(rest, "$1=***")
	if at := strings.LastIndex(rest, "@"); at >= 0 {
		rest = "***" + rest[at:]
	}
	if ok {
		rest = scheme + "://" + rest
	}
	if r := []rune(rest); len(r) > 120 {
		rest = string(r[:119]) + "…"
	}
	return rest
}
