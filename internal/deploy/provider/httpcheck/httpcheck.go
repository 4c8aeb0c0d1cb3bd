package httpcheck

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"strings"
	"time"

	"slipway/internal/deploy"
	"slipway/internal/deploy/provider/egress"
)

var _ deploy.Checker = (*Checker)(nil)

// Checker tells checks. Its methods may be called from any goroutine; it holds nothing that has to be closed.
type Checker struct {
	secrets       deploy.Secrets
	clock         deploy.Clock
	roots         *x509.CertPool
	pause         time.Duration
	forbidPrivate bool
}

// Options of New; nil means all defaults.
type Options struct {
	// Secrets is where secrets are read; without it a check that names one is Invalid.
	Secrets deploy.Secrets
	// Clock measures and waits; by default the computer's.
	Clock deploy.Clock
	// Pause is between two tries; default 2 s.
	Pause time.Duration
	// Roots are the authorities that a service's certificate is believed from; by default those of the computer.
	Roots *x509.CertPool
	// ForbidPrivate refuses private and loopback addresses too, as CheckRequest.Public does for one check. Those of
	// metadata servers are refused in any case, and loopback unless the base URL itself names it.
	ForbidPrivate bool
}

// New makes a checker.
func New(opts *Options) *Checker {
	o := Options{}
	if opts != nil {
		o = *opts
	}
	c := &Checker{secrets: o.Secrets, clock: o.Clock, roots: o.Roots, pause: o.Pause, forbidPrivate: o.ForbidPrivate}
	if c.clock == nil {
		c.clock = deploy.SystemClock{}
	}
	if c.pause <= 0 {
		c.pause = 2 * time.Second
	}
	return c
}

// Run tells a check until it is as expected. Within bounds all tries together with the pauses between them; all
// clean-ups together have as much again, so that Run is over after twice Within and the reading of secrets. A try
// begins only if time is left for it, and half of that for its clean-up.
//
// What is wrong with the check itself is Invalid before anything is sent. When ctx ends the error is Unavailable and
// has its reason in the chain; the clean-up is made all the same.
func (c *Checker) Run(ctx context.Context, q deploy.CheckRequest) (deploy.CheckReport, error) {
	begun, doing := c.clock.Now(), fmt.Sprintf("check %q", q.Check.Name)
	s, err := prepare(&q)
	if err != nil {
		return deploy.CheckReport{}, &deploy.Error{Code: deploy.CodeOf(err), Op: doing, Err: err}
	}
	s.guard = egress.For(s.base.Hostname(), c.forbidPrivate || q.Public)
	known, err := c.values(ctx, s, &q)
	if err != nil {
		return deploy.CheckReport{}, &deploy.Error{Code: deploy.CodeOf(err), Op: doing, Err: err}
	}
	left, cleanLeft := q.Check.Within, q.Check.Within
	for try := 1; ; try++ {
		t := c.newTelling(s, known)
		failed, unclean := t.tell(ctx, left, cleanLeft)
		left, cleanLeft = left-t.told, cleanLeft-t.cleaned
		if failed == nil && unclean == nil {
			return deploy.CheckReport{Calls: t.calls, Tries: try, Took: c.clock.Now().Sub(begun)}, nil
		}
		switch {
		case ctx.Err() != nil:
			e := &deploy.Error{Code: deploy.Unavailable, Op: doing, Msg: "the check was broken off", Err: ctx.Err()}
			if unclean != nil {
				e.Msg += "; cleaning up failed: " + unclean.msg
			}
			return deploy.CheckReport{}, e
		case failed != nil && !failed.final && try < q.Check.Tries && left > c.pause && cleanLeft >= q.Check.Within/2:
			c.wait(ctx, c.pause)
			left -= c.pause
			continue
		}
		return deploy.CheckReport{}, verdict(doing, failed, unclean, try, max(q.Check.Tries, 1))
	}
}

// verdict is the error that the last try has come to.
func verdict(doing string, failed, unclean *failure, tried, tries int) error {
	if failed == nil {
		return &deploy.Error{
			Code: unclean.code, Op: doing, Msg: "everything was as expected, but cleaning up failed: " + unclean.msg,
			Hint: "what the check has made may still be there: remove it by hand", Err: unclean.err,
		}
	}
	e := &deploy.Error{Code: failed.code, Op: doing, Msg: failed.msg, Hint: failed.hint, Err: failed.err}
	switch {
	case failed.final || tries == 1:
	case tried < tries:
		e.Msg += fmt.Sprintf(" (try %d of %d; no time for another)", tried, tries)
	default:
		e.Msg += fmt.Sprintf(" (%d times)", tried)
	}
	if unclean != nil {
		e.Msg += ". Cleaning up failed, too: " + unclean.msg
		e.Err = errors.Join(failed.err, unclean.err)
	}
	return e
}

// values are those that a story begins with: the release's, and the secrets that it names. A secret is used as a
// shell's $(…) would give it: without the line break at its end, which no one sees when storing it.
func (c *Checker) values(ctx context.Context, s *script, q *deploy.CheckRequest) (map[string]string, error) {
	known := map[string]string{}
	for name, v := range q.Values {
		known[name] = v
	}
	for _, name := range s.secrets {
		if c.secrets == nil {
			return nil, &deploy.Error{
				Code: deploy.Invalid, Msg: "the check names the secret " + name + ", and there is nothing to read secrets from",
				Hint: "leave it out of the check, or give the bot a source of secrets",
			}
		}
		v, err := c.secrets.Value(ctx, q.Service.Project, name)
		if err != nil {
			return nil, fmt.Errorf("read the secret %s: %w", name, err)
		}
		if v = strings.TrimRight(v, "\r\n"); v == "" {
			return nil, &deploy.Error{Code: deploy.Invalid, Msg: "the secret " + name + " is empty", Hint: "give it a new version"}
		}
		known["secret:"+name] = v
	}
	return known, nil
}

// wait spends d, or less if ctx ends.
func (c *Checker) wait(ctx context.Context, d time.Duration) {
	over, stop := c.clock.NewTimer(d)
	defer stop()
	select {
	case <-over:
	case <-ctx.Done():
	}
}
