package storetest

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"slipway/internal/deploy"
)

// Jumps holds a store to what is promised when its clock is set. It needs a Fixture whose Advance can also go back.
func Jumps(t *testing.T, open func(t *testing.T) Fixture) {
	for _, f := range clockFacts {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			fx := open(t)
			f.check(&bench{T: t, ctx: t.Context(), Store: fx.Store, advance: fx.Advance})
		})
	}
}

// lease is one as the engine takes it.
const lease = 15 * time.Second

// overtaken checks that whoever had c can write nothing any more.
func (b *bench) overtaken(c deploy.Claim, by deploy.Claim) {
	b.Helper()
	if by.Epoch <= c.Epoch {
		b.Errorf("epoch %d after %d", by.Epoch, c.Epoch)
	}
	_, err := b.Commit(b.ctx, step(c, nil))
	b.refused(err, deploy.Fenced)
	_, err = b.Beat(b.ctx, c.Release.ID, c.Epoch, lease)
	b.refused(err, deploy.Fenced)
	b.refused(b.Yield(b.ctx, c.Release.ID, c.Epoch, 0), deploy.Fenced)
	b.commit(by, nil)
}

var clockFacts = []fact{
	{"forward by months: an attestation is told for 90 days after it has expired, each by itself", func(b *bench) {
		const day = 24 * time.Hour
		b.attest(production, "U0BOB", map[string]time.Duration{"a/b": day, "c/d": 10 * day}, "", true)
		told := func(when string, want int) {
			b.Helper()
			if all := b.attested(production); len(all) != want {
				b.Errorf("%s: %v", when, all)
			}
		}
		b.advance(91*day - time.Second)
		told("almost 90 days after the first has expired", 2)
		b.advance(2 * time.Second)
		told("just past that", 1)
		b.attest(production, "U0BOB", map[string]time.Duration{"e/f": day}, "", true)
		told("with a new one", 2)
		b.advance(9 * day)
		told("past what is told of the second", 1)
		b.advance(82*day + time.Second)
		told("past what is told of the last", 0)
	}},
	{"forward an hour: the lease has lapsed, and its owner is overtaken", func(b *bench) {
		r := b.create(production, "E1")
		stale := b.claim(r.ID, "a", lease)
		b.advance(time.Hour)
		if diff := cmp.Diff([]deploy.ReleaseID{r.ID}, b.due()); diff != "" {
			b.Error(diff)
		}
		b.overtaken(stale, b.claim(r.ID, "b", lease))
	}},
	{"forward an hour and not taken: the owner goes on", func(b *bench) {
		c := b.claim(b.create(production, "E1").ID, "a", lease)
		b.advance(time.Hour)
		_, err := b.Beat(b.ctx, c.Release.ID, c.Epoch, lease)
		b.ok(err)
		_, err = b.Claim(b.ctx, c.Release.ID, "b", lease)
		b.refused(err, deploy.Conflict)
		b.commit(c, nil)
	}},
	{"back two hours: epochs still grow, for releases and announcements", func(b *bench) {
		r := b.create(production, "E1")
		b.claim(r.ID, "a", lease)
		newest := b.claimAnnouncement(r.ID, "a", lease).Epoch
		for range 3 {
			b.advance(-2 * time.Hour)
			next := b.claim(r.ID, "a", lease).Epoch
			other := b.claimAnnouncement(r.ID, "a", lease).Epoch
			if next <= newest || other <= next {
				b.Errorf("epochs %d, %d after %d", next, other, newest)
			}
			newest = other
		}
	}},
	{"back two hours: the owner goes on, and its next beat sets the lease right", func(b *bench) {
		r := b.create(production, "E1")
		c := b.claim(r.ID, "a", lease)
		b.advance(-2 * time.Hour)
		c.Release.Rev = b.commit(c, nil).Rev
		_, err := b.Beat(b.ctx, r.ID, c.Epoch, lease)
		b.ok(err)
		_, err = b.Claim(b.ctx, r.ID, "b", lease)
		b.refused(err, deploy.Conflict)
		b.advance(lease + time.Second)
		if diff := cmp.Diff([]deploy.ReleaseID{r.ID}, b.due()); diff != "" {
			b.Error(diff)
		}
		b.overtaken(c, b.claim(r.ID, "b", lease))
	}},
	{"back two hours with a dead owner: a signal gets through at once", func(b *bench) {
		r := b.create(production, "E1")
		dead := b.claim(r.ID, "a", lease)
		b.advance(-2 * time.Hour)
		b.signal(r.ID, deploy.SignalRollBack, "E2")
		if diff := cmp.Diff([]deploy.ReleaseID{r.ID}, b.due()); diff != "" {
			b.Error(diff)
		}
		b.overtaken(dead, b.claim(r.ID, "b", lease))
	}},
	{"back two hours with a dead owner and nothing said: due when the clock is there again", func(b *bench) {
		r := b.create(production, "E1")
		dead := b.claim(r.ID, "a", lease)
		b.advance(-2 * time.Hour)
		b.advance(2*time.Hour + lease - time.Second)
		if due := b.due(); len(due) != 0 {
			b.Errorf("due: %v", due)
		}
		b.advance(time.Second)
		b.overtaken(dead, b.claim(r.ID, "b", lease))
	}},
	{"a bake ends when the clock shows its time, forward or back, and a signal is heard meanwhile", func(b *bench) {
		const bake = 5 * time.Minute
		r := b.create(production, "E1")
		c := b.claim(r.ID, "a", lease)
		c.Release.Rev = b.commit(c, func(c *deploy.Commit) { c.Yield, c.After = true, bake }).Rev
		b.advance(-2 * time.Hour)
		_, err := b.Claim(b.ctx, r.ID, "b", lease)
		b.refused(err, deploy.Conflict)
		b.signal(r.ID, deploy.SignalPause, "E2")
		c = b.claim(r.ID, "b", lease)
		inbox, err := b.Inbox(b.ctx, r.ID)
		b.ok(err)
		b.commit(c, func(c *deploy.Commit) { c.Consumed, c.Yield, c.After = inbox[0].ID, true, bake })
		b.advance(time.Hour)
		b.claim(r.ID, "c", lease)
	}},
	{"back two hours: an announcement with a dead announcer goes on with the next change", func(b *bench) {
		r := b.create(production, "E1")
		dead := b.claimAnnouncement(r.ID, "a", lease)
		b.advance(-2 * time.Hour)
		b.signal(r.ID, deploy.SignalPause, "E2")
		if diff := cmp.Diff([]deploy.ReleaseID{r.ID}, b.announce()); diff != "" {
			b.Error(diff)
		}
		next := b.claimAnnouncement(r.ID, "b", lease)
		b.refused(b.SaveAnnouncement(b.ctx, r.ID, shown, dead.Epoch, true, 0), deploy.Fenced)
		b.ok(b.SaveAnnouncement(b.ctx, r.ID, shown, next.Epoch, true, 0))
	}},
}
