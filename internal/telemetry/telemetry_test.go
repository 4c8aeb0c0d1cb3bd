package telemetry_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"slipway/internal/deploy"
	"slipway/internal/telemetry"
)

func TestLogMasksSecrets(t *testing.T) {
	t.Parallel()
	for name, secret := range map[string]string{
		"bot token": "xoxb-12-34-abc", "app token": "xapp-1-A0-12-abc", "socket ticket": "wss://host/link/?ticket=abc-def&app_id=A0",
		"response address": "https://hooks.slack.com/commands/T0/1/abc", "password in a URL": "redis://user:hunter2@host:6379",
	} {
		var out bytes.Buffer
		log, err := telemetry.NewLog(&out, "info")
		if err != nil {
			t.Fatal(err)
		}
		log.Error().Str("url", secret).Msg("dial " + secret)
		for _, part := range []string{"12-34-abc", "A0-12-abc", "abc-def", "/T0/1/abc", "hunter2"} {
			if strings.Contains(out.String(), part) {
				t.Errorf("%s: the log shows %s", name, out.String())
			}
		}
		if !strings.Contains(out.String(), "***") {
			t.Errorf("%s: nothing was masked in %s", name, out.String())
		}
	}
}

func TestUnknownLogLevelIsRefused(t *testing.T) {
	t.Parallel()
	for _, level := range []string{"loud", ""} {
		if _, err := telemetry.NewLog(io.Discard, level); err == nil {
			t.Errorf("level %q was taken", level)
		}
	}
}

func TestEndpoints(t *testing.T) {
	t.Parallel()
	m := telemetry.NewMetrics(func() int { return 2 })
	r := deploy.Release{Target: deploy.Target{Service: "coditect-app", Environment: "production"}}
	m.Observe(r, deploy.Entry{Kind: deploy.EntryOutcome, Phase: deploy.Traffic, Took: 1500})
	m.Observe(r, deploy.Entry{Kind: deploy.EntryState, State: deploy.RolledBack})
	var down error
	server := httptest.NewServer(m.Handler(func(context.Context) error { return down }))
	defer server.Close()
	get := func(path string) (int, string) {
		resp, err := http.Get(server.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return resp.StatusCode, string(body)
	}
	if status, _ := get("/readyz"); status != http.StatusOK {
		t.Errorf("/readyz answered %d while ready", status)
	}
	down = errors.New("redis does not answer")
	if status, body := get("/readyz"); status != http.StatusServiceUnavailable || !strings.Contains(body, "redis") {
		t.Errorf("/readyz answered %d %q while Redis is down", status, body)
	}
	if status, _ := get("/healthz"); status != http.StatusOK {
		t.Errorf("/healthz answered %d: the process runs", status)
	}
	_, body := get("/metrics")
	for _, line := range []string{
		`slipway_slack_sockets 2`, `slipway_releases_ended_total{environment="production",service="coditect-app",state="rolled_back"} 1`,
		`slipway_step_seconds_sum{phase="traffic",result="outcome"} 1.5`,
	} {
		if !strings.Contains(body, line) {
			t.Errorf("/metrics lacks %s", line)
		}
	}
}
