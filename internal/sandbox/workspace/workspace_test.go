package workspace_test

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/slack-go/slack"
	"github.com/slack-go/slack/socketmode"
	"go.uber.org/goleak"

	"slipway/internal/sandbox/workspace"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// clock is a clock that moves only when told.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Date(2026, 11, 20, 14, 2, 0, 0, time.UTC)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// practice is a workspace that listens, and the real Slack client that talks to it.
type practice struct {
	*workspace.Workspace
	t     *testing.T
	ctx   context.Context
	clock *clock
	url   string
	http  *http.Client
	api   *slack.Client
}

func open(t *testing.T, o workspace.Options) *practice {
	t.Helper()
	p := &practice{t: t, clock: newClock()}
	if o.Now == nil {
		o.Now = p.clock.Now
	}
	if o.AckWithin == 0 {
		o.AckWithin = 10 * time.Second
	}
	p.Workspace = workspace.New(&o)
	server := httptest.NewServer(p.Handler())
	p.url, p.http = server.URL, server.Client()
	p.api = p.client(workspace.BotToken, workspace.AppToken)
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	p.ctx = ctx
	t.Cleanup(func() {
		cancel()
		if err := p.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
		server.Close()
	})
	return p
}

func (p *practice) client(bot, app string) *slack.Client {
	return slack.New(bot, slack.OptionAppLevelToken(app), slack.OptionAPIURL(p.url+"/api/"), slack.OptionHTTPClient(p.http))
}

// run connects a bot through the real Socket Mode client and waits until it is there.
func (p *practice) run(handle func(sm *socketmode.Client, e socketmode.Event)) {
	p.t.Helper()
	before := len(p.Connections())
	sm := socketmode.New(p.api)
	ctx, cancel := context.WithCancel(p.ctx)
	var bot sync.WaitGroup
	bot.Go(func() { _ = sm.RunContext(ctx) })
	bot.Go(func() {
		for {
			select {
			case e := <-sm.Events:
				handle(sm, e)
			case <-ctx.Done():
				return
			}
		}
	})
	p.t.Cleanup(func() { cancel(); bot.Wait() })
	p.until(func() bool { return len(p.Connections()) > before })
}

func (p *practice) until(cond func() bool) {
	p.t.Helper()
	if err := p.Wait(p.ctx, cond); err != nil {
		p.t.Fatal(err)
	}
}

// ackAll is a bot that acknowledges everything at once.
func ackAll(sm *socketmode.Client, e socketmode.Event) {
	if e.Request != nil && e.Request.EnvelopeID != "" {
		_ = sm.Ack(*e.Request)
	}
}

// call posts JSON to a method with the bot token and returns the status and the answer.
func (p *practice) call(method string, body any) (*http.Response, map[string]any) {
	p.t.Helper()
	return p.post("/api/"+method, workspace.BotToken, body)
}

func (p *practice) post(path, token string, body any) (*http.Response, map[string]any) {
	p.t.Helper()
	raw, err := json.Marshal(body)
	if err != nil {
		p.t.Fatal(err)
	}
	url := path
	if strings.HasPrefix(path, "/") {
		url = p.url + path
	}
	req, err := http.NewRequestWithContext(p.ctx, http.MethodPost, url, bytes.NewReader(raw))
	if err != nil {
		p.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json; charset=utf-8")
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := p.http.Do(req)
	if err != nil {
		p.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	var answer map[string]any
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
		p.t.Fatalf("%s: %v", path, err)
	}
	return resp, answer
}

// socketURL asks for a ticket.
func (p *practice) socketURL() string {
	p.t.Helper()
	_, answer := p.post("/api/apps.connections.open", workspace.AppToken, map[string]any{})
	url, _ := answer["url"].(string)
	if url == "" {
		p.t.Fatalf("apps.connections.open: %v", answer)
	}
	return url
}

// dial connects without the real client, and returns the first frame as well.
func (p *practice) dial() (*websocket.Conn, map[string]any) {
	p.t.Helper()
	ws, _, err := websocket.DefaultDialer.DialContext(p.ctx, p.socketURL(), http.Header{"Origin": {"https://api.slack.com"}})
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { _ = ws.Close() })
	return ws, p.frame(ws)
}

func (p *practice) frame(ws *websocket.Conn) map[string]any {
	p.t.Helper()
	_ = ws.SetReadDeadline(time.Now().Add(10 * time.Second))
	var frame map[string]any
	if err := ws.ReadJSON(&frame); err != nil {
		p.t.Fatal(err)
	}
	return frame
}

func (p *practice) say(blocks ...slack.Block) string {
	p.t.Helper()
	_, ts, err := p.api.PostMessageContext(p.ctx, "C0ONCALL", slack.MsgOptionText("fallback", false), slack.MsgOptionBlocks(blocks...))
	if err != nil {
		p.t.Fatal(err)
	}
	return ts
}

func (p *practice) channel() workspace.Snapshot {
	p.t.Helper()
	s, err := p.Channel("devops-oncall")
	if err != nil {
		p.t.Fatal(err)
	}
	return s
}

func plain(text string) *slack.TextBlockObject {
	return slack.NewTextBlockObject(slack.PlainTextType, text, false, false)
}

func mrkdwn(text string) *slack.TextBlockObject {
	return slack.NewTextBlockObject(slack.MarkdownType, text, false, false)
}

func button(actionID, value, text string) *slack.ButtonBlockElement {
	return slack.NewButtonBlockElement(actionID, value, plain(text))
}
