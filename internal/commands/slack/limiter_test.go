package slack_test

import (
	"testing"
	"time"

	"slipway/internal/commands/slack"
	"slipway/internal/deploy"
)

func TestPostsArePacedForEachChannel(t *testing.T) {
	t.Parallel()
	clock := newManual()
	l := slack.NewLimiter(clock.Now)
	took := func(room string, seconds int) (n int) {
		for range seconds * 10 {
			for l.Take("chat.postMessage", room, 0) == 0 {
				n++
			}
			clock.pass(100 * time.Millisecond)
		}
		return n
	}
	if n := took("C1", 60); n < 60 || n > 65 {
		t.Errorf("%d posts in a minute, want one a second after a burst of four", n)
	}
	if wait := l.Take("chat.postMessage", "C2", 0); wait != 0 {
		t.Errorf("another channel waits %s", wait)
	}
}

func TestEditsOfAllReleasesStayBelowTheTier(t *testing.T) {
	t.Parallel()
	clock := newManual()
	l := slack.NewLimiter(clock.Now)
	n := 0
	for range 600 {
		for l.Take("chat.update", "", 0) == 0 {
			n++
		}
		clock.pass(100 * time.Millisecond)
	}
	if n > 55 {
		t.Errorf("%d edits in the first minute; Slack promises to take 50 and a little more", n)
	}
}

func TestWhatIsUrgentFindsACallLeft(t *testing.T) {
	t.Parallel()
	clock := newManual()
	l := slack.NewLimiter(clock.Now)
	ticks := 0
	for l.Take("chat.update", "", 2) == 0 {
		ticks++
	}
	wait := l.Take("chat.update", "", 2)
	if ticks == 0 || wait <= 0 {
		t.Fatalf("%d ticks, wait %s", ticks, wait)
	}
	if wait := l.Take("chat.update", "", 0); wait != 0 {
		t.Errorf("ticks left nothing for a change of state: wait %s", wait)
	}
	clock.pass(wait + 2*time.Second)
	if wait := l.Take("chat.update", "", 2); wait != 0 {
		t.Errorf("after the wait that was said and the urgent call is made good: %s", wait)
	}
}

func TestAPauseHoldsTheMethodAndNoOther(t *testing.T) {
	t.Parallel()
	clock := newManual()
	l := slack.NewLimiter(clock.Now)
	l.Pause("chat.update", 30*time.Second)
	l.Pause("chat.update", time.Second)
	clock.pass(29 * time.Second)
	if wait := l.Take("chat.update", "", 0); wait != time.Second {
		t.Errorf("wait %s, want the last second of the longer pause", wait)
	}
	if wait := l.Take("chat.postMessage", "C1", 0); wait != 0 {
		t.Errorf("another method waits %s", wait)
	}
	clock.pass(time.Second)
	if wait := l.Take("chat.update", "", 0); wait != 0 {
		t.Errorf("after the pause: %s", wait)
	}
}

func TestReleasesThatGoAsPlannedLeaveAnEditForTheOthers(t *testing.T) {
	t.Parallel()
	clock := newManual()
	l := slack.NewLimiter(clock.Now)
	for l.Take("chat.update", "", slack.LeavesFor(deploy.Running)) == 0 {
		continue
	}
	for _, state := range []deploy.State{deploy.Waiting, deploy.Paused, deploy.Parked, deploy.RollingBack, deploy.Succeeded, deploy.RolledBack, deploy.Failed} {
		if wait := l.Take("chat.update", "", slack.LeavesFor(state)); wait != 0 {
			t.Errorf("a release that is %s waits %s behind those that go as planned", state, wait)
		}
		clock.pass(1250 * time.Millisecond)
	}
}
