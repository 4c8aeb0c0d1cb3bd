package slack_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"slipway/internal/deploy"
	"slipway/internal/sandbox/workspace"
)

func TestOneParentAndEachEntryOnceWhoeverAnnounces(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	_, stop := s.announce("one", nil)
	p := s.release(oneStep)
	eventually(t, s.w, "the parent", func() bool { return len(s.parents()) == 1 })
	stop()
	p.until("traffic/100")
	s.announce("two", nil)
	s.announce("three", nil)
	p.until("")
	eventually(t, s.w, "the end", s.shows("100 % of traffic on v1.2.4 since"))
	s.toldOnce(p)
	if n := len(s.parents()); n != 1 {
		t.Errorf("%d parents", n)
	}
	post := s.parents()[0]
	if len(post.Bars) != 1 || post.Bars[0].Colour != "2a9d4a" || len(post.Buttons) != 1 {
		t.Errorf("the end is shown with bars %v and buttons %v", post.Bars, post.Buttons)
	}
}

func TestAPostInDoubtIsAdoptedAndNotRepeated(t *testing.T) {
	t.Parallel()
	for _, lost := range []int{1, 2} {
		t.Run(fmt.Sprintf("%d replies lost", lost), func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			s.w.SetFault("chat.postMessage", workspace.Fault{LoseReply: true, Times: lost})
			p := s.release(oneStep)
			s.announce("one", nil)
			p.until("")
			eventually(t, s.w, "the end", s.shows("100 % of traffic on v1.2.4 since"))
			s.toldOnce(p)
			if n := len(s.parents()); n != 1 {
				t.Errorf("%d parents", n)
			}
		})
	}
}

func TestAPostThatNeverArrivedIsRepeated(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.w.SetFault("chat.postMessage", workspace.Fault{Status: http.StatusServiceUnavailable, Times: 2})
	p := s.release(oneStep)
	a, _ := s.announce("one", nil)
	p.until("")
	s.toldOnce(p)
	if n := len(s.parents()); n != 1 {
		t.Errorf("%d parents", n)
	}
	if n := a.FailedRounds(); n != 0 {
		t.Errorf("Slack answers again, but %d failures are held against it", n)
	}
}

func TestSlackGoneDelaysAndLosesNothing(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	p := s.release(oneStep)
	s.w.Down(true)
	s.announce("one", nil)
	p.until("")
	timer := time.NewTimer(500 * time.Millisecond)
	defer timer.Stop()
	<-timer.C
	s.w.Down(false)
	eventually(t, s.w, "the end", s.shows("100 % of traffic on v1.2.4 since"))
	s.toldOnce(p)
}

func TestRetryAfterIsHonoured(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.w.SetFault("chat.postMessage", workspace.Fault{RetryAfter: 2 * time.Second, Times: 1})
	p := s.release(oneStep)
	s.announce("one", nil)
	p.until("")
	s.toldOnce(p)
	var refused time.Time
	for _, c := range s.w.Calls() {
		switch {
		case c.Method != "chat.postMessage":
		case c.Status == http.StatusTooManyRequests && refused.IsZero():
			refused = c.At
		case c.Status == http.StatusTooManyRequests:
			t.Error("refused twice: our own pace is too fast")
		case c.At.Sub(refused) < 2*time.Second:
			t.Errorf("called again %s after a Retry-After of 2 s", c.At.Sub(refused))
		}
	}
	if refused.IsZero() {
		t.Error("nothing was refused")
	}
}

func TestAGateAsksOnceAndIsStamped(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	p := s.release(gated)
	_, stop := s.announce("one", nil)
	p.until("traffic/10")
	eventually(t, s.w, "the thread so far", func() bool { return len(s.thread()) == 5 })
	p.until("traffic/100/gate")
	asks := func() []workspace.Post {
		var found []workspace.Post
		for _, post := range s.thread() {
			if strings.Contains(post.Text, " wants ") {
				found = append(found, post)
			}
		}
		return found
	}
	eventually(t, s.w, "the question", func() bool { return len(asks()) == 1 })
	ask := asks()[0]
	if ask.Broadcast == "" {
		t.Error("the question is not shown in the channel")
	}
	var labels []string
	for _, b := range ask.Buttons {
		labels = append(labels, b.Label)
	}
	if diff := cmp.Diff([]string{"Promote to 100 %", "Hold at 10 %", "Roll back"}, labels); diff != "" {
		t.Error(diff)
	}
	stop()
	s.announce("two", nil)
	p.say(deploy.SignalPromote, "U0BOB", "")
	eventually(t, s.w, "the stamp", func() bool { return strings.Contains(asks()[0].Text, "✓ Promoted to 100 % by <@U0BOB> at ") })
	if got := asks(); len(got) != 1 || len(got[0].Buttons) != 0 {
		t.Errorf("%d questions, %d buttons on the first", len(got), len(got[0].Buttons))
	}
	p.until("")
	s.toldOnce(p)
	mentioned := 0
	for _, n := range s.w.Notifications("bob") {
		if strings.Contains(n.Text, "wants") {
			mentioned++
		}
	}
	if mentioned != 1 {
		t.Errorf("bob was called %d times: %+v", mentioned, s.w.Notifications("bob"))
	}
}

func TestAQuestionDoesNotWaitBehindAStoryThatHasToWait(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	p := s.release(func(a *deploy.Ask) {
		a.Spec.Strategy.Steps = []deploy.TrafficStep{{Percent: 10}, {Percent: 20}, {Percent: 30}, {Percent: 100, Approve: true}}
	})
	p.until("traffic/100/gate")
	done := make(chan struct{})
	var others sync.WaitGroup
	others.Go(func() { // other releases tell their stories in the same channel, and leave one post for what is urgent
		for {
			select {
			case <-done:
				return
			case <-time.After(time.Millisecond):
				s.client.SpendPosts(1)
			}
		}
	})
	s.announce("one", nil)
	eventually(t, s.w, "the question", s.threadHas(" wants 100 %"))
	close(done)
	others.Wait()
}

func TestAParentThatWasDeletedIsPostedAgain(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	p := s.release(oneStep)
	s.announce("one", nil)
	eventually(t, s.w, "the parent", func() bool { return len(s.parents()) == 1 })
	s.w.SetFault("chat.update", workspace.Fault{Error: "message_not_found", Times: 1})
	p.until("")
	eventually(t, s.w, "another parent", func() bool { return len(s.parents()) == 2 })
	eventually(t, s.w, "the end", s.shows("100 % of traffic on v1.2.4 since"))
}

func TestWithoutThePlanBlockPhasesAreText(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.w.SetFault("chat.postMessage", workspace.Fault{Error: "invalid_blocks", Times: 1})
	p := s.release(oneStep)
	s.announce("one", nil)
	p.until("")
	eventually(t, s.w, "the end", s.shows("100 % of traffic on v1.2.4 since"))
	for _, b := range s.parents()[0].Blocks {
		if kind := b.(map[string]any)["type"]; kind == "plan" {
			t.Error("the plan block is used although Slack refused it")
		}
	}
	if lines := strings.Join(s.parents()[0].Lines, "\n"); !strings.Contains(lines, "✓ Preflight") {
		t.Errorf("no phases in\n%s", lines)
	}
}

func TestAChannelThatIsNotThereIsTriedAgainWithoutHarm(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	lost := s.release(func(a *deploy.Ask) { oneStep(a); a.Spec.Channel = "#nowhere"; a.Version = "v9" })
	p := s.release(func(a *deploy.Ask) { oneStep(a); a.Target.Service = "other" })
	s.announce("one", nil)
	lost.until("")
	p.until("")
	eventually(t, s.w, "the other release", s.shows("100 % of traffic on v1.2.4 since"))
	if n := len(s.parents()); n != 1 {
		t.Errorf("%d parents", n)
	}
}

func TestTimePassingIsShownAtMostEveryFiveSeconds(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	p := s.release(func(a *deploy.Ask) {
		a.Spec.Health = nil
		a.Spec.Strategy.Steps = []deploy.TrafficStep{{Percent: 10, Bake: 5 * time.Minute}, {Percent: 100}}
	})
	s.announce("one", nil)
	p.until("traffic/10/bake")
	eventually(t, s.w, "the bake", s.shows("· baking "))
	shown := func() (at []time.Time) {
		for _, c := range s.w.Calls() {
			if c.TS == s.parents()[0].TS {
				at = append(at, c.At)
			}
		}
		return at
	}
	eventually(t, s.w, "the call to be noted", func() bool { return len(shown()) > 0 })
	first := len(shown())
	eventually(t, s.w, "a tick", func() bool { return len(shown()) > first })
	// Both are noted where they arrive, and a hundredth of a second on the way is most of one by the hurried clock.
	if gap := shown()[first].Sub(shown()[first-1]); gap < 2500*time.Millisecond {
		t.Errorf("edited again after %s although nothing but time had passed", gap)
	}
}

func TestAParentThatCannotBeEditedSilencesNothingElse(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]workspace.Fault{
		"refused":    {Error: "msg_blocks_too_long"},
		"unanswered": {Status: http.StatusServiceUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			p := s.release(gated)
			s.announce("one", nil)
			eventually(t, s.w, "the parent", func() bool { return len(s.parents()) == 1 })
			s.w.SetFault("chat.update", fault)
			p.until("traffic/100/gate")
			eventually(t, s.w, "the question", s.threadHas(" wants 100 %"))
			eventually(t, s.w, "the story", s.threadHas("✓ *10 % of traffic*"))
		})
	}
}

func TestAnEntryThatSlackRefusesDoesNotKeepTheQuestionBack(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	p := s.release(gated)
	p.until("traffic/10")
	_, stop := s.announce("one", nil)
	eventually(t, s.w, "the thread so far", func() bool { return len(s.thread()) == 5 })
	stop()
	p.until("traffic/100/gate")
	<-time.After(500 * time.Millisecond) // much longer by the hurried clock: there are calls left again
	s.w.SetFault("chat.postMessage", workspace.Fault{Error: "msg_too_long", Times: 1})
	s.announce("two", nil)
	eventually(t, s.w, "the question", s.threadHas(" wants 100 %"))
	if next := s.thread()[5].Text; !strings.Contains(next, " wants 100 %") {
		t.Errorf("before the question there is %q", next)
	}
}

func TestAStoppedReleaseCallsPeopleOnce(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	p := s.release(oneStep)
	p.breaks("traffic/100", &deploy.Error{Code: deploy.Internal, Msg: "a step panicked"})
	_, stop := s.announce("one", nil)
	eventually(t, s.w, "the call", s.threadHas("■ Stopped"))
	stop()
	s.announce("two", nil)
	p.say(deploy.SignalResume, "U0BOB", "")
	p.until("")
	eventually(t, s.w, "the end", s.shows("100 % of traffic on v1.2.4 since"))
	var calls []workspace.Post
	for _, post := range s.thread() {
		if strings.Contains(post.Text, "<!subteam^") {
			calls = append(calls, post)
		}
	}
	if len(calls) != 1 || calls[0].Broadcast == "" || !strings.Contains(calls[0].Text, "■ Stopped") {
		t.Errorf("people were called by %+v", calls)
	}
}

func TestAStopThatIsOverCallsNobody(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	p := s.release(oneStep)
	p.breaks("traffic/100", &deploy.Error{Code: deploy.Internal, Msg: "a step panicked"})
	p.say(deploy.SignalResume, "U0BOB", "")
	p.until("")
	s.announce("one", nil)
	s.toldOnce(p)
	for _, post := range s.thread() {
		if strings.Contains(post.Text, "<!subteam^") || post.Broadcast != "" {
			t.Errorf("people are called for what is over: %+v", post)
		}
	}
}

func TestAThreadWhoseParentIsGoneIsBegunAgainAtOnce(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	p := s.release(gated)
	p.until("traffic/10")
	_, stop := s.announce("one", nil)
	eventually(t, s.w, "the thread so far", func() bool { return len(s.thread()) == 5 })
	stop()
	p.until("traffic/100/gate")
	s.w.SetFault("chat.postMessage", workspace.Fault{Error: "thread_not_found", Times: 1})
	s.announce("two", nil)
	eventually(t, s.w, "another parent", func() bool { return len(s.parents()) == 2 })
	var gone time.Time
	for _, c := range s.w.Calls() {
		switch {
		case c.Method != "chat.postMessage":
		case c.Error == "thread_not_found":
			gone = c.At
		case !gone.IsZero() && c.At.Sub(gone) > 45*time.Second:
			t.Errorf("another parent was posted only %s after the first had gone", c.At.Sub(gone))
		}
	}
	if gone.IsZero() {
		t.Error("nothing was refused")
	}
}

func TestAPostThatArrivesLateIsNotRepeated(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	const late = 2 * time.Second / hurry
	s.client = s.behind(func(inner http.Handler) http.Handler {
		var held sync.Once
		var sent sync.WaitGroup
		t.Cleanup(sent.Wait)
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			hold := false
			if strings.HasSuffix(r.URL.Path, "/chat.postMessage") {
				held.Do(func() { hold = true })
			}
			if !hold {
				inner.ServeHTTP(w, r)
				return
			}
			body, err := io.ReadAll(r.Body)
			if err != nil {
				t.Error(err)
			}
			again := r.Clone(context.WithoutCancel(r.Context()))
			again.Body = io.NopCloser(bytes.NewReader(body))
			sent.Go(func() {
				<-time.After(late)
				inner.ServeHTTP(httptest.NewRecorder(), again)
			})
			panic(http.ErrAbortHandler)
		})
	})
	p := s.release(oneStep)
	s.announce("one", nil)
	p.until("")
	eventually(t, s.w, "the end", s.shows("100 % of traffic on v1.2.4 since"))
	<-time.After(2 * late)
	if n := len(s.parents()); n != 1 {
		t.Errorf("%d parents", n)
	}
}
