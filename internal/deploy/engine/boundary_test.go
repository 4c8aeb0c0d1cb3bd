package engine_test

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"slipway/internal/deploy"
	"slipway/internal/deploy/engine"
)

func TestBoundariesArePassedInOrderAndWhatIsStoredThereIsWhatTheySay(t *testing.T) {
	t.Parallel()
	b := newBench(t, func(s *deploy.Spec) { s.Strategy.Steps[0].Approve = false })
	type passed struct {
		Point  engine.Point
		Stored deploy.StepStatus
	}
	var mu sync.Mutex
	var got []passed
	b.start("one", b.store, func(o *engine.Options) {
		o.Boundary = func(k deploy.StepKind, p engine.Point) {
			if k != deploy.KindRevision {
				return
			}
			r, err := b.store.Get(context.Background(), b.id)
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			got = append(got, passed{p, revision(r).Status})
		}
	})
	b.await("succeeded", in(deploy.Succeeded))
	mu.Lock()
	defer mu.Unlock()
	want := []passed{
		{engine.BeforeIntent, deploy.Pending}, {engine.AfterIntent, deploy.Started}, {engine.InCall, deploy.Started},
		{engine.AfterCall, deploy.Started}, {engine.BeforeOutcome, deploy.Started}, {engine.AfterOutcome, deploy.Done},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("boundaries of a step (-want +got):\n%s", d)
	}
}

func TestGatesHaveBoundariesToo(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	var mu sync.Mutex
	var got []engine.Point
	b.start("one", b.store, func(o *engine.Options) {
		o.Boundary = func(k deploy.StepKind, p engine.Point) {
			mu.Lock()
			defer mu.Unlock()
			if k == deploy.KindGate {
				got = append(got, p)
			}
		}
	})
	b.await("waiting", in(deploy.Waiting))
	b.say(deploy.Signal{Kind: deploy.SignalPromote, By: "U0BOB", Step: "traffic/100/gate"})
	b.await("succeeded", in(deploy.Succeeded))
	mu.Lock()
	defer mu.Unlock()
	if want := []engine.Point{engine.BeforeIntent, engine.AfterIntent, engine.BeforeOutcome, engine.AfterOutcome}; !slices.Equal(got, want) {
		t.Errorf("boundaries of a gate %v, want %v", got, want)
	}
}

func TestRunnersAreToldAnEpochNoEarlierThanTheirLease(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	acts := make(chan deploy.Epoch, 1)
	b.on(deploy.KindRevision, func(_ context.Context, r deploy.Release, _ deploy.Step) (deploy.Outcome, error) {
		acts <- r.Epoch
		return deploy.Outcome{}, nil
	})
	leases := &epochs{Owners: b.store}
	b.start("one", leases)
	if got, want := <-acts, deploy.Epoch(leases.newest.Load()); got == 0 || got < want {
		t.Errorf("the runner acts under epoch %d, which is earlier than that of the lease, %d", got, want)
	}
}

// epochs remembers the newest epoch that was given.
type epochs struct {
	deploy.Owners
	newest atomic.Int64
}

func (e *epochs) Claim(ctx context.Context, id deploy.ReleaseID, owner string, lease time.Duration) (deploy.Claim, error) {
	claim, err := e.Owners.Claim(ctx, id, owner, lease)
	if err == nil {
		e.newest.Store(int64(claim.Epoch))
	}
	return claim, err
}
