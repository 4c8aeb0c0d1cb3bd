package storetest

import (
	"time"

	"github.com/google/go-cmp/cmp"

	"slipway/internal/deploy"
)

var shown = deploy.Announcement{
	Channel: "C0OPS", Parent: "1700000000.000100", Shown: "f1", Told: 3, ToldTo: 1,
	Asked: map[string]string{"traffic/gate-10": "1700000000.000200"}, Posting: "parent",
	Incident: "1700000000.000300", Files: map[string]string{"chart": "F1", "report": "-"}, Since: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
}

func (b *bench) claimAnnouncement(id deploy.ReleaseID, owner string, lease time.Duration) deploy.AnnouncementClaim {
	b.Helper()
	c, err := b.ClaimAnnouncement(b.ctx, id, owner, lease)
	b.ok(err)
	return c
}

// settle saves the announcement until the release changes.
func (b *bench) settle(id deploy.ReleaseID, owner string) {
	b.Helper()
	c := b.claimAnnouncement(id, owner, short)
	b.ok(b.SaveAnnouncement(b.ctx, id, c.Announcement, c.Epoch, true, -1))
	b.advance(2 * short)
	if due := b.announce(); len(due) != 0 {
		b.Fatalf("announcements due after settling: %v", due)
	}
}

var announcementFacts = []fact{
	{"it is due from the start, empty at first, and kept as saved", func(b *bench) {
		r := b.create(production, "E1")
		if diff := cmp.Diff([]deploy.ReleaseID{r.ID}, b.announce()); diff != "" {
			b.Fatal(diff)
		}
		c := b.claimAnnouncement(r.ID, "a", long)
		if diff := cmp.Diff(deploy.Announcement{}, c.Announcement); diff != "" || c.Epoch <= 0 || c.Now.Before(r.Created) {
			b.Errorf("claim %+v: %s", c, diff)
		}
		b.ok(b.SaveAnnouncement(b.ctx, r.ID, shown, c.Epoch, true, 0))
		if diff := cmp.Diff(shown, b.claimAnnouncement(r.ID, "b", long).Announcement); diff != "" {
			b.Error(diff)
		}
	}},
	{"every commit and signal makes it due, also after the end", func(b *bench) {
		r := b.create(production, "E1")
		b.settle(r.ID, "a")
		_, err := b.ClaimAnnouncement(b.ctx, r.ID, "a", long)
		b.refused(err, deploy.Conflict)
		b.signal(r.ID, deploy.SignalPause, "E2")
		b.settle(r.ID, "a")
		b.commit(b.claim(r.ID, "x", long), func(c *deploy.Commit) { c.Yield = true })
		b.settle(r.ID, "a")
		b.end(r.ID, deploy.Failed)
		b.settle(r.ID, "a")
	}},
	{"beats and yields of the engine do not make it due", func(b *bench) {
		r := b.create(production, "E1")
		b.settle(r.ID, "a")
		c := b.claim(r.ID, "x", long)
		_, err := b.Beat(b.ctx, r.ID, c.Epoch, long)
		b.ok(err)
		b.ok(b.Yield(b.ctx, r.ID, c.Epoch, 0))
		if due := b.announce(); len(due) != 0 {
			b.Errorf("due: %v", due)
		}
	}},
	{"a change while it is claimed invites no second announcer, but makes it due after the save", func(b *bench) {
		r := b.create(production, "E1")
		for _, again := range []time.Duration{-1, long} {
			c := b.claimAnnouncement(r.ID, "a", long)
			b.signal(r.ID, deploy.SignalPause, "")
			if due := b.announce(); len(due) != 0 {
				b.Errorf("due under the lease: %v", due)
			}
			b.ok(b.SaveAnnouncement(b.ctx, r.ID, shown, c.Epoch, false, 0))
			b.ok(b.SaveAnnouncement(b.ctx, r.ID, shown, c.Epoch, true, again))
			if diff := cmp.Diff([]deploy.ReleaseID{r.ID}, b.announce()); diff != "" {
				b.Errorf("again after %s: %s", again, diff)
			}
		}
	}},
	{"one announcer at a time, and a stale one can save nothing", func(b *bench) {
		r := b.create(production, "E1")
		stale := b.claimAnnouncement(r.ID, "a", short)
		b.advance(2 * short)
		fresh := b.claimAnnouncement(r.ID, "b", long)
		_, err := b.ClaimAnnouncement(b.ctx, r.ID, "c", long)
		b.refused(err, deploy.Conflict)
		for _, yield := range []bool{false, true} {
			b.refused(b.SaveAnnouncement(b.ctx, r.ID, shown, stale.Epoch, yield, 0), deploy.Fenced)
			b.refused(b.SaveAnnouncement(b.ctx, r.ID, shown, 0, yield, 0), deploy.Fenced)
		}
		again := b.claimAnnouncement(r.ID, "b", long)
		if again.Epoch <= fresh.Epoch || fresh.Epoch <= stale.Epoch || again.Announcement.Parent != "" {
			b.Errorf("epochs %d, %d, %d, shown %+v", stale.Epoch, fresh.Epoch, again.Epoch, again.Announcement)
		}
	}},
	{"a save without yield keeps and renews the lease", func(b *bench) {
		r := b.create(production, "E1")
		const lease = time.Second // also the time a slow machine has for two calls
		c := b.claimAnnouncement(r.ID, "a", lease)
		b.advance(lease + short)
		b.ok(b.SaveAnnouncement(b.ctx, r.ID, shown, c.Epoch, false, 0)) // lapsed, but nobody took it
		_, err := b.ClaimAnnouncement(b.ctx, r.ID, "b", long)
		b.refused(err, deploy.Conflict)
		b.signal(r.ID, deploy.SignalPause, "")
		if due := b.announce(); len(due) != 0 {
			b.Errorf("due under the renewed lease: %v", due)
		}
		b.advance(lease + short)
		if diff := cmp.Diff(shown, b.claimAnnouncement(r.ID, "b", long).Announcement); diff != "" {
			b.Error(diff)
		}
	}},
	{"it comes back after the time asked for", func(b *bench) {
		r := b.create(production, "E1")
		c := b.claimAnnouncement(r.ID, "a", long)
		b.ok(b.SaveAnnouncement(b.ctx, r.ID, shown, c.Epoch, true, long))
		if due := b.announce(); len(due) != 0 {
			b.Errorf("due: %v", due)
		}
		b.signal(r.ID, deploy.SignalPause, "")
		c = b.claimAnnouncement(r.ID, "a", long)
		b.ok(b.SaveAnnouncement(b.ctx, r.ID, shown, c.Epoch, true, short))
		b.advance(2 * short)
		b.claimAnnouncement(r.ID, "b", long)
	}},
	{"leases on a release and on its announcement do not touch each other", func(b *bench) {
		r := b.create(production, "E1")
		c := b.claim(r.ID, "a", long)
		a := b.claimAnnouncement(r.ID, "b", long)
		b.refused(b.SaveAnnouncement(b.ctx, r.ID, shown, c.Epoch, true, 0), deploy.Fenced)
		_, err := b.Beat(b.ctx, r.ID, a.Epoch, long)
		b.refused(err, deploy.Fenced)
		b.commit(c, nil)
		b.ok(b.SaveAnnouncement(b.ctx, r.ID, shown, a.Epoch, true, -1))
	}},
	{"of nothing it is not found", func(b *bench) {
		for _, id := range []deploy.ReleaseID{"coditect-app-9", "nonsense"} {
			_, err := b.ClaimAnnouncement(b.ctx, id, "a", long)
			b.refused(err, deploy.NotFound)
		}
		b.refused(b.SaveAnnouncement(b.ctx, "coditect-app-9", shown, 7, true, 0), deploy.Fenced)
	}},
}
