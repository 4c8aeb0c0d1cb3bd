package engine_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/google/go-cmp/cmp"
	"github.com/redis/go-redis/v9"
	"go.uber.org/goleak"

	"slipway/internal/deploy"
	"slipway/internal/deploy/engine"
	"slipway/internal/store"
	"slipway/internal/store/storetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m, storetest.WireLeaks()...) }

// patience bounds every wait of these tests; none comes near it when things are right.
const patience = 20 * time.Second

// bench is a store with one release in it and runners that the test sets up.
type bench struct {
	t       *testing.T
	redis   *miniredis.Miniredis
	store   *store.Store
	id      deploy.ReleaseID
	runners map[deploy.StepKind]deploy.Runner

	mu   sync.Mutex
	acts []deploy.StepName
}

func newBench(t *testing.T, change ...func(*deploy.Spec)) *bench {
	t.Helper()
	redisServer := miniredis.RunT(t)
	client := redis.NewClient(&redis.Options{Addr: redisServer.Addr(), MaxRetries: -1})
	b := newBenchOver(t, store.New(client, nil), change...)
	b.redis = redisServer
	return b
}

func newBenchOver(t *testing.T, s *store.Store, change ...func(*deploy.Spec)) *bench {
	t.Helper()
	b := &bench{t: t, store: s, runners: map[deploy.StepKind]deploy.Runner{}}
	t.Cleanup(func() { _ = b.store.Close() })
	for _, k := range []deploy.StepKind{deploy.KindService, deploy.KindImage, deploy.KindPropose, deploy.KindRevision, deploy.KindHealth,
		deploy.KindShift, deploy.KindRetire, deploy.KindReturn, deploy.KindVerify, deploy.KindValidate, deploy.KindIncident} {
		b.on(k, func(context.Context, deploy.Release, deploy.Step) (deploy.Outcome, error) {
			return deploy.Outcome{}, nil
		})
	}
	spec := deploy.Spec{
		Strategy: deploy.Strategy{Kind: deploy.BlueGreen, Steps: []deploy.TrafficStep{{Percent: 100, Approve: true}}},
		Policy:   deploy.Policy{Approvals: 1, ApprovalExpires: time.Hour},
	}
	for _, c := range change {
		c(&spec)
	}
	r, err := deploy.NewRelease(deploy.Ask{Kind: deploy.Deploy, Target: deploy.Target{Service: "app", Environment: "production"},
		Version: "v2", Requester: "U0ALICE", Spec: spec})
	if err != nil {
		t.Fatal(err)
	}
	made, err := b.store.Create(t.Context(), r, "event-1")
	if err != nil {
		t.Fatal(err)
	}
	b.id = made.Release.ID
	return b
}

// on sets what a kind of step does. Outcomes keep the facts as they were.
func (b *bench) on(k deploy.StepKind, do deploy.RunnerFunc) {
	b.runners[k] = deploy.RunnerFunc(func(ctx context.Context, r deploy.Release, s deploy.Step) (deploy.Outcome, error) {
		b.mu.Lock()
		b.acts = append(b.acts, s.Name)
		b.mu.Unlock()
		out, err := do(ctx, r, s)
		out.Facts = r.Facts
		return out, err
	})
}

// revision is the step in which something is changed for the first time.
func revision(r deploy.Release) deploy.Step {
	i := slices.IndexFunc(r.Steps, func(s deploy.Step) bool { return s.Kind == deploy.KindRevision })
	return r.Steps[i]
}

func (b *bench) acted() []deploy.StepName {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]deploy.StepName(nil), b.acts...)
}

// start runs an engine until the test or the function it returns ends it.
func (b *bench) start(owner string, owners deploy.Owners, change ...func(*engine.Options)) (stop func()) {
	b.t.Helper()
	opts := &engine.Options{Owner: owner, Poll: 20 * time.Millisecond, Linger: 50 * time.Millisecond}
	for _, c := range change {
		c(opts)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- engine.New(owners, b.runners, opts).Run(ctx) }()
	var once sync.Once
	stop = func() {
		once.Do(func() {
			cancel()
			if err := <-done; err != nil {
				b.t.Errorf("engine %s: %v", owner, err)
			}
		})
	}
	b.t.Cleanup(stop)
	return stop
}

// await reads the release until it is as wanted.
func (b *bench) await(what string, is func(deploy.Release) bool) deploy.Release {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.t.Context(), patience)
	defer cancel()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for {
		r, err := b.store.Get(ctx, b.id)
		if err == nil && is(r) {
			return r
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			b.t.Fatalf("never %s; state %s (%s), acts %v", what, r.State, r.Why, b.acted())
		}
	}
}

func (b *bench) say(s deploy.Signal) {
	b.t.Helper()
	if _, err := b.store.Signal(b.t.Context(), b.id, s, deploy.EventID(string(s.Kind)+"-event")); err != nil {
		b.t.Fatal(err)
	}
}

func in(s deploy.State) func(deploy.Release) bool {
	return func(r deploy.Release) bool { return r.State == s }
}

func TestReleaseIsCarriedToItsEndThroughItsGate(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.start("one", b.store)
	b.await("waiting", in(deploy.Waiting))
	b.say(deploy.Signal{Kind: deploy.SignalPromote, By: "U0BOB", Step: "traffic/100/gate"})
	b.await("succeeded", in(deploy.Succeeded))
	want := []deploy.StepName{"preflight/service", "preflight/image", "preflight/plan", "deploy/revision", "traffic/100", "validate/service", "traffic/retire"}
	if d := cmp.Diff(want, b.acted()); d != "" {
		t.Errorf("acts (-want +got):\n%s", d)
	}
	if holder, err := b.store.Holder(t.Context(), deploy.Target{Service: "app", Environment: "production"}); err != nil || holder != "" {
		t.Errorf("held by %q after the end, %v", holder, err)
	}
}

func TestIntentIsStoredBeforeTheAct(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	stored := make(chan deploy.StepStatus, 1)
	b.on(deploy.KindRevision, func(ctx context.Context, _ deploy.Release, s deploy.Step) (deploy.Outcome, error) {
		r, err := b.store.Get(ctx, b.id)
		if err != nil {
			return deploy.Outcome{}, err
		}
		stored <- revision(r).Status
		return deploy.Outcome{}, nil
	})
	b.start("one", b.store)
	if got := <-stored; got != deploy.Started {
		t.Errorf("the store had the step as %s while it acted, want started", got)
	}
}

// unsure is a store that does not confirm commits of one step's intent.
type unsure struct {
	deploy.Owners
	step deploy.StepName
}

func (u *unsure) Commit(ctx context.Context, c deploy.Commit) (deploy.Committed, error) {
	for _, e := range c.Entries {
		if e.Kind == deploy.EntryIntent && e.Step == u.step {
			return deploy.Committed{}, &deploy.Error{Code: deploy.Unavailable, Op: "commit", Msg: "Redis does not answer"}
		}
	}
	return u.Owners.Commit(ctx, c)
}

func TestNothingIsDoneWhileTheIntentIsNotConfirmed(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	tried := make(chan struct{}, 100)
	b.on(deploy.KindPropose, func(context.Context, deploy.Release, deploy.Step) (deploy.Outcome, error) {
		tried <- struct{}{}
		return deploy.Outcome{}, nil
	})
	stop := b.start("one", &unsure{Owners: b.store, step: "deploy/revision"})
	<-tried
	<-tried // the outcome of the plan goes with the refused intent, so it is looked at again
	stop()
	for _, s := range b.acted() {
		if s == "deploy/revision" {
			t.Fatal("the revision was created although its intent was not confirmed")
		}
	}
}

func TestRollBackCancelsTheStepInProgress(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	begun, cancelled := make(chan struct{}), make(chan struct{})
	b.on(deploy.KindRevision, func(ctx context.Context, _ deploy.Release, _ deploy.Step) (deploy.Outcome, error) {
		close(begun)
		<-ctx.Done()
		close(cancelled)
		return deploy.Outcome{}, ctx.Err()
	})
	b.start("one", b.store)
	<-begun
	b.say(deploy.Signal{Kind: deploy.SignalRollBack, By: "U0BOB", Reason: "wrong version"})
	<-cancelled
	r := b.await("ended", func(r deploy.Release) bool { return r.State.Terminal() })
	if r.State != deploy.Failed || revision(r).Status != deploy.Skipped || r.By != "U0BOB" {
		t.Errorf("%s by %s, step %s; want failed by bob (no user saw it), step skipped", r.State, r.By, revision(r).Status)
	}
	acts := b.acted()
	if acts[len(acts)-4] != "rollback/traffic" {
		t.Errorf("acts %v, want the way back at the end", acts)
	}
}

func TestRollBackDoesNotWaitForACallThatIgnoresItsCancellation(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	begun, release := make(chan struct{}), make(chan struct{})
	b.on(deploy.KindRevision, func(context.Context, deploy.Release, deploy.Step) (deploy.Outcome, error) {
		close(begun)
		<-release
		return deploy.Outcome{}, nil
	})
	b.start("one", b.store)
	<-begun
	b.say(deploy.Signal{Kind: deploy.SignalRollBack, By: "U0BOB"})
	b.await("ended while the call hangs", func(r deploy.Release) bool { return r.State.Terminal() })
	close(release)
}

func TestStepThatCannotBeCarriedOutParks(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		setUp func(*bench)
		why   string
	}{
		"a panic": {func(b *bench) {
			b.on(deploy.KindImage, func(context.Context, deploy.Release, deploy.Step) (deploy.Outcome, error) { panic("boom") })
		}, "preflight/image: Slipway ran into a defect of its own; its log has the stack; traffic stays as it is"},
		"a foreign error": {func(b *bench) {
			b.on(deploy.KindImage, func(context.Context, deploy.Release, deploy.Step) (deploy.Outcome, error) {
				return deploy.Outcome{}, errors.New("boom")
			})
		}, "preflight/image: internal error; traffic stays as it is"},
		"a kind of a newer version": {func(b *bench) { delete(b.runners, deploy.KindImage) },
			"step preflight/image is of kind preflight.image.v1, which this version of Slipway cannot carry out; start a newer one and resume"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			c.setUp(b)
			b.start("one", b.store)
			if r := b.await("parked", in(deploy.Parked)); r.Why != c.why {
				t.Errorf("why %q, want %q", r.Why, c.why)
			}
		})
	}
}

func TestAPartWhoseStepCannotBeCarriedOutKeepsWhatIsKnownOfIt(t *testing.T) {
	t.Parallel()
	b := newBench(t, func(s *deploy.Spec) {
		s.Platform.Service.Name = "app"
		s.Also = []deploy.Part{{Name: "worker", Platform: deploy.PlatformSpec{Service: deploy.ServiceRef{Name: "worker"}}, Health: []deploy.HealthCheck{{Path: "/health"}}}}
	})
	b.runners[deploy.KindService] = deploy.RunnerFunc(func(_ context.Context, r deploy.Release, _ deploy.Step) (deploy.Outcome, error) {
		r.Facts.Baseline.Name = deploy.RevisionName(r.Spec.Platform.Service.Name + "-1")
		return deploy.Outcome{Facts: r.Facts}, nil
	})
	delete(b.runners, deploy.KindHealth)
	b.start("one", b.store)
	r := b.await("parked", in(deploy.Parked))
	if got := r.Parts["worker"].Baseline.Name; got != "worker-1" || r.Facts.Baseline.Name != "app-1" {
		t.Errorf("the worker would go back to %s, the service to %s", got, r.Facts.Baseline.Name)
	}
}

func TestWaitingReleaseLeavesMemoryAndComesBackWhenTold(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	gone := &claims{Owners: b.store}
	b.start("one", gone)
	b.await("waiting", in(deploy.Waiting))
	b.say(deploy.Signal{Kind: deploy.SignalPause, By: "U0BOB"})
	if r := b.await("paused", in(deploy.Paused)); r.By != "U0BOB" {
		t.Errorf("paused by %s", r.By)
	}
	if n := gone.won.Load(); n != 2 {
		t.Errorf("claimed %d times, want once at first and once for the signal: in between nobody had it", n)
	}
}

// claims counts the leases that were had.
type claims struct {
	deploy.Owners
	won atomic.Int64
}

func (c *claims) Claim(ctx context.Context, id deploy.ReleaseID, owner string, lease time.Duration) (deploy.Claim, error) {
	claim, err := c.Owners.Claim(ctx, id, owner, lease)
	if err == nil {
		c.won.Add(1)
	}
	return claim, err
}

func TestGracefulStopHandsOverAtOnce(t *testing.T) {
	t.Parallel()
	b := newBench(t, func(s *deploy.Spec) { s.Strategy.Steps[0].Approve = false })
	begun, finish := make(chan struct{}), make(chan struct{})
	var later atomic.Bool
	b.on(deploy.KindRevision, func(context.Context, deploy.Release, deploy.Step) (deploy.Outcome, error) {
		if !later.Swap(true) {
			close(begun)
			<-finish
		}
		return deploy.Outcome{}, nil
	})
	stop := b.start("one", b.store, func(o *engine.Options) { o.Lease = time.Hour })
	<-begun
	stopped := make(chan struct{})
	go func() { stop(); close(stopped) }()
	close(finish)
	<-stopped
	b.start("two", b.store)
	b.await("succeeded under the second engine, though the first had a lease of an hour", in(deploy.Succeeded))
	n := 0
	for _, s := range b.acted() {
		if s == "deploy/revision" {
			n++
		}
	}
	if n != 1 {
		t.Errorf("the revision was created %d times, want once: its outcome was stored before the hand-over", n)
	}
}

func TestGracefulStopWakesTheSuccessorInAShortWait(t *testing.T) {
	t.Parallel()
	b := newBench(t, func(s *deploy.Spec) { s.Strategy.Steps[0].Approve = false })
	var runs atomic.Int64
	b.on(deploy.KindRevision, func(context.Context, deploy.Release, deploy.Step) (deploy.Outcome, error) {
		if runs.Add(1) == 1 {
			return deploy.Outcome{Again: time.Second, Note: "creating"}, nil
		}
		return deploy.Outcome{}, nil
	})
	patient := func(o *engine.Options) { o.Lease, o.Linger, o.Poll = time.Hour, time.Minute, time.Hour }
	stop := b.start("one", b.store, patient)
	b.await("looking again soon", func(r deploy.Release) bool { return revision(r).Note == "creating" })
	b.start("two", b.store, patient)
	stop()
	b.await("succeeded under a second engine that never polls", in(deploy.Succeeded))
}

// deaf is a store whose beats go wrong as if the process had been paused: the lease lapses unnoticed.
type deaf struct{ deploy.Owners }

func (deaf) Beat(context.Context, deploy.ReleaseID, deploy.Epoch, time.Duration) (int, error) {
	return 0, nil
}

func TestStaleOwnerWritesNothing(t *testing.T) {
	t.Parallel()
	b := newBench(t, func(s *deploy.Spec) { s.Strategy.Steps[0].Approve = false })
	paused, wake := make(chan struct{}), make(chan struct{})
	var later atomic.Bool
	b.on(deploy.KindRevision, func(context.Context, deploy.Release, deploy.Step) (deploy.Outcome, error) {
		if !later.Swap(true) {
			close(paused)
			<-wake
		}
		return deploy.Outcome{}, nil
	})
	stop := b.start("one", deaf{b.store}, func(o *engine.Options) { o.Lease = 100 * time.Millisecond })
	<-paused
	b.start("two", b.store)
	ended := b.await("succeeded under the second engine", in(deploy.Succeeded))
	close(wake)
	stop()
	after, err := b.store.Get(t.Context(), b.id)
	if err != nil {
		t.Fatal(err)
	}
	if after.Rev != ended.Rev {
		t.Errorf("revision %d after the stale owner woke up, %d before", after.Rev, ended.Rev)
	}
}

func TestReleaseGoesOnAfterTheStoreWasAway(t *testing.T) {
	t.Parallel()
	b := newBench(t, func(s *deploy.Spec) { s.Strategy.Steps[0].Approve = false })
	flaky := &flaky{Owners: b.store, fail: 3}
	b.start("one", flaky, func(o *engine.Options) { o.Lease = time.Hour })
	b.await("succeeded although the store did not answer three times", in(deploy.Succeeded))
}

// flaky is a store that does some commits but loses the answer.
type flaky struct {
	deploy.Owners
	mu   sync.Mutex
	fail int
}

func (f *flaky) Commit(ctx context.Context, c deploy.Commit) (deploy.Committed, error) {
	done, err := f.Owners.Commit(ctx, c)
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.fail > 0 {
		f.fail--
		return deploy.Committed{}, &deploy.Error{Code: deploy.Unavailable, Op: "commit", Msg: "the answer was lost"}
	}
	return done, err
}

func TestMoreThanThereIsRoomForAreTakenAsRoomIsMadeAndNotAtTheNextLook(t *testing.T) {
	t.Parallel()
	b := newBench(t, noApproval)
	all := []deploy.ReleaseID{b.id}
	for i := range 8 {
		all = append(all, b.more(fmt.Sprintf("app-%d", i)))
	}
	b.start("one", b.store, func(o *engine.Options) { o.Parallel, o.Poll = 2, time.Hour })
	for _, b.id = range all {
		b.await("succeeded", in(deploy.Succeeded))
	}
}
