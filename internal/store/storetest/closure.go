package storetest

import (
	"errors"
	"fmt"

	"github.com/google/go-cmp/cmp"

	"slipway/internal/deploy"
)

const (
	bad  = "v1.2.4" // the version of Release
	hash = "sha256:bad"
)

// takeBack creates a release and brings it to RolledBack.
func (b *bench) takeBack(r deploy.Release, by deploy.UserID, why string) deploy.Release {
	b.Helper()
	created, err := b.Create(b.ctx, r, "")
	b.ok(err)
	c := b.claim(created.Release.ID, "a", long)
	b.commit(c, func(next *deploy.Commit) {
		r := &next.Release
		r.State, r.By, r.Why, r.Ended = deploy.RolledBack, by, why, c.Now
		if r.Kind == deploy.Deploy {
			r.Facts.Image.Digest = hash
		}
	})
	ended, err := b.Get(b.ctx, created.Release.ID)
	b.ok(err)
	return ended
}

// back is a rollback, of what version it takes the target away from.
func back(t deploy.Target, left string) deploy.Release {
	r := Release(t)
	r.Kind, r.Version = deploy.Rollback, "v1.2.3"
	r.Left = deploy.Left{Version: left, Digest: "sha256:left"}
	return r
}

func (b *bench) closure(t deploy.Target) deploy.Closure {
	b.Helper()
	c, err := b.Closure(b.ctx, t)
	b.ok(err)
	return c
}

func (b *bench) closedBy(t deploy.Target, want deploy.Closure) {
	b.Helper()
	if diff := cmp.Diff(want, b.closure(t)); diff != "" {
		b.Error(diff)
	}
}

// unlock clears the lock that a release left.
func (b *bench) unlock(t deploy.Target, left deploy.ReleaseID) {
	b.Helper()
	cleared, err := b.Unlock(b.ctx, t, left, "")
	b.ok(err)
	if !cleared {
		b.Fatalf("%s had no lock", t)
	}
}

// locked fails unless err says that production is locked by l.
func (b *bench) locked(err error, l deploy.Lock) {
	b.Helper()
	b.refused(err, deploy.Held)
	var locked *deploy.LockedError
	if !errors.As(err, &locked) {
		b.Fatalf("got %v, want a lock", err)
	}
	if diff := cmp.Diff(deploy.LockedError{Target: production, Lock: l}, *locked); diff != "" {
		b.Error(diff)
	}
}

// barred fails unless err says that a version was taken back from production by a release.
func (b *bench) barred(err error, want deploy.Bar) {
	b.Helper()
	b.refused(err, deploy.Invalid)
	var barred *deploy.BarredError
	if !errors.As(err, &barred) {
		b.Fatalf("got %v, want a bar", err)
	}
	if diff := cmp.Diff(deploy.BarredError{Target: production, Bar: want}, *barred); diff != "" {
		b.Error(diff)
	}
}

var closureFacts = []fact{
	{"whatever is taken back leaves a lock and a bar: who, why, when, and of what", func(b *bench) {
		for _, c := range []struct {
			name            string
			release         deploy.Release
			by, lockedBy    deploy.UserID
			version, digest string
		}{
			{"by itself", Release(production), deploy.Slipway, deploy.Slipway, bad, hash},
			{"by hand", Release(production), "U0BOB", "U0BOB", bad, hash},
			{"by nobody known", Release(production), "", "U0ALICE", bad, hash},
			{"by a rollback", back(production, "v1.2.9"), "U0BOB", "U0BOB", "v1.2.9", "sha256:left"},
		} {
			c.release.Again = true
			before := b.closure(production).Bars
			r := b.takeBack(c.release, c.by, c.name)
			lock := deploy.Lock{Release: r.ID, By: c.lockedBy, Reason: c.name, Since: r.Ended}
			bar := deploy.Bar{Digest: c.digest, Version: c.version, Release: r.ID, Why: c.name}
			b.closedBy(production, deploy.Closure{Lock: &lock, Bars: append([]deploy.Bar{bar}, before...)})
			b.unlock(production, r.ID)
		}
		b.closedBy(staging, deploy.Closure{})
	}},
	{"a rollback of nobody knows what leaves a lock only", func(b *bench) {
		r := back(production, "")
		r.Left = deploy.Left{}
		r = b.takeBack(r, "U0BOB", "")
		b.closedBy(production, deploy.Closure{Lock: &deploy.Lock{Release: r.ID, By: "U0BOB", Since: r.Ended}})
	}},
	{"what fails, succeeds or is let go leaves nothing", func(b *bench) {
		for _, state := range []deploy.State{deploy.Failed, deploy.Abandoned, deploy.Succeeded} {
			b.end(b.create(production, "").ID, state)
			b.closedBy(production, deploy.Closure{})
		}
	}},
	{"what is on its way back locks nothing yet", func(b *bench) {
		b.commit(b.claim(b.create(production, "").ID, "a", long), func(c *deploy.Commit) { c.Release.State = deploy.RollingBack })
		b.closedBy(production, deploy.Closure{})
	}},
	{"a locked target refuses every version, with the lock, and takes a rollback", func(b *bench) {
		first := b.takeBack(Release(production), "U0BOB", "looks wrong")
		lock := deploy.Lock{Release: first.ID, By: "U0BOB", Reason: "looks wrong", Since: first.Ended}
		for _, change := range []func(*deploy.Release){
			func(*deploy.Release) {},
			func(r *deploy.Release) { r.Version = "v1.2.5" },
			func(r *deploy.Release) { r.Again = true },
		} {
			r := Release(production)
			change(&r)
			_, err := b.Create(b.ctx, r, "E1")
			b.locked(err, lock)
		}
		if other := b.create(staging, ""); other.Number != 2 {
			b.Errorf("refusals took numbers: the next is %d", other.Number)
		}
		second := b.takeBack(back(production, bad), "U0CAROL", "further back")
		_, err := b.Create(b.ctx, Release(production), "E1")
		b.locked(err, deploy.Lock{Release: second.ID, By: "U0CAROL", Reason: "further back", Since: second.Ended})
		b.unlock(production, second.ID)
		r := Release(production)
		r.Version = "v1.2.5"
		created, err := b.Create(b.ctx, r, "E1") // the event of a refusal is not used up
		b.ok(err)
		if !created.Fresh || created.Release.Number != 4 {
			b.Errorf("got %+v", created)
		}
	}},
	{"what stands in the way is told in order: seen, live, held, locked, barred", func(b *bench) {
		live := Release(production)
		live.Version = "v1.2.3"
		created, err := b.Create(b.ctx, live, "E1")
		b.ok(err)
		b.end(created.Release.ID, deploy.Succeeded)
		first := b.takeBack(Release(production), "U0BOB", "")
		holder, err := b.Create(b.ctx, back(production, bad), "E2")
		b.ok(err)
		ask := func(version string, event deploy.EventID) error {
			r := Release(production)
			r.Version = version
			_, err := b.Create(b.ctx, r, event)
			return err
		}
		b.ok(ask(bad, "E1"))
		var already *deploy.LiveError
		if err := ask("v1.2.3", ""); !errors.As(err, &already) {
			b.Errorf("live: got %v", err)
		}
		var held *deploy.HeldError
		if err := ask(bad, ""); !errors.As(err, &held) {
			b.Errorf("held: got %v", err)
		}
		b.end(holder.Release.ID, deploy.Failed)
		b.locked(ask(bad, ""), deploy.Lock{Release: first.ID, By: "U0BOB", Since: first.Ended})
		b.unlock(production, first.ID)
		b.barred(ask(bad, ""), deploy.Bar{Digest: hash, Version: bad, Release: first.ID})
	}},
	{"a version that was taken back needs somebody who insists, on that target only", func(b *bench) {
		first := b.takeBack(Release(production), "U0BOB", "18 of 204 requests failed")
		b.unlock(production, first.ID)
		want := deploy.Bar{Digest: hash, Version: bad, Release: first.ID, Why: "18 of 204 requests failed"}
		_, err := b.Create(b.ctx, Release(production), "E1")
		b.barred(err, want)
		b.create(staging, "")
		other := Release(production)
		other.Version = "v1.2.40"
		created, err := b.Create(b.ctx, other, "")
		b.ok(err)
		b.end(created.Release.ID, deploy.Failed)
		to := back(production, "v1.2.40")
		to.Version = bad
		created, err = b.Create(b.ctx, to, "")
		b.ok(err)
		b.end(created.Release.ID, deploy.Failed)
		again := Release(production)
		again.Again = true
		created, err = b.Create(b.ctx, again, "E1")
		b.ok(err)
		if !created.Fresh || !created.Release.Again {
			b.Errorf("got %+v", created)
		}
		b.end(created.Release.ID, deploy.Succeeded) // insisting once does not forgive
		b.closedBy(production, deploy.Closure{Bars: []deploy.Bar{want}})
	}},
	{"the newest twenty bars are kept, newest first", func(b *bench) {
		var want []deploy.Bar
		for i := range 23 {
			r := Release(production)
			r.Version = fmt.Sprint("v1.", i)
			ended := b.takeBack(r, "U0BOB", "")
			b.unlock(production, ended.ID)
			want = append([]deploy.Bar{{Digest: hash, Version: r.Version, Release: ended.ID}}, want...)
		}
		b.closedBy(production, deploy.Closure{Bars: want[:20]})
		r := Release(production)
		r.Version = "v1.3"
		_, err := b.Create(b.ctx, r, "")
		b.barred(err, want[19])
		r.Version = "v1.2" // forgotten
		_, err = b.Create(b.ctx, r, "")
		b.ok(err)
	}},
	{"a lock is cleared once, and not for another release", func(b *bench) {
		unlock := func(left deploy.ReleaseID, event deploy.EventID, want bool) {
			b.Helper()
			cleared, err := b.Unlock(b.ctx, production, left, event)
			b.ok(err)
			if cleared != want {
				b.Errorf("unlock %s under %q: cleared is %t", left, event, cleared)
			}
		}
		unlock("coditect-app-1", "E1", false)
		first := b.takeBack(Release(production), "U0BOB", "")
		bars := b.closure(production).Bars
		for _, other := range []deploy.ReleaseID{"coditect-app-9", ""} {
			_, err := b.Unlock(b.ctx, production, other, "E2")
			b.refused(err, deploy.Conflict)
		}
		unlock(first.ID, "E3", true)
		b.closedBy(production, deploy.Closure{Bars: bars})
		unlock(first.ID, "E3", false)
		unlock(first.ID, "E4", false)
		second := b.takeBack(back(production, "v1.2.9"), "U0BOB", "")
		unlock(first.ID, "E3", false) // heard again much later: it is not about this lock
		_, err := b.Unlock(b.ctx, production, first.ID, "E5")
		b.refused(err, deploy.Conflict)
		unlock(second.ID, "E2", true) // the event of a refusal is not used up
	}},
	{"of many who clear a lock at once one does", func(b *bench) {
		left := b.takeBack(Release(production), "U0BOB", "").ID
		cleared := together(b, 12, func(i int) bool {
			cleared, err := b.Unlock(b.ctx, production, left, deploy.EventID(fmt.Sprint("E", i)))
			if err != nil {
				b.Error(err)
			}
			return cleared
		})
		if cleared != 1 {
			b.Errorf("%d cleared it", cleared)
		}
	}},
}
