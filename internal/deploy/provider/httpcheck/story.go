package httpcheck

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"strings"
	"time"

	"slipway/internal/deploy"
)

// telling is one try: the story once, and its clean-up.
type telling struct {
	c         *Checker
	s         *script
	transport *http.Transport
	values    map[string]string // under the names of placeholders
	mask      *mask
	calls     int           // made, without the clean-up
	told      time.Duration // how long the story was
	cleaned   time.Duration // how long the clean-up was
}

// failure is why a story did not go on. msg is free of secrets.
type failure struct {
	code  deploy.Code
	final bool // another try would come to the same
	msg   string
	hint  string
	err   error // never one that has an address or a header in it
}

// Why a context has ended, if it was not the caller's doing.
var (
	errCallTime  = errors.New("the time of the call was up")
	errCheckTime = errors.New("the time of the check was up")
)

func (c *Checker) newTelling(s *script, known map[string]string) *telling {
	t := &telling{c: c, s: s, transport: c.transport(s), values: maps.Clone(known), mask: newMask()}
	for name, v := range known {
		if strings.Contains(name, ":") {
			t.mask.add(v)
		}
	}
	if password, ok := s.base.User.Password(); ok {
		t.mask.add(password)
	}
	return t
}

// tell makes the calls within a time, and then those of the clean-up within another, whatever has come of the former.
func (t *telling) tell(ctx context.Context, within, cleanWithin time.Duration) (failed, unclean *failure) {
	defer t.transport.CloseIdleConnections()
	// Deferred, so that not even a panic leaves behind what was made at the service.
	defer func() { unclean = t.cleanUp(ctx, cleanWithin) }()
	return t.story(ctx, within), nil
}

func (t *telling) story(ctx context.Context, within time.Duration) *failure {
	begun := t.c.clock.Now()
	defer func() { t.told = t.c.clock.Now().Sub(begun) }()
	ctx, cancel := context.WithTimeoutCause(ctx, within, errCheckTime)
	defer cancel()
	for _, st := range t.s.calls {
		if failed := t.make(ctx, st); failed != nil {
			return failed
		}
	}
	return nil
}

// cleanUp makes the clean-up calls that have what they need, all of them, and says all that went wrong.
func (t *telling) cleanUp(ctx context.Context, within time.Duration) *failure {
	if t.calls == 0 || len(t.s.cleanup) == 0 {
		return nil
	}
	begun := t.c.clock.Now()
	defer func() { t.cleaned = t.c.clock.Now().Sub(begun) }()
	ctx, cancel := context.WithTimeoutCause(context.WithoutCancel(ctx), within, errCheckTime)
	defer cancel()
	var all *failure
	for _, st := range t.s.cleanup {
		if !t.has(st) {
			continue
		}
		failed := t.make(ctx, st)
		switch {
		case failed == nil:
		case all == nil:
			all = failed
		default:
			all.msg += "; " + failed.msg
			all.err = errors.Join(all.err, failed.err)
		}
	}
	return all
}

// has says whether there is a value for each placeholder of a call.
func (t *telling) has(st *step) bool {
	names := append(st.path.Names(), st.body.Names()...)
	for _, h := range st.headers {
		names = append(names, h.value.Names()...)
	}
	for _, name := range names {
		if _, ok := t.values[name]; !ok {
			return false
		}
	}
	return true
}

// make makes one call, keeps what is captured of the answer, and says all that is not as expected.
func (t *telling) make(ctx context.Context, st *step) *failure {
	r, err := t.request(st)
	if err != nil {
		return &failure{code: deploy.Invalid, msg: st.label + ": " + deploy.Message(err)}
	}
	if !st.cleaning {
		t.calls++
	}
	a, failed := t.do(ctx, st, r)
	if failed != nil {
		return failed
	}
	// Also of an answer that is not as expected: what it has made has to be cleaned up, and its tokens are not shown.
	lost := t.keep(ctx, st, a)
	problems := t.judge(ctx, st, a)
	if len(problems) == 0 {
		problems = lost
	}
	if len(problems) == 0 {
		return nil
	}
	return &failure{code: deploy.Invalid, msg: t.spoilt(st, r, problems) + t.answered(a)}
}
