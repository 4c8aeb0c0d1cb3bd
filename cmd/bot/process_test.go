package main

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"slipway/internal/deploy"
	"slipway/internal/deploy/catalog"
	"slipway/internal/sandbox/control"
	"slipway/internal/sandbox/rehearsal"
	"slipway/internal/store"
	"slipway/internal/store/storetest"
)

// patience bounds every wait; none comes near it when things are right.
const patience = time.Minute

// failer is how a test or a script is told that something went wrong.
type failer interface {
	Fatalf(format string, args ...any)
}

// process is a bot in a process of its own.
type process struct {
	t      failer
	cmd    *exec.Cmd
	exited chan struct{}

	mu    sync.Mutex
	lines []string
	wake  chan struct{}
}

// start runs the bot with args. Its output goes line by line where lines of awaitLine are looked for.
func start(t failer, env []string, args ...string) *process {
	return startProgram(t, "bot", env, args...)
}

func startProgram(t failer, program string, env []string, args ...string) *process {
	p := &process{t: t, cmd: exec.Command(program, args...), exited: make(chan struct{}), wake: make(chan struct{})}
	p.cmd.Env = append(os.Environ(), env...)
	out, in := io.Pipe()
	p.cmd.Stdout, p.cmd.Stderr = in, in
	if err := p.cmd.Start(); err != nil {
		t.Fatalf("start %s %v: %v", program, args, err)
	}
	go func() {
		_ = p.cmd.Wait()
		_ = in.Close()
	}()
	go func() {
		defer close(p.exited)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			p.mu.Lock()
			p.lines = append(p.lines, lines.Text())
			close(p.wake)
			p.wake = make(chan struct{})
			p.mu.Unlock()
		}
	}()
	return p
}

// kill ends it as a crash would.
func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	<-p.exited
}

// stop asks it to end, and fails unless it does so with 0. How long that takes is a figure of make bench: here it would
// measure what else the machine does.
func (p *process) stop() {
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.exited:
	case <-time.After(patience):
		p.kill()
		p.t.Fatalf("it did not end\n%s", p.output())
	}
	if code := p.cmd.ProcessState.ExitCode(); code != 0 {
		p.t.Fatalf("it ended with %d\n%s", code, p.output())
	}
}

func (p *process) output() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return strings.Join(p.lines, "\n")
}

// awaitLine waits for a line that contains text.
func (p *process) awaitLine(text string) string {
	deadline := time.After(patience)
	for seen := 0; ; {
		p.mu.Lock()
		for ; seen < len(p.lines); seen++ {
			if strings.Contains(p.lines[seen], text) {
				defer p.mu.Unlock()
				return p.lines[seen]
			}
		}
		wake := p.wake
		p.mu.Unlock()
		select {
		case <-wake:
		case <-p.exited:
			p.t.Fatalf("it ended without saying %q\n%s", text, p.output())
		case <-deadline:
			p.t.Fatalf("it never said %q\n%s", text, p.output())
		}
	}
}

// practice is a sandbox without a bot, in a process of its own.
type practice struct {
	*process
	t      *testing.T
	env    []string
	client *control.Client
}

func startPractice(t failer, args ...string) *practice {
	p := start(t, []string{"REDIS_URL="}, append([]string{"sandbox", "--no-bot", "--speed", "200", "--create", "50ms", "--settle", "20ms", "--traffic", "20"}, args...)...)
	p.awaitLine("go run ./cmd/bot run")
	s := &practice{process: p}
	for _, line := range strings.Split(p.output(), "\n") {
		if e, ok := strings.CutPrefix(line, "export "); ok {
			s.env = append(s.env, e)
		}
		if _, rest, ok := strings.Cut(line, "HTTP API: "); ok {
			url, _, _ := strings.Cut(rest, "/v1/")
			s.client = &control.Client{URL: url, HTTP: &http.Client{}}
		}
	}
	return s
}

func newPractice(t *testing.T, args ...string) *practice {
	t.Helper()
	s := startPractice(t, args...)
	s.t = t
	t.Cleanup(func() {
		s.client.HTTP.CloseIdleConnections()
		s.stop()
	})
	return s
}

// play carries a rehearsal out.
func (s *practice) play(script string) {
	s.t.Helper()
	parsed, err := rehearsal.Parse(s.t.Name(), strings.NewReader(script))
	if err != nil {
		s.t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(s.t.Context(), 2*patience)
	defer cancel()
	var out strings.Builder
	if err := rehearsal.Play(ctx, parsed, s.client, deploy.SystemClock{}, &out); err != nil {
		s.t.Fatalf("%v\n%s", err, out.String())
	}
}

// fault switches one on.
func (s *practice) fault(text string) {
	s.t.Helper()
	if err := s.client.Fault(s.t.Context(), text); err != nil {
		s.t.Fatal(err)
	}
}

// replica is `bot run`, joined to a practice.
type replica struct {
	*process
	url string
}

func (s *practice) run(redis *storetest.Server) *replica {
	s.t.Helper()
	s.attested(redis)
	return join(s.t, "bot", append(append([]string{}, s.env...), "REDIS_URL="+redis.URL(0)))
}

// attested has everything attested in a Redis that is not the practice's own, unless it is down.
func (s *practice) attested(redis *storetest.Server) {
	s.t.Helper()
	kept, err := store.Dial(redis.URL(0), nil)
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = kept.Close() }()
	folder := ""
	for _, e := range s.env {
		if name, value, _ := strings.Cut(e, "="); name == "SLIPWAY_CATALOG" {
			folder = value
		}
	}
	c, err := catalog.Load(folder)
	if err != nil {
		s.t.Fatal(err)
	}
	if err := attestAll(s.t.Context(), c, kept); err != nil && deploy.CodeOf(err) != deploy.Unavailable {
		s.t.Fatal(err)
	}
}

// join starts `PROGRAM run` in an environment.
func join(t *testing.T, program string, env []string) *replica {
	t.Helper()
	p := startProgram(t, program, append(env, "SLIPWAY_LISTEN=127.0.0.1:0"), "run")
	t.Cleanup(func() {
		p.kill()
		if t.Failed() {
			t.Logf("the log of %s:\n%s", program, p.output())
		}
	})
	var started struct {
		Listen string `json:"listen"`
	}
	if err := json.Unmarshal([]byte(p.awaitLine("slipway starts")), &started); err != nil {
		t.Fatal(err)
	}
	return &replica{process: p, url: "http://" + started.Listen}
}

// awaitReady asks /readyz until it answers with status, and says what it said.
func (r *replica) awaitReady(t *testing.T, status int) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		got, body := r.ready(ctx)
		if got == status {
			return body
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("/readyz answers %d %q, want %d", got, body, status)
		}
	}
}

func (r *replica) ready(ctx context.Context) (int, string) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, r.url+"/readyz", nil)
	if err != nil {
		return 0, err.Error()
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err.Error()
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0, err.Error()
	}
	return resp.StatusCode, string(body)
}

// sandboxForScript is the script command `sandbox [FLAGS]`: it starts a practice and sets its environment.
func sandboxForScript(ts *testscript.TestScript, _ bool, args []string) {
	s := startPractice(ts, args...)
	ts.Defer(func() {
		s.client.HTTP.CloseIdleConnections()
		s.stop()
	})
	for _, e := range s.env {
		key, value, _ := strings.Cut(e, "=")
		ts.Setenv(key, value)
	}
}

// redisForScript is the script command `redis [ARGS]`: it starts a redis-server and sets REDIS_URL.
func redisForScript(ts *testscript.TestScript, _ bool, args []string) {
	t, ok := ts.Value(testKey{}).(testing.TB)
	if !ok {
		ts.Fatalf("the script does not know its test")
	}
	ts.Setenv("REDIS_URL", storetest.StartRedis(t, args...).URL(0))
}

// testKey is where a script keeps the test that it is.
type testKey struct{}
