package logging_test

import (
	"strings"
	"testing"
	"time"

	"slipway/internal/deploy"
	"slipway/internal/deploy/provider/logging"
	practice "slipway/internal/sandbox/logging"
)

func TestWhatAJobWrote(t *testing.T) {
	t.Parallel()
	s := practice.New(nil)
	if err := s.Start(""); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	write := func(execution, log, severity, text string, after time.Duration) {
		s.WriteJob("probe", execution, log, severity, text, end.Add(after))
	}
	write("probe-00001", practice.Stdout, "DEFAULT", "an earlier run", 0)
	write("probe-00002", practice.Stdout, "DEFAULT", "before it began", -time.Hour)
	write("probe-00002", practice.Stdout, "DEFAULT", "first", time.Second)
	write("probe-00002", practice.Stderr, "ERROR", "password=hunter22 was refused", 2*time.Second)
	write("probe-00002", practice.System, "ERROR", "Container called exit(1).", 3*time.Second)
	for range 60 {
		write("probe-00003", practice.Stdout, "DEFAULT", strings.Repeat("x", 150), time.Second)
	}
	write("probe-00003", practice.Stdout, "DEFAULT", "last", 2*time.Second)

	l := connect(t, s.Addr(), logging.Options{})
	got, err := l.JobOutput(t.Context(), ref, "probe", "probe-00002", end)
	if want := "first\npassword=*** was refused"; err != nil || got != want {
		t.Errorf("%q, %v; want %q", got, err, want)
	}
	got, err = l.JobOutput(t.Context(), ref, "probe", "probe-00003", end)
	if err != nil || len(got) > 4096 || len(got) < 3900 || !strings.HasSuffix(got, "x\nlast") {
		t.Errorf("%d bytes, %v", len(got), err)
	}
	if got, err = l.JobOutput(t.Context(), ref, "probe", "probe-00004", end); err != nil || got != "" {
		t.Errorf("of another: %q, %v", got, err)
	}
	s.Down(true)
	if _, err := l.JobOutput(t.Context(), ref, "probe", "probe-00002", end); deploy.CodeOf(err) != deploy.Unavailable {
		t.Errorf("while it is down: %v", err)
	}
}
