package slack_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"slipway/internal/commands/slack"
	"slipway/internal/deploy"
	"slipway/internal/sandbox/workspace"
)

// told checks that the channel shows the whole story of p, each message once.
func (s *stage) told(p *play) {
	s.t.Helper()
	eventually(s.t, s.w, "the end", s.shows("100 % of traffic on v1.2.4 since"))
	s.toldOnce(p)
	if n := len(s.parents()); n != 1 {
		s.t.Errorf("%d parents", n)
	}
	for _, post := range s.thread() {
		if len(post.Buttons) > 0 {
			s.t.Errorf("after the end people are still asked %q", post.Text)
		}
	}
}

// within checks that Slack was not called more often than it takes since a moment.
func (s *stage) within(since time.Time) {
	s.t.Helper()
	for _, c := range s.w.Calls() {
		if c.Status == http.StatusTooManyRequests && c.At.After(since) {
			s.t.Errorf("%s was called more often than Slack takes", c.Method)
		}
	}
}

func TestWhateverReplyIsLostEachMessageIsThereOnce(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.w.SetFault("chat.postMessage", workspace.Fault{LoseReply: true})
	p := s.release(gated)
	s.announce("one", nil)
	p.until("traffic/100/gate")
	eventually(t, s.w, "the question", s.threadHas(" wants 100 %"))
	p.say(deploy.SignalPromote, "U0BOB", "").until("")
	s.told(p)
	lost := 0
	for _, c := range s.w.Calls() {
		switch {
		case c.Method != "chat.postMessage":
		case c.Status == 0:
			lost++
		default:
			t.Errorf("a reply came through: %+v", c)
		}
	}
	if posts := 1 + len(s.thread()); lost != posts {
		t.Errorf("%d messages were posted %d times", posts, lost)
	}
}

func TestRepliesThatAreLostDoNotCountAsSlackBeingAway(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.w.SetFault("chat.postMessage", workspace.Fault{LoseReply: true})
	p := s.release(oneStep).until("")
	a, _ := s.announce("one", nil)
	s.told(p)
	eventually(t, s.w, "the last message is found", func() bool { return s.w.Calls()[len(s.w.Calls())-1].Method == "conversations.replies" })
	for wait := 0; a.FailedRounds() != 0; wait++ {
		if wait == 50 {
			t.Fatalf("Slack answers each search, but %d failures are held against it", a.FailedRounds())
		}
		moment(t, 10*time.Millisecond)
	}
}

func TestTheChannelTellsTheTruthAfterAStorm(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]workspace.Fault{
		"of 429 with Retry-After":   {RetryAfter: 2 * time.Second},
		"of 429 without":            {Error: "ratelimited"},
		"of 500":                    {Status: http.StatusInternalServerError},
		"of 503":                    {Status: http.StatusServiceUnavailable},
		"of Slack's own confusion":  {Error: "fatal_error"},
		"of answers that are lost":  {LoseReply: true},
		"of connections that break": {},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			p := s.release(gated)
			s.announce("one", nil)
			storm := func() {
				if fault == (workspace.Fault{}) {
					s.w.Down(true)
				} else {
					s.w.SetFault("*", fault)
				}
				moment(t, 400*time.Millisecond) // 4 s by the clocks here
				p.until("traffic/100/gate")
				s.w.Down(false)
				s.w.ClearFaults()
			}
			storm()
			calm := s.clock.Now()
			eventually(t, s.w, "the question", s.threadHas(" wants 100 %"))
			p.say(deploy.SignalPromote, "U0BOB", "").until("")
			s.told(p)
			s.within(calm)
			if fault.RetryAfter > 0 {
				waited(t, s.w.Calls(), fault.RetryAfter)
			}
		})
	}
}

// waited checks that no method was called before Slack wanted to hear of it again, each by itself.
func waited(t *testing.T, calls []workspace.Call, retryAfter time.Duration) {
	t.Helper()
	refused, refusals := map[string]time.Time{}, 0
	for _, c := range calls {
		if until := refused[c.Method].Add(retryAfter); c.At.Before(until) {
			t.Errorf("%s was called %s before Slack takes it again", c.Method, until.Sub(c.At))
		}
		if c.Status == http.StatusTooManyRequests {
			refused[c.Method] = c.At
			refusals++
		}
	}
	if refusals == 0 {
		t.Error("nothing was refused")
	}
}

func TestAnHourWithoutSlackIsCaughtUpWithInOrder(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	p := s.release(gated)
	s.announce("one", nil)
	s.announce("two", nil)
	p.until("traffic/100/gate")
	eventually(t, s.w, "the question", s.threadHas(" wants 100 %"))

	s.w.Down(true)
	moment(t, 300*time.Millisecond) // for rounds to fail
	s.clock.leap(20 * time.Minute)
	p.say(deploy.SignalPause, "U0BOB", "")
	p.say(deploy.SignalResume, "U0BOB", "").until("traffic/100/gate")
	moment(t, 300*time.Millisecond)
	s.clock.leap(40 * time.Minute)
	p.say(deploy.SignalPromote, "U0BOB", "").until("")
	moment(t, 300*time.Millisecond)

	back := s.clock.Now()
	s.w.Down(false)
	eventually(t, s.w, "the end", s.shows("100 % of traffic on v1.2.4 since"))
	if took := s.clock.Now().Sub(back); took > 30*time.Second {
		t.Errorf("the newest state was shown %s after Slack was back", took)
	}
	journal, err := s.store.Journal(t.Context(), p.release.ID, 0)
	if err != nil {
		t.Fatal(err)
	}
	news := func() (want, got []string) {
		for _, e := range journal {
			if m, ok := drawnNews(p.release, e); ok {
				want = append(want, m)
			}
		}
		for _, post := range s.thread() {
			if !strings.Contains(post.Text, " wants ") {
				got = append(got, post.Text)
			}
		}
		return want, got
	}
	eventually(t, s.w, "the whole story", func() bool { want, got := news(); return len(got) >= len(want) })
	if want, got := news(); strings.Join(want, "\n") != strings.Join(got, "\n") {
		t.Errorf("the thread tells\n%s\nand what happened is\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	for _, post := range s.thread() {
		if strings.Contains(post.Text, " wants ") && len(post.Buttons) > 0 {
			t.Errorf("a question of an hour ago is still open: %q", post.Text)
		}
	}
	if n := len(s.parents()); n != 1 {
		t.Errorf("%d parents", n)
	}
	s.within(back)
}

// drawnNews is what an entry looks like in a thread; nothing if it is no news or a question.
func drawnNews(r deploy.Release, e deploy.Entry) (string, bool) {
	m, ok := slack.DrawEntry(r, e)
	if !ok || e.Kind == deploy.EntryAsked {
		return "", false
	}
	return m.Text(), true
}
