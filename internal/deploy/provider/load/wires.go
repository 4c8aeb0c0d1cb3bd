package load

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"sync"
	"time"
)

// wires are the connections of one stretch of load to one service.
type wires struct {
	connect func(context.Context) (net.Conn, error)

	mu   sync.Mutex
	idle []*wire
	busy map[*wire]bool
	over bool // no request is begun any more
}

// send sends a request on a connection that is idle, or on a new one. done has to be called when the answer was read:
// whole says that nothing of it is left.
func (ws *wires) send(ctx context.Context, r *http.Request, until time.Time) (res *http.Response, done func(whole bool), err error) {
	w := ws.take(until)
	for {
		if w == nil {
			if w, err = ws.open(ctx, until); err != nil {
				return nil, nil, err
			}
		}
		if res, err = w.ask(r); err == nil {
			break
		}
		ws.drop(w)
		if !again(w, r, err) {
			return nil, nil, err
		}
		w = nil
	}
	return res, func(whole bool) {
		if !whole || res.Close || r.Close || w.in.Buffered() > 0 { // what nobody has asked for is no answer to the next
			ws.drop(w)
			return
		}
		ws.put(w)
	}, nil
}

// take is the connection that was used last, or nil. Those that were not needed for long are left alone.
func (ws *wires) take(until time.Time) *wire {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	n := len(ws.idle)
	if n == 0 || ws.over {
		return nil
	}
	w := ws.idle[n-1]
	ws.idle = ws.idle[:n-1]
	ws.busy[w] = true
	w.until(until)
	return w
}

// open makes a connection.
func (ws *wires) open(ctx context.Context, until time.Time) (*wire, error) {
	within, cancel := context.WithTimeout(ctx, dialWithin)
	defer cancel()
	within, cancelToo := context.WithDeadline(within, until)
	defer cancelToo()
	c, err := ws.connect(within)
	if err != nil {
		if ctx.Err() == nil && errors.Is(within.Err(), context.DeadlineExceeded) {
			err = noConn
		}
		return nil, err
	}
	w := newWire(c)
	ws.mu.Lock()
	defer ws.mu.Unlock()
	if ws.over {
		_ = c.Close()
		return nil, errOver
	}
	ws.busy[w] = true
	w.until(until)
	return w, nil
}

// put makes a connection idle.
func (ws *wires) put(w *wire) {
	w.used = true
	ws.mu.Lock()
	defer ws.mu.Unlock()
	delete(ws.busy, w)
	ws.idle = append(ws.idle, w)
}

// drop closes a connection.
func (ws *wires) drop(w *wire) {
	ws.mu.Lock()
	delete(ws.busy, w)
	ws.mu.Unlock()
	_ = w.Close()
}

// end breaks off what is unanswered.
func (ws *wires) end() {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	ws.over = true
	for w := range ws.busy {
		w.until(time.Unix(1, 0))
	}
}

// reach makes connections to where an aim is, as far as its guard allows.
func (l *Loader) reach(a *aim) func(context.Context) (net.Conn, error) {
	dialer := a.guard.Dialer(dialWithin)
	return func(ctx context.Context) (net.Conn, error) {
		plain, err := dialer.DialContext(ctx, "tcp", a.address())
		if err != nil || a.base.Scheme == "http" {
			return plain, err
		}
		secure := tls.Client(plain, &tls.Config{ServerName: a.base.Hostname(), RootCAs: l.roots, MinVersion: tls.VersionTLS12})
		if err := secure.HandshakeContext(ctx); err != nil {
			_ = plain.Close()
			return nil, err
		}
		return secure, nil
	}
}
