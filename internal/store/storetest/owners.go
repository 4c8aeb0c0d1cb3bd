package storetest

import (
	"fmt"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"slipway/internal/deploy"
)

var ownerFacts = []fact{
	{"a claim gives one owner the release, and takes it off the due list", func(b *bench) {
		r := b.create(production, "E1")
		if diff := cmp.Diff([]deploy.ReleaseID{r.ID}, b.due()); diff != "" {
			b.Fatal(diff)
		}
		c := b.claim(r.ID, "a", long)
		if diff := cmp.Diff(r, c.Release); diff != "" {
			b.Error(diff)
		}
		if c.Epoch <= 0 || c.Signals != 0 || len(b.due()) != 0 {
			b.Errorf("claim %+v, due %v", c, b.due())
		}
		_, err := b.Claim(b.ctx, r.ID, "b", long)
		b.refused(err, deploy.Conflict)
	}},
	{"of many owners at once exactly one has the lease", func(b *bench) {
		r := b.create(production, "E1")
		wins := together(b, 12, func(i int) bool {
			_, err := b.Claim(b.ctx, r.ID, fmt.Sprint("owner", i), long)
			if err != nil && deploy.CodeOf(err) != deploy.Conflict {
				b.Error(err)
			}
			return err == nil
		})
		if wins != 1 {
			b.Errorf("%d have it", wins)
		}
	}},
	{"a lapsed lease goes to the next owner, and the former one can write nothing", func(b *bench) {
		r := b.create(production, "E1")
		stale := b.claim(r.ID, "a", short)
		b.advance(2 * short)
		if diff := cmp.Diff([]deploy.ReleaseID{r.ID}, b.due()); diff != "" {
			b.Fatal(diff)
		}
		fresh := b.claim(r.ID, "b", long)
		if fresh.Epoch <= stale.Epoch {
			b.Errorf("epoch %d after %d", fresh.Epoch, stale.Epoch)
		}
		b.signal(r.ID, deploy.SignalPause, "E2")
		inbox, err := b.Inbox(b.ctx, r.ID)
		b.ok(err)
		_, err = b.Commit(b.ctx, step(stale, func(c *deploy.Commit) {
			c.Release.State, c.Consumed = deploy.Failed, inbox[0].ID
		}))
		b.refused(err, deploy.Fenced)
		_, err = b.Beat(b.ctx, r.ID, stale.Epoch, long)
		b.refused(err, deploy.Fenced)
		b.refused(b.Yield(b.ctx, r.ID, stale.Epoch, 0), deploy.Fenced)

		got, err := b.Get(b.ctx, r.ID)
		b.ok(err)
		if diff := cmp.Diff(r, got); diff != "" {
			b.Error(diff)
		}
		entries, err := b.Journal(b.ctx, r.ID, 1)
		b.ok(err)
		left, err := b.Inbox(b.ctx, r.ID)
		b.ok(err)
		if len(entries) != 0 || len(left) != 1 || len(b.due()) != 0 {
			b.Errorf("journal %v, inbox %v, due %v", entries, left, b.due())
		}
		b.commit(fresh, nil)
	}},
	{"an owner whose answer was lost claims again, and its first epoch is void", func(b *bench) {
		r := b.create(production, "E1")
		lost := b.claim(r.ID, "a", long)
		again := b.claim(r.ID, "a", long)
		if again.Epoch <= lost.Epoch {
			b.Errorf("epoch %d after %d", again.Epoch, lost.Epoch)
		}
		_, err := b.Commit(b.ctx, step(lost, nil))
		b.refused(err, deploy.Fenced)
		b.commit(again, nil)
	}},
	{"after a commit whose answer was lost, a claim shows that it took place", func(b *bench) {
		r := b.create(production, "E1")
		c := b.claim(r.ID, "a", long)
		b.commit(c, func(c *deploy.Commit) { c.Release.Why = "it did" })
		_, err := b.Commit(b.ctx, step(c, nil))
		b.refused(err, deploy.Fenced)
		if again := b.claim(r.ID, "a", long); again.Release.Rev != 2 || again.Release.Why != "it did" {
			b.Errorf("claimed %+v", again.Release)
		}
	}},
	{"what is not due, not there or over cannot be claimed", func(b *bench) {
		r := b.create(production, "E1")
		b.ok(b.Yield(b.ctx, r.ID, b.claim(r.ID, "a", long).Epoch, long))
		for _, owner := range []string{"a", "b"} {
			_, err := b.Claim(b.ctx, r.ID, owner, long)
			b.refused(err, deploy.Conflict)
		}
		for _, id := range []deploy.ReleaseID{"coditect-app-9", "nonsense"} {
			_, err := b.Claim(b.ctx, id, "a", long)
			b.refused(err, deploy.NotFound)
		}
		other := b.create(staging, "E2")
		b.end(other.ID, deploy.Failed)
		_, err := b.Claim(b.ctx, other.ID, "a", long)
		b.refused(err, deploy.Conflict)
	}},
	{"a commit replaces the release, appends to the journal and removes what it consumed", func(b *bench) {
		r := b.create(production, "E1")
		for i, kind := range []deploy.SignalKind{deploy.SignalPause, deploy.SignalResume, deploy.SignalRollBack} {
			b.signal(r.ID, kind, deploy.EventID(fmt.Sprint("S", i)))
		}
		inbox, err := b.Inbox(b.ctx, r.ID)
		b.ok(err)
		c := b.claim(r.ID, "a", long)
		if c.Signals != 3 {
			b.Errorf("%d signals at the claim", c.Signals)
		}
		next := c.Release.Clone()
		next.State, next.Steps[0].Status, next.Facts.Share = deploy.Waiting, deploy.Done, 10
		done, err := b.Commit(b.ctx, deploy.Commit{Release: next, Epoch: c.Epoch, Consumed: inbox[1].ID, Durable: true, Entries: []deploy.Entry{
			{At: c.Now, Kind: deploy.EntryOutcome, Step: "preflight/service"}, {Kind: deploy.EntryState, State: deploy.Waiting},
		}})
		b.ok(err)
		if done.Rev != 2 || done.Signals != 1 || done.Now.Before(c.Now) {
			b.Errorf("committed %+v", done)
		}
		next.Rev = 2
		got, err := b.Get(b.ctx, r.ID)
		b.ok(err)
		if diff := cmp.Diff(next, got); diff != "" {
			b.Error(diff)
		}
		entries, err := b.Journal(b.ctx, r.ID, 1)
		b.ok(err)
		if diff := cmp.Diff([]deploy.Entry{
			{Rev: 2, Index: 0, At: c.Now, Kind: deploy.EntryOutcome, Step: "preflight/service"},
			{Rev: 2, Index: 1, At: done.Now, Kind: deploy.EntryState, State: deploy.Waiting},
		}, entries); diff != "" {
			b.Error(diff)
		}
		left, err := b.Inbox(b.ctx, r.ID)
		b.ok(err)
		if diff := cmp.Diff(inbox[2:], left, cmpopts.EquateEmpty()); diff != "" {
			b.Error(diff)
		}
	}},
	{"a commit keeps the lease, one that yields gives it up and sets the next look", func(b *bench) {
		r := b.create(production, "E1")
		c := b.claim(r.ID, "a", long)
		c.Release.Rev = b.commit(c, nil).Rev
		_, err := b.Claim(b.ctx, r.ID, "b", long)
		b.refused(err, deploy.Conflict)
		c.Release.Rev = b.commit(c, func(c *deploy.Commit) { c.Yield, c.After = true, long }).Rev
		_, err = b.Commit(b.ctx, step(c, nil))
		b.refused(err, deploy.Fenced)
		if due := b.due(); len(due) != 0 {
			b.Errorf("due: %v", due)
		}
		b.signal(r.ID, deploy.SignalPause, "E2")
		c = b.claim(r.ID, "b", long)
		b.commit(c, func(c *deploy.Commit) { c.Yield, c.After = true, long })
		b.claim(r.ID, "c", long) // the signal was not consumed, so it is due at once
	}},
	{"a yielded release is due when its time has come, not before", func(b *bench) {
		r := b.create(production, "E1")
		b.commit(b.claim(r.ID, "a", long), func(c *deploy.Commit) { c.Yield, c.After = true, short })
		b.advance(2 * short)
		c := b.claim(r.ID, "b", long)
		b.ok(b.Yield(b.ctx, r.ID, c.Epoch, short))
		b.advance(2 * short)
		c = b.claim(r.ID, "c", long)
		b.ok(b.Yield(b.ctx, r.ID, c.Epoch, 0))
		c = b.claim(r.ID, "d", long)
		b.ok(b.Yield(b.ctx, r.ID, c.Epoch, long))
		_, err := b.Claim(b.ctx, r.ID, "e", long)
		b.refused(err, deploy.Conflict)
	}},
	{"a yield with a signal waiting makes the release due at once", func(b *bench) {
		r := b.create(production, "E1")
		c := b.claim(r.ID, "a", long)
		b.signal(r.ID, deploy.SignalRollBack, "E2")
		b.ok(b.Yield(b.ctx, r.ID, c.Epoch, long))
		b.claim(r.ID, "b", long)
	}},
	{"a beat prolongs the lease", func(b *bench) {
		r := b.create(production, "E1")
		c := b.claim(r.ID, "a", short)
		b.advance(2 * short)
		_, err := b.Beat(b.ctx, r.ID, c.Epoch, long) // lapsed, but nobody took it
		b.ok(err)
		_, err = b.Claim(b.ctx, r.ID, "b", long)
		b.refused(err, deploy.Conflict)
		b.signal(r.ID, deploy.SignalPause, "E2")
		if due := b.due(); len(due) != 0 {
			b.Errorf("due under a prolonged lease: %v", due)
		}
		_, err = b.Beat(b.ctx, r.ID, c.Epoch, short)
		b.ok(err)
		b.advance(2 * short)
		b.commit(c, nil) // time decides who may try, the epoch who may write
		b.claim(r.ID, "b", long)
	}},
	{"to confirm is to beat", func(b *bench) {
		r := b.create(production, "E1")
		c := b.claim(r.ID, "a", short)
		b.ok(b.Confirm(b.ctx, r.ID, c.Epoch, long))
		b.advance(2 * short)
		_, err := b.Claim(b.ctx, r.ID, "b", long)
		b.refused(err, deploy.Conflict)
		b.ok(b.Yield(b.ctx, r.ID, c.Epoch, 0))
		b.refused(b.Confirm(b.ctx, r.ID, c.Epoch, long), deploy.Fenced)
	}},
	{"a beat after the lease was given up changes nothing", func(b *bench) {
		r := b.create(production, "E1")
		c := b.claim(r.ID, "a", long)
		b.ok(b.Yield(b.ctx, r.ID, c.Epoch, 0))
		for _, e := range []deploy.Epoch{c.Epoch, 0} {
			_, err := b.Beat(b.ctx, r.ID, e, long)
			b.refused(err, deploy.Fenced)
		}
		next := b.claim(r.ID, "b", long)
		b.commit(next, func(c *deploy.Commit) { c.Release.State = deploy.Failed })
		_, err := b.Beat(b.ctx, r.ID, next.Epoch, 0)
		b.refused(err, deploy.Fenced)
		if due := b.due(); len(due) != 0 {
			b.Errorf("a beat brought %v back", due)
		}
	}},
	{"a commit without an entry, of another target, revision or release is refused", func(b *bench) {
		r := b.create(production, "E1")
		c := b.claim(r.ID, "a", long)
		_, err := b.Commit(b.ctx, step(c, func(c *deploy.Commit) { c.Entries = nil }))
		b.refused(err, deploy.Invalid)
		_, err = b.Commit(b.ctx, step(c, func(c *deploy.Commit) { c.Release.Target = staging }))
		b.refused(err, deploy.Invalid)
		for _, other := range []int64{-1, 1} {
			_, err = b.Commit(b.ctx, step(c, func(c *deploy.Commit) { c.Release.Rev += other }))
			b.refused(err, deploy.Fenced)
		}
		_, err = b.Commit(b.ctx, step(c, func(c *deploy.Commit) { c.Release.ID = "coditect-app-9" }))
		b.refused(err, deploy.Fenced)
		_, err = b.Commit(b.ctx, step(c, func(c *deploy.Commit) { c.Epoch = 0 }))
		b.refused(err, deploy.Fenced)
		b.commit(c, nil)
	}},
	{"due names at most limit, the most overdue first", func(b *bench) {
		var want []deploy.ReleaseID
		for _, name := range []string{"a", "b", "c", "d"} {
			want = append(want, b.create(deploy.Target{Service: name, Environment: "production"}, "").ID)
			b.advance(short)
		}
		got, err := b.Due(b.ctx, 3)
		b.ok(err)
		if diff := cmp.Diff(want[:3], got); diff != "" {
			b.Error(diff)
		}
		b.signal("c-1", deploy.SignalPause, "E1") // an overdue release keeps its place
		if diff := cmp.Diff(want, b.due()); diff != "" {
			b.Error(diff)
		}
	}},
}
