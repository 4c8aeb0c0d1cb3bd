package rehearsal_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"slipway/internal/sandbox/rehearsal"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// clock stands still; its timers fire when the test advances it.
type clock struct {
	mu     sync.Mutex
	now    time.Time
	timers map[chan time.Time]time.Time
}

func newClock() *clock {
	return &clock{now: time.Date(2026, 3, 2, 14, 0, 0, 0, time.UTC), timers: map[chan time.Time]time.Time{}}
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) NewTimer(d time.Duration) (<-chan time.Time, func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	ch := make(chan time.Time, 1)
	c.timers[ch] = c.now.Add(d)
	c.fire()
	return ch, func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.timers, ch)
	}
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
	c.fire()
}

func (c *clock) fire() {
	for ch, at := range c.timers {
		if !c.now.Before(at) {
			ch <- c.now
			delete(c.timers, ch)
		}
	}
}

// stage is a sandbox in which a change happens each time somebody waits for one.
type stage struct {
	clock    *clock
	channel  []string // what is shown, change by change; the last stays
	thread   string
	private  map[string]string
	calls    []string
	refuse   error
	waits    time.Duration // how long each change takes
	at       int
	done     []string
	lastMark int64
}

func (s *stage) note(words ...string) error {
	s.done = append(s.done, strings.Join(words, " "))
	return s.refuse
}

func (s *stage) Type(_ context.Context, person, channel, text string) error {
	return s.note("type", person, channel, text)
}

func (s *stage) Click(_ context.Context, person, channel, label string, past bool) error {
	if past {
		return s.note("click past", person, channel, label)
	}
	return s.note("click", person, channel, label)
}

func (s *stage) Fill(_ context.Context, person string, values map[string]string) error {
	return s.note("fill in", person, fmt.Sprint(values))
}

func (s *stage) Channel(_ context.Context, channel string) (string, error) {
	if channel != "devops-oncall" {
		return "", errors.New("there is no channel " + channel)
	}
	if len(s.channel) == 0 {
		return "", nil
	}
	return s.channel[min(s.at, len(s.channel)-1)], nil
}

func (s *stage) Thread(context.Context, string) (string, error) { return s.thread, nil }

func (s *stage) Private(_ context.Context, person string) (string, error) {
	return s.private[person], nil
}

func (s *stage) Calls(context.Context) ([]string, error) { return s.calls, nil }

func (s *stage) Fault(_ context.Context, fault string) error { return s.note("fault", fault) }

func (s *stage) Mend(context.Context) error { return s.note("mend") }

func (s *stage) Changed(ctx context.Context, mark int64) (int64, error) {
	if mark != s.lastMark && mark != 0 {
		return mark, errors.New("the mark is not the one that was given last")
	}
	s.at++
	s.clock.advance(s.waits)
	if s.at >= len(s.channel) { // nothing changes any more
		<-ctx.Done()
		return mark, ctx.Err()
	}
	s.lastMark++
	return s.lastMark, nil
}

func play(t *testing.T, s *stage, text string) (out string, err error) {
	t.Helper()
	script, err := rehearsal.Parse("day.txt", strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	if s.clock == nil {
		s.clock = newClock()
	}
	var b strings.Builder
	err = rehearsal.Play(t.Context(), script, s, s.clock, &b)
	return b.String(), err
}

func TestEachLineIsDoneInOrder(t *testing.T) {
	t.Parallel()
	s := &stage{channel: []string{"it"}}
	out, err := play(t, s, `
alice> /deploy coditect-app v1.2.4
in #general
bob> good morning
in #devops-oncall
bob> click Promote to 50 %
bob> click again Promote to 50 %
bob> fill in Reason: late; Item: https
fault slack down
fault off
channel shows: it
`)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"type alice devops-oncall /deploy coditect-app v1.2.4", "type bob general good morning",
		"click bob devops-oncall Promote to 50 %", "click past bob devops-oncall Promote to 50 %",
		"fill in bob map[Item:https Reason:late]", "fault slack down", "mend",
	}
	if diff := cmp.Diff(want, s.done); diff != "" {
		t.Errorf("done (-want +got):\n%s", diff)
	}
	if n := strings.Count(out, "✓"); n != 10 || strings.Contains(out, "✗") {
		t.Errorf("told:\n%s", out)
	}
}

func TestExpectations(t *testing.T) {
	t.Parallel()
	calls := []string{"cloudrun UpdateService app mask[traffic] traffic[a=90, b=10] → OK changed", "cloudrun UpdateService app mask[traffic] traffic[b=100] → OK changed"}
	for name, c := range map[string]struct {
		stage stage
		line  string
		holds bool
	}{
		"what is shown at once":                {stage{channel: []string{"10 % of traffic"}}, "channel shows within 0s: 10 %", true},
		"what is shown later":                  {stage{channel: []string{"", "5 %", "10 %"}}, "channel shows: 10 %", true},
		"what is shown just in time":           {stage{channel: []string{"", "5 %", "10 %"}, waits: 4 * time.Second}, "channel shows: 10 %", true},
		"what is never shown":                  {stage{channel: []string{"5 %"}, waits: time.Minute}, "channel shows: 10 %", false},
		"words broken into lines":              {stage{channel: []string{"10 %  of\n   traffic"}}, "channel shows: 10 % of traffic", true},
		"other letters":                        {stage{channel: []string{"Rolled back"}, waits: time.Minute}, "channel shows: rolled back", false},
		"a pattern":                            {stage{channel: []string{"took 12 s\nwell"}}, `channel shows: /took \d+ s well$/`, true},
		"a pattern that does not fit":          {stage{channel: []string{"took long"}, waits: time.Minute}, `channel shows: /took \d+ s/`, false},
		"a single slash is no pattern":         {stage{channel: []string{"a /health b"}}, `channel shows: /health`, true},
		"the thread":                           {stage{thread: "digest"}, "thread shows: digest", true},
		"not the channel but the thread":       {stage{channel: []string{"digest"}, waits: time.Minute}, "thread shows: digest", false},
		"only she":                             {stage{private: map[string]string{"alice": "no"}}, "alice sees: no", true},
		"another":                              {stage{private: map[string]string{"alice": "no"}, waits: time.Minute}, "bob sees: no", false},
		"hidden":                               {stage{channel: []string{"a"}, thread: "b"}, "channel hides: c", true},
		"not hidden in the channel":            {stage{channel: []string{"a"}, thread: "b"}, "channel hides: a", false},
		"not hidden in the thread":             {stage{channel: []string{"a"}, thread: "b"}, "channel hides: b", false},
		"hidden too late if nobody waits":      {stage{channel: []string{"a", "b"}}, "channel hides: a", false},
		"hidden in time":                       {stage{channel: []string{"a", "b"}}, "channel hides within 5s: a", true},
		"a call":                               {stage{calls: calls}, "calls show: b=10", true},
		"so many calls":                        {stage{calls: calls}, "calls show 2 times: UpdateService", true},
		"more calls":                           {stage{calls: calls, waits: time.Minute}, "calls show 1 times: UpdateService", false},
		"fewer calls":                          {stage{calls: calls, waits: time.Minute}, "calls show 3 times: UpdateService", false},
		"no such call":                         {stage{calls: calls}, "calls show 0 times: b=50", true},
		"no call where one is expected":        {stage{calls: calls, waits: time.Minute}, "calls show: b=50", false},
		"calls by a pattern, on one line each": {stage{calls: calls}, `calls show 1 times: /traffic\[b=100\] → OK changed$/`, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out, err := play(t, &c.stage, c.line)
			var failure *rehearsal.Failure
			if c.holds && err != nil || !c.holds && !errors.As(err, &failure) {
				t.Errorf("holds %v, want %v: %v\n%s", err == nil, c.holds, err, out)
			}
		})
	}
}

func TestFailureSaysWhatWasSeen(t *testing.T) {
	t.Parallel()
	s := &stage{channel: []string{"first\nsecond"}, waits: time.Minute}
	out, err := play(t, s, "# story\nalice> hello\nchannel shows within 3s: third\nalice> never typed\n")
	want := `day.txt:3: channel shows within 3s: third
  not so after 3s; seen was:
    first
    second`
	if err == nil || err.Error() != want {
		t.Errorf("the failure says:\n%v\nwant:\n%s", err, want)
	}
	if !strings.Contains(out, "✓ alice> hello") || !strings.Contains(out, "✗ channel shows within 3s: third") || len(s.done) != 1 {
		t.Errorf("told, with %v done:\n%s", s.done, out)
	}
}

func TestLineThatCannotBeDone(t *testing.T) {
	t.Parallel()
	no := errors.New("no such button; there is [ Hold ]")
	for line, says := range map[string]string{
		"bob> click Promote":     "day.txt:1: bob> click Promote: no such button; there is [ Hold ]",
		"bob> fill in Reason: x": "day.txt:1: bob> fill in Reason: x: no such button",
		"fault slack dwon":       "day.txt:1: fault slack dwon: no such button",
		"fault off":              "day.txt:1: fault off: no such button",
	} {
		_, err := play(t, &stage{refuse: no}, line+"\nchannel shows: x\n")
		if !errors.Is(err, no) || !strings.HasPrefix(err.Error(), says) {
			t.Errorf("%s: %v", line, err)
		}
	}
	_, err := play(t, &stage{}, "in #nowhere\nchannel shows: x\n")
	if err == nil || err.Error() != "day.txt:2: channel shows: x: there is no channel nowhere" {
		t.Errorf("in a channel that is not there: %v", err)
	}
}

func TestElapseWaits(t *testing.T) {
	t.Parallel()
	s := &stage{channel: []string{"it"}, clock: newClock()}
	begun := s.clock.Now()
	done := make(chan error, 1)
	go func() {
		_, err := play(t, s, "elapse 5s\nchannel shows: it\n")
		done <- err
	}()
	for {
		select {
		case err := <-done:
			if took := s.clock.Now().Sub(begun); err != nil || took < 5*time.Second {
				t.Errorf("it took %s: %v", took, err)
			}
			return
		case <-time.After(time.Millisecond):
			s.clock.advance(time.Second)
		}
	}
}

func TestPlayEndsWithItsContext(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"channel shows within 1h: never", "elapse 1h\nchannel shows: it"} {
		script, err := rehearsal.Parse("day.txt", strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		c := newClock()
		err = rehearsal.Play(ctx, script, &stage{clock: c}, c, &strings.Builder{})
		cancel()
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: %v", text, err)
		}
	}
}
