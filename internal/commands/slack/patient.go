package slack

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

const (
	// dialWithin bounds the way to an open connection; slack-go's own default.
	dialWithin = 45 * time.Second
	// writeBuffer holds a whole acknowledgement: Slack does not put fragments together, as slack-go has measured.
	writeBuffer = 32 << 10
	// patience is how long a connection that was told to go may stay. Slack closes it after about 10 s.
	patience = 15 * time.Second
	// mostNotice is the most bytes that a frame saying disconnect can have; larger ones are not looked at.
	mostNotice = 512
)

// patientDialer dials connections that do not hang up as soon as Slack says that it will. slack-go does, at once:
// whatever Slack has sent by then is lost, and acknowledgements that are on their way go to the next connection,
// where they may not count. A patient connection keeps the notice from slack-go, calls noticed, and serves until
// Slack closes it; then it calls left. Behind a proxy it is not patient, since there the connection is not ours
// to look into.
func patientDialer(noticed, left func()) *websocket.Dialer {
	plain := &net.Dialer{}
	secure := &tls.Dialer{NetDialer: plain}
	d := &websocket.Dialer{Proxy: http.ProxyFromEnvironment, HandshakeTimeout: dialWithin, WriteBufferSize: writeBuffer}
	slackURL := &url.URL{Scheme: "https", Host: "wss-primary.slack.com"}
	if proxy, err := http.ProxyFromEnvironment(&http.Request{URL: slackURL}); proxy != nil || err != nil {
		return d
	}
	d.NetDialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := plain.DialContext(ctx, network, addr)
		return patiently(conn, err, noticed, left)
	}
	d.NetDialTLSContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := secure.DialContext(ctx, network, addr)
		return patiently(conn, err, noticed, left)
	}
	return d
}

func patiently(conn net.Conn, err error, noticed, left func()) (net.Conn, error) {
	if err != nil {
		return nil, err
	}
	return &patient{Conn: conn, in: bufio.NewReader(conn), noticed: noticed, left: left}, nil
}

// patient is a client's connection from which Slack's notices of disconnection are taken out. Only its reads are
// changed, and only after the handshake; they are made by one goroutine.
type patient struct {
	net.Conn
	in            *bufio.Reader
	noticed, left func()

	framed bool   // the handshake is over
	held   []byte // read, and to be handed on before anything else
	body   uint64 // bytes of the current frame still to be handed on as they are

	mu    sync.Mutex
	leave *time.Timer
}

// Read hands on what Slack sent, without its notices.
func (p *patient) Read(b []byte) (int, error) {
	for len(p.held) == 0 && p.body == 0 {
		if err := p.next(); err != nil {
			return 0, err
		}
	}
	if len(p.held) > 0 {
		n := copy(b, p.held)
		p.held = p.held[n:]
		return n, nil
	}
	n, err := p.in.Read(b[:min(uint64(len(b)), p.body)])
	p.body -= uint64(n)
	return n, err
}

// next reads a line of the handshake, or the head of a frame and, if it may be a notice, all of it.
func (p *patient) next() error {
	if !p.framed {
		line, err := p.in.ReadSlice('\n')
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return err
		}
		p.held = slices.Clone(line)
		p.framed = string(line) == "\r\n"
		return nil
	}
	head, size, err := p.head()
	if err != nil {
		return err
	}
	const finalText = 0x81
	if head[0] != finalText || size > mostNotice {
		p.held, p.body = head, size
		return nil
	}
	frame := make([]byte, len(head)+int(size))
	copy(frame, head)
	if _, err := io.ReadFull(p.in, frame[len(head):]); err != nil {
		return err
	}
	if isNotice(frame[len(head):]) {
		p.leaveSoon()
		return nil
	}
	p.held = frame
	return nil
}

// head reads a frame's head (RFC 6455, 5.2); a server does not mask.
func (p *patient) head() (head []byte, size uint64, err error) {
	head = make([]byte, 2, 10)
	if _, err := io.ReadFull(p.in, head); err != nil {
		return nil, 0, err
	}
	more := 0
	switch size = uint64(head[1] & 0x7f); size {
	case 126:
		more = 2
	case 127:
		more = 8
	}
	head = head[:2+more]
	if _, err := io.ReadFull(p.in, head[2:]); err != nil {
		return nil, 0, err
	}
	switch more {
	case 2:
		size = uint64(binary.BigEndian.Uint16(head[2:]))
	case 8:
		size = binary.BigEndian.Uint64(head[2:])
	}
	return head, size, nil
}

// isNotice recognises the disconnects after which a connection goes on working for a while.
func isNotice(text []byte) bool {
	if len(text) > mostNotice {
		return false
	}
	var notice struct{ Type, Reason string }
	if json.Unmarshal(text, &notice) != nil || notice.Type != "disconnect" {
		return false
	}
	return notice.Reason == "warning" || notice.Reason == "refresh_requested"
}

// leaveSoon passes the first notice on, and makes sure that a connection which Slack forgets to close does not
// stay for ever.
func (p *patient) leaveSoon() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.leave == nil {
		p.leave = time.AfterFunc(patience, func() { _ = p.Conn.Close() })
		p.noticed()
	}
}

// Close closes the connection.
func (p *patient) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.leave != nil {
		p.leave.Stop()
		p.left()
	}
	return p.Conn.Close()
}
