package engine_test

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"

	"slipway/internal/deploy"
	"slipway/internal/store"
	"slipway/internal/store/storetest"
)

const noAnswer = "Redis did not answer"

// far is a bench over a Redis behind a wire. Its own store reaches Redis straight.
func far(t *testing.T, change ...func(*deploy.Spec)) (*bench, *storetest.Wire, *listened) {
	t.Helper()
	server := storetest.StartRedis(t)
	straight, err := store.Open(t.Context(), server.URL(0), nil)
	if err != nil {
		t.Fatal(err)
	}
	b := newBenchOver(t, straight, change...)
	wire := storetest.NewWire(t, server.Addr)
	return b, wire, listen(impatient(t, wire.Addr, nil))
}

func TestFaultsOfTheNetwork(t *testing.T) {
	t.Parallel()
	for _, fault := range storetest.Faults {
		t.Run(string(fault), func(t *testing.T) {
			t.Parallel()
			b, wire, store := far(t, noApproval)
			var broken, inTheDark atomic.Bool
			var once sync.Once
			broke := make(chan struct{})
			b.on(deploy.KindPropose, func(context.Context, deploy.Release, deploy.Step) (deploy.Outcome, error) {
				once.Do(func() {
					broken.Store(true)
					wire.Break(t, fault)
					close(broke)
				})
				return deploy.Outcome{}, nil
			})
			b.on(deploy.KindRevision, func(context.Context, deploy.Release, deploy.Step) (deploy.Outcome, error) {
				inTheDark.Store(broken.Load())
				return deploy.Outcome{}, nil
			})
			b.start("one", store, brief)
			<-broke
			store.hear(t, noAnswer, 2)
			broken.Store(false)
			wire.Mend()
			b.await("succeeded by itself", in(deploy.Succeeded))
			if inTheDark.Load() {
				t.Error("a step was begun though nobody confirmed its intent")
			}
			b.gapless()
		})
	}
}

func TestCommitWhoseAnswerIsLostIsFoundAndNothingIsRepeated(t *testing.T) {
	t.Parallel()
	b, wire, store := far(t, noApproval)
	var acts atomic.Int64
	b.on(deploy.KindRevision, func(context.Context, deploy.Release, deploy.Step) (deploy.Outcome, error) {
		if acts.Add(1) == 1 {
			wire.Break(t, storetest.HalfOpen)
		}
		return deploy.Outcome{}, nil
	})
	b.start("one", store, brief)
	b.await("stored what came of the step", func(r deploy.Release) bool { return r.Steps[2].Status == deploy.Done })
	store.hear(t, noAnswer, 2)
	wire.Mend()
	b.await("succeeded", in(deploy.Succeeded))
	if n := acts.Load(); n != 1 {
		t.Errorf("the step was carried out %d times, though its outcome was stored the first time", n)
	}
	b.gapless()
}
