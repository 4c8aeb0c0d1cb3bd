package storetest

import (
	"fmt"

	"github.com/google/go-cmp/cmp"

	"slipway/internal/deploy"
)

var readerFacts = []fact{
	{"what is not there is not found, and lists of nothing are empty", func(b *bench) {
		for _, id := range []deploy.ReleaseID{"coditect-app-1", "coditect-app", "", "x-0", "x--1"} {
			_, err := b.Get(b.ctx, id)
			b.refused(err, deploy.NotFound)
			_, err = b.Journal(b.ctx, id, 0)
			b.refused(err, deploy.NotFound)
		}
		holder, err := b.Holder(b.ctx, production)
		b.ok(err)
		active, err := b.Active(b.ctx)
		b.ok(err)
		history, err := b.History(b.ctx, production, 10)
		b.ok(err)
		b.closedBy(production, deploy.Closure{})
		if holder != "" || len(active)+len(history)+len(b.due())+len(b.announce()) != 0 {
			b.Errorf("holder %q, active %v, history %v", holder, active, history)
		}
		b.ok(b.Ping(b.ctx))
	}},
	{"the journal has no gap and can be read from any revision", func(b *bench) {
		r := b.create(production, "E1")
		c := b.claim(r.ID, "a", long)
		for i := range 12 {
			c.Release.Rev = b.commit(c, func(c *deploy.Commit) {
				c.Entries = append(c.Entries, deploy.Entry{Kind: deploy.EntryProgress, Text: fmt.Sprint("entry ", i)})
			}).Rev
		}
		for _, after := range []int64{-1, 0, 1, 7, 12, 13, 99} {
			entries, err := b.Journal(b.ctx, r.ID, after)
			b.ok(err)
			var got, want [][2]int64
			for _, e := range entries {
				got = append(got, [2]int64{e.Rev, int64(e.Index)})
			}
			for rev := max(after, 0) + 1; rev <= 13; rev++ {
				want = append(want, [2]int64{rev, 0})
				if rev > 1 {
					want = append(want, [2]int64{rev, 1})
				}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				b.Errorf("after %d: %s", after, diff)
			}
		}
	}},
	{"history is of one target, newest first, as long as asked", func(b *bench) {
		for i := range 11 { // past 9, where sorting names instead of numbers would show
			r := b.create(production, "")
			b.end(r.ID, deploy.Failed)
			if i == 4 {
				b.create(staging, "")
			}
		}
		b.create(production, "")
		history, err := b.History(b.ctx, production, 4)
		b.ok(err)
		if diff := cmp.Diff([]deploy.ReleaseID{"coditect-app-13", "coditect-app-12", "coditect-app-11", "coditect-app-10"}, ids(history)); diff != "" {
			b.Error(diff)
		}
		all, err := b.History(b.ctx, production, 100)
		b.ok(err)
		none, err := b.History(b.ctx, production, 0)
		b.ok(err)
		if len(all) != 12 || all[11].ID != "coditect-app-1" || len(none) != 0 {
			b.Errorf("all %v, none %v", ids(all), ids(none))
		}
	}},
	{"active is every release that has not ended, over all services, oldest first", func(b *bench) {
		var want []deploy.ReleaseID
		for i := range 20 { // enough services to meet many partitions
			r := b.create(deploy.Target{Service: fmt.Sprint("service", (i*7)%20), Environment: "production"}, "")
			b.advance(short / 5)
			if i%4 == 0 {
				b.end(r.ID, deploy.Succeeded)
				continue
			}
			want = append(want, r.ID)
		}
		active, err := b.Active(b.ctx)
		b.ok(err)
		if diff := cmp.Diff(want, ids(active)); diff != "" {
			b.Error(diff)
		}
	}},
}

func ids(releases []deploy.Release) []deploy.ReleaseID {
	var ids []deploy.ReleaseID
	for _, r := range releases {
		ids = append(ids, r.ID)
	}
	return ids
}
