package slack_test

import (
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"slipway/internal/commands/slack"
	"slipway/internal/deploy"
	"slipway/internal/sandbox/workspace"
)

// jumpy is the system's clock, which can be made to jump: to the process a sleep looks no different.
type jumpy struct {
	deploy.SystemClock
	mu  sync.Mutex
	off time.Duration
}

func (j *jumpy) Now() time.Time {
	j.mu.Lock()
	defer j.mu.Unlock()
	return time.Now().Add(j.off)
}

func (j *jumpy) sleep(d time.Duration) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.off += d
}

func TestWhatWaitedWhileTheProcessSleptIsNotDone(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		slept   time.Duration
		outcome string
	}{
		"for so short a time that people still wait":          {time.Second, workspace.Acked},
		"for so long that Slack has told them that it failed": {5 * time.Second, workspace.OperationTimeout},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			clock := &jumpy{}
			w, client := open(t, func(o *workspace.Options) { o.AckWithin = 500 * time.Millisecond }, &slack.Options{Clock: clock, Log: zerolog.Nop()})
			h := &handler{}
			listen(t, client, h, nil)
			clock.sleep(c.slept)
			if typed := say(t, w, "alice", "/deploy coditect-app v1.2.4"); typed.Ack != c.outcome {
				t.Errorf("said at the end of the sleep: %s, want %s", typed.Ack, c.outcome)
			}
			if done := len(h.heard()) == 1; done != (c.outcome == workspace.Acked) {
				t.Errorf("done: %v, though Slack says %s", done, c.outcome)
			}
		})
	}
}

func TestCommandsAreHeardAgainAfterASleep(t *testing.T) {
	t.Parallel()
	clock := &jumpy{}
	w, client := open(t, func(o *workspace.Options) { o.AckWithin = 500 * time.Millisecond }, &slack.Options{Clock: clock, Log: zerolog.Nop()})
	h := &handler{}
	listen(t, client, h, nil)
	clock.sleep(time.Minute)
	for tries := 1; say(t, w, "alice", "/deploy coditect-app v1.2.4").Ack != workspace.Acked; tries++ {
		if tries == 10 {
			t.Fatal("ten commands after a sleep, and none was heard")
		}
		eventually(t, w, "two connections", func() bool { return len(w.Connections()) == 2 })
	}
}
