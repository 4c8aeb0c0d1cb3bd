package store_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"slipway/internal/deploy"
	"slipway/internal/store"
	"slipway/internal/store/storetest"
)

var durably = []string{"--appendonly", "yes", "--appendfsync", "always"}

func TestEpochsThatARestartedRedisMayHaveForgottenAreInAGap(t *testing.T) {
	t.Parallel()
	server := storetest.StartRedis(t, durably...)
	s := store.New(client(t, server), nil)
	first := claim(t, s, create(t, s, app, "E1").ID)
	past, err := server.Remember()
	if err != nil {
		t.Fatal(err)
	}
	lost, err := s.Commit(t.Context(), next(first))
	if err != nil || lost.Epoch <= first.Epoch {
		t.Fatalf("the epoch of a commit is %d after %d: %v", lost.Epoch, first.Epoch, err)
	}
	if err := server.GoBack(past); err != nil {
		t.Fatal(err)
	}
	server.Start(t)
	second := claim(t, s, first.Release.ID)
	if second.Release.Rev != first.Release.Rev {
		t.Fatalf("nothing was lost: revision %d", second.Release.Rev)
	}
	newest := second.Gaps[len(second.Gaps)-1]
	if !newest.Has(lost.Epoch) || newest.Has(first.Epoch) || newest.Has(second.Epoch) {
		t.Errorf("gap %+v; lost was %d, before it %d, since then %d", newest, lost.Epoch, first.Epoch, second.Epoch)
	}
	asks := next(second)
	asks.Asked = true
	asked, err := s.Commit(t.Context(), asks)
	if err != nil {
		t.Fatal(err)
	}
	third := claim(t, s, first.Release.ID)
	if len(third.Gaps) != 0 || third.Asked != asked.Epoch {
		t.Errorf("after people were asked at %d: %+v", asked.Epoch, third)
	}
	// Nothing is lost this time, but nobody can know.
	server.Kill()
	server.Start(t)
	fourth := claim(t, s, first.Release.ID)
	want := []deploy.Gap{{After: third.Epoch, Before: fourth.Epoch}}
	if diff := cmp.Diff(want, fourth.Gaps); diff != "" {
		t.Error(diff)
	}
}

func TestEpochsAfterARestartAreNewerThoughTheClockOfTheNewRedisIsBehind(t *testing.T) {
	t.Parallel()
	server := storetest.StartRedis(t, durably...)
	s := store.New(client(t, server), nil)
	id := create(t, s, app, "E1").ID
	claim(t, s, id)
	now := time.Now()
	for _, k := range client(t, server).Keys(t.Context(), "sw:*:epoch").Val() {
		do(t, server, "set", k, now.UnixMicro()) // the jump at the very first epoch is long over
	}
	server.Kill()
	server.Start(t)
	ahead := deploy.Epoch(now.Add(30 * time.Second).UnixMicro()) // given by one whose clock was ahead, and lost
	second := claim(t, s, id)
	if g := second.Gaps[len(second.Gaps)-1]; !g.Has(ahead) || second.Epoch <= ahead {
		t.Errorf("%+v is without %d, or %d is not newer", g, ahead, second.Epoch)
	}
}

func TestOnlyTheNewestGapsAreKept(t *testing.T) {
	t.Parallel()
	server := storetest.StartRedis(t)
	s := store.New(client(t, server), nil)
	id := create(t, s, app, "E1").ID
	var last deploy.Claim
	for range 40 {
		for _, k := range client(t, server).Keys(t.Context(), "sw:*:run").Val() {
			do(t, server, "set", k, "another process")
		}
		last = claim(t, s, id)
	}
	if n := len(last.Gaps); n != 32 || last.Gaps[n-1].Before != last.Epoch {
		t.Errorf("%d gaps, the last is %+v", n, last.Gaps[n-1])
	}
}
