package slack_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"slipway/internal/commands/slack"
	"slipway/internal/deploy"
	"slipway/internal/sandbox/workspace"
	"slipway/internal/store"
)

// seen plays a watched release to where users have been on it for some minutes.
func (s *stage) seen() *play {
	s.t.Helper()
	p := s.release(func(a *deploy.Ask) { a.Spec = watchedSpec() })
	return p.judged(healthy()).until("traffic/10/bake").watching(4 * time.Minute)
}

// falls takes a release back by itself, up to the evidence.
func (p *play) falls() *play {
	p.t.Helper()
	return p.judged(failing()).watching(time.Minute).recorded(complete, 0)
}

// fallen is a release that was taken back and has ended.
func (s *stage) fallen() *play {
	s.t.Helper()
	return s.seen().falls().until("")
}

// incidents are the messages in the channel that tell of one, those of releases the others.
func (s *stage) incidents() (posts []workspace.Post) {
	return slices.DeleteFunc(s.parents(), func(p workspace.Post) bool { return !strings.HasPrefix(p.Text, "*INCIDENT") })
}

func (s *stage) releases() (posts []workspace.Post) {
	return slices.DeleteFunc(s.parents(), func(p workspace.Post) bool { return strings.HasPrefix(p.Text, "*INCIDENT") })
}

// below is what was posted below a message.
func (s *stage) below(ts string) []workspace.Post {
	s.t.Helper()
	snapshot, err := s.w.Thread(channel, ts)
	if err != nil {
		s.t.Fatal(err)
	}
	return snapshot.Posts[1:]
}

// incidentHas waits until the only incident says something.
func (s *stage) incidentHas(text string) workspace.Post {
	s.t.Helper()
	eventually(s.t, s.w, "an incident with "+text, func() bool {
		in := s.incidents()
		return len(in) > 0 && strings.Contains(in[0].Text, text)
	})
	return s.incidents()[0]
}

// settled waits until the thread of the only release tells all of p.
func (s *stage) settled(p *play) {
	s.t.Helper()
	journal, err := s.store.Journal(s.t.Context(), p.release.ID, 0)
	if err != nil {
		s.t.Fatal(err)
	}
	want := ""
	for _, e := range journal {
		if m, ok := drawnNews(p.release, e); ok && e.Kind != deploy.EntryNote { // p does not know of notes
			want = m
		}
	}
	eventually(s.t, s.w, "the whole story", func() bool {
		return len(s.releases()) > 0 && slices.ContainsFunc(s.below(s.releases()[0].TS), func(p workspace.Post) bool { return p.Text == want })
	})
}

func (s *stage) note(p *play, kind deploy.NoteKind, by deploy.UserID) {
	s.t.Helper()
	n := deploy.Note{Kind: kind, By: by, Done: !kind.Asks()}
	if _, _, err := s.store.Note(s.t.Context(), p.release.ID, n, deploy.EventID(string(kind)+" "+string(by))); err != nil {
		s.t.Fatal(err)
	}
}

func labels(p workspace.Post) (all []string) {
	for _, b := range p.Buttons {
		all = append(all, b.Label)
	}
	return all
}

// dying is a store whose process dies as soon as what it is about to post has been noted.
type dying struct {
	*store.Store
	before string // how the key of that begins
	dead   atomic.Bool
}

func (d *dying) SaveAnnouncement(ctx context.Context, id deploy.ReleaseID, a deploy.Announcement, e deploy.Epoch, yield bool, after time.Duration) error {
	if d.dead.Load() {
		return &deploy.Error{Code: deploy.Unavailable, Op: "save", Msg: "the process is dead"}
	}
	err := d.Store.SaveAnnouncement(ctx, id, a, e, yield, after)
	if strings.HasPrefix(a.Posting, d.before) {
		d.dead.Store(true)
	}
	return err
}

func (d *dying) ClaimAnnouncement(ctx context.Context, id deploy.ReleaseID, owner string, lease time.Duration) (deploy.AnnouncementClaim, error) {
	if d.dead.Load() {
		return deploy.AnnouncementClaim{}, &deploy.Error{Code: deploy.Unavailable, Op: "claim", Msg: "the process is dead"}
	}
	return d.Store.ClaimAnnouncement(ctx, id, owner, lease)
}

func TestAnIncidentIsPostedOnceInTheChannel(t *testing.T) {
	t.Parallel()
	for name, begin := range map[string]func(*stage){
		"by one":        func(s *stage) { s.announce("one", nil) },
		"by one of two": func(s *stage) { s.announce("one", nil); s.announce("two", nil) },
		"after a death between the post and the note of it": func(s *stage) {
			died := &dying{Store: s.store, before: "incident"}
			_, stop := s.announceFrom(died, "one", nil)
			eventually(s.t, s.w, "the post", func() bool { return died.dead.Load() && len(s.incidents()) == 1 })
			stop()
			s.announce("two", nil)
		},
		"when its answer is lost": func(s *stage) {
			s.w.SetFault("chat.postMessage", workspace.Fault{LoseReply: true, Times: 1})
			s.announce("one", nil)
		},
		"when it did not arrive at first": func(s *stage) {
			s.w.SetFault("chat.postMessage", workspace.Fault{Status: http.StatusServiceUnavailable, Times: 1})
			s.announce("one", nil)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			p := s.seen()
			_, stop := s.announce("zero", nil)
			s.settled(p)
			stop()
			p.falls().until("")
			begin(s)
			s.incidentHas("157 of 4,118 requests failed")
			s.settled(p)
			s.note(p, deploy.NoteTaken, "U0BOB")
			in := s.incidentHas("<@U0BOB> takes this")
			if n, m := len(s.incidents()), len(s.releases()); n != 1 || m != 1 {
				t.Errorf("%d incidents and %d releases in the channel", n, m)
			}
			if in.ThreadTS != "" || in.Broadcast != "" {
				t.Errorf("it is in the thread %s", in.ThreadTS)
			}
			for _, post := range s.below(s.releases()[0].TS) {
				if strings.Contains(post.Text, "*INCIDENT") {
					t.Errorf("the thread of the release has it too: %q", post.Text)
				}
			}
		})
	}
}

func TestAnIncidentIsPostedBeforeTheStoryIsTold(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.fallen()
	s.announce("one", nil)
	s.incidentHas("157 of 4,118 requests failed")
	var posted []string
	for _, c := range s.w.Calls() {
		if c.Method == "chat.postMessage" {
			posted = append(posted, c.TS)
		}
	}
	if len(posted) < 2 || posted[1] != s.incidents()[0].TS {
		t.Errorf("posted %v, and the incident is %s", posted, s.incidents()[0].TS)
	}
}

func TestAnIncidentIsKeptTrue(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	p := s.seen().falls()
	s.announce("one", nil)
	in := s.incidentHas("157 of 4,118 requests failed")
	if slices.Contains(labels(in), "Clear the lock") {
		t.Error("there is a lock to clear before the end has left one")
	}
	p.until("")
	eventually(t, s.w, "the lock", func() bool { return slices.Contains(labels(s.incidents()[0]), "Clear the lock") })
	s.note(p, deploy.NoteTaken, "U0BOB")
	s.incidentHas("<@U0BOB> takes this")
	if _, err := s.store.Unlock(t.Context(), target, p.release.ID, "E unlock"); err != nil {
		t.Fatal(err)
	}
	s.note(p, deploy.NoteUnlocked, "U0CAROL")
	last := s.incidentHas("Lock cleared by <@U0CAROL>")
	if got := labels(last); slices.Contains(got, "Clear the lock") || slices.Contains(got, "I take this") {
		t.Errorf("what was done can be done again: %v", got)
	}
	if last.TS != in.TS || len(s.incidents()) != 1 {
		t.Errorf("%d incidents", len(s.incidents()))
	}
}

// elsewhere is a store that says who has locked what.
type elsewhere struct {
	*store.Store
	lock *deploy.Lock
}

func (e elsewhere) Closure(context.Context, deploy.Target) (deploy.Closure, error) {
	return deploy.Closure{Lock: e.lock}, nil
}

func TestTheLockOfAnotherReleaseIsNotOursToClear(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	p := s.fallen()
	s.announceFrom(elsewhere{s.store, &deploy.Lock{Release: "coditect-app-7"}}, "one", nil)
	s.incidentHas("157 of 4,118 requests failed")
	s.note(p, deploy.NoteTaken, "U0BOB")
	if got := labels(s.incidentHas("<@U0BOB> takes this")); slices.Contains(got, "Clear the lock") {
		t.Errorf("buttons %v", got)
	}
}

func TestWhatUsersNeverSawIsNoIncident(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	p := s.release(func(a *deploy.Ask) { a.Spec = watchedSpec() })
	p.breaks("health/checks", &deploy.Error{Code: deploy.Invalid, Msg: "/health answers 500"})
	p.until("rollback/incident").recorded(func(in *deploy.Incident) { in.Share = 0 }, 0).until("")
	if p.release.State != deploy.Failed || p.release.Incident == nil {
		t.Fatalf("it is %s with %v", p.release.State, p.release.Incident)
	}
	s.announce("one", nil)
	eventually(t, s.w, "the end", s.shows("before users saw anything"))
	s.settled(p)
	if n := len(s.incidents()); n != 0 {
		t.Errorf("%d incidents", n)
	}
}

func TestAnIncidentThatWasDeletedStaysAway(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	p := s.fallen()
	s.announce("one", reporting(nil))
	in := s.incidentHas("157 of 4,118 requests failed")
	s.settled(p)
	if err := s.client.Delete(t.Context(), in.Channel, in.TS); err != nil {
		t.Fatal(err)
	}
	s.note(p, deploy.NoteReport, "U0BOB")
	eventually(t, s.w, "the report in the thread of the release", func() bool {
		return slices.ContainsFunc(s.below(s.releases()[0].TS), func(p workspace.Post) bool { return len(p.Files) == 1 })
	})
	s.note(p, deploy.NoteTaken, "U0BOB")
	eventually(t, s.w, "the note", func() bool {
		return slices.ContainsFunc(s.below(s.releases()[0].TS), func(p workspace.Post) bool { return strings.Contains(p.Text, "takes this") })
	})
	edits := 0
	for _, c := range s.w.Calls() {
		if c.Error == "message_not_found" {
			edits++
		}
	}
	if n := len(s.incidents()); n != 0 || edits != 1 {
		t.Errorf("%d incidents; what is gone was edited %d times", n, edits)
	}
}

func TestAnIncidentThatSlackRefusesKeepsNothingElseBack(t *testing.T) {
	t.Parallel()
	for _, code := range []string{"msg_too_long", "invalid_blocks"} {
		t.Run(code, func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			refuses := &refusing{word: "INCIDENT", code: code}
			s.client = s.behind(refuses.before)
			p := s.fallen()
			s.announce("one", nil)
			eventually(t, s.w, "the story", func() bool { return len(s.releases()) == 1 && len(s.below(s.releases()[0].TS)) >= 3 })
			if n := len(s.incidents()); n != 0 {
				t.Fatalf("%d incidents", n)
			}
			if first := s.releases()[0].Blocks; !slices.ContainsFunc(first, func(b any) bool { return b.(map[string]any)["type"] == "plan" }) {
				t.Error("the plan block is blamed for the incident")
			}
			refuses.mended.Store(true)
			s.note(p, deploy.NoteTaken, "U0BOB")
			s.incidentHas("<@U0BOB> takes this")
		})
	}
}

func TestWhatIsWatchedTicksWhilePeopleAreWaitedFor(t *testing.T) {
	t.Parallel()
	for name, stops := range map[string]func(*play) *play{
		"while they are asked": func(p *play) *play { return p.until("traffic/50/gate") },
		"while it is held": func(p *play) *play {
			return p.until("traffic/10/bake").watching(4*time.Minute).say(deploy.SignalPause, "U0BOB", "")
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			p := stops(s.release(func(a *deploy.Ask) { a.Spec = watchedSpec(); asking(true, false)(a) }).judged(healthy()))
			s.announce("one", nil)
			eventually(t, s.w, "its numbers", s.shows("errors 2 of 4,118"))
			before := slack.DrawParent(p.release, time.Time{}, false).Fingerprint()
			j := healthy()
			j.Findings[0].Hits, j.Findings[0].Of, j.Why = 3, 5120, "3 of 5,120 requests failed"
			p.judged(j).watching(20 * time.Second)
			if after := slack.DrawParent(p.release, time.Time{}, false).Fingerprint(); after != before {
				t.Error("a look that found the same is a change of state, which takes an edit from what is urgent")
			}
			eventually(t, s.w, "the new numbers", s.shows("errors 3 of 5,120"))
		})
	}
}

func TestNumbersLeaveEditsForWhatIsUrgent(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	p := s.release(func(a *deploy.Ask) { a.Spec = watchedSpec(); asking(true, false)(a) }).judged(healthy()).until("traffic/50/gate")
	s.announce("one", nil)
	eventually(t, s.w, "its numbers", s.shows("errors 2 of 4,118"))
	eventually(t, s.w, "that it waits", s.shows("waiting for approval of 50 %")) // no edit of it is still to come
	eventually(t, s.w, "the question", s.threadHas("wants 50 %"))
	s.client.LastUpdates(2)
	j := healthy()
	j.Findings[0].Hits, j.Findings[0].Of = 3, 5120
	p.judged(j).watching(20 * time.Second)
	s.clock.leap(10 * time.Second)
	moment(t, 300*time.Millisecond) // two rounds and more
	if s.shows("errors 3 of 5,120")() {
		t.Error("numbers took an edit that was left for others")
	}
	p.say(deploy.SignalPause, "U0BOB", "")
	eventually(t, s.w, "what is urgent", s.shows("held by <@U0BOB>"))
	eventually(t, s.w, "the answer at the question", s.threadHas("Held at 10 % by <@U0BOB>"))
}
