package engine_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"slipway/internal/deploy"
	"slipway/internal/deploy/engine"
)

// more creates a release of another service.
func (b *bench) more(service string) deploy.ReleaseID {
	b.t.Helper()
	r, err := b.store.Get(b.t.Context(), b.id)
	if err != nil {
		b.t.Fatal(err)
	}
	r, err = deploy.NewRelease(deploy.Ask{Kind: deploy.Deploy, Target: deploy.Target{Service: service, Environment: "production"},
		Version: "v2", Requester: "U0ALICE", Spec: r.Spec})
	if err != nil {
		b.t.Fatal(err)
	}
	made, err := b.store.Create(b.t.Context(), r, deploy.EventID("event of "+service))
	if err != nil {
		b.t.Fatal(err)
	}
	return made.Release.ID
}

// outdate stores a release as a newer version of the bot would: in a form that this one does not know.
func (b *bench) outdate(id deploy.ReleaseID) (key string) {
	b.t.Helper()
	for _, k := range b.redis.Keys() {
		if strings.HasSuffix(k, ":rel:"+string(id)) {
			b.redis.HSet(k, "sv", strconv.Itoa(deploy.SchemaVersion+1))
			b.redis.HSet(k, "doc", `{"of":"tomorrow"}`)
			return k
		}
	}
	b.t.Fatalf("%s is not stored", id)
	return ""
}

func (b *bench) fields(key string) map[string]string {
	b.t.Helper()
	names, err := b.redis.HKeys(key)
	if err != nil {
		b.t.Fatal(err)
	}
	all := map[string]string{}
	for _, n := range names {
		all[n] = b.redis.HGet(key, n)
	}
	return all
}

func TestReleasesOfANewerVersionAreLeftAloneAndHoldNobodyUp(t *testing.T) {
	t.Parallel()
	b := newBench(t, func(s *deploy.Spec) { s.Strategy.Steps[0].Approve = false })
	var newer []string
	for i := range 3 { // more than this replica takes at once, and due for longer than its own
		newer = append(newer, b.outdate(b.more(fmt.Sprintf("tomorrow-%d", i))))
	}
	today := b.more("today")
	newer = append(newer, b.outdate(b.id))
	b.id = today
	var before []map[string]string
	for _, key := range newer {
		before = append(before, b.fields(key))
	}
	b.start("one", b.store, func(o *engine.Options) { o.Parallel = 2 })
	b.await("succeeded beside releases that this version cannot read", in(deploy.Succeeded))
	for i, key := range newer {
		if diff := cmp.Diff(before[i], b.fields(key)); diff != "" {
			t.Errorf("%s was written to:\n%s", key, diff)
		}
	}
	due, err := b.store.Due(t.Context(), 10)
	if err != nil || !slices.Contains(due, "app-1") {
		t.Errorf("due are %v, %v: a newer replica has to find its releases there", due, err)
	}
}
