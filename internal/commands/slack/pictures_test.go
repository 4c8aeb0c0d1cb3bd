package slack_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"slipway/internal/commands/slack"
	"slipway/internal/deploy"
	"slipway/internal/sandbox/workspace"
)

// drawn is a picture of a pixel.
func drawn(r deploy.Release) (picture []byte, alt string, err error) {
	return pixel, fmt.Sprintf("%d looks at %s", len(r.Watch.Points), r.ID), nil
}

func drawing() *slack.AnnouncerOptions { return &slack.AnnouncerOptions{Draw: drawn} }

// pictures are the names of the pictures below a message.
func (s *stage) pictures(ts string) (names []string) {
	s.t.Helper()
	for _, post := range s.below(ts) {
		for _, f := range post.Files {
			if f.Type == "image/png" {
				names = append(names, f.Name)
			}
		}
	}
	return names
}

// charts are those of verdicts; none while there is no message.
func (s *stage) charts() []string {
	if r := s.releases(); len(r) > 0 {
		return s.pictures(r[0].TS)
	}
	return nil
}

// begun is how often an upload was begun.
func (s *stage) begun() (n int) {
	for _, c := range s.w.Calls() {
		if c.Method == "files.getUploadURLExternal" {
			n++
		}
	}
	return n
}

// pictured says whether the message of the incident shows a picture.
func (s *stage) pictured() bool {
	in := s.incidents()
	return len(in) == 1 && slices.ContainsFunc(in[0].Blocks, func(b any) bool { return b.(map[string]any)["type"] == "image" })
}

func TestAVerdictHasItsChartOnce(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	p := s.seen()
	s.announce("one", drawing())
	s.announce("two", drawing())
	eventually(t, s.w, "a chart", func() bool { return len(s.charts()) == 1 })
	p.watching(30 * time.Second) // more looks, and nothing new
	p.judged(unsure()).watching(15 * time.Second)
	eventually(t, s.w, "another", func() bool { return len(s.charts()) == 2 })
	p.judged(healthy()).falls().until("")
	s.settled(p)
	eventually(t, s.w, "the last, and the incident's", func() bool { return len(s.charts()) == 3 && s.pictured() })
	names := append(s.charts(), s.pictures(s.incidents()[0].TS)...)
	id := string(p.release.ID)
	slices.Sort(names)
	if len(slices.Compact(slices.Clone(names))) != 4 || names[0] != id+"-incident.png" || !strings.HasPrefix(names[1], id+"-verdict-") {
		t.Errorf("pictures %v", names)
	}
	if n := s.begun(); n != 4 {
		t.Errorf("%d uploads", n)
	}
}

func TestAChartOfAMomentIsNotDrawn(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	p := s.release(func(a *deploy.Ask) { a.Spec = watchedSpec() }).judged(healthy()).until("traffic/10/bake").watching(3*time.Minute + 20*time.Second)
	if n := len(p.release.Watch.Points); n == 0 || n > 2 {
		t.Fatalf("%d looks", n)
	}
	var least atomic.Int64
	least.Store(100)
	opts := drawing()
	opts.Draw = func(r deploy.Release) ([]byte, string, error) {
		least.Store(min(least.Load(), int64(len(r.Watch.Points))))
		return drawn(r)
	}
	s.announce("one", opts)
	s.settled(p)
	p.watching(time.Minute)
	eventually(t, s.w, "the chart", func() bool { return len(s.charts()) == 1 })
	if n := least.Load(); n < 3 {
		t.Errorf("drawn of %d looks", n)
	}
}

func TestAPictureThatCannotBeHadIsGivenUp(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		draw   func(deploy.Release) ([]byte, string, error)
		method string
		fault  workspace.Fault
	}{
		"it cannot be drawn":          {draw: func(deploy.Release) ([]byte, string, error) { return nil, "", errors.New("no font") }},
		"there is nothing to draw":    {draw: func(deploy.Release) ([]byte, string, error) { return nil, "", nil }},
		"drawing has a defect":        {draw: func(deploy.Release) ([]byte, string, error) { panic("index out of range") }},
		"Slack takes no files":        {method: "files.getUploadURLExternal", fault: workspace.Fault{Error: "file_uploads_disabled"}},
		"the scope is missing":        {method: "files.getUploadURLExternal", fault: workspace.Fault{Error: "missing_scope"}},
		"Slack's store does not work": {method: workspace.UploadURL, fault: workspace.Fault{Status: http.StatusBadGateway}},
		"it is not completed":         {method: "files.completeUploadExternal", fault: workspace.Fault{Error: "storage_limit_reached"}},
		"called too often":            {method: "files.getUploadURLExternal", fault: workspace.Fault{RetryAfter: time.Minute}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			if c.method != "" {
				s.w.SetFault(c.method, c.fault)
			}
			var times atomic.Int64
			opts := drawing()
			opts.Draw = func(r deploy.Release) ([]byte, string, error) {
				times.Add(1)
				if c.draw != nil {
					return c.draw(r)
				}
				return drawn(r)
			}
			p := s.fallen()
			s.announce("one", opts)
			s.settled(p)
			s.incidentHas("157 of 4,118 requests failed")
			s.note(p, deploy.NoteTaken, "U0BOB")
			s.incidentHas("<@U0BOB> takes this")
			outside(t, "both are given up", func() bool { return times.Load() >= 2 })
			s.clock.leap(10 * time.Minute)
			s.note(p, deploy.NoteFix, "U0BOB")
			s.incidentHas("<@U0BOB> plans the fix")
			if n := times.Load(); n > 6 { // two verdicts and the incident; each may give way once to what people press
				t.Errorf("drawn %d times", n)
			}
			if got := append(s.charts(), s.pictures(s.incidents()[0].TS)...); len(got) > 0 {
				t.Errorf("there are pictures all the same: %v", got)
			}
		})
	}
}

func TestAnUploadWhoseLastAnswerIsLostIsNotRepeated(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.w.SetFault("files.completeUploadExternal", workspace.Fault{LoseReply: true})
	p := s.fallen()
	s.announce("one", drawing())
	s.settled(p)
	eventually(t, s.w, "the picture of the incident", s.pictured)
	if got := s.pictures(s.incidents()[0].TS); !cmp.Equal(got, []string{string(p.release.ID) + "-incident.png"}) {
		t.Errorf("pictures %v", got)
	}
}

func TestAVerdictWhoseAnswerIsLostHasItsChartToo(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	p := s.seen()
	s.w.SetFault("chat.postMessage", workspace.Fault{LoseReply: true})
	s.announce("one", drawing())
	s.settled(p)
	eventually(t, s.w, "the chart", func() bool { return len(s.charts()) == 1 })
}

func TestThePictureOfAnIncidentIsShownOnceSlackHasMadeIt(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	p := s.fallen()
	s.announce("one", drawing())
	s.settled(p)
	in := s.incidentHas("157 of 4,118 requests failed")
	eventually(t, s.w, "the upload", func() bool { return len(s.pictures(in.TS)) == 1 })
	if !s.pictured() { // else Slack was asked before the fault below
		s.w.SetFault("chat.update", workspace.Fault{Error: "invalid_blocks", Times: 1})
	}
	eventually(t, s.w, "the picture", s.pictured)
	if n := len(s.pictures(in.TS)); n != 1 {
		t.Errorf("uploaded %d times", n)
	}
}

func TestAPictureThatNoMessageMayShowStaysInTheThread(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	refuses := &refusing{word: "slack_file", code: "invalid_blocks"}
	s.client = s.behind(refuses.before)
	p := s.fallen()
	s.announce("one", drawing())
	s.settled(p)
	in := s.incidentHas("157 of 4,118 requests failed")
	eventually(t, s.w, "the upload", func() bool { return len(s.pictures(in.TS)) == 1 })
	s.note(p, deploy.NoteTaken, "U0BOB")
	s.incidentHas("<@U0BOB> takes this")
	for i, kind := range []deploy.NoteKind{deploy.NoteFix, deploy.NoteUnlocked, deploy.NoteReport} { // each has it drawn anew
		s.clock.leap(time.Minute)
		s.note(p, kind, "U0CAROL")
		s.incidentHas([]string{"plans the fix", "Lock cleared by", "Report asked for by"}[i])
	}
	if n := refuses.times.Load(); n == 0 || n > 4 || s.pictured() {
		t.Errorf("tried %d times", n)
	}
	if first := s.releases()[0].Blocks; !slices.ContainsFunc(first, func(b any) bool { return b.(map[string]any)["type"] == "plan" }) {
		t.Error("the plan block is blamed for the picture")
	}
}

func TestAnUploadThatHangsHoldsNothingUp(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	p := s.seen()
	hung := make(chan struct{}, 10)
	s.client = s.behind(func(inner http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.HasSuffix(r.URL.Path, "/files.getUploadURLExternal") {
				_, _ = io.Copy(io.Discard, r.Body) // else nobody notices that the client has gone
				hung <- struct{}{}
				<-r.Context().Done()
				return
			}
			inner.ServeHTTP(w, r)
		})
	})
	s.announce("one", drawing())
	<-hung
	begun := time.Now()
	p.say(deploy.SignalRollBack, "U0BOB", "it is red")
	eventually(t, s.w, "the way back", s.shows("Going back to v1.2.3"))
	if took := time.Since(begun); took > 3*time.Second {
		t.Errorf("shown after %s: it has waited for the picture", took)
	}
	p.recorded(complete, 0).until("")
	s.incidentHas("157 of 4,118 requests failed")
}

// refusing refuses each call that has a word in its arguments, until that is mended.
type refusing struct {
	word, code string
	mended     atomic.Bool
	times      atomic.Int64
}

func (x *refusing) before(inner http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err == nil && bytes.Contains(body, []byte(x.word)) && !x.mended.Load() {
			x.times.Add(1)
			w.Header().Set("Content-Type", "application/json")
			_, _ = fmt.Fprintf(w, `{"ok":false,"error":%q}`, x.code)
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		inner.ServeHTTP(w, r)
	})
}

func TestThePictureOfAnIncidentWaitsUntilAllIsCounted(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	p := s.seen().falls()
	s.announce("one", drawing())
	in := s.incidentHas("157 of 4,118 requests failed")
	s.settled(p)
	if got := s.pictures(in.TS); len(got) > 0 {
		t.Errorf("pictures %v of what goes on", got)
	}
	p.until("")
	eventually(t, s.w, "the picture", func() bool { return len(s.pictures(in.TS)) == 1 })
}
