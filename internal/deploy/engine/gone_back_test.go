package engine_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"slipway/internal/deploy"
	"slipway/internal/store/redistest"
	"slipway/internal/store/storetest"
)

// site is what a platform keeps of who changed it; see deploy.Platform.
type site struct {
	mu      sync.Mutex
	epoch   deploy.Epoch
	changes []string
}

func (x *site) change(r deploy.Release, s deploy.Step) (deploy.Outcome, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, g := range r.Gaps {
		if g.Has(x.epoch) {
			return deploy.Outcome{}, deploy.WentBack("change", fmt.Sprintf("it was changed under epoch %d", x.epoch))
		}
	}
	if x.epoch > r.Epoch {
		return deploy.Outcome{}, &deploy.Error{Code: deploy.Fenced, Msg: "a later one was here"}
	}
	x.epoch, x.changes = r.Epoch, append(x.changes, string(s.Name))
	return deploy.Outcome{}, nil
}

func (x *site) story() string {
	x.mu.Lock()
	defer x.mu.Unlock()
	return strings.Join(x.changes, " ")
}

// past is a bench over a Redis that can go back to the moment when the candidate's health was looked at. Its release
// sends 10 % without asking and asks for the rest.
func past(t *testing.T, change ...func(*deploy.Spec)) (b *bench, server *storetest.Server, x *site, moment func() redistest.Past) {
	t.Helper()
	server, x = storetest.StartRedis(t, kept...), &site{}
	change = append([]func(*deploy.Spec){func(s *deploy.Spec) {
		s.Health = []deploy.HealthCheck{{Path: "/health", Status: 200}}
		s.Strategy = deploy.Strategy{Kind: deploy.Canary, Steps: []deploy.TrafficStep{{Percent: 10}, {Percent: 100, Approve: true}}}
	}}, change...)
	b = newBenchOver(t, impatient(t, server.Addr, nil), change...)
	for _, k := range []deploy.StepKind{deploy.KindRevision, deploy.KindShift, deploy.KindReturn} {
		b.on(k, func(_ context.Context, r deploy.Release, s deploy.Step) (deploy.Outcome, error) {
			return x.change(r, s)
		})
	}
	var kept redistest.Past
	var once sync.Once
	b.on(deploy.KindHealth, func(context.Context, deploy.Release, deploy.Step) (deploy.Outcome, error) {
		once.Do(func() {
			var err error
			if kept, err = server.Remember(); err != nil {
				t.Error(err)
			}
		})
		return deploy.Outcome{}, nil
	})
	return b, server, x, func() redistest.Past { return kept }
}

func goBack(t *testing.T, server *storetest.Server, to redistest.Past) {
	t.Helper()
	if err := server.GoBack(to); err != nil {
		t.Fatal(err)
	}
	server.Start(t)
}

const wentBack = "Redis has gone back in time: "

func (b *bench) asksPeople(why string) deploy.Release {
	b.t.Helper()
	r := b.await("parked", in(deploy.Parked))
	if !strings.Contains(r.Why, wentBack+why) || !strings.Contains(r.Why, "resume") || r.By != deploy.Slipway {
		b.t.Errorf("parked by %s in the words %q", r.By, r.Why)
	}
	return r
}

func TestAKilledRedisThatKeepsEverything(t *testing.T) {
	t.Parallel()
	b, server, x, _ := past(t, noApproval, func(s *deploy.Spec) { s.Strategy.Steps[1].Approve = false })
	var once sync.Once
	killed := make(chan struct{})
	b.on(deploy.KindShift, func(_ context.Context, r deploy.Release, s deploy.Step) (deploy.Outcome, error) {
		defer once.Do(func() {
			server.Kill()
			close(killed)
		})
		if strings.HasSuffix(x.story(), string(s.Name)) {
			return deploy.Outcome{}, nil // it looks before it acts
		}
		return x.change(r, s)
	})
	heard := listen(b.store)
	b.start("one", heard, brief)
	<-killed
	heard.hear(t, noAnswer, 2)
	server.Start(t)
	b.await("succeeded by itself", in(deploy.Succeeded))
	if got := x.story(); got != "deploy/revision traffic/10 traffic/100" {
		t.Errorf("changes %s", got)
	}
	b.gapless()
}

func TestWhatRedisHasForgottenIsFoundAtThePlatform(t *testing.T) {
	t.Parallel()
	const before = "deploy/revision traffic/10"
	lose := func(t *testing.T) (b *bench, x *site) {
		b, server, x, moment := past(t)
		stop := b.start("one", b.store, brief)
		b.await("at the gate", in(deploy.Waiting))
		stop()
		goBack(t, server, moment())
		b.start("two", b.store, brief) // it has never seen the release
		b.asksPeople("it was changed under epoch")
		if got := x.story(); got != before {
			t.Errorf("changes %s; want nothing repeated", got)
		}
		return b, x
	}
	t.Run("and is gone on with when people say so", func(t *testing.T) {
		t.Parallel()
		b, x := lose(t)
		b.say(deploy.Signal{Kind: deploy.SignalResume, By: "U0BOB"})
		b.await("at the gate again", in(deploy.Waiting))
		b.say(deploy.Signal{Kind: deploy.SignalPromote, By: "U0BOB"})
		b.await("succeeded", in(deploy.Succeeded))
		if got := x.story(); got != before+" traffic/10 traffic/100" {
			t.Errorf("changes %s", got)
		}
	})
	t.Run("and is taken back when people say so", func(t *testing.T) {
		t.Parallel()
		b, x := lose(t)
		b.say(deploy.Signal{Kind: deploy.SignalRollBack, By: "U0BOB"})
		b.await("rolled back", in(deploy.RolledBack))
		if got := x.story(); got != before+" rollback/traffic" {
			t.Errorf("changes %s", got)
		}
	})
}

func TestARollBackByAPersonIsNotHeldUpByWhatRedisHasForgotten(t *testing.T) {
	t.Parallel()
	b, server, x, moment := past(t)
	stop := b.start("one", b.store, brief)
	b.await("at the gate", in(deploy.Waiting))
	stop()
	goBack(t, server, moment())
	b.say(deploy.Signal{Kind: deploy.SignalRollBack, By: "U0BOB"})
	b.start("two", b.store, brief)
	b.await("ended", func(r deploy.Release) bool { return r.State.Terminal() })
	if got := x.story(); got != "deploy/revision traffic/10 rollback/traffic" {
		t.Errorf("changes %s", got)
	}
}

func TestWhatRedisHasForgottenIsKnownToWhoSawIt(t *testing.T) {
	t.Parallel()
	b, server, x, moment := past(t)
	b.start("one", b.store, brief)
	b.await("at the gate", in(deploy.Waiting))
	before := len(b.acted())
	goBack(t, server, moment())
	b.asksPeople("app-1 was at revision")
	if again := b.acted()[before:]; len(again) > 0 {
		t.Errorf("%v again, though the release was known to be further", again)
	}
	b.say(deploy.Signal{Kind: deploy.SignalResume, By: "U0BOB"})
	b.await("at the gate again", in(deploy.Waiting))
	if got := x.story(); got != "deploy/revision traffic/10 traffic/10" {
		t.Errorf("changes %s", got)
	}
}

func TestPeopleAreAskedOnceHoweverManyReplicasRemember(t *testing.T) {
	t.Parallel()
	b, server, _, moment := past(t)
	for _, owner := range []string{"one", "two"} {
		b.start(owner, b.store, brief)
		b.await("at the gate", in(deploy.Waiting))
		b.tell(deploy.SignalPause, owner) // so that each has it once
		b.await("paused", in(deploy.Paused))
		b.tell(deploy.SignalResume, owner)
		b.await("at the gate again", in(deploy.Waiting))
	}
	goBack(t, server, moment())
	b.asksPeople("")
	for i := range 4 { // whichever of them hears it
		b.tell(deploy.SignalResume, fmt.Sprint("again", i))
		b.await("at the gate again", in(deploy.Waiting))
		b.tell(deploy.SignalPause, fmt.Sprint("again", i))
		b.await("paused", in(deploy.Paused))
	}
	entries, err := b.store.Journal(t.Context(), b.id, 0)
	if err != nil {
		t.Fatal(err)
	}
	asked := 0
	for _, e := range entries {
		if e.State == deploy.Parked {
			asked++
		}
	}
	if asked != 1 {
		t.Errorf("people were asked %d times", asked)
	}
}

// tell says something under an event of its own.
func (b *bench) tell(k deploy.SignalKind, event string) {
	b.t.Helper()
	if _, err := b.store.Signal(b.t.Context(), b.id, deploy.Signal{Kind: k, By: "U0BOB"}, deploy.EventID(event+string(k))); err != nil {
		b.t.Fatal(err)
	}
}

func TestWhatOnlyRedisSawIsDoneAgainWithoutAsking(t *testing.T) {
	t.Parallel()
	b, server, x, moment := past(t, func(s *deploy.Spec) { s.Strategy.Steps[0].Approve = true })
	stop := b.start("one", b.store, brief)
	b.await("at the gate", in(deploy.Waiting))
	stop()
	goBack(t, server, moment())
	b.start("two", b.store, brief)
	b.await("at the gate again", in(deploy.Waiting))
	b.say(deploy.Signal{Kind: deploy.SignalPromote, By: "U0BOB"})
	b.await("further", func(r deploy.Release) bool { return r.Facts.MaxShare == 10 && r.State == deploy.Waiting })
	if got := x.story(); got != "deploy/revision traffic/10" {
		t.Errorf("changes %s", got)
	}
}

func TestARedisThatWasOnlyRestartedAsksNobody(t *testing.T) {
	t.Parallel()
	b, server, x, _ := past(t, func(s *deploy.Spec) {
		s.Strategy.Steps[1].Approve, s.Strategy.Steps[0].Bake = false, 300*time.Millisecond
	})
	b.start("one", b.store, brief)
	for _, at := range []deploy.StepName{"deploy/revision", "traffic/10"} {
		b.await("through "+string(at), func(r deploy.Release) bool {
			for _, s := range r.Steps {
				if s.Name == at {
					return s.Status == deploy.Done
				}
			}
			return false
		})
		server.Kill()
		server.Start(t)
	}
	b.await("succeeded", in(deploy.Succeeded))
	if got := x.story(); !strings.HasSuffix(got, "traffic/100") {
		t.Errorf("changes %s", got)
	}
}
