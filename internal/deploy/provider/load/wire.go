package load

import (
	"bufio"
	"errors"
	"io"
	"math"
	"net"
	"net/http"
	"time"
)

// most1xx is how many answers there may be before the one that counts.
const most1xx = 5

// errIdle is that a connection was closed before it has answered anything.
var errIdle = errors.New("closed before an answer")

// wire is a connection that one request is on at a time. net/http has two goroutines for each, and hands every request
// from one to the other: with them, this machine would be busy with sending long before a service is with answering.
type wire struct {
	net.Conn
	in     *bufio.Reader
	out    *bufio.Writer
	bounds *io.LimitedReader // of what in reads
	used   bool              // it has answered before
}

func newWire(c net.Conn) *wire {
	w := &wire{Conn: c, bounds: &io.LimitedReader{R: c}}
	w.in, w.out = bufio.NewReader(w.bounds), bufio.NewWriter(c)
	return w
}

// ask sends a request and reads the head of its answer. errIdle if none of it came and the connection is closed.
func (w *wire) ask(r *http.Request) (*http.Response, error) {
	w.bounds.N = mostHeader
	unsent := r.Write(w.out)
	if unsent == nil {
		unsent = w.out.Flush()
	}
	// Also if it could not be sent: who does not want a body may say so and hang up.
	if _, err := w.in.Peek(1); err != nil {
		if unsent != nil {
			err = unsent
		}
		if gone(err) {
			err = errors.Join(errIdle, err)
		}
		return nil, err
	}
	for range most1xx {
		res, err := http.ReadResponse(w.in, r)
		if err != nil {
			return nil, err
		}
		if res.StatusCode < 100 || res.StatusCode > 199 || res.StatusCode == http.StatusSwitchingProtocols {
			w.bounds.N = math.MaxInt64
			res.Close = res.Close || unsent != nil || res.StatusCode == http.StatusSwitchingProtocols
			return res, nil
		}
	}
	return nil, errors.New("too many informational answers")
}

// again says whether a request may be sent again whose connection was closed. r is then as it was before.
func again(w *wire, r *http.Request, err error) bool {
	if !w.used || !errors.Is(err, errIdle) {
		return false
	}
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodTrace:
	default:
		return false
	}
	if r.GetBody == nil {
		return r.Body == nil || r.Body == http.NoBody
	}
	body, err := r.GetBody()
	r.Body = body
	return err == nil
}

// until bounds what is done on it; a time that is over breaks it off.
func (w *wire) until(t time.Time) { _ = w.SetDeadline(t) } // fails only if it is closed, which is noticed at once
