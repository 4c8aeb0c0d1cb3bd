package storetest

import (
	"fmt"

	"slipway/internal/deploy"
)

var endingFacts = []fact{
	{"the end frees the target and takes the release off every list but history", func(b *bench) {
		r := b.create(production, "E1")
		b.commit(b.claim(r.ID, "a", short), func(c *deploy.Commit) { c.Release.State = deploy.RolledBack })
		b.advance(2 * short)
		holder, err := b.Holder(b.ctx, production)
		b.ok(err)
		active, err := b.Active(b.ctx)
		b.ok(err)
		history, err := b.History(b.ctx, production, 10)
		b.ok(err)
		if holder != "" || len(active) != 0 || len(b.due()) != 0 || len(history) != 1 {
			b.Errorf("holder %q, active %v, due %v, history %v", holder, active, b.due(), history)
		}
		b.unlock(production, r.ID)
		again := Release(production)
		again.Again = true
		if next, err := b.Create(b.ctx, again, "E3"); err != nil || next.Release.ID != "coditect-app-2" {
			b.Errorf("next is %s, %v", next.Release.ID, err)
		}
	}},
	{"a release does not end before every signal was heard", func(b *bench) {
		r := b.create(production, "E1")
		c := b.claim(r.ID, "a", long)
		b.signal(r.ID, deploy.SignalPause, "E2")
		b.signal(r.ID, deploy.SignalRollBack, "E3")
		inbox, err := b.Inbox(b.ctx, r.ID)
		b.ok(err)
		for _, consumed := range []string{"", inbox[0].ID} {
			_, err = b.Commit(b.ctx, step(c, func(c *deploy.Commit) { c.Release.State, c.Consumed = deploy.Succeeded, consumed }))
			b.refused(err, deploy.Conflict)
		}
		if got, err := b.Get(b.ctx, r.ID); err != nil || got.Rev != r.Rev {
			b.Errorf("revision %d, %v", got.Rev, err)
		}
		b.commit(c, func(c *deploy.Commit) { c.Release.State, c.Consumed = deploy.Succeeded, inbox[1].ID })
	}},
	{"nothing is written after the end", func(b *bench) {
		r := b.create(production, "E1")
		c := b.claim(r.ID, "a", long)
		c.Release.Rev = b.commit(c, func(c *deploy.Commit) { c.Release.State = deploy.Failed }).Rev
		_, err := b.Commit(b.ctx, step(c, func(c *deploy.Commit) { c.Release.State = deploy.Running }))
		b.refused(err, deploy.Fenced)
		b.refused(b.Yield(b.ctx, r.ID, c.Epoch, 0), deploy.Fenced)
		if due := b.due(); len(due) != 0 {
			b.Errorf("due: %v", due)
		}
	}},
	{"live is what brought its version to 100 % last", func(b *bench) {
		_, err := b.Live(b.ctx, production)
		b.refused(err, deploy.NotFound)
		var live deploy.ReleaseID
		for i, c := range []struct {
			kind  deploy.Kind
			state deploy.State
			live  bool
		}{
			{deploy.Deploy, deploy.Failed, false},
			{deploy.Deploy, deploy.Succeeded, true},
			{deploy.Deploy, deploy.RolledBack, false},
			{deploy.Rollback, deploy.Failed, false},
			{deploy.Rollback, deploy.RolledBack, true},
			{deploy.Deploy, deploy.Succeeded, true},
			{deploy.Restore, deploy.Succeeded, false},
		} {
			r := Release(production)
			r.Kind, r.Version = c.kind, fmt.Sprint("v1.2.", i)
			created, err := b.Create(b.ctx, r, "")
			b.ok(err)
			b.end(created.Release.ID, c.state)
			if c.state == deploy.RolledBack {
				b.unlock(production, created.Release.ID)
			}
			if c.live {
				live = created.Release.ID
			}
			if live == "" {
				_, err := b.Live(b.ctx, production)
				b.refused(err, deploy.NotFound)
				continue
			}
			got, err := b.Live(b.ctx, production)
			b.ok(err)
			if got.ID != live {
				b.Errorf("after %s %s live is %s, want %s", c.kind, c.state, got.ID, live)
			}
		}
		_, err = b.Live(b.ctx, staging)
		b.refused(err, deploy.NotFound)
	}},
}
