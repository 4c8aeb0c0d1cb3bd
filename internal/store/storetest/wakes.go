package storetest

import (
	"context"
	"time"

	"slipway/internal/deploy"
)

// patience is how long a hint may take before a test gives up on it.
const patience = 10 * time.Second

// heard waits for w and passes over other hints.
func (b *bench) heard(wakes <-chan deploy.Wake, w deploy.Wake) {
	b.Helper()
	late := time.NewTimer(patience)
	defer late.Stop()
	for {
		select {
		case got, ok := <-wakes:
			if !ok {
				b.Fatalf("closed before %+v", w)
			}
			if got == w {
				return
			}
		case <-late.C:
			b.Fatalf("did not hear %+v", w)
		}
	}
}

var wakeFacts = []fact{
	{"create, signal, commit and yield hint at what is due", func(b *bench) {
		wakes, err := b.Wakes(b.ctx)
		b.ok(err)
		r := b.create(deploy.Target{Service: "heard", Environment: "production"}, "")
		release, announcement := deploy.Wake{Release: r.ID}, deploy.Wake{Release: r.ID, Announcement: true}
		b.heard(wakes, release)
		b.heard(wakes, announcement)
		c := b.claim(r.ID, "a", long)
		b.signal(r.ID, deploy.SignalPause, "")
		b.heard(wakes, release)
		b.heard(wakes, announcement)
		c.Release.Rev = b.commit(c, nil).Rev
		b.heard(wakes, announcement)
		b.commit(c, func(c *deploy.Commit) { c.Yield, c.After = true, long }) // the signal waits
		b.heard(wakes, release)
		b.ok(b.Yield(b.ctx, r.ID, b.claim(r.ID, "a", long).Epoch, 0))
		b.heard(wakes, release)
		b.settleAfterChange(r.ID)
		b.heard(wakes, announcement)
	}},
	{"a note on what has ended hints at its announcement", func(b *bench) {
		r := b.create(deploy.Target{Service: "noted", Environment: "production"}, "")
		b.end(r.ID, deploy.RolledBack)
		wakes, err := b.Wakes(b.ctx)
		b.ok(err)
		b.note(r.ID, deploy.Note{Kind: deploy.NoteTaken, By: "U0BOB"}, "", true)
		b.heard(wakes, deploy.Wake{Release: r.ID, Announcement: true})
	}},
	{"the channel is closed when the context ends", func(b *bench) {
		ctx, cancel := context.WithCancel(b.ctx)
		wakes, err := b.Wakes(ctx)
		b.ok(err)
		cancel()
		late := time.NewTimer(patience)
		defer late.Stop()
		for {
			select {
			case _, open := <-wakes:
				if !open {
					return
				}
			case <-late.C:
				b.Fatal("still open")
			}
		}
	}},
	{"a reader that does not read delays nobody, and hears again when it reads", func(b *bench) {
		wakes, err := b.Wakes(b.ctx)
		b.ok(err)
		r := b.create(deploy.Target{Service: "slow", Environment: "production"}, "")
		for range 400 {
			b.signal(r.ID, deploy.SignalPause, "")
		}
		for range cap(wakes) {
			select {
			case <-wakes:
			default:
			}
		}
		b.signal(r.ID, deploy.SignalPause, "")
		b.heard(wakes, deploy.Wake{Release: r.ID, Announcement: true})
	}},
}

// settleAfterChange saves an announcement whose release changed since it was claimed.
func (b *bench) settleAfterChange(id deploy.ReleaseID) {
	b.Helper()
	c := b.claimAnnouncement(id, "a", long)
	b.signal(id, deploy.SignalPause, "")
	b.ok(b.SaveAnnouncement(b.ctx, id, c.Announcement, c.Epoch, true, -1))
}
