package workspace_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/gorilla/websocket"
	"github.com/slack-go/slack"
	"github.com/slack-go/slack/socketmode"

	"slipway/internal/sandbox/workspace"
)

func TestACommandGoesTheWholeWay(t *testing.T) {
	t.Parallel()
	p := open(t, workspace.Options{})
	type click struct{ User, Team, Action, Value, Text, MessageTS string }
	clicks := make(chan click, 1)
	posted := make(chan string, 1)
	p.run(func(sm *socketmode.Client, e socketmode.Event) {
		switch data := e.Data.(type) {
		case slack.SlashCommand:
			_ = sm.Ack(*e.Request, map[string]any{"response_type": "ephemeral", "text": "on it: " + data.Text})
			_, ts, err := p.api.PostMessage(data.ChannelID, slack.MsgOptionText("release", false),
				slack.MsgOptionBlocks(slack.NewSectionBlock(mrkdwn("*coditect-app* by <@"+data.UserID+">"), nil, nil),
					slack.NewActionBlock("gate", button("promote", "r42", "Promote to 50 %"))))
			if err != nil {
				t.Error(err)
			}
			posted <- ts
		case slack.InteractionCallback:
			_ = sm.Ack(*e.Request)
			a := data.ActionCallback.BlockActions[0]
			clicks <- click{data.User.ID, data.User.TeamID, a.ActionID, a.Value, a.Text.Text, data.Message.Timestamp}
		}
	})

	typed, err := p.Type(p.ctx, "alice", "devops-oncall", "/deploy coditect-app v1.2.4 for @bob")
	if err != nil {
		t.Fatal(err)
	}
	if typed.Ack != workspace.Acked || typed.Text != "on it: coditect-app v1.2.4 for @bob" {
		t.Errorf("typed = %+v", typed)
	}
	ts := <-posted
	clicked, err := p.Click(p.ctx, "bob", "promote to 50 %", nil)
	if err != nil || clicked.Ack != workspace.Acked {
		t.Fatalf("click = %+v, %v", clicked, err)
	}
	want := click{"U0BOB", workspace.TeamID, "promote", "r42", "Promote to 50 %", ts}
	if diff := cmp.Diff(want, <-clicks); diff != "" {
		t.Errorf("click as the bot saw it (-want +got):\n%s", diff)
	}
	if _, _, _, err := p.api.UpdateMessage("C0ONCALL", ts, slack.MsgOptionText("promoted", false),
		slack.MsgOptionBlocks(slack.NewSectionBlock(mrkdwn("Promoted by <@U0BOB>"), nil, nil))); err != nil {
		t.Fatal(err)
	}
	got := workspace.RenderText(p.channel())
	if diff := cmp.Diff("#devops-oncall\n\nslipway  14:02  (edited)\n  Promoted by @bob\n", got); diff != "" {
		t.Errorf("channel (-want +got):\n%s", diff)
	}
}

func TestHelloHasTheRecordedShape(t *testing.T) {
	t.Parallel()
	p := open(t, workspace.Options{})
	p.GhostConnections(2)
	_, hello := p.dial()
	want := map[string]any{
		"type": "hello", "num_connections": 3.0,
		"debug_info":      map[string]any{"host": "applink-practice", "build_number": 10.0, "approximate_connection_time": 18060.0},
		"connection_info": map[string]any{"app_id": workspace.AppID},
	}
	if diff := cmp.Diff(want, hello); diff != "" {
		t.Errorf("hello (-want +got):\n%s", diff)
	}
}

func TestTickets(t *testing.T) {
	t.Parallel()
	p := open(t, workspace.Options{})
	dial := func(url string) error {
		ws, resp, err := websocket.DefaultDialer.DialContext(p.ctx, url, nil)
		if err == nil {
			t.Cleanup(func() { _ = ws.Close() })
		} else if resp != nil && resp.StatusCode != http.StatusNotFound {
			t.Errorf("status = %d", resp.StatusCode)
		}
		return err
	}
	once := p.socketURL()
	if err := dial(once); err != nil {
		t.Fatalf("first use: %v", err)
	}
	if dial(once) == nil {
		t.Error("a ticket was taken twice")
	}
	late := p.socketURL()
	p.clock.advance(30 * time.Second)
	if dial(late) == nil {
		t.Error("a ticket was taken after 30 s")
	}
	if dial("ws"+strings.TrimPrefix(p.url, "http")+"/link/?ticket=made-up") == nil {
		t.Error("a made-up ticket was taken")
	}
}

func TestTheEleventhConnectionIsToldToGo(t *testing.T) {
	t.Parallel()
	p := open(t, workspace.Options{})
	p.GhostConnections(9)
	if _, hello := p.dial(); hello["type"] != "hello" {
		t.Fatalf("tenth got %v", hello)
	}
	ws, frame := p.dial()
	if frame["type"] != "disconnect" || frame["reason"] != "too_many_websockets" {
		t.Errorf("eleventh got %v", frame)
	}
	if _, _, err := ws.ReadMessage(); !websocket.IsCloseError(err, websocket.CloseNormalClosure) {
		t.Errorf("the eleventh stayed open: %v", err)
	}
}

func TestAnAckCountsOnlyOnItsConnection(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		fact    string
		lenient bool
		within  time.Duration
		want    string
	}{
		{"by default the other connection's ack is stray", false, 200 * time.Millisecond, workspace.OperationTimeout},
		{"with the switch any connection will do", true, 10 * time.Second, workspace.Acked},
	} {
		t.Run(c.fact, func(t *testing.T) {
			t.Parallel()
			p := open(t, workspace.Options{AckWithin: c.within, AcceptAckOnAnyConnection: c.lenient})
			first, _ := p.dial()
			second, _ := p.dial()
			p.until(func() bool { return len(p.Connections()) == 2 })
			relay := func(from, to *websocket.Conn) {
				var e map[string]any
				if from.ReadJSON(&e) == nil {
					_ = to.WriteJSON(map[string]any{"envelope_id": e["envelope_id"]})
				}
			}
			go relay(first, second)
			go relay(second, first)
			typed, err := p.Type(p.ctx, "alice", "devops-oncall", "/deploy x")
			if err != nil || typed.Ack != c.want {
				t.Errorf("typed = %+v, %v; want %s", typed, err, c.want)
			}
			if stray := p.Envelopes()[0].StrayAcks; (stray == 1) == c.lenient {
				t.Errorf("stray acks = %d", stray)
			}
		})
	}
}

func TestWhatPeopleSeeWhenTheBotDoesNotAnswer(t *testing.T) {
	t.Parallel()
	big := strings.Repeat("x", 20*1024)
	for _, c := range []struct {
		fact string
		bot  func(sm *socketmode.Client, e socketmode.Event)
		raw  string // what a client without slack-go's own guard answers
		set  func(p *practice)
		want string
	}{
		{"no connection", nil, "", nil, `/deploy failed with the error "dispatch_failed"`},
		{"no ack in time", func(*socketmode.Client, socketmode.Event) {}, "", nil, `/deploy failed with the error "operation_timeout"`},
		{"acks lost on the way", ackAll, "", func(p *practice) { p.RefuseAcks(true) }, `/deploy failed with the error "operation_timeout"`},
		{"an ack of 20 KiB is dropped", nil, big, nil, `/deploy failed with the error "operation_timeout"`},
		{"Slack is down", ackAll, "", func(p *practice) { p.Down(true) }, `/deploy failed with the error "dispatch_failed"`},
	} {
		t.Run(c.fact, func(t *testing.T) {
			t.Parallel()
			p := open(t, workspace.Options{AckWithin: 150 * time.Millisecond})
			if c.bot != nil {
				p.run(c.bot)
			}
			if c.raw != "" {
				ws, _ := p.dial()
				p.until(func() bool { return len(p.Connections()) == 1 })
				go func() {
					var e map[string]any
					if ws.ReadJSON(&e) == nil {
						_ = ws.WriteJSON(map[string]any{"envelope_id": e["envelope_id"], "payload": map[string]any{"text": c.raw}})
					}
				}()
			}
			if c.set != nil {
				c.set(p)
			}
			typed, err := p.Type(p.ctx, "alice", "devops-oncall", "/deploy x")
			if err != nil || typed.Text != c.want {
				t.Errorf("typed = %+v, %v", typed, err)
			}
			posts := p.Ephemerals("alice").Posts
			if len(posts) != 1 || posts[0].Body() != c.want || posts[0].Author != "Slackbot" {
				t.Errorf("alice sees %+v", posts)
			}
		})
	}
}

func TestTheEnvelopeOnTheWire(t *testing.T) {
	t.Parallel()
	p := open(t, workspace.Options{AckWithin: time.Millisecond})
	ws, _ := p.dial()
	p.until(func() bool { return len(p.Connections()) == 1 })
	if _, err := p.Type(p.ctx, "alice", "devops-oncall", "/deploy a & <b>"); err != nil {
		t.Fatal(err)
	}
	_, frame, err := ws.ReadMessage()
	if err != nil {
		t.Fatal(err)
	}
	at := -1
	for _, key := range []string{`{"envelope_id":"`, `"payload":{"token":`, `"team_id":"T0SLIPWAY"`, `"team_domain":"practice"`,
		`"channel_id":"C0ONCALL"`, `"channel_name":"devops-oncall"`, `"user_id":"U0ALICE"`, `"user_name":"alice"`, `"command":"/deploy"`,
		`"text":"a \u0026amp; \u0026lt;b\u0026gt;"`, `"api_app_id":"A0SLIPWAY"`, `"is_enterprise_install":"false"`, `"response_url":"http`,
		`"trigger_id":"`, `"type":"slash_commands"`, `"accepts_response_payload":true}`} {
		next := strings.Index(string(frame), key)
		if next <= at {
			t.Errorf("%s is missing or out of order in %s", key, frame)
		}
		at = next
	}
}

func TestARedeliveredEnvelopeKeepsItsID(t *testing.T) {
	t.Parallel()
	p := open(t, workspace.Options{})
	ids := make(chan string, 2)
	p.run(func(sm *socketmode.Client, e socketmode.Event) {
		if e.Type == socketmode.EventTypeSlashCommand {
			ids <- e.Request.EnvelopeID
			_ = sm.Ack(*e.Request)
		}
	})
	typed, err := p.Type(p.ctx, "alice", "devops-oncall", "/deploy x")
	if err != nil {
		t.Fatal(err)
	}
	again, err := p.Redeliver(p.ctx, "")
	if err != nil || again.Outcome != workspace.Acked {
		t.Fatalf("redeliver = %+v, %v", again, err)
	}
	if first, second := <-ids, <-ids; first != typed.Envelope || second != first {
		t.Errorf("ids = %s, %s; want %s twice", first, second, typed.Envelope)
	}
}

func TestTheRealClientComesBack(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		fact string
		cut  func(p *practice)
	}{
		{"after a warning", func(p *practice) { p.Disconnect("warning") }},
		{"after a refresh", func(p *practice) { p.Disconnect("refresh_requested") }},
		{"after a cut", func(p *practice) { p.DropConnections() }},
	} {
		t.Run(c.fact, func(t *testing.T) {
			t.Parallel()
			p := open(t, workspace.Options{})
			p.run(ackAll)
			before := p.Connections()[0].ID
			c.cut(p)
			p.until(func() bool {
				now := p.Connections()
				return len(now) == 1 && now[0].ID != before
			})
			typed, err := p.Type(p.ctx, "alice", "devops-oncall", "/deploy x")
			if err != nil || typed.Ack != workspace.Acked {
				t.Errorf("typed = %+v, %v", typed, err)
			}
		})
	}
}

func TestEachEnvelopeGoesToOneConnectionByLot(t *testing.T) {
	t.Parallel()
	p := open(t, workspace.Options{})
	p.run(ackAll)
	p.run(ackAll)
	used := map[int]int{}
	for range 40 {
		if _, err := p.Type(p.ctx, "alice", "devops-oncall", "/deploy x"); err != nil {
			t.Fatal(err)
		}
	}
	for _, e := range p.Envelopes() {
		used[e.Connection]++
		if e.StrayAcks != 0 {
			t.Errorf("envelope %s was delivered twice", e.ID)
		}
	}
	if len(used) != 2 {
		t.Errorf("connections used: %v", used)
	}
}

func TestGhostsSwallowEnvelopes(t *testing.T) {
	t.Parallel()
	p := open(t, workspace.Options{AckWithin: 50 * time.Millisecond})
	p.GhostConnections(1)
	typed, err := p.Type(p.ctx, "alice", "devops-oncall", "/deploy x")
	if err != nil || typed.Ack != workspace.OperationTimeout || p.Envelopes()[0].Connection != 0 {
		t.Errorf("typed = %+v, %v", typed, err)
	}
}

func TestServerPings(t *testing.T) {
	t.Parallel()
	p := open(t, workspace.Options{PingEvery: 20 * time.Millisecond})
	ws, _ := p.dial()
	pings := 0
	ws.SetPingHandler(func(string) error {
		if pings++; pings == 3 {
			p.DropConnections()
		}
		return nil
	})
	if _, _, err := ws.ReadMessage(); err == nil || pings < 3 {
		t.Errorf("pings = %d, read = %v", pings, err)
	}
}

func TestWaitingEndsWithItsContext(t *testing.T) {
	t.Parallel()
	p := open(t, workspace.Options{})
	p.GhostConnections(1)
	ctx, cancel := context.WithTimeout(p.ctx, 20*time.Millisecond)
	defer cancel()
	if _, err := p.Type(ctx, "alice", "devops-oncall", "/deploy x"); err == nil {
		t.Error("Type outlived its context")
	}
	if err := p.Wait(ctx, func() bool { return false }); err == nil {
		t.Error("Wait outlived its context")
	}
}
