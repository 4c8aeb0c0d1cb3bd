package storetest

import (
	"errors"
	"fmt"
	"sync"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"slipway/internal/deploy"
)

var commandFacts = []fact{
	{"a created release is stored whole, with redis time and a first journal entry", func(b *bench) {
		c, err := b.Create(b.ctx, Release(production), "E1")
		b.ok(err)
		if !c.Fresh || c.Release.ID != "coditect-app-1" || c.Release.Number != 1 || c.Release.Rev != 1 {
			b.Fatalf("created %+v", c)
		}
		want := Release(production)
		if diff := cmp.Diff(want, c.Release, cmpopts.IgnoreFields(deploy.Release{}, "ID", "Number", "Rev", "Created", "Since")); diff != "" {
			b.Fatal(diff)
		}
		claim := b.claim(c.Release.ID, "a", long)
		if age := claim.Now.Sub(c.Release.Created); age < 0 || age > long || !c.Release.Since.Equal(c.Release.Created) {
			b.Fatalf("created %s, since %s, claimed %s", c.Release.Created, c.Release.Since, claim.Now)
		}
		got, err := b.Get(b.ctx, c.Release.ID)
		b.ok(err)
		if diff := cmp.Diff(c.Release, got); diff != "" {
			b.Fatal(diff)
		}
		entries, err := b.Journal(b.ctx, c.Release.ID, 0)
		b.ok(err)
		first := []deploy.Entry{{Rev: 1, At: c.Release.Created, Kind: deploy.EntryCreated, By: "U0ALICE", State: deploy.Running,
			Text: "deploy v1.2.4 to coditect-app/production"}}
		if diff := cmp.Diff(first, entries); diff != "" {
			b.Fatal(diff)
		}
	}},
	{"numbers count per service over all environments, and a refusal takes none", func(b *bench) {
		b.create(production, "E1")
		_, err := b.Create(b.ctx, Release(production), "E2")
		b.refused(err, deploy.Held)
		for _, want := range []struct {
			target deploy.Target
			id     deploy.ReleaseID
		}{{staging, "coditect-app-2"}, {elsewhere, "billing-1"}} {
			if got := b.create(want.target, ""); got.ID != want.id {
				b.Errorf("%s got %s, want %s", want.target, got.ID, want.id)
			}
		}
	}},
	{"a held target refuses and names its holder", func(b *bench) {
		first := b.create(production, "E1")
		_, err := b.Create(b.ctx, Release(production), "E2")
		b.refused(err, deploy.Held)
		var held *deploy.HeldError
		if !errors.As(err, &held) || held.Holder != first.ID || held.Target != production {
			b.Fatalf("got %+v", err)
		}
		holder, err := b.Holder(b.ctx, production)
		b.ok(err)
		free, err2 := b.Holder(b.ctx, staging)
		b.ok(err2)
		if holder != first.ID || free != "" {
			b.Fatalf("holders %q and %q", holder, free)
		}
	}},
	{"the version that is live cannot be deployed, but returned to, and each of its predecessors can", func(b *bench) {
		bring := func(kind deploy.Kind, version string, state deploy.State) (deploy.ReleaseID, error) {
			r := Release(production)
			r.Kind, r.Version, r.Again = kind, version, true
			if kind == deploy.Rollback {
				r.Facts.Baseline = deploy.Revision{Name: "app-r1-1", Version: version}
			}
			c, err := b.Create(b.ctx, r, "")
			if err == nil {
				b.end(c.Release.ID, state)
			}
			if err == nil && state == deploy.RolledBack {
				b.unlock(production, c.Release.ID)
			}
			return c.Release.ID, err
		}
		var live deploy.ReleaseID
		for _, c := range []struct {
			kind    deploy.Kind
			version string
			ends    deploy.State
			refused bool
		}{
			{deploy.Deploy, "v1", deploy.Succeeded, false},
			{deploy.Deploy, "v1", deploy.Succeeded, true},
			{deploy.Deploy, "v2", deploy.RolledBack, false},
			{deploy.Deploy, "v1", deploy.Succeeded, true},
			{deploy.Deploy, "v2", deploy.Succeeded, false},
			{deploy.Rollback, "v2", deploy.RolledBack, false},
			{deploy.Rollback, "v1", deploy.RolledBack, false},
			{deploy.Deploy, "v1", deploy.Succeeded, true},
			{deploy.Deploy, "v2", deploy.Succeeded, false},
		} {
			id, err := bring(c.kind, c.version, c.ends)
			if !c.refused {
				b.ok(err)
				if c.ends == deploy.Succeeded || c.kind == deploy.Rollback {
					live = id
				}
				continue
			}
			b.refused(err, deploy.Invalid)
			var already *deploy.LiveError
			if !errors.As(err, &already) || already.Live != live || already.Target != production || already.Version != c.version {
				b.Errorf("got %+v, want live %s", err, live)
			}
		}
	}},
	{"the same event creates once, and later returns the release as it is by then", func(b *bench) {
		first := b.create(production, "E1")
		b.commit(b.claim(first.ID, "a", long), func(c *deploy.Commit) { c.Release.Why, c.Yield = "moved on", true })
		again, err := b.Create(b.ctx, Release(production), "E1")
		b.ok(err)
		if again.Fresh || again.Release.ID != first.ID || again.Release.Rev != 2 || again.Release.Why != "moved on" {
			b.Fatalf("got %+v", again)
		}
		b.end(first.ID, deploy.Succeeded)
		again, err = b.Create(b.ctx, Release(production), "E1")
		b.ok(err)
		if again.Fresh || again.Release.ID != first.ID || again.Release.State != deploy.Succeeded {
			b.Fatalf("got %+v", again)
		}
	}},
	{"of many at once for one target exactly one wins, and no number is lost", func(b *bench) {
		wins := together(b, 12, func(i int) bool {
			_, err := b.Create(b.ctx, Release(production), deploy.EventID(fmt.Sprint("E", i)))
			if err != nil && deploy.CodeOf(err) != deploy.Held {
				b.Error(err)
			}
			return err == nil
		})
		if wins != 1 {
			b.Errorf("%d won", wins)
		}
		if next := b.create(staging, ""); next.Number != 2 {
			b.Errorf("the next number is %d", next.Number)
		}
	}},
	{"of many at once under one event one is fresh and all get its release", func(b *bench) {
		fresh := together(b, 12, func(int) bool {
			c, err := b.Create(b.ctx, Release(production), "E1")
			if err != nil || c.Release.ID != "coditect-app-1" {
				b.Errorf("got %+v, %v", c.Release.ID, err)
			}
			return c.Fresh
		})
		if fresh != 1 {
			b.Errorf("%d are fresh", fresh)
		}
	}},
	{"what could never be driven is invalid and leaves nothing behind", func(b *bench) {
		for name, spoil := range map[string]func(*deploy.Release){
			"no target":   func(r *deploy.Release) { r.Target = deploy.Target{} },
			"no state":    func(r *deploy.Release) { r.State = "" },
			"ended":       func(r *deploy.Release) { r.State = deploy.Succeeded },
			"stored once": func(r *deploy.Release) { r.ID, r.Rev = "coditect-app-7", 3 },
		} {
			r := Release(production)
			spoil(&r)
			if _, err := b.Create(b.ctx, r, "E1"); deploy.CodeOf(err) != deploy.Invalid {
				b.Errorf("%s: got %v", name, err)
			}
		}
		if got := b.create(production, "E1"); got.Number != 1 {
			b.Errorf("number %d", got.Number)
		}
	}},
	{"signals wait in the order in which they came, each event once", func(b *bench) {
		r := b.create(production, "E1")
		b.signal(r.ID, deploy.SignalPause, "E2")
		b.signal(r.ID, deploy.SignalResume, "E3")
		fresh, err := b.Signal(b.ctx, r.ID, deploy.Signal{Kind: deploy.SignalPause}, "E2")
		b.ok(err)
		if fresh {
			b.Error("the second E2 is fresh")
		}
		promote := deploy.Signal{Kind: deploy.SignalPromote, By: "U0CAROL", Step: "traffic/gate-10", Reason: "looks good"}
		_, err = b.Signal(b.ctx, r.ID, promote, "")
		b.ok(err)
		inbox, err := b.Inbox(b.ctx, r.ID)
		b.ok(err)
		want := []deploy.Signal{{Kind: deploy.SignalPause, By: "U0BOB"}, {Kind: deploy.SignalResume, By: "U0BOB"}, promote}
		if diff := cmp.Diff(want, inbox, cmpopts.IgnoreFields(deploy.Signal{}, "ID")); diff != "" {
			b.Fatal(diff)
		}
		if inbox[0].ID == "" || inbox[0].ID == inbox[1].ID || inbox[1].ID == inbox[2].ID {
			b.Errorf("ids %+v", inbox)
		}
	}},
	{"a signal to nobody is not found, one to the dead a conflict, a repeated one neither", func(b *bench) {
		for _, id := range []deploy.ReleaseID{"coditect-app-9", "nonsense", ""} {
			_, err := b.Signal(b.ctx, id, deploy.Signal{Kind: deploy.SignalPause}, "E0")
			b.refused(err, deploy.NotFound)
		}
		r := b.create(production, "E1")
		b.signal(r.ID, deploy.SignalPause, "E2")
		b.end(r.ID, deploy.Failed)
		_, err := b.Signal(b.ctx, r.ID, deploy.Signal{Kind: deploy.SignalPause}, "E3")
		b.refused(err, deploy.Conflict)
		fresh, err := b.Signal(b.ctx, r.ID, deploy.Signal{Kind: deploy.SignalPause}, "E2")
		b.ok(err)
		if fresh {
			b.Error("a repeated signal is fresh")
		}
	}},
	{"a signal makes a baking release due at once", func(b *bench) {
		r := b.create(production, "E1")
		b.ok(b.Yield(b.ctx, r.ID, b.claim(r.ID, "a", long).Epoch, long))
		if due := b.due(); len(due) != 0 {
			b.Fatalf("due before: %v", due)
		}
		b.signal(r.ID, deploy.SignalRollBack, "E2")
		if diff := cmp.Diff([]deploy.ReleaseID{r.ID}, b.due()); diff != "" {
			b.Fatal(diff)
		}
		if c := b.claim(r.ID, "b", long); c.Signals != 1 {
			b.Errorf("%d signals wait", c.Signals)
		}
	}},
	{"a signal under a good lease invites no second owner, and the beat tells of it", func(b *bench) {
		r := b.create(production, "E1")
		c := b.claim(r.ID, "a", long)
		b.signal(r.ID, deploy.SignalRollBack, "E2")
		if due := b.due(); len(due) != 0 {
			b.Errorf("due: %v", due)
		}
		_, err := b.Claim(b.ctx, r.ID, "b", long)
		b.refused(err, deploy.Conflict)
		n, err := b.Beat(b.ctx, r.ID, c.Epoch, long)
		b.ok(err)
		if n != 1 {
			b.Errorf("the beat tells of %d signals", n)
		}
	}},
}

// together runs f n times at once and counts how often it was true.
func together(b *bench, n int, f func(i int) bool) int {
	b.Helper()
	var wg sync.WaitGroup
	yes := make([]bool, n)
	for i := range n {
		wg.Go(func() { yes[i] = f(i) })
	}
	wg.Wait()
	count := 0
	for _, y := range yes {
		if y {
			count++
		}
	}
	return count
}
