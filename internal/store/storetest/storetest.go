// Package storetest says in tests what deploy.Store promises, for every implementation, and starts the Redis
// servers that such tests need. It is for tests only and holds nothing that runs in the bot.
//
// Start reading at Run; the facts are in commands.go, owners.go, ending.go, closure.go, notes.go, attestations.go,
// reader.go, announcements.go and wakes.go. Model checks random histories against a model of the rules, and Jumps what a
// clock that is set may do.
package storetest

import (
	"context"
	"testing"
	"time"

	"slipway/internal/deploy"
)

// Fixture is an empty store and its clock.
type Fixture struct {
	Store deploy.Store
	// Advance returns when the store's clock is d further. It may wait, or move the clock; only Jumps asks it to go back.
	Advance func(d time.Duration)
}

// Run holds a store to what deploy.Store promises. open is called once for each fact, at any time and from several
// goroutines, and gives each a store of its own.
func Run(t *testing.T, open func(t *testing.T) Fixture) {
	for _, room := range []struct {
		name  string
		facts []fact
	}{
		{"commands", commandFacts},
		{"owners", ownerFacts},
		{"ending", endingFacts},
		{"closure", closureFacts},
		{"notes", noteFacts},
		{"attestations", attestationFacts},
		{"reader", readerFacts},
		{"announcements", announcementFacts},
		{"wakes", wakeFacts},
	} {
		for _, f := range room.facts {
			t.Run(room.name+"/"+f.name, func(t *testing.T) {
				t.Parallel()
				fx := open(t)
				f.check(&bench{T: t, ctx: t.Context(), Store: fx.Store, advance: fx.Advance})
			})
		}
	}
}

type fact struct {
	name  string
	check func(*bench)
}

// Times of the suite. What must not lapse while a slow machine runs a test is long; what must lapse is short.
const (
	long  = time.Hour
	short = 5 * time.Millisecond
)

// bench is one store under test with the moves that facts are made of. Each move fails the test if it is refused.
type bench struct {
	*testing.T
	deploy.Store
	ctx     context.Context
	advance func(time.Duration)
}

var (
	production = deploy.Target{Service: "coditect-app", Environment: "production"}
	staging    = deploy.Target{Service: "coditect-app", Environment: "staging"}
	elsewhere  = deploy.Target{Service: "billing", Environment: "production"}
)

// Release is what a caller of Create hands in: without id, number and times.
func Release(t deploy.Target) deploy.Release {
	return deploy.Release{
		Kind: deploy.Deploy, Target: t, Version: "v1.2.4", Requester: "U0ALICE", Reason: "fixes the login",
		Spec:  deploy.Spec{Image: "gcr.io/my-gcp-project/coditect", Channel: "C0OPS"},
		State: deploy.Running, By: "U0ALICE",
		Steps: []deploy.Step{
			{Name: "preflight/service", Kind: deploy.KindService, Phase: deploy.Preflight, Status: deploy.Pending, Within: time.Minute},
			{Name: "traffic/10", Kind: deploy.KindShift, Phase: deploy.Traffic, Status: deploy.Pending, Percent: 10},
		},
		Back: []deploy.Step{
			{Name: "rollback/traffic", Kind: deploy.KindReturn, Phase: deploy.BackTraffic, Status: deploy.Pending},
		},
	}
}

func (b *bench) create(t deploy.Target, event deploy.EventID) deploy.Release {
	b.Helper()
	c, err := b.Create(b.ctx, Release(t), event)
	b.ok(err)
	return c.Release
}

func (b *bench) claim(id deploy.ReleaseID, owner string, lease time.Duration) deploy.Claim {
	b.Helper()
	c, err := b.Claim(b.ctx, id, owner, lease)
	b.ok(err)
	return c
}

// step is a commit of the next revision of what was claimed.
func step(c deploy.Claim, change func(*deploy.Commit)) deploy.Commit {
	next := deploy.Commit{
		Release: c.Release.Clone(), Epoch: c.Epoch,
		Entries: []deploy.Entry{{At: c.Now, Kind: deploy.EntryIntent, Step: "traffic/10", Phase: deploy.Traffic}},
	}
	if change != nil {
		change(&next)
	}
	return next
}

func (b *bench) commit(c deploy.Claim, change func(*deploy.Commit)) deploy.Committed {
	b.Helper()
	done, err := b.Commit(b.ctx, step(c, change))
	b.ok(err)
	return done
}

// end hears what waits and brings a release to a terminal state.
func (b *bench) end(id deploy.ReleaseID, state deploy.State) {
	b.Helper()
	c := b.claim(id, "ender", long)
	inbox, err := b.Inbox(b.ctx, id)
	b.ok(err)
	b.commit(c, func(c *deploy.Commit) {
		c.Release.State, c.Durable = state, true
		if len(inbox) > 0 {
			c.Consumed = inbox[len(inbox)-1].ID
		}
	})
}

func (b *bench) signal(id deploy.ReleaseID, kind deploy.SignalKind, event deploy.EventID) {
	b.Helper()
	fresh, err := b.Signal(b.ctx, id, deploy.Signal{Kind: kind, By: "U0BOB"}, event)
	b.ok(err)
	if !fresh {
		b.Fatalf("signal %s under event %q is not fresh", kind, event)
	}
}

func (b *bench) due() []deploy.ReleaseID {
	b.Helper()
	ids, err := b.Due(b.ctx, 100)
	b.ok(err)
	return ids
}

func (b *bench) announce() []deploy.ReleaseID {
	b.Helper()
	ids, err := b.DueAnnouncements(b.ctx, 100)
	b.ok(err)
	return ids
}

func (b *bench) ok(err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

// refused fails unless err has the code.
func (b *bench) refused(err error, code deploy.Code) {
	b.Helper()
	if deploy.CodeOf(err) != code {
		b.Fatalf("got %v (%s), want code %s", err, deploy.CodeOf(err), code)
	}
}
