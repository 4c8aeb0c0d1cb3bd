package engine_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"slipway/internal/deploy"
	"slipway/internal/deploy/engine"
)

// chatty is a store with a hint for the announcer every millisecond, as when many releases are under way.
type chatty struct{ deploy.Owners }

func (c chatty) Wakes(ctx context.Context) (<-chan deploy.Wake, error) {
	wakes := make(chan deploy.Wake)
	go func() {
		defer close(wakes)
		tick := time.NewTicker(time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			select {
			case <-ctx.Done():
				return
			case wakes <- deploy.Wake{Release: "other-1", Announcement: true}:
			}
		}
	}()
	return wakes, nil
}

func TestDueListIsReadHoweverManyHintsCome(t *testing.T) {
	t.Parallel()
	b := newBench(t, func(s *deploy.Spec) {
		s.Strategy.Steps = []deploy.TrafficStep{{Percent: 50, Bake: 200 * time.Millisecond}, {Percent: 100}}
	})
	b.start("one", chatty{b.store})
	b.await("succeeded after its bake, which ends without a hint", in(deploy.Succeeded))
}

// late is a store in which a roll back arrives just before the end of the release is written.
type late struct {
	deploy.Owners
	say func()
}

func (l *late) Commit(ctx context.Context, c deploy.Commit) (deploy.Committed, error) {
	if say := l.say; say != nil && c.Release.State.Terminal() {
		l.say = nil
		say()
	}
	return l.Owners.Commit(ctx, c)
}

func TestRollBackThatWasAcceptedBeforeTheEndIsHeard(t *testing.T) {
	t.Parallel()
	b := newBench(t, func(s *deploy.Spec) { s.Strategy.Steps[0].Approve = false })
	b.start("one", &late{Owners: b.store, say: func() {
		b.say(deploy.Signal{Kind: deploy.SignalRollBack, By: "U0BOB", Reason: "errors"})
	}})
	r := b.await("ended", func(r deploy.Release) bool { return r.State.Terminal() })
	if r.State != deploy.RolledBack || r.By != "U0BOB" {
		t.Errorf("%s by %s, want rolled back by bob: he was told that it will be", r.State, r.By)
	}
	inbox, err := b.store.Inbox(t.Context(), b.id)
	if err != nil || len(inbox) != 0 {
		t.Errorf("left unheard: %v, %v", inbox, err)
	}
}

// cutOff is a store whose beats get no answer, as over a network that swallows everything.
type cutOff struct{ deploy.Owners }

func (cutOff) Beat(ctx context.Context, _ deploy.ReleaseID, _ deploy.Epoch, _ time.Duration) (int, error) {
	<-ctx.Done()
	return 0, &deploy.Error{Code: deploy.Unavailable, Op: "beat", Err: ctx.Err()}
}

func TestOwnerThatIsCutOffStopsBeforeAnotherBegins(t *testing.T) {
	t.Parallel()
	b := newBench(t, func(s *deploy.Spec) { s.Strategy.Steps[0].Approve = false })
	begun := make(chan struct{})
	var inside, together, calls atomic.Int64
	b.on(deploy.KindRevision, func(ctx context.Context, _ deploy.Release, _ deploy.Step) (deploy.Outcome, error) {
		if inside.Add(1) > 1 {
			together.Add(1)
		}
		defer inside.Add(-1)
		if calls.Add(1) == 1 {
			close(begun)
			<-ctx.Done()
			return deploy.Outcome{}, ctx.Err()
		}
		return deploy.Outcome{}, nil
	})
	stop := b.start("one", cutOff{b.store}, func(o *engine.Options) { o.Lease, o.Poll = time.Second, time.Hour })
	<-begun
	b.start("two", b.store)
	b.await("succeeded under the second engine", in(deploy.Succeeded))
	if together.Load() > 0 {
		t.Error("both owners acted at once")
	}
	stop()
}

func TestCallThatNeverReturns(t *testing.T) {
	t.Parallel()
	setUp := func(t *testing.T) (b *bench, begun chan struct{}) {
		b = newBench(t, func(s *deploy.Spec) { s.Strategy.Steps[0].Approve = false })
		begun, release := make(chan struct{}), make(chan struct{})
		t.Cleanup(func() { close(release) })
		var later atomic.Bool
		b.on(deploy.KindImage, func(context.Context, deploy.Release, deploy.Step) (deploy.Outcome, error) {
			if !later.Swap(true) {
				close(begun)
				<-release
			}
			return deploy.Outcome{}, nil
		})
		return b, begun
	}
	t.Run("is tried again", func(t *testing.T) {
		t.Parallel()
		b, _ := setUp(t)
		b.start("one", b.store, func(o *engine.Options) { o.Call = 50 * time.Millisecond })
		b.await("succeeded", in(deploy.Succeeded))
	})
	t.Run("does not keep the process from stopping", func(t *testing.T) {
		t.Parallel()
		b, begun := setUp(t)
		stop := b.start("one", b.store, func(o *engine.Options) { o.Grace = 50 * time.Millisecond })
		<-begun
		stopped := make(chan struct{})
		go func() { stop(); close(stopped) }()
		select {
		case <-stopped:
		case <-time.After(patience):
			t.Error("the engine waits for it")
		}
	})
}

func TestRollBackIsNotHeldUpByOtherReleases(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	begun := make(chan struct{})
	var first atomic.Bool
	b.on(deploy.KindRevision, func(ctx context.Context, r deploy.Release, _ deploy.Step) (deploy.Outcome, error) {
		if r.ID != b.id && !first.Swap(true) {
			close(begun)
			<-ctx.Done()
		}
		return deploy.Outcome{}, ctx.Err()
	})
	b.start("one", b.store, func(o *engine.Options) { o.Parallel, o.Grace = 1, 50*time.Millisecond })
	b.await("waiting", in(deploy.Waiting))
	other, err := b.store.Get(t.Context(), b.id)
	if err != nil {
		t.Fatal(err)
	}
	other, err = deploy.NewRelease(deploy.Ask{Kind: deploy.Deploy, Target: deploy.Target{Service: "other", Environment: "production"},
		Version: "v2", Requester: "U0ALICE", Spec: other.Spec})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.store.Create(t.Context(), other, "event-2"); err != nil {
		t.Fatal(err)
	}
	<-begun
	b.say(deploy.Signal{Kind: deploy.SignalRollBack, By: "U0BOB"})
	b.await("ended although the other takes the only place", func(r deploy.Release) bool { return r.State.Terminal() })
}

// blind is a store whose inbox cannot be read a few times.
type blind struct {
	deploy.Owners
	left atomic.Int64
}

func (s *blind) Inbox(ctx context.Context, id deploy.ReleaseID) ([]deploy.Signal, error) {
	if s.left.Add(-1) >= 0 {
		return nil, &deploy.Error{Code: deploy.Unavailable, Op: "read the inbox", Err: errors.New("no answer")}
	}
	return s.Owners.Inbox(ctx, id)
}

func TestRollBackIsHeardThoughTheInboxCouldNotBeReadAtFirst(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	begun := make(chan struct{})
	b.on(deploy.KindRevision, func(ctx context.Context, _ deploy.Release, _ deploy.Step) (deploy.Outcome, error) {
		close(begun)
		<-ctx.Done()
		return deploy.Outcome{}, ctx.Err()
	})
	store := &blind{Owners: b.store}
	b.start("one", store, func(o *engine.Options) { o.Lease = time.Hour }) // no beat comes to the rescue
	<-begun
	store.left.Store(2)
	b.say(deploy.Signal{Kind: deploy.SignalRollBack, By: "U0BOB"})
	b.await("ended", func(r deploy.Release) bool { return r.State.Terminal() })
}

// unconfirmed is a store without its replica: what must be durable is written, and yet does not count.
type unconfirmed struct {
	deploy.Owners
	on atomic.Bool
}

func (u *unconfirmed) Commit(ctx context.Context, c deploy.Commit) (deploy.Committed, error) {
	done, err := u.Owners.Commit(ctx, c)
	if err == nil && c.Durable && u.on.Load() {
		return deploy.Committed{}, &deploy.Error{Code: deploy.Unavailable, Op: "commit", Msg: "0 of 1 replicas confirmed the write"}
	}
	return done, err
}

func (u *unconfirmed) Confirm(ctx context.Context, id deploy.ReleaseID, e deploy.Epoch, lease time.Duration) error {
	if u.on.Load() {
		return &deploy.Error{Code: deploy.Unavailable, Op: "confirm", Msg: "0 of 1 replicas confirmed the write"}
	}
	return u.Owners.Confirm(ctx, id, e, lease)
}

func TestIntentThatOnlyThePrimaryHasDoesNotCount(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	store := &unconfirmed{Owners: b.store}
	store.on.Store(true)
	claims := &claims{Owners: store}
	stop := b.start("one", claims, func(o *engine.Options) { o.Lease = 300 * time.Millisecond })
	b.await("claimed again with its intent", func(r deploy.Release) bool {
		return r.Steps[0].Status == deploy.Started && claims.won.Load() > 2
	})
	stop()
	if acts := b.acted(); len(acts) > 0 {
		t.Errorf("acts %v without a replica that has the intent", acts)
	}
	store.on.Store(false)
	b.start("one", store)
	b.await("waiting once the replica is back", in(deploy.Waiting))
}

func TestWayBackDoesNotWaitForReplicas(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	store := &unconfirmed{Owners: b.store}
	b.start("one", store, func(o *engine.Options) { o.Poll = time.Hour }) // no second try comes to the rescue
	b.await("waiting", in(deploy.Waiting))
	store.on.Store(true)
	b.say(deploy.Signal{Kind: deploy.SignalRollBack, By: "U0BOB"})
	b.await("ended", func(r deploy.Release) bool { return r.State.Terminal() })
}
