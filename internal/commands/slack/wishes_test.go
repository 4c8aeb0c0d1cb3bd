package slack_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"slipway/internal/commands/slack"
	"slipway/internal/deploy"
	"slipway/internal/sandbox/workspace"
	"slipway/internal/store"
)

// notifier opens bug reports as a test wants it.
type notifier struct {
	open func(ctx context.Context, n int) (string, error) // the n-th time, from 1; nil: at once

	mu   sync.Mutex
	bugs []deploy.Bug
}

func (n *notifier) Open(ctx context.Context, b deploy.Bug) (string, error) {
	n.mu.Lock()
	n.bugs = append(n.bugs, b)
	times := len(n.bugs)
	n.mu.Unlock()
	if n.open != nil {
		return n.open(ctx, times)
	}
	return "https://bugs.example.com/7", nil
}

func (n *notifier) Name() string { return "the bugs" }

func (n *notifier) opened() []deploy.Bug {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Clone(n.bugs)
}

// reporting writes reports of one line, and opens bugs.
func reporting(bugs deploy.Notifier) *slack.AnnouncerOptions {
	return &slack.AnnouncerOptions{Bugs: bugs, Report: func(r deploy.Release, journal []deploy.Entry, name func(deploy.UserID) string) string {
		return fmt.Sprintf("# %s by %s, %t", r.ID, name(r.Requester), len(journal) > 5)
	}}
}

// outside is eventually for what Slack does not notice.
func outside(t testing.TB, what string, so func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	again := time.NewTicker(5 * time.Millisecond)
	defer again.Stop()
	for !so() {
		select {
		case <-again.C:
		case <-ctx.Done():
			t.Fatalf("%s: not after a minute", what)
		}
	}
}

// carriedOut waits until something that was asked for is done, and gives what came of it.
func (s *stage) carriedOut(p *play, kind deploy.NoteKind) deploy.Note {
	s.t.Helper()
	var n deploy.Note
	outside(s.t, "the "+string(kind), func() bool {
		r, err := s.store.Get(s.t.Context(), p.release.ID)
		if err != nil {
			return false
		}
		n, _ = r.Noted(kind)
		return n.Done
	})
	return n
}

// reports are the files of that name in all threads.
func (s *stage) reports(p *play) (found []workspace.File) {
	for _, parent := range s.parents() {
		for _, post := range s.below(parent.TS) {
			for _, f := range post.Files {
				if f.Name == string(p.release.ID)+".md" {
					found = append(found, f)
				}
			}
		}
	}
	return found
}

func TestABugReportIsOpenedOnceTheReleaseHasEnded(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	bugs := &notifier{}
	p := s.seen().falls()
	p.tell(deploy.NoteBug, "U0BOB")
	s.announce("one", reporting(bugs))
	s.announce("two", reporting(bugs))
	s.incidentHas("Bug report asked for by <@U0BOB>")
	s.settled(p)
	if n := len(bugs.opened()); n != 0 {
		t.Errorf("%d reports of what has not ended", n)
	}
	p.until("")
	n := s.carriedOut(p, deploy.NoteBug)
	want := deploy.Note{Kind: deploy.NoteBug, By: "U0BOB", Link: "https://bugs.example.com/7", Done: true}
	if diff := cmp.Diff(want, n, cmpopts.IgnoreFields(deploy.Note{}, "At")); diff != "" {
		t.Errorf("the note (-want +got):\n%s", diff)
	}
	s.incidentHas("https://bugs.example.com/7")
	s.settled(p)
	id := string(p.release.ID)
	bug := []deploy.Bug{{Release: p.release.ID, Key: "slipway/" + id, By: "bob", Body: "# " + id + " by alice, true",
		Title: "coditect-app/production v1.2.4 was rolled back: 157 of 4,118 requests failed (3.8 %), stable 15 of 37,012 (0.04 %), limit 1 %"}}
	if diff := cmp.Diff(bug, bugs.opened()); diff != "" {
		t.Errorf("what was opened (-want +got):\n%s", diff)
	}
}

// tell records a note on a release that goes on.
func (p *play) tell(kind deploy.NoteKind, by deploy.UserID) {
	r, entries := deploy.Apply(p.release, deploy.Signal{Kind: deploy.SignalNote, Note: kind, By: by}, p.now)
	p.keep(r, entries)
}

func TestWhatCameOfAWishIsSaid(t *testing.T) {
	t.Parallel()
	broken := func(deploy.Release, []deploy.Entry, func(deploy.UserID) string) string { panic("no template") }
	refuses := &deploy.Error{Code: deploy.Forbidden, Msg: "GitHub refuses the token", Hint: "set SLIPWAY_GITHUB_TOKEN"}
	fails := func(err error) *notifier {
		return &notifier{open: func(context.Context, int) (string, error) { return "", err }}
	}
	cases := map[string]struct {
		kind  deploy.NoteKind
		opts  *slack.AnnouncerOptions
		fault string // with which Slack refuses files
		want  string
	}{
		"a refusal, with what to do about it": {kind: deploy.NoteBug, opts: reporting(fails(refuses)), want: "GitHub refuses the token; set SLIPWAY_GITHUB_TOKEN"},
		"a defect of what opens reports": {kind: deploy.NoteBug, want: "Slipway ran into a defect of its own; its log has the stack",
			opts: reporting(&notifier{open: func(context.Context, int) (string, error) { panic("nil map") }})},
		"a report without a link":             {kind: deploy.NoteBug, opts: reporting(fails(nil))},
		"nobody opens reports":                {kind: deploy.NoteBug, opts: reporting(nil), want: "no place for bug reports is configured"},
		"nobody writes them":                  {kind: deploy.NoteBug, opts: &slack.AnnouncerOptions{Bugs: &notifier{}}, want: "this Slipway writes no reports"},
		"a defect of what writes them":        {kind: deploy.NoteBug, opts: &slack.AnnouncerOptions{Bugs: &notifier{}, Report: broken}, want: "Slipway ran into a defect of its own; its log has the stack"},
		"a report in the thread":              {kind: deploy.NoteReport, opts: reporting(nil), want: "in the thread as coditect-app-1.md"},
		"a report that Slack does not take":   {kind: deploy.NoteReport, opts: reporting(nil), fault: "file_uploads_disabled", want: "Slack does not take the file (Slack refuses: file_uploads_disabled); `bot report coditect-app-1` prints it"},
		"a thread that is gone, for a report": {kind: deploy.NoteReport, opts: reporting(nil), fault: "thread_not_found", want: "in the thread as coditect-app-1.md"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			p := s.fallen()
			switch c.fault {
			case "":
			case "thread_not_found":
				s.w.SetFault("files.completeUploadExternal", workspace.Fault{Error: c.fault, Times: 1})
			default:
				s.w.SetFault("files.getUploadURLExternal", workspace.Fault{Error: c.fault})
			}
			s.note(p, c.kind, "U0BOB")
			s.announce("one", c.opts)
			got := s.carriedOut(p, c.kind)
			if got.Text != c.want || got.By != "U0BOB" {
				t.Errorf("%+v, want %q", got, c.want)
			}
			s.incidentHas("asked for by <@U0BOB>")
			if bugs, ok := c.opts.Bugs.(*notifier); ok && len(bugs.opened()) > 1 {
				t.Errorf("opened %d times", len(bugs.opened()))
			}
		})
	}
}

func TestAReportThatCannotBeOpenedYetIsTriedAgain(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	p := s.fallen()
	bounded := make(chan time.Duration, 10)
	bugs := &notifier{open: func(ctx context.Context, n int) (string, error) {
		until, _ := ctx.Deadline()
		bounded <- time.Until(until)
		if n == 1 {
			return "", &deploy.Error{Code: deploy.Unavailable, Msg: "GitHub did not answer"}
		}
		return "https://bugs.example.com/7", nil
	}}
	s.note(p, deploy.NoteBug, "U0BOB")
	s.announce("one", reporting(bugs))
	_, _, call := slack.Lasts()
	if d := <-bounded; d <= 0 || d > call {
		t.Errorf("what opens reports has %s, a call %s", d, call)
	}
	s.settled(p)
	s.clock.leap(30 * time.Second)
	if n := s.carriedOut(p, deploy.NoteBug); n.Link != "https://bugs.example.com/7" || len(bugs.opened()) != 2 {
		t.Errorf("%+v after %d tries", n, len(bugs.opened()))
	}
}

func TestAReportThatNobodyTakesIsGivenUp(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	p := s.fallen()
	tried := make(chan struct{}, 100)
	bugs := &notifier{open: func(context.Context, int) (string, error) {
		tried <- struct{}{}
		return "", &deploy.Error{Code: deploy.Unavailable, Msg: "GitHub did not answer"}
	}}
	s.note(p, deploy.NoteBug, "U0BOB")
	s.announce("one", reporting(bugs))
	<-tried
	s.clock.leap(2 * time.Hour)
	if n := s.carriedOut(p, deploy.NoteBug); n.Text != "GitHub did not answer" || n.Link != "" {
		t.Errorf("%+v", n)
	}
}

// forgetful is a store that loses the first of what came of wishes.
type forgetful struct {
	*store.Store
	once sync.Once
}

func (f *forgetful) Note(ctx context.Context, id deploy.ReleaseID, n deploy.Note, event deploy.EventID) (r deploy.Release, fresh bool, err error) {
	f.once.Do(func() { err = &deploy.Error{Code: deploy.Unavailable, Op: "note", Msg: "Redis did not answer"} })
	if err != nil {
		return r, false, err
	}
	return f.Store.Note(ctx, id, n, event)
}

func TestAReportIsUploadedOnce(t *testing.T) {
	t.Parallel()
	for name, begin := range map[string]func(*stage){
		"by one of two": func(s *stage) { s.announce("one", reporting(nil)); s.announce("two", reporting(nil)) },
		"when the last answer is lost": func(s *stage) {
			s.w.SetFault("files.completeUploadExternal", workspace.Fault{LoseReply: true, Times: 1})
			s.announce("one", reporting(nil))
		},
		"when it cannot be noted": func(s *stage) { s.announceFrom(&forgetful{Store: s.store}, "one", reporting(nil)) },
		"when Slack does not answer at first": func(s *stage) {
			s.w.SetFault("files.completeUploadExternal", workspace.Fault{Status: 503, Times: 1})
			s.announce("one", reporting(nil))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			p := s.fallen()
			s.note(p, deploy.NoteReport, "U0BOB")
			begin(s)
			eventually(t, s.w, "a try", func() bool {
				return slices.ContainsFunc(s.w.Calls(), func(c workspace.Call) bool { return c.Method == "files.completeUploadExternal" })
			})
			s.settled(p)
			s.clock.leap(40 * time.Second)
			s.carriedOut(p, deploy.NoteReport)
			id := string(p.release.ID)
			if found := s.reports(p); len(found) != 1 || found[0].Title != "Report of "+id {
				t.Errorf("uploaded %+v", found)
			}
			if text, _ := s.w.File(id + ".md"); string(text) != "# "+id+" by alice, true" {
				t.Errorf("it says %q", text)
			}
		})
	}
}

// A call has 6 s by the computer's clock, which are a minute by that of leases here: a picture and a bug report that
// take less than that outlast a lease.
func TestWhatIsSlowIsDoneByOneAnnouncerOnly(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	p := s.fallen()
	const slow = 8 * time.Second / hurry
	bugs := &notifier{open: func(context.Context, int) (string, error) {
		moment(t, slow)
		return "https://bugs.example.com/7", nil
	}}
	opts := reporting(bugs)
	opts.Draw = drawn
	s.w.SetFault("files.getUploadURLExternal", workspace.Fault{Delay: 9 * time.Second / hurry, Times: 1})
	s.note(p, deploy.NoteBug, "U0BOB")
	s.note(p, deploy.NoteReport, "U0BOB")
	s.announce("one", opts)
	s.announce("two", opts)
	s.carriedOut(p, deploy.NoteBug)
	s.carriedOut(p, deploy.NoteReport)
	if n := len(bugs.opened()); n != 1 {
		t.Errorf("opened %d times", n)
	}
	if n := len(s.reports(p)); n != 1 {
		t.Errorf("%d reports", n)
	}
}

func TestALeaseOutlastsWhatItGuards(t *testing.T) {
	t.Parallel()
	lease, round, call := slack.Lasts()
	if round+call >= lease {
		t.Errorf("a call that begins after %s and takes %s ends after a lease of %s", round, call, lease)
	}
	if 2*call >= lease {
		t.Errorf("a call and noting what came of it, %s each, end after a lease of %s that begins with the call", call, lease)
	}
}

func TestAnEntryThatSlackRefusesKeepsNoWishBack(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	p := s.fallen()
	bugs := &notifier{}
	_, stop := s.announce("zero", nil)
	s.incidentHas("157 of 4,118 requests failed")
	stop()
	s.w.SetFault("chat.postMessage", workspace.Fault{Error: "msg_too_long"})
	s.note(p, deploy.NoteBug, "U0BOB")
	s.announce("one", reporting(bugs))
	if n := s.carriedOut(p, deploy.NoteBug); n.Link == "" {
		t.Errorf("%+v", n)
	}
}
