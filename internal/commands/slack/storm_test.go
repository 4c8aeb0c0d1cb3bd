package slack_test

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"slipway/internal/commands/slack"
	"slipway/internal/deploy"
	"slipway/internal/sandbox/workspace"
)

// roll says /rollback to the only release, with a reason that tells the words of a test apart.
func roll(t *testing.T, s *stage, who string, n int) workspace.Typed {
	t.Helper()
	return say(t, s.w, who, fmt.Sprintf(`/rollback coditect-app --reason "number %03d"`, n))
}

// The tests below are not run beside others: what they look at are answers within Slack's three seconds, hurried.

// heardOf counts what is stored of each word, by its number.
func heardOf(t *testing.T, s *stage) map[int]int {
	t.Helper()
	inbox, err := s.store.Inbox(t.Context(), "coditect-app-1")
	if err != nil {
		t.Fatal(err)
	}
	stored := map[int]int{}
	for _, signal := range inbox {
		var n int
		if _, err := fmt.Sscanf(signal.Reason, "number %d", &n); err != nil {
			t.Errorf("nobody said %q", signal.Reason)
		}
		stored[n]++
	}
	return stored
}

// stands checks what is stored against what people were told: accepted is stored, refused is not, and nothing twice.
// Of what Slack gave up people know nothing.
func stands(t *testing.T, s *stage, typed map[int]workspace.Typed) (accepted, unknown int) {
	t.Helper()
	stored := heardOf(t, s)
	for _, n := range slices.Sorted(maps.Keys(typed)) {
		got, most, least := typed[n], 1, 1
		switch {
		case got.Ack != workspace.Acked:
			unknown, least = unknown+1, 0
		case strings.Contains(got.Text, "Stopping"), got.Text == "": // the answer came by response_url
			accepted++
		default:
			t.Errorf("number %03d was refused: %q", n, got.Text)
			most, least = 0, 0
		}
		if c := stored[n]; c < least || c > most {
			t.Errorf("number %03d is stored %d times, and its author saw %s %q", n, c, got.Ack, got.Text)
		}
	}
	return accepted, unknown
}

// begun is a bot with a release that can be taken back, and an audience whom it knows.
func begun(t *testing.T, ackWithin time.Duration) *stage {
	t.Helper()
	s, _ := botWith(t, func(o *workspace.Options) { o.AckWithin = ackWithin })
	for {
		if got := say(t, s.w, "alice", "/deploy coditect-app v1.2.4"); got.Ack == workspace.Acked {
			return s
		}
	}
}

// trouble is one way for connections to end each; some take all of them.
var trouble = []func(*testing.T, *workspace.Workspace){
	func(_ *testing.T, w *workspace.Workspace) { w.DropConnections(newest(w)...) },
	func(_ *testing.T, w *workspace.Workspace) { w.Disconnect("refresh_requested", newest(w)...) },
	func(_ *testing.T, w *workspace.Workspace) { w.DropConnections() },
	func(_ *testing.T, w *workspace.Workspace) { w.Disconnect("warning", newest(w)...) },
	func(_ *testing.T, w *workspace.Workspace) { w.Disconnect("link_disabled", newest(w)...) },
	func(_ *testing.T, w *workspace.Workspace) { w.Disconnect("refresh_requested") },
	func(_ *testing.T, w *workspace.Workspace) { w.Disconnect("too_many_websockets", newest(w)...) },
	func(_ *testing.T, w *workspace.Workspace) {
		w.SetFault("apps.connections.open", workspace.Fault{Status: http.StatusBadGateway, Times: 1})
		w.DropConnections()
	},
	func(_ *testing.T, w *workspace.Workspace) {
		w.SetFault("apps.connections.open", workspace.Fault{RetryAfter: time.Second, Times: 1})
		w.DropConnections(newest(w)...)
	},
	func(t *testing.T, w *workspace.Workspace) {
		w.Down(true)
		moment(t, 20*time.Millisecond)
		w.Down(false)
	},
}

func newest(w *workspace.Workspace) []int {
	all := w.Connections()
	if len(all) == 0 {
		return []int{0}
	}
	return []int{all[len(all)-1].ID}
}

func moment(t *testing.T, d time.Duration) {
	t.Helper()
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-t.Context().Done():
	}
}

func TestNoWordIsLostOrHeardTwiceWhileConnectionsComeAndGo(t *testing.T) {
	const words, every, speakers = 300, 15, 4
	s := begun(t, 500*time.Millisecond)
	var mu sync.Mutex
	typed := map[int]workspace.Typed{}
	todo := make(chan int)
	var all sync.WaitGroup
	for i := range speakers {
		all.Go(func() {
			who := []string{"alice", "bob"}[i%2]
			for n := range todo {
				got := roll(t, s, who, n)
				for got.Ack == workspace.DispatchFailed { // it never left Slack: people say it again
					eventually(t, s.w, "a connection", func() bool { return len(s.w.Connections()) > 0 })
					got = roll(t, s, who, n)
				}
				mu.Lock()
				typed[n] = got
				mu.Unlock()
				if n%10 != 0 || got.Ack != workspace.Acked {
					continue
				}
				if _, err := s.w.Redeliver(t.Context(), got.Envelope); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for n := range words {
		if n%every == every-1 {
			trouble[n/every%len(trouble)](t, s.w)
		}
		todo <- n
	}
	close(todo)
	all.Wait()
	accepted, unknown := stands(t, s, typed)
	if accepted < words*3/4 {
		t.Errorf("%d of %d words were accepted, and %d given up", accepted, words, unknown)
	}
	s.w.ClearFaults()
	eventually(t, s.w, "two connections", func() bool { return len(s.w.Connections()) == 2 })
	if got := roll(t, s, "alice", words); got.Ack != workspace.Acked {
		t.Errorf("after all of it: %+v", got)
	}
}

func TestWhatGoesToAGhostIsNotDoneAndTheRestIs(t *testing.T) {
	const words = 24
	s := begun(t, 500*time.Millisecond)
	s.w.GhostConnections(2)
	var mu sync.Mutex
	typed := map[int]workspace.Typed{}
	var all sync.WaitGroup
	for n := range words {
		all.Go(func() {
			got := roll(t, s, "alice", n)
			mu.Lock()
			defer mu.Unlock()
			typed[n] = got
		})
	}
	all.Wait()
	stands(t, s, typed)
	lost, stored := map[string]bool{}, heardOf(t, s)
	for _, e := range s.w.Envelopes() {
		lost[e.ID] = e.Connection == 0
	}
	for n, got := range typed {
		if ghost := lost[got.Envelope]; ghost != (stored[n] == 0) {
			t.Errorf("number %03d is stored %d times; it went to a ghost: %v", n, stored[n], ghost)
		}
	}
	s.w.GhostConnections(0)
	if got := roll(t, s, "alice", words); got.Ack != workspace.Acked {
		t.Errorf("without ghosts: %+v", got)
	}
}

func TestAWordWhoseAcknowledgementIsLostIsHeardOnceHoweverOftenItComes(t *testing.T) {
	s := begun(t, 500*time.Millisecond)
	s.w.RefuseAcks(true)
	lost := roll(t, s, "alice", 1)
	if lost.Ack != workspace.OperationTimeout {
		t.Fatalf("the acknowledgement came through: %+v", lost)
	}
	for range 2 {
		if _, err := s.w.Redeliver(t.Context(), lost.Envelope); err != nil {
			t.Fatal(err)
		}
	}
	s.w.RefuseAcks(false)
	again, err := s.w.Redeliver(t.Context(), lost.Envelope)
	if err != nil || again.Outcome != workspace.Acked || !strings.Contains(string(again.Response), "Stopping") {
		t.Errorf("delivered once more: %s %s, %v", again.Outcome, again.Response, err)
	}
	if n := heardOf(t, s)[1]; n != 1 {
		t.Errorf("stored %d times", n)
	}
}

func TestADeployWhoseAcknowledgementIsLostIsOneRelease(t *testing.T) {
	s, _ := botWith(t, func(o *workspace.Options) { o.AckWithin = 500 * time.Millisecond })
	s.w.RefuseAcks(true)
	lost := say(t, s.w, "alice", "/deploy coditect-app v1.2.4")
	s.w.RefuseAcks(false)
	again, err := s.w.Redeliver(t.Context(), lost.Envelope)
	if err != nil || again.Outcome != workspace.Acked || !strings.Contains(string(again.Response), "coditect-app-1") {
		t.Errorf("delivered again: %s %s, %v", again.Outcome, again.Response, err)
	}
	if active, err := s.store.Active(t.Context()); err != nil || len(active) != 1 || active[0].Number != 1 {
		t.Errorf("active: %v, %v", active, err)
	}
}

func TestARollBackIsTakenWhileSlackThrottlesEveryMethod(t *testing.T) {
	for name, fault := range map[string]workspace.Fault{
		"429": {RetryAfter: 30 * time.Second},
		"503": {Status: http.StatusServiceUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := begun(t, 0)
			roll(t, s, "alice", 1)
			s.w.SetFault("*", fault)
			got := roll(t, s, "alice", 2)
			if got.Ack != workspace.Acked || !strings.Contains(got.Text, "Stopping") || got.Elapsed > time.Second {
				t.Errorf("alice, whom Slack spoke of a moment ago, sees %+v", got)
			}
			stranger := roll(t, s, "bob", 3)
			if stranger.Ack != workspace.Acked || strings.Contains(stranger.Text, "Stopping") || heardOf(t, s)[3] != 0 {
				t.Errorf("bob, of whom Slack will not speak, sees %+v", stranger)
			}
		})
	}
}

// hasty is the system's clock with timers that fire fifty times too soon.
type hasty struct{ deploy.SystemClock }

func (hasty) NewTimer(d time.Duration) (<-chan time.Time, func()) {
	return deploy.SystemClock{}.NewTimer(d / 50)
}

func TestPeopleAreHeardSoonAfterSlackIsBackHoweverLongItWasAway(t *testing.T) {
	w, c := open(t, nil, &slack.Options{Clock: hasty{}})
	s, _ := listen(t, c, &handler{}, nil)
	w.Down(true)
	// By then slack-go, whose tries cannot be hurried, would wait for 6.4 s, then for 12.8 s, up to 5 min.
	moment(t, 7*time.Second)
	w.Down(false)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	if err := w.Wait(ctx, func() bool { return len(w.Connections()) == 2 }); err != nil {
		t.Fatalf("%d connections: %v", s.Connected(), err)
	}
	if got := say(t, w, "alice", "/deploy status"); got.Ack != workspace.Acked {
		t.Errorf("alice sees %+v", got)
	}
}

func TestARetryAfterOfAConnectionIsWaitedFor(t *testing.T) {
	w, c := open(t, nil, &slack.Options{Clock: hasty{}})
	listen(t, c, &handler{}, nil)
	before := newest(w)[0]
	w.SetFault("apps.connections.open", workspace.Fault{RetryAfter: 2 * time.Second, Times: 2})
	w.DropConnections()
	eventually(t, w, "two new connections", func() bool {
		all := w.Connections()
		return len(all) == 2 && all[0].ID > before
	})
	var refused []time.Time
	for _, call := range w.Calls() {
		switch {
		case call.Method != "apps.connections.open":
		case call.Status == http.StatusTooManyRequests:
			refused = append(refused, call.At)
		case len(refused) > 0 && call.At.Sub(refused[0]) < 2*time.Second:
			t.Errorf("opened %s after a Retry-After of 2 s", call.At.Sub(refused[0]))
		}
	}
	if len(refused) != 2 {
		t.Errorf("%d refusals", len(refused))
	}
}
