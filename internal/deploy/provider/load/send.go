package load

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"

	"slipway/internal/deploy"
)

// mostBody is what is read of an answer; the connection of a longer one is closed.
const mostBody = 8 << 20

// errTime ends a request that takes longer than its call may.
var errTime = errors.New("the time of the call was up")

// sender makes requests for the library.
type sender struct {
	aim   *aim
	turn  atomic.Uint64
	final atomic.Pointer[deploy.Error] // why it would be no use to go on, while nobody has answered
}

// roundTrip is a function that sends requests.
type roundTrip func(*http.Request) (*http.Response, error)

// RoundTrip sends a request.
func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// timeout is how long a request may take. What only the library and we need to know is taken off it.
func (s *sender) timeout(r *http.Request) time.Duration {
	n, err := strconv.Atoi(r.Header.Get(which))
	delete(r.Header, which)
	delete(r.Header, counted)
	if err != nil || n < 0 || n >= len(s.aim.targets) {
		return usualTimeout
	}
	return s.aim.targets[n].timeout
}

// direct sends requests over wires, for as long as ctx lasts. Errors are reasons.
func (s *sender) direct(ctx context.Context, w *wires) roundTrip {
	return func(r *http.Request) (*http.Response, error) {
		until := deploy.SystemClock{}.Now().Add(s.timeout(r)) // the only clock that connections know
		res, done, err := w.send(ctx, r, until)
		if err != nil {
			return nil, s.because(ctx, err)
		}
		res.Body = &body{from: res.Body, left: mostBody, done: done, because: func(err error) error { return s.because(ctx, err) }}
		return res, nil
	}
}

// proxied sends requests as net/http does, for as long as ctx lasts. Errors are reasons.
func (s *sender) proxied(ctx context.Context, t *http.Transport) roundTrip {
	return func(r *http.Request) (*http.Response, error) {
		ctx, cancel := context.WithTimeoutCause(ctx, s.timeout(r), errTime)
		res, err := t.RoundTrip(r.WithContext(ctx))
		if err != nil {
			defer cancel()
			return nil, s.because(ctx, err)
		}
		from := res.Body
		done := func(bool) {
			_ = from.Close()
			cancel()
		}
		res.Body = &body{from: from, left: mostBody, done: done, because: func(err error) error { return s.because(ctx, err) }}
		return res, nil
	}
}

// body is what is read of an answer.
type body struct {
	from    io.Reader
	left    int64
	whole   bool
	done    func(whole bool) // nothing more is read
	because func(error) error
}

// Read reads, and ends after mostBody.
func (b *body) Read(to []byte) (int, error) {
	if b.left <= 0 {
		return 0, io.EOF
	}
	n, err := b.from.Read(to[:min(int64(len(to)), b.left)])
	b.left -= int64(n)
	switch err {
	case nil:
		return n, nil
	case io.EOF:
		b.whole = true
		return n, err
	}
	return n, b.because(err)
}

// Close ends the request, with its connection if there is more to come: to close what is read from would read the rest.
func (b *body) Close() error {
	b.done(b.whole)
	return nil
}
