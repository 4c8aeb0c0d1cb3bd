package slack_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/slack-go/slack/slackevents"

	"slipway/internal/commands"
	"slipway/internal/commands/slack"
	"slipway/internal/deploy"
	"slipway/internal/sandbox/workspace"
)

func TestACommandReachesTheHandlerWithIdsOnly(t *testing.T) {
	t.Parallel()
	w, c := open(t, nil, nil)
	h := &handler{}
	s, _ := listen(t, c, h, nil)
	typed := say(t, w, "alice", "/deploy coditect-app v1.2.4 for @bob")
	if typed.Ack != workspace.Acked || typed.Text != "stored coditect-app v1.2.4 for <@U0BOB|bob>" {
		t.Errorf("alice sees %q (%s)", typed.Text, typed.Ack)
	}
	got := h.heard()[0]
	if !strings.HasPrefix(string(got.Event), "slash:") {
		t.Errorf("event %q", got.Event)
	}
	got.Event = ""
	want := commands.Request{By: "U0ALICE", Team: workspace.TeamID, Channel: "C0ONCALL", Command: "/deploy", Text: "coditect-app v1.2.4 for <@U0BOB|bob>"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	eventually(t, w, "two connections", func() bool { return s.Connected() == 2 && len(w.Connections()) == 2 })
}

func TestNothingIsAcknowledgedBeforeItIsStored(t *testing.T) {
	t.Parallel()
	w, c := open(t, nil, nil)
	storing, stored := make(chan struct{}), make(chan struct{})
	h := &handler{command: func(context.Context, commands.Request) string {
		close(storing)
		<-stored
		return "accepted"
	}}
	listen(t, c, h, nil)
	typed := make(chan workspace.Typed, 1)
	go func() { typed <- say(t, w, "alice", "/deploy coditect-app v1.2.4") }()
	<-storing
	if out := w.Envelopes()[0].Outcome; out != "" {
		t.Errorf("the envelope is %s while it is being stored", out)
	}
	close(stored)
	if got := <-typed; got.Text != "accepted" {
		t.Errorf("alice sees %+v", got)
	}
}

func TestWhatWasNotKnownInTimeFollows(t *testing.T) {
	t.Parallel()
	w, c := open(t, nil, nil)
	acked := make(chan struct{})
	h := &handler{later: func(ctx context.Context) commands.Text {
		<-acked // nothing that takes its time keeps the first answer
		if _, bounded := ctx.Deadline(); !bounded {
			t.Error("it may take for ever")
		}
		return commands.Text{}.Plain("2 scripts & <!channel>")
	}}
	listen(t, c, h, nil)
	if got := say(t, w, "alice", "/deploy coditect-app v1.2.4 --plan"); got.Text != "stored coditect-app v1.2.4 --plan" {
		t.Errorf("at first alice sees %+v", got)
	}
	close(acked)
	eventually(t, w, "the rest", func() bool { return told(w, "alice", "2 scripts &amp; &lt;!channel&gt;") })
}

func TestTheSameEnvelopeTwiceIsTheSameEvent(t *testing.T) {
	t.Parallel()
	w, c := open(t, nil, nil)
	h := &handler{}
	listen(t, c, h, nil)
	typed := say(t, w, "alice", "/deploy status")
	if _, err := w.Redeliver(t.Context(), typed.Envelope); err != nil {
		t.Fatal(err)
	}
	say(t, w, "alice", "/deploy status")
	got := h.heard()
	if len(got) != 3 || got[0].Event != got[1].Event || got[1].Event == got[2].Event {
		t.Errorf("events %q %q %q", got[0].Event, got[1].Event, got[2].Event)
	}
}

func TestAHandlersPanicIsToldAndEndsNothingElse(t *testing.T) {
	t.Parallel()
	w, c := open(t, nil, nil)
	h := &handler{command: func(_ context.Context, r commands.Request) string {
		if r.Text == "boom" {
			panic("boom")
		}
		return "fine"
	}}
	s, _ := listen(t, c, h, nil)
	if got := say(t, w, "alice", "/deploy boom"); got.Ack != workspace.Acked || !strings.Contains(got.Text, "may have been stored") {
		t.Errorf("alice sees %+v", got)
	}
	if got := say(t, w, "alice", "/deploy again"); got.Text != "fine" {
		t.Errorf("the next command: %+v", got)
	}
	if n := s.Counters().Panics; n != 1 {
		t.Errorf("%d panics counted", n)
	}
}

func TestNoMoreHandlersThanAllowedWorkAtOnce(t *testing.T) {
	t.Parallel()
	w, c := open(t, nil, nil)
	var now, most atomic.Int64
	h := &handler{command: func(ctx context.Context, _ commands.Request) string {
		n := now.Add(1)
		defer now.Add(-1)
		for {
			seen := most.Load()
			if n <= seen || most.CompareAndSwap(seen, n) {
				break
			}
		}
		select {
		case <-time.After(30 * time.Millisecond):
		case <-ctx.Done():
		}
		return "done"
	}}
	listen(t, c, h, &slack.SocketOptions{Handlers: 3})
	var wg sync.WaitGroup
	for range 12 {
		wg.Go(func() {
			if got := say(t, w, "alice", "/deploy status"); got.Text != "done" {
				t.Errorf("alice sees %+v", got)
			}
		})
	}
	wg.Wait()
	if most.Load() != 3 {
		t.Errorf("%d handlers worked at once, want 3", most.Load())
	}
}

func TestAHandlerIsToldWhenItsTimeIsUp(t *testing.T) {
	t.Parallel()
	w, c := open(t, nil, nil)
	h := &handler{command: func(ctx context.Context, _ commands.Request) string {
		<-ctx.Done()
		return "nothing was stored"
	}}
	listen(t, c, h, nil)
	got := say(t, w, "alice", "/deploy status")
	if got.Ack != workspace.Acked || got.Text != "nothing was stored" || got.Elapsed < 2*time.Second {
		t.Errorf("alice sees %+v", got)
	}
}

func TestARefreshLosesNothing(t *testing.T) {
	t.Parallel()
	for _, reason := range []string{"refresh_requested", "warning"} {
		t.Run(reason, func(t *testing.T) {
			t.Parallel()
			w, c := open(t, nil, nil)
			h := &handler{}
			s, _ := listen(t, c, h, nil)
			const n = 60
			typed := make([]workspace.Typed, n)
			for i := range n {
				switch i {
				case 10, 30:
					w.Disconnect(reason, w.Connections()[0].ID)
				case 50:
					w.Disconnect(reason)
					eventually(t, w, "a successor", func() bool { return len(w.Connections()) > 0 })
				}
				typed[i] = say(t, w, "alice", fmt.Sprintf("/deploy number-%02d", i))
			}
			seen := map[deploy.EventID]bool{}
			for _, r := range h.heard() {
				seen[r.Event] = true
			}
			if len(seen) != n {
				t.Errorf("%d of %d commands arrived", len(seen), n)
			}
			for i, got := range typed {
				if got.Ack != workspace.Acked || got.Text != fmt.Sprintf("stored number-%02d", i) {
					t.Errorf("command %d: %s, %q", i, got.Ack, got.Text)
				}
			}
			eventually(t, w, "two sockets again", func() bool { return s.Connected() == 2 })
		})
	}
}

func TestAnAnswerToAConnectionThatIsGoneTakesTheResponseURL(t *testing.T) {
	t.Parallel()
	w, c := open(t, func(o *workspace.Options) { o.AckWithin = 500 * time.Millisecond }, nil)
	storing, stored := make(chan struct{}), make(chan struct{})
	h := &handler{command: func(context.Context, commands.Request) string {
		close(storing)
		<-stored
		return "accepted in spite of everything"
	}}
	s, _ := listen(t, c, h, nil)
	typed := make(chan workspace.Typed, 1)
	go func() { typed <- say(t, w, "alice", "/deploy coditect-app v1.2.4") }()
	<-storing
	opened := s.Counters().Opened
	w.DropConnections()
	eventually(t, w, "new sockets", func() bool { return s.Counters().Opened == opened+2 })
	close(stored)
	if got := <-typed; got.Ack != workspace.OperationTimeout {
		t.Errorf("Slack took an acknowledgement from another connection: %+v", got)
	}
	eventually(t, w, "alice is told", func() bool { return told(w, "alice", "accepted in spite of everything") })
}

func TestWhatWasHeardIsFinishedAtShutdown(t *testing.T) {
	t.Parallel()
	w, c := open(t, nil, nil)
	storing, stored := make(chan struct{}), make(chan struct{})
	h := &handler{command: func(context.Context, commands.Request) string {
		close(storing)
		<-stored
		return "accepted"
	}}
	_, stop := listen(t, c, h, nil)
	typed := make(chan workspace.Typed, 1)
	go func() { typed <- say(t, w, "alice", "/deploy coditect-app v1.2.4") }()
	<-storing
	stopped := make(chan error, 1)
	go func() { stopped <- stop() }()
	close(stored)
	if got := <-typed; got.Text != "accepted" {
		t.Errorf("alice sees %+v", got)
	}
	if err := <-stopped; err != nil {
		t.Error(err)
	}
}

func TestARefusalForGoodEndsTheSocketWithARemedy(t *testing.T) {
	t.Parallel()
	for _, code := range []string{"invalid_auth", "account_inactive", "token_revoked", "token_expired", "missing_scope", "not_allowed_token_type", "link_disabled", "team_access_not_granted"} {
		t.Run(code, func(t *testing.T) {
			t.Parallel()
			w, c := open(t, nil, nil)
			w.SetFault("apps.connections.open", workspace.Fault{Error: code})
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
			defer cancel()
			err := slack.NewSocket(c, &handler{}, nil).Run(ctx)
			if deploy.CodeOf(err) != deploy.Forbidden || deploy.Hint(err) == "" || !strings.Contains(err.Error(), code) {
				t.Errorf("Run says %v, hint %q", err, deploy.Hint(err))
			}
		})
	}
}

func TestTroubleThatMayPassDoesNotEndTheSocket(t *testing.T) {
	t.Parallel()
	w, c := open(t, nil, nil)
	w.SetFault("apps.connections.open", workspace.Fault{Status: 503, Times: 2})
	listen(t, c, &handler{}, nil)
}

func TestALongAnswerDoesNotGetLost(t *testing.T) {
	t.Parallel()
	w, c := open(t, nil, nil)
	long := strings.Repeat("<<<<<<<<< ", 500)
	h := &handler{command: func(context.Context, commands.Request) string { return long }}
	listen(t, c, h, nil)
	got := say(t, w, "alice", "/deploy history")
	if got.Ack != workspace.Acked {
		t.Errorf("an acknowledgement of more than 20 KB was dropped: %+v", got.Ack)
	}
	eventually(t, w, "alice is told", func() bool { return told(w, "alice", "&lt;&lt;") })
	if encoded, err := json.Marshal(long); err != nil || slack.EncodedSize(long) < len(encoded)-2 {
		t.Errorf("EncodedSize %d, json.Marshal %d, %v", slack.EncodedSize(long), len(encoded), err)
	}
}

func TestAPressThatSlackGoCannotReadStillCounts(t *testing.T) {
	t.Parallel()
	w, c := open(t, nil, nil)
	h := &handler{}
	s, stop := listen(t, c, h, nil)
	s.Salvage(t.Context(), []byte(`{"envelope_id":"E1","type":"interactive","payload":{"type":"block_actions","team":{"id":"T0SLIPWAY"},
		"user":{"id":"U0BOB","team_id":"T0OTHER"},"container":{"message_ts":"1.2"},"message":{"blocks":"odd"},
		"actions":[{"action_id":"roll_back","value":"coditect-app-42|traffic/10","action_ts":"3.4"}]}}`))
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	want := []commands.Press{{Event: "press:T0OTHER:1.2:3.4:U0BOB", By: "U0BOB", Team: "T0OTHER", Release: "coditect-app-42", Action: commands.RollBack, Step: "traffic/10"}}
	if diff := cmp.Diff(want, h.presses); diff != "" {
		t.Error(diff)
	}
	if n := s.Counters().Unreadable; n != 1 {
		t.Errorf("%d unreadable frames counted", n)
	}
	_ = w
}

func TestGroupsThatChangeAreForgotten(t *testing.T) {
	t.Parallel()
	_, c := open(t, nil, nil)
	var forgotten []string
	s := slack.NewSocket(c, &handler{}, &slack.SocketOptions{Regrouped: func(id string) { forgotten = append(forgotten, id) }})
	event := func(data any) slackevents.EventsAPIEvent {
		return slackevents.EventsAPIEvent{InnerEvent: slackevents.EventsAPIInnerEvent{Data: data}}
	}
	s.Regroup(event(&slackevents.SubteamMembersChangedEvent{SubteamID: "S0ONCALL"}))
	s.Regroup(event(&slackevents.SubteamUpdatedEvent{Subteam: slackevents.SubTeam{ID: "S0PLATFORM"}}))
	s.Regroup(event(&slackevents.AppMentionEvent{}))
	s.Regroup(nil)
	if diff := cmp.Diff([]string{"S0ONCALL", "S0PLATFORM", ""}, forgotten); diff != "" {
		t.Error(diff)
	}
}

func TestATurnedAwayPressDoesNotKeepTheSocketFromListening(t *testing.T) {
	t.Parallel()
	_, c := open(t, nil, nil)
	h := &handler{}
	s, _ := listen(t, c, h, nil)
	asked, release := make(chan struct{}, 1), make(chan struct{})
	slow := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		select {
		case asked <- struct{}{}:
		default:
		}
		<-release
	}))
	defer slow.Close()
	defer close(release)
	press := func(n int, url string) {
		s.Hear(t.Context(), fmt.Appendf(nil, `{"type":"interactive","envelope_id":"e%d","payload":{"type":"block_actions","user":{"id":"U0BOB","team_id":"T1"},
			"response_url":%q,"actions":[{"action_id":"pause","value":"coditect-app-42|traffic/10","action_ts":"%d"}]}}`, n, url, n))
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for n := 0; s.Counters().Refused == 0 && n < 2000; n++ {
		press(n, "")
	}
	begun := time.Now()
	press(2000, slow.URL)
	if took := time.Since(begun); took > time.Second {
		t.Errorf("the socket was deaf for %s", took)
	}
	select {
	case <-asked:
	case <-time.After(5 * time.Second):
		t.Error("the person is not told")
	}
}
