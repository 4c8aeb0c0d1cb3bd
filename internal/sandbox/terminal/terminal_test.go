package terminal_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"slipway/internal/sandbox/control"
	"slipway/internal/sandbox/terminal"
	"slipway/internal/sandbox/workspace"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// stage is a sandbox whose channel goes through states, one for each change, and that notes what is done to it.
type stage struct {
	states [][]workspace.Post
	shown  chan struct{} // closed when somebody waits for a change after the last state

	mu   sync.Mutex
	now  int
	done []string
}

func (s *stage) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	reply := func(v any) { _ = json.NewEncoder(w).Encode(v) }
	body, _ := io.ReadAll(r.Body)
	s.mu.Lock()
	defer s.mu.Unlock()
	switch r.URL.Path {
	case "/v1/changes":
		after, _ := strconv.Atoi(r.URL.Query().Get("after"))
		if after == len(s.states) {
			close(s.shown)
			s.mu.Unlock()
			<-r.Context().Done()
			s.mu.Lock()
			return
		}
		s.now = after
		reply(after + 1)
	case "/v1/channel":
		reply(workspace.Snapshot{Posts: s.states[s.now]})
	case "/v1/thread":
		reply(workspace.Snapshot{})
	default:
		s.done = append(s.done, r.Method+" "+r.URL.Path+" "+string(body))
		reply("ok")
	}
}

// keyboard types its lines once everything was shown, and keeps what the screen shows.
type keyboard struct {
	strings.Builder
	after  <-chan struct{}
	lines  []string
	prompt string
}

func (k *keyboard) SetPrompt(p string) { k.prompt = p }

func (k *keyboard) ReadLine() (string, error) {
	<-k.after
	if len(k.lines) == 0 {
		return "", io.EOF
	}
	line := k.lines[0]
	k.lines = k.lines[1:]
	return line, nil
}

// played is what a person saw of the states after the usage, and what reached the sandbox of the lines typed.
func played(t *testing.T, states [][]workspace.Post, lines ...string) (saw string, done []string, prompt string) {
	t.Helper()
	s := &stage{states: states, shown: make(chan struct{})}
	server := httptest.NewServer(s)
	defer server.Close()
	defer server.CloseClientConnections()
	k := &keyboard{after: s.shown, lines: lines}
	client := &control.Client{URL: server.URL, HTTP: server.Client()}
	if err := terminal.Run(t.Context(), client, k); err != nil {
		t.Fatal(err)
	}
	_, saw, _ = strings.Cut(k.String(), "help | quit\n\n")
	return saw, s.done, k.prompt
}

func post(ts string, lines ...string) workspace.Post {
	return workspace.Post{TS: ts, Time: "14:02", Author: "slipway", Lines: lines}
}

func TestAnEditShowsWhatIsNewUnderTheNameOfItsMessage(t *testing.T) {
	t.Parallel()
	reply := post("2", "✓ Image")
	reply.ThreadTS = "1"
	saw, _, _ := played(t, [][]workspace.Post{
		{post("1", "v1.2.4", "no traffic, 0 s", "Next: 10 %")},
		{post("1", "v1.2.4", "no traffic, 0 s", "Next: 10 %"), reply},
		{post("1", "v1.2.4", "10 % of traffic", "Next: 50 %"), reply},
		{post("1", "v1.2.5", "10 % of traffic", "Next: 50 %"), reply},
	})
	want := `
slipway  14:02
  v1.2.4
  no traffic, 0 s
  Next: 10 %

    slipway  14:02  (in the thread)
      ✓ Image

slipway  14:02  (edited)  v1.2.4
  10 % of traffic
  Next: 50 %
  v1.2.5
`
	if diff := cmp.Diff(want, saw); diff != "" {
		t.Error(diff)
	}
}

func TestTimePassingIsOneLine(t *testing.T) {
	t.Parallel()
	saw, _, _ := played(t, [][]workspace.Post{
		{post("1", "v1.2.4", "baking, 5 s of 5 min", "● Traffic · 1:05 min")},
		{post("1", "v1.2.4", "baking, 10 s of 5 min", "● Traffic · 1:10 min")},
	})
	if !strings.HasSuffix(saw, "● Traffic · 1:05 min\n  baking, 10 s of 5 min\n") {
		t.Errorf("shown was:\n%s", saw)
	}
}

func TestAnswersSayWhoSeesThem(t *testing.T) {
	t.Parallel()
	private := post("3", "You may not.")
	private.OnlyFor = "carol"
	saw, _, _ := played(t, [][]workspace.Post{{private}})
	if saw != "\nslipway  14:02  (only carol sees this)\n  You may not.\n" {
		t.Errorf("shown was:\n%s", saw)
	}
}

func TestWhatIsTypedReachesTheSandboxAsThePersonOfThePrompt(t *testing.T) {
	t.Parallel()
	_, done, prompt := played(t, [][]workspace.Post{{}},
		"/deploy coditect-app v1.2.4", "bob> click Promote to 50 %", "/promote coditect-app",
		"fault app v1.2.4 errors=5%", "mend", "quit", "never typed")
	want := []string{
		`POST /v1/type {"person":"alice","channel":"devops-oncall","text":"/deploy coditect-app v1.2.4"}`,
		`POST /v1/click {"person":"bob","channel":"devops-oncall","text":"Promote to 50 %"}`,
		`POST /v1/type {"person":"bob","channel":"devops-oncall","text":"/promote coditect-app"}`,
		`POST /v1/faults {"fault":"app v1.2.4 errors=5%"}`,
		`DELETE /v1/faults `,
	}
	if diff := cmp.Diff(want, done); diff != "" {
		t.Error(diff)
	}
	if prompt != "bob> " {
		t.Errorf("the prompt is %q", prompt)
	}
}

func TestWarningOfOnePersonIsShownOnce(t *testing.T) {
	t.Parallel()
	warned := post("1", "v1.2.4", "[ Hold ]")
	warned.Warning = "Hold: this app did not respond"
	plain := post("1", "v1.2.4", "[ Hold ]")
	// The others do not see it, and it is asked for each person in turn.
	saw, _, _ := played(t, [][]workspace.Post{{warned}, {plain}, {warned}, {plain}, {warned}})
	if n := strings.Count(saw, "did not respond"); n != 1 {
		t.Errorf("the warning is shown %d times:\n%s", n, saw)
	}
}

// deaf is a keyboard at which nobody types until it is taken away.
type deaf struct {
	strings.Builder
	gone chan struct{}
}

func (*deaf) SetPrompt(string) {}

func (d *deaf) ReadLine() (string, error) {
	<-d.gone
	return "", io.EOF
}

func TestEndsThoughNobodyTypes(t *testing.T) {
	t.Parallel()
	s := &stage{shown: make(chan struct{})}
	server := httptest.NewServer(s)
	defer server.Close()
	defer server.CloseClientConnections()
	d := &deaf{gone: make(chan struct{})}
	defer close(d.gone)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- terminal.Run(ctx, &control.Client{URL: server.URL, HTTP: server.Client()}, d) }()
	<-s.shown
	cancel()
	select {
	case err := <-ended:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("it still waits for a line")
	}
}
