package slack_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/google/go-cmp/cmp"
	"github.com/redis/go-redis/v9"

	"slipway/internal/commands/slack"
	"slipway/internal/deploy"
	"slipway/internal/sandbox/workspace"
	"slipway/internal/store"
)

// stage is a store, a practice workspace, and what it takes to play releases before its people.
type stage struct {
	t      testing.TB
	w      *workspace.Workspace
	client *slack.Client
	store  *store.Store
	clock  quick // zero if the clocks are the system's
}

// newStage has all clocks, Slack's and Redis's included, go at the same hurried pace.
func newStage(t testing.TB) *stage {
	t.Helper()
	clock := newQuick()
	w, c := open(t, func(o *workspace.Options) { o.Now = clock.Now }, &slack.Options{Clock: clock})
	m := miniredis.RunT(t)
	m.SetTime(clock.Now())
	ctx, cancel := context.WithCancel(context.Background())
	var ticking sync.WaitGroup
	ticking.Go(func() {
		ticker := time.NewTicker(2 * time.Millisecond)
		defer ticker.Stop()
		for {
			select {
			case <-ticker.C:
				m.SetTime(clock.Now())
			case <-ctx.Done():
				return
			}
		}
	})
	s := store.New(redis.NewClient(&redis.Options{Addr: m.Addr()}), nil)
	t.Cleanup(func() {
		_ = s.Close()
		cancel()
		ticking.Wait()
	})
	return &stage{t: t, w: w, client: c, store: s, clock: clock}
}

// behind is a client whose calls go through something before the workspace has them.
func (s *stage) behind(wrap func(http.Handler) http.Handler) *slack.Client {
	srv := httptest.NewServer(wrap(s.w.Handler()))
	s.w.SetBaseURL(srv.URL) // where files are sent to
	c := slack.New(slack.Tokens{App: workspace.AppToken, Bot: workspace.BotToken}, &slack.Options{APIURL: srv.URL + "/api", Clock: s.clock})
	s.t.Cleanup(func() {
		c.Close()
		srv.Close()
	})
	return c
}

// announce runs an announcer until the test ends or stop is called.
func (s *stage) announce(owner string, opts *slack.AnnouncerOptions) (a *slack.Announcer, stop func()) {
	return s.announceFrom(s.store, owner, opts)
}

// announceFrom is announce with a store that may fail.
func (s *stage) announceFrom(from slack.AnnouncerStore, owner string, opts *slack.AnnouncerOptions) (a *slack.Announcer, stop func()) {
	a = slack.NewAnnouncer(s.client, from, slack.NewDirectory(s.client), owner, opts)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- a.Run(ctx) }()
	var once sync.Once
	stop = func() {
		once.Do(func() {
			cancel()
			if err := <-ended; err != nil {
				s.t.Errorf("run the announcer: %v", err)
			}
		})
	}
	s.t.Cleanup(stop)
	return a, stop
}

// release creates alice's release and lets the test drive it as the engine would.
func (s *stage) release(change func(*deploy.Ask)) *play {
	s.t.Helper()
	ctx := s.t.Context()
	r := newRelease(s.t, change)
	r.ID, r.Number, r.Rev = "", 0, 0
	created, err := s.store.Create(ctx, r, deploy.EventID("create "+r.Version))
	if err != nil {
		s.t.Fatal(err)
	}
	claim, err := s.store.Claim(ctx, created.Release.ID, "engine", time.Hour)
	if err != nil {
		s.t.Fatal(err)
	}
	p := &play{t: s.t, release: claim.Release, now: claim.Now, instant: true}
	p.commit = func(r deploy.Release, entries []deploy.Entry) int64 {
		done, err := s.store.Commit(ctx, deploy.Commit{Release: r, Epoch: claim.Epoch, Entries: entries})
		if err != nil {
			s.t.Fatal(err)
		}
		return done.Rev
	}
	return p
}

// parents are the messages that begin a thread.
func (s *stage) parents() []workspace.Post {
	snapshot, err := s.w.Channel(channel)
	if err != nil {
		s.t.Fatal(err)
	}
	var posts []workspace.Post
	for _, p := range snapshot.Posts {
		if p.ThreadTS == "" {
			posts = append(posts, p)
		}
	}
	return posts
}

// thread is what was posted below the only parent.
func (s *stage) thread() []workspace.Post {
	parents := s.parents()
	if len(parents) != 1 {
		return nil
	}
	snapshot, err := s.w.Thread(channel, parents[0].TS)
	if err != nil {
		s.t.Fatal(err)
	}
	return snapshot.Posts[1:]
}

func (s *stage) shows(text string) func() bool {
	return func() bool {
		p := s.parents()
		return len(p) > 0 && strings.Contains(p[len(p)-1].Text, text)
	}
}

func (s *stage) threadHas(text string) func() bool {
	return func() bool {
		return slices.ContainsFunc(s.thread(), func(p workspace.Post) bool { return strings.Contains(p.Text, text) })
	}
}

// toldOnce checks that the thread has exactly the news of p, each once and in order. Questions are told by the
// message that asks, which overtakes what cannot be posted yet: they come last here.
func (s *stage) toldOnce(p *play) {
	s.t.Helper()
	journal, err := s.store.Journal(s.t.Context(), p.release.ID, 0)
	if err != nil {
		s.t.Fatal(err)
	}
	var want, asked []string
	for _, e := range journal {
		m, ok := slack.DrawEntry(p.release, e)
		switch {
		case ok && e.Kind == deploy.EntryAsked:
			asked = append(asked, "? "+string(e.Step))
		case ok:
			want = append(want, m.Text())
		}
	}
	want = append(want, asked...)
	said := func() []string {
		var got, asks []string
		for _, post := range s.thread() {
			if _, question, is := strings.Cut(post.Text, " wants "); is {
				asks = append(asks, "? traffic/"+strings.Fields(question)[0]+"/gate")
				continue
			}
			got = append(got, post.Text)
		}
		return append(got, asks...)
	}
	eventually(s.t, s.w, "the whole story", func() bool { return len(said()) >= len(want) })
	if diff := cmp.Diff(want, said()); diff != "" {
		s.t.Errorf("the thread tells another story (-want +got):\n%s", diff)
	}
}

func oneStep(a *deploy.Ask) {
	a.Spec.Strategy.Steps = []deploy.TrafficStep{{Percent: 100}}
	a.Spec.Health = nil
}

// gated is a release with one question, of 100 %.
func gated(a *deploy.Ask) {
	a.Spec.Health = nil
	a.Spec.Strategy.Steps = []deploy.TrafficStep{{Percent: 10, Bake: time.Millisecond}, {Percent: 100, Approve: true}}
}
