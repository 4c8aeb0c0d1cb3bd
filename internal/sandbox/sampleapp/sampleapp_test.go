package sampleapp_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"slipway/internal/sandbox/sampleapp"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var noon = time.Date(2025, 12, 22, 10, 30, 0, 0, time.UTC)

func get(t *testing.T, h http.Handler, path string, header ...string) (int, map[string]any) {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, path, nil)
	if len(header) == 2 {
		r.Header.Set(header[0], header[1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	body := map[string]any{}
	if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil {
		t.Fatalf("%s answered %d %q: %v", path, w.Code, w.Body, err)
	}
	return w.Code, body
}

func TestEndpoints(t *testing.T) {
	t.Parallel()
	sick := &sampleapp.Behaviour{}
	sick.SetUnhealthy(true)
	liar := &sampleapp.Behaviour{}
	liar.SetVersion("v0.0.1")
	base := sampleapp.Config{
		Version: "v1.2.2", Revision: "r-1", Env: map[string]string{"VERSION": "v1.2.3"},
		Started: noon.Add(-time.Hour), Now: func() time.Time { return noon },
	}
	with := func(change func(*sampleapp.Config)) sampleapp.Config { c := base; change(&c); return c }
	ok := map[string]any{"status": "ok", "version": "v1.2.3", "timestamp": "2025-12-22T10:30:00Z"}

	for _, c := range []struct {
		fact, path string
		cfg        sampleapp.Config
		header     []string
		code       int
		body       map[string]any
	}{
		{fact: "health reports the version of the environment", path: "/health", cfg: base, code: 200, body: ok},
		{fact: "without a version in the environment the image's is reported", path: "/health",
			cfg: with(func(c *sampleapp.Config) { c.Env = nil }), code: 200,
			body: map[string]any{"status": "ok", "version": "v1.2.2", "timestamp": "2025-12-22T10:30:00Z"}},
		{fact: "a wrong version wins over both", path: "/health",
			cfg: with(func(c *sampleapp.Config) { c.Behave = liar }), code: 200,
			body: map[string]any{"status": "ok", "version": "v0.0.1", "timestamp": "2025-12-22T10:30:00Z"}},
		{fact: "an unhealthy revision answers 503", path: "/health",
			cfg: with(func(c *sampleapp.Config) { c.Behave = sick }), code: 503,
			body: map[string]any{"status": "error", "version": "v1.2.3", "timestamp": "2025-12-22T10:30:00Z"}},
		{fact: "ready names each check", path: "/health/ready", cfg: base, code: 200,
			body: map[string]any{"status": "ready", "checks": map[string]any{"database": "ok", "redis": "ok", "storage": "ok"}}},
		{fact: "an unhealthy revision is not ready and says which check", path: "/health/ready",
			cfg: with(func(c *sampleapp.Config) { c.Behave = sick }), code: 503,
			body: map[string]any{"status": "not ready", "checks": map[string]any{"database": "error", "redis": "ok", "storage": "ok"}}},
		{fact: "live counts the uptime in seconds", path: "/health/live", cfg: base, code: 200,
			body: map[string]any{"status": "alive", "uptime": 3600.0, "memory_usage": "450MB/2GB"}},
		{fact: "status is online", path: "/api/v1/status", cfg: base, code: 200, body: map[string]any{"online": true}},
		{fact: "the database answers", path: "/api/v1/db/ping", cfg: base, code: 200, body: map[string]any{"connected": true}},
		{fact: "the database of an unhealthy revision does not", path: "/api/v1/db/ping",
			cfg: with(func(c *sampleapp.Config) { c.Behave = sick }), code: 503, body: map[string]any{"connected": false}},
		{fact: "me needs a token", path: "/api/v1/me", cfg: base, code: 401, body: map[string]any{"error": "unauthorised"}},
		{fact: "me refuses another key than the environment's", path: "/api/v1/me",
			cfg:    with(func(c *sampleapp.Config) { c.Env = map[string]string{"API_KEY": "k1"} }),
			header: []string{"Authorization", "Bearer k2"}, code: 401, body: map[string]any{"error": "unauthorised"}},
		{fact: "me knows who holds a token", path: "/api/v1/me", cfg: base,
			header: []string{"Authorization", "Bearer k1"}, code: 200,
			body: map[string]any{"user": map[string]any{"id": "user-1", "email": "test@example.com"}}},
	} {
		t.Run(c.fact, func(t *testing.T) {
			t.Parallel()
			code, body := get(t, sampleapp.Handler(c.cfg), c.path, c.header...)
			if code != c.code {
				t.Errorf("code %d, want %d", code, c.code)
			}
			if diff := cmp.Diff(c.body, body); diff != "" {
				t.Errorf("body (-want +got):\n%s", diff)
			}
		})
	}
}

func TestErrorRateIsSpreadEvenlyAndSparesHealth(t *testing.T) {
	t.Parallel()
	behave := &sampleapp.Behaviour{}
	h := sampleapp.Handler(sampleapp.Config{Version: "v1", Behave: behave})
	count := func(path string, n int) (failed int) {
		for range n {
			if code, _ := get(t, h, path); code == 500 {
				failed++
			}
		}
		return failed
	}
	if n := count("/api/v1/status", 50); n != 0 {
		t.Errorf("%d of 50 failed before any rate was set", n)
	}
	behave.SetErrorRate(0.1)
	if n := count("/api/v1/status", 100); n != 10 {
		t.Errorf("%d of 100 failed at a rate of 0.1, want 10", n)
	}
	if n := count("/health", 50); n != 0 {
		t.Errorf("%d of 50 health checks failed, want none", n)
	}
	behave.SetErrorRate(7)
	if n := count("/api/v1/status", 10); n != 10 {
		t.Errorf("%d of 10 failed at a clamped rate, want all", n)
	}
	behave.Reset()
	if n := count("/api/v1/status", 20); n != 0 {
		t.Errorf("%d of 20 failed after the reset", n)
	}
}

func TestLatencyDelaysTheAnswerAndEndsWithTheClient(t *testing.T) {
	t.Parallel()
	behave := &sampleapp.Behaviour{}
	h := sampleapp.Handler(sampleapp.Config{Version: "v1", Behave: behave})
	behave.SetLatency(30 * time.Millisecond)
	began := time.Now()
	if code, _ := get(t, h, "/health"); code != 200 {
		t.Errorf("code %d after the delay", code)
	}
	if took := time.Since(began); took < 30*time.Millisecond {
		t.Errorf("answered after %s, want at least 30ms", took)
	}

	behave.SetLatency(time.Hour)
	srv := httptest.NewServer(h)
	defer srv.Close()
	client := &http.Client{Timeout: 20 * time.Millisecond}
	if _, err := client.Get(srv.URL + "/health"); err == nil {
		t.Error("an answer came an hour early")
	}
}

func TestCrashOnStartIsAskedByTheHost(t *testing.T) {
	t.Parallel()
	behave := &sampleapp.Behaviour{}
	if behave.CrashOnStart() {
		t.Error("a zero behaviour crashes")
	}
	behave.SetCrashOnStart(true)
	if !behave.CrashOnStart() {
		t.Error("told to crash, it does not")
	}
}

func TestEachAnswerWith5xxIsALineInTheLog(t *testing.T) {
	t.Parallel()
	behave := &sampleapp.Behaviour{}
	var lines []string
	h := sampleapp.Handler(sampleapp.Config{Version: "v1", Behave: behave, Log: func(line string) { lines = append(lines, line) }})
	ask := func(path string, n int) {
		for range n {
			get(t, h, path)
		}
	}
	ask("/api/v1/status", 10)
	ask("/health", 1)
	behave.SetErrorRate(0.5)
	ask("/api/v1/status", 2)
	behave.SetMessage("deadlock detected")
	ask("/api/v1/status", 2)
	behave.Reset()
	behave.SetUnhealthy(true)
	for _, path := range []string{"/health", "/health/ready", "/health/live", "/api/v1/db/ping"} {
		ask(path, 1)
	}
	const refused = "database: dial tcp 10.0.0.5:5432: connect: connection refused"
	want := []string{`relation "user_prefs" does not exist`, "deadlock detected", refused, refused, refused}
	if diff := cmp.Diff(want, lines); diff != "" {
		t.Errorf("log (-want +got):\n%s", diff)
	}
}

func TestBehaviourTellsOfEachChange(t *testing.T) {
	t.Parallel()
	behave := &sampleapp.Behaviour{}
	var seen []float64
	behave.Notify(func() {
		cpu, memory := behave.Use()
		seen = append(seen, cpu, memory)
	})
	behave.SetUse(0.95, 7)
	behave.Reset()
	if diff := cmp.Diff([]float64{0.95, 1, 0, 0}, seen); diff != "" {
		t.Errorf("use of CPU and memory (-want +got):\n%s", diff)
	}
	if words := behave.LastWords(); words != sampleapp.DefaultLastWords {
		t.Errorf("last words %q", words)
	}
	behave.SetMessage("out of luck")
	if words := behave.LastWords(); words != "out of luck" {
		t.Errorf("last words %q", words)
	}
}
