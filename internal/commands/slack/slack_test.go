package slack_test

import (
	"context"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"slipway/internal/commands"
	"slipway/internal/commands/slack"
	"slipway/internal/deploy"
	"slipway/internal/sandbox/workspace"
)

const channel = "devops-oncall"

// scopes are those of the manifest.
var scopes = []string{"commands", "chat:write", "files:write", "channels:read", "channels:history", "groups:read", "groups:history", "users:read", "usergroups:read"}

// open makes a practice workspace and a client of it.
func open(t testing.TB, change func(*workspace.Options), opts *slack.Options) (*workspace.Workspace, *slack.Client) {
	t.Helper()
	o := workspace.Options{Scopes: scopes}
	if change != nil {
		change(&o)
	}
	w := workspace.New(&o)
	srv := httptest.NewServer(w.Handler())
	w.SetBaseURL(srv.URL)
	if opts == nil {
		opts = &slack.Options{Log: zerolog.Nop()}
	}
	opts.APIURL = srv.URL + "/api"
	c := slack.New(slack.Tokens{App: workspace.AppToken, Bot: workspace.BotToken}, opts)
	t.Cleanup(func() {
		c.Close()
		_ = w.Close()
		srv.Close()
	})
	return w, c
}

// handler answers as told and remembers what it heard.
type handler struct {
	command func(ctx context.Context, r commands.Request) string
	later   func(ctx context.Context) commands.Text // nil: nothing follows an answer
	form    func(commands.Press) commands.Form      // nil: none is opened
	submit  func(commands.Filled) (commands.Reply, map[string]string)

	mu       sync.Mutex
	requests []commands.Request
	presses  []commands.Press
	filled   []commands.Filled
}

func (h *handler) Command(ctx context.Context, r commands.Request) commands.Reply {
	h.mu.Lock()
	h.requests = append(h.requests, r)
	h.mu.Unlock()
	text := "stored " + r.Text
	if h.command != nil {
		text = h.command(ctx, r)
	}
	return commands.Reply{Text: commands.Text{}.Plain(text), Later: h.later}
}

func (h *handler) Press(_ context.Context, p commands.Press) commands.Reply {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.presses = append(h.presses, p)
	return commands.Reply{Text: commands.Text{}.Plain("pressed " + string(p.Action))}
}

func (h *handler) Form(_ context.Context, p commands.Press) (commands.Form, commands.Reply, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.presses = append(h.presses, p)
	if h.form == nil {
		return commands.Form{}, commands.Reply{Text: commands.Text{}.Plain("nothing is open")}, false
	}
	return h.form(p), commands.Reply{}, true
}

func (h *handler) Submit(_ context.Context, f commands.Filled) (commands.Reply, map[string]string) {
	h.mu.Lock()
	h.filled = append(h.filled, f)
	h.mu.Unlock()
	if h.submit == nil {
		return commands.Reply{Text: commands.Text{}.Plain("taken")}, nil
	}
	return h.submit(f)
}

func (h *handler) heard() []commands.Request {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]commands.Request(nil), h.requests...)
}

// listen runs a socket until the test ends or stop is called, and waits until it is ready.
func listen(t testing.TB, c *slack.Client, h slack.Handler, opts *slack.SocketOptions) (s *slack.Socket, stop func() error) {
	t.Helper()
	s = slack.NewSocket(c, h, opts)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	var once sync.Once
	var err error
	stop = func() error {
		once.Do(func() {
			cancel()
			err = <-ended
		})
		return err
	}
	t.Cleanup(func() {
		if err := stop(); err != nil {
			t.Errorf("run the socket: %v", err)
		}
	})
	select {
	case <-s.Ready():
	case <-time.After(5 * time.Second):
		t.Fatal("the sockets are not open after 5 s")
	}
	return s, stop
}

func say(t testing.TB, w *workspace.Workspace, who, text string) workspace.Typed {
	t.Helper()
	typed, err := w.Type(t.Context(), who, channel, text)
	if err != nil {
		t.Error(err)
	}
	return typed
}

// eventually waits until so holds.
func eventually(t testing.TB, w *workspace.Workspace, what string, so func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	if err := w.Wait(ctx, so); err != nil {
		t.Fatalf("%s: %v", what, err)
	}
}

func told(w *workspace.Workspace, who, text string) bool {
	for _, p := range w.Ephemerals(who).Posts {
		if strings.Contains(p.Text, text) {
			return true
		}
	}
	return false
}

// manual is a clock that goes on when it is told to; its timers never fire.
type manual struct {
	mu  sync.Mutex
	now time.Time
}

func newManual() *manual { return &manual{now: noon} }

func (m *manual) Now() time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.now
}

func (m *manual) pass(d time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.now = m.now.Add(d)
}

func (m *manual) NewTimer(time.Duration) (<-chan time.Time, func()) { return nil, func() {} }

var _ deploy.Clock = (*manual)(nil)

// quick is a clock that goes ten times as fast as the computer's, so that pauses which are part of the behaviour
// take a tenth of their time. It can be put forward, which its timers do not notice.
type quick struct {
	begun time.Time
	ahead *atomic.Int64
}

const hurry = 10

func newQuick() quick { return quick{begun: time.Now(), ahead: &atomic.Int64{}} }

func (q quick) Now() time.Time {
	return q.begun.Add(hurry*time.Since(q.begun) + time.Duration(q.ahead.Load()))
}

func (q quick) leap(d time.Duration) { q.ahead.Add(int64(d)) }

func (q quick) NewTimer(d time.Duration) (<-chan time.Time, func()) {
	t := time.NewTimer(d / hurry)
	return t.C, func() { t.Stop() }
}
