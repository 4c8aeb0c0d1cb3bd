package engine_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"slipway/internal/deploy"
	"slipway/internal/deploy/engine"
	"slipway/internal/store/memstore"
)

// settable is a clock that can be set: of the bot, or of Redis. Its timers are not touched by that, as those of a
// computer are not.
type settable struct{ skew atomic.Int64 }

func (c *settable) Now() time.Time { return time.Now().Add(time.Duration(c.skew.Load())).Round(0) }

func (c *settable) NewTimer(d time.Duration) (<-chan time.Time, func()) {
	return deploy.SystemClock{}.NewTimer(d)
}

func (c *settable) jump(d time.Duration) { c.skew.Add(int64(d)) }

// hour is a release in virtual time: 10 % with five minutes of baking, then a gate that is open for an hour. Each step
// is looked at three times; a look takes three seconds, and between two there is one more.
type hour struct {
	t          *testing.T
	redis, bot settable
	store      *memstore.Store
	id         deploy.ReleaseID
}

const (
	bakes  = 5 * time.Minute
	opened = time.Hour
	look   = 3 * time.Second
	looks  = 3
	rest   = time.Second
	takes  = looks*look + (looks-1)*rest
	slack  = 5 * time.Second // polls, looks and acts
)

func newHour(t *testing.T) *hour {
	h := &hour{t: t}
	h.store = memstore.New(h.redis.Now)
	r, err := deploy.NewRelease(deploy.Ask{
		Kind: deploy.Deploy, Target: deploy.Target{Service: "app", Environment: "production"}, Version: "v2", Requester: "U0ALICE",
		Spec: deploy.Spec{
			Strategy: deploy.Strategy{Kind: deploy.Canary, Steps: []deploy.TrafficStep{{Percent: 10, Bake: bakes}, {Percent: 100, Approve: true}}},
			Policy:   deploy.Policy{Approvals: 1, ApprovalExpires: opened},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	made, err := h.store.Create(t.Context(), r, "")
	if err != nil {
		t.Fatal(err)
	}
	h.id = made.Release.ID
	return h
}

// engine runs one replica until the function it returns is called.
func (h *hour) engine(name string, owners deploy.Owners, clock deploy.Clock) (stop func()) {
	runner := deploy.RunnerFunc(func(ctx context.Context, r deploy.Release, s deploy.Step) (deploy.Outcome, error) {
		timer := time.NewTimer(look)
		defer timer.Stop()
		select {
		case <-timer.C:
			if s.Looks+1 < looks {
				return deploy.Outcome{Facts: r.Facts, Again: rest, Note: fmt.Sprint("look ", s.Looks)}, nil
			}
			return deploy.Outcome{Facts: r.Facts}, nil
		case <-ctx.Done():
			return deploy.Outcome{}, &deploy.Error{Code: deploy.Unavailable, Err: ctx.Err()}
		}
	})
	runners := map[deploy.StepKind]deploy.Runner{}
	for _, k := range []deploy.StepKind{deploy.KindService, deploy.KindImage, deploy.KindPropose, deploy.KindRevision, deploy.KindShift, deploy.KindRetire,
		deploy.KindReturn, deploy.KindVerify, deploy.KindValidate, deploy.KindIncident} {
		runners[k] = runner
	}
	ctx, cancel := context.WithCancel(h.t.Context())
	done := make(chan error, 1)
	go func() { done <- engine.New(owners, runners, &engine.Options{Owner: name, Clock: clock}).Run(ctx) }()
	return func() {
		cancel()
		if err := <-done; err != nil {
			h.t.Error(err)
		}
	}
}

// until lets time pass, at most for limit, until it is so, and says how long that took.
func (h *hour) until(what string, limit time.Duration, so func(deploy.Release) bool) time.Duration {
	h.t.Helper()
	began := time.Now()
	for time.Since(began) < limit {
		r, err := h.store.Get(h.t.Context(), h.id)
		if err != nil {
			h.t.Fatal(err)
		}
		if so(r) {
			return time.Since(began)
		}
		time.Sleep(250 * time.Millisecond)
	}
	r, _ := h.store.Get(h.t.Context(), h.id)
	h.t.Fatalf("not %s after %s; it is %s (%s) at %+v", what, limit, r.State, r.Why, r.Current())
	return 0
}

func (h *hour) took(what string, took, want time.Duration) {
	h.t.Helper()
	if took < want-2*time.Second || took > want+slack {
		h.t.Errorf("%s took %s, want %s", what, took, want)
	}
}

func at(name deploy.StepName) func(deploy.Release) bool {
	return func(r deploy.Release) bool {
		c := r.Current()
		return c != nil && c.Name == name && c.Status == deploy.Started
	}
}

func TestTheClockOfTheBotDecidesNothing(t *testing.T) {
	t.Parallel()
	for name, jump := range map[string]time.Duration{"forward an hour": time.Hour, "back two hours": -2 * time.Hour} {
		for moment, step := range map[string]deploy.StepName{
			"in a step before the bake": "traffic/10", "in the bake": "traffic/10/bake", "at the gate": "traffic/100/gate",
		} {
			t.Run(name+", "+moment, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					h := newHour(t)
					defer h.engine("one", h.store, &h.bot)()
					set := func(s deploy.StepName) {
						h.until(string(s), time.Minute, at(s))
						if s == step {
							time.Sleep(time.Second)
							h.bot.jump(jump)
						}
					}
					set("traffic/10")
					set("traffic/10/bake")
					h.took("the bake", h.until("baked", time.Hour, func(r deploy.Release) bool { return !at("traffic/10/bake")(r) }), bakes)
					set("traffic/100/gate")
					h.took("the gate", h.until("paused", 2*time.Hour, in(deploy.Paused)), opened)
				})
			})
		}
	}
}

func TestAClockOfTheBotThatIsSetDoesNotMakeARollBackWait(t *testing.T) {
	t.Parallel()
	for name, jump := range map[string]time.Duration{"forward an hour": time.Hour, "back two hours": -2 * time.Hour} {
		for moment, after := range map[string]time.Duration{"during a look": look / 2, "between two looks": look + rest/2} {
			t.Run(name+", "+moment, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					h := newHour(t)
					defer h.engine("one", h.store, &h.bot)()
					h.until("the first shift", time.Minute, at("traffic/10"))
					if _, err := h.store.Signal(t.Context(), h.id, deploy.Signal{Kind: deploy.SignalRollBack, By: "U0BOB"}, ""); err != nil {
						t.Fatal(err)
					}
					h.until("the way back", time.Second, at("rollback/traffic"))
					time.Sleep(after)
					h.bot.jump(jump)
					h.took("the roll back", h.until("rolled back", 3*time.Hour, in(deploy.RolledBack)), 4*takes-after)
				})
			})
		}
	}
}

// silent is a store that stops answering beats.
type silent struct {
	deploy.Owners
	mute atomic.Bool
}

func (s *silent) Beat(ctx context.Context, id deploy.ReleaseID, e deploy.Epoch, d time.Duration) (int, error) {
	if s.mute.Load() {
		return 0, &deploy.Error{Code: deploy.Unavailable, Msg: "no answer"}
	}
	return s.Owners.Beat(ctx, id, e, d)
}

func TestAClockOfTheBotThatWentBackDoesNotKeepADeadLease(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHour(t)
		given := make(chan error, 1)
		runner := deploy.RunnerFunc(func(ctx context.Context, r deploy.Release, _ deploy.Step) (deploy.Outcome, error) {
			<-ctx.Done()
			given <- ctx.Err()
			return deploy.Outcome{}, &deploy.Error{Code: deploy.Unavailable, Err: ctx.Err()}
		})
		owners := &silent{Owners: h.store}
		owners.mute.Store(true)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() {
			done <- engine.New(owners, map[deploy.StepKind]deploy.Runner{deploy.KindService: runner},
				&engine.Options{Owner: "one", Clock: &h.bot, Call: 10 * time.Minute}).Run(ctx)
		}()
		h.until("the first step", time.Minute, at("preflight/service"))
		began := time.Now()
		time.Sleep(time.Second)
		h.bot.jump(-2 * time.Hour)
		<-given
		if d := time.Since(began); d > 15*time.Second {
			t.Errorf("the call went on for %s under a lease of 15 s that nobody confirmed", d)
		}
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

func TestABakeAndAGateEndByRedisTime(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		jump       time.Duration
		bake, gate time.Duration
	}{
		"forward an hour: at once":                         {time.Hour, 0, 0},
		"forward a minute: a minute earlier":               {time.Minute, bakes - time.Minute, opened - time.Minute},
		"back two hours: when the clock shows their times": {-2 * time.Hour, bakes + 2*time.Hour, opened + 2*time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				h := newHour(t)
				defer h.engine("one", h.store, &h.bot)()
				h.until("the bake", time.Minute, at("traffic/10/bake"))
				h.redis.jump(c.jump)
				h.took("the bake", h.until("baked", 3*time.Hour, func(r deploy.Release) bool { return !at("traffic/10/bake")(r) }), c.bake)
				h.until("the gate", time.Minute, at("traffic/100/gate"))
				h.redis.jump(c.jump)
				h.took("the gate", h.until("paused", 4*time.Hour, in(deploy.Paused)), c.gate)
			})
		})
	}
}

// A computer that was suspended is as much behind as a Redis whose clock was set.
func TestABakeIsNotCutShortByWhatPassedUnnoticedBeforeIt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHour(t)
		defer h.engine("one", h.store, &h.bot)()
		h.until("the shift", time.Minute, at("traffic/10"))
		time.Sleep(takes - look/2) // in the last look
		h.redis.jump(time.Hour)
		h.until("the bake", time.Minute, at("traffic/10/bake"))
		if _, err := h.store.Signal(t.Context(), h.id, deploy.Signal{Kind: deploy.SignalResume, By: "U0BOB"}, ""); err != nil {
			t.Fatal(err) // whatever is said, the release is looked at
		}
		h.took("the bake", h.until("baked", time.Hour, func(r deploy.Release) bool { return !at("traffic/10/bake")(r) }), bakes)
	})
}

func TestWhatPeopleSayIsHeardAtOnceThoughTheClockOfRedisWentBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHour(t)
		defer h.engine("one", h.store, &h.bot)()
		h.until("the bake", time.Minute, at("traffic/10/bake"))
		h.redis.jump(-2 * time.Hour)
		if _, err := h.store.Signal(t.Context(), h.id, deploy.Signal{Kind: deploy.SignalRollBack, By: "U0BOB"}, ""); err != nil {
			t.Fatal(err)
		}
		h.took("the roll back", h.until("rolled back", time.Hour, in(deploy.RolledBack)), 4*takes)
	})
}

// The first replica sends no beats, as if it were paused, while a call of it goes on.
func TestALeaseThatAJumpOfTheRedisClockEndedIsTakenOverAndItsOwnerFenced(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHour(t)
		first := &silent{Owners: h.store}
		first.mute.Store(true)
		stopFirst := h.engine("one", first, &h.bot)
		h.until("the first step", time.Minute, at("preflight/image"))
		h.redis.jump(time.Minute) // longer than the lease, shorter than the time-out of the step
		defer h.engine("two", h.store, deploy.SystemClock{})()
		h.until("the next step", time.Minute, at("deploy/revision"))
		stopFirst()
		h.until("the gate", time.Hour, at("traffic/100/gate"))
		journal, err := h.store.Journal(t.Context(), h.id, 0)
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for _, e := range journal {
			if e.Kind == deploy.EntryOutcome && e.Step == "preflight/image" {
				n++
			}
		}
		if n != 1 {
			t.Errorf("the step has %d outcomes", n)
		}
	})
}
