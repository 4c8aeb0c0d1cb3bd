package workspace

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

// Slack's rules for connections.
const (
	maxConnections = 10
	ticketLives    = 30 * time.Second // observed as short; Slack says only that the URL is temporary
	warningGrace   = 10 * time.Second // a warning comes about this long before the close
	refreshGrace   = time.Second      // how long a refreshed connection lingers for late acks
	writeTimeout   = 5 * time.Second
	debugHost      = "applink-practice"
)

// socket is the state of Socket Mode.
type socket struct {
	tickets   map[string]time.Time // unspent, until when
	conns     []*connection
	ghosts    int
	lastConn  int
	preferred int // gets every envelope while it lives; 0: by lot
	envelopes []*Envelope
	waiting   map[string]*delivery
}

func newSocket() socket {
	return socket{tickets: map[string]time.Time{}, waiting: map[string]*delivery{}}
}

// connection is one WebSocket of the bot.
type connection struct {
	id     int
	opened time.Time
	ws     *websocket.Conn
	gone   chan struct{}

	writing  sync.Mutex
	once     sync.Once
	ready    bool // has had its hello; guarded by the workspace's mu, as the next
	draining bool // told to go: gets no more envelopes
}

// Connection is what people may know about a connection.
type Connection struct {
	ID     int       `json:"id"`
	Opened time.Time `json:"opened"`
}

// Connections lists the live connections, oldest first, without ghosts and those that were told to go.
func (w *Workspace) Connections() []Connection {
	w.mu.Lock()
	defer w.mu.Unlock()
	list := []Connection{}
	for _, c := range w.live() {
		list = append(list, Connection{ID: c.id, Opened: c.opened})
	}
	return list
}

func (s *socket) live() []*connection {
	var live []*connection
	for _, c := range s.conns {
		if c.ready && !c.draining {
			live = append(live, c)
		}
	}
	return live
}

func (w *Workspace) connectionsOpen(args) (reply, error) {
	ticket := w.id(24)
	w.tickets[ticket] = w.opts.Now().Add(ticketLives)
	url := "ws" + strings.TrimPrefix(w.baseURL, "http") + "/link/?ticket=" + ticket + "&app_id=" + AppID
	return reply{"url": url}, nil
}

// spend takes a ticket; each works once and not for long.
func (w *Workspace) spend(ticket string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	until, ok := w.tickets[ticket]
	delete(w.tickets, ticket)
	return ok && w.opts.Now().Before(until)
}

var upgrader = websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }}

func (w *Workspace) serveLink(rw http.ResponseWriter, r *http.Request) {
	if !w.spend(r.URL.Query().Get("ticket")) {
		http.Error(rw, "invalid or expired ticket", http.StatusNotFound)
		return
	}
	ws, err := upgrader.Upgrade(rw, r, nil)
	if err != nil {
		w.opts.Log("slack: upgrade: %v", err)
		return
	}
	c := &connection{ws: ws, gone: make(chan struct{})}
	count, accepted := w.admit(c)
	if !accepted {
		return
	}
	defer w.running.Done()
	defer w.forget(c)
	if count > maxConnections {
		c.write(disconnectFrame("too_many_websockets"))
		c.sayGoodbye()
		return
	}
	c.write(map[string]any{
		"type": "hello", "num_connections": count,
		"debug_info":      map[string]any{"host": debugHost, "build_number": 10, "approximate_connection_time": 18060},
		"connection_info": map[string]any{"app_id": AppID},
	})
	w.enlist(c)
	w.running.Go(func() { w.ping(c) })
	w.read(c)
}

// admit counts a new connection, ghosts included, and refuses it when the workspace is closing.
func (w *Workspace) admit(c *connection) (count int, accepted bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed || w.down {
		_ = c.ws.Close()
		return 0, false
	}
	w.running.Add(1)
	w.lastConn++
	c.id, c.opened = w.lastConn, w.opts.Now()
	w.conns = append(slices.Clone(w.conns), c)
	return len(w.conns) + w.ghosts, true
}

// enlist lets envelopes go to a connection that has had its hello.
func (w *Workspace) enlist(c *connection) {
	w.mu.Lock()
	defer w.mu.Unlock()
	c.ready = true
	w.touch()
}

func (w *Workspace) forget(c *connection) {
	c.hangUp()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.conns = slices.DeleteFunc(slices.Clone(w.conns), func(other *connection) bool { return other == c })
	w.touch()
}

func (w *Workspace) read(c *connection) {
	for {
		_, frame, err := c.ws.ReadMessage()
		if err != nil {
			return
		}
		w.acknowledge(c, frame)
	}
}

// ping keeps a connection alive with control frames, as Slack does; clients reconnect without them.
func (w *Workspace) ping(c *connection) {
	ticker := time.NewTicker(w.opts.PingEvery)
	defer ticker.Stop()
	for n := 0; ; n++ {
		c.writing.Lock()
		err := c.ws.WriteControl(websocket.PingMessage, fmt.Appendf(nil, "Ping from %s %d", debugHost, n), wall().Add(writeTimeout))
		c.writing.Unlock()
		if err != nil {
			c.hangUp()
			return
		}
		select {
		case <-ticker.C:
		case <-c.gone:
			return
		}
	}
}

func (c *connection) write(frame any) bool {
	c.writing.Lock()
	defer c.writing.Unlock()
	_ = c.ws.SetWriteDeadline(wall().Add(writeTimeout))
	if raw, ok := frame.([]byte); ok {
		return c.ws.WriteMessage(websocket.TextMessage, raw) == nil
	}
	return c.ws.WriteJSON(frame) == nil
}

// hangUp cuts the connection without a close frame.
func (c *connection) hangUp() {
	c.once.Do(func() {
		close(c.gone)
		_ = c.ws.Close()
	})
}

// sayGoodbye closes the connection in good order.
func (c *connection) sayGoodbye() {
	c.writing.Lock()
	_ = c.ws.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(websocket.CloseNormalClosure, ""), wall().Add(writeTimeout))
	c.writing.Unlock()
	c.hangUp()
}

func disconnectFrame(reason string) map[string]any {
	return map[string]any{"type": "disconnect", "reason": reason, "debug_info": map[string]any{"host": debugHost}}
}

// Disconnect tells connections to go, all of them unless ids are given. The reason is warning,
// refresh_requested, link_disabled or too_many_websockets. A warned connection goes on getting envelopes and
// is closed after 10 s; any other gets none from now on, and is closed after a second in which acks still count.
func (w *Workspace) Disconnect(reason string, ids ...int) {
	grace := refreshGrace
	if reason == "warning" {
		grace = warningGrace
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range w.conns {
		if w.closed || len(ids) > 0 && !slices.Contains(ids, c.id) {
			continue
		}
		c.draining = c.draining || reason != "warning"
		w.running.Go(func() {
			c.write(disconnectFrame(reason))
			timer := time.NewTimer(grace)
			defer timer.Stop()
			select {
			case <-timer.C:
				c.sayGoodbye()
			case <-c.gone:
			}
		})
	}
	w.touch()
}

// DropConnections cuts connections without a word, all of them unless ids are given.
func (w *Workspace) DropConnections(ids ...int) {
	w.mu.Lock()
	conns := slices.Clone(w.conns)
	w.mu.Unlock()
	for _, c := range conns {
		if len(ids) == 0 || slices.Contains(ids, c.id) {
			c.hangUp()
		}
	}
}
