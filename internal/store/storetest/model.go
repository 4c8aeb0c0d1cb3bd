package storetest

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"slipway/internal/deploy"
)

// Model plays random histories of two owners against a store and against a model of the rules, and compares all
// that can be seen after each move. It needs a clock that stands still between calls to Advance, because the
// model has to know what is due.
func Model(t *testing.T, open func(t *testing.T) Fixture) {
	rapid.Check(t, func(rt *rapid.T) {
		fx := open(t)
		m := &model{
			bench: &bench{T: t, ctx: t.Context(), Store: fx.Store, advance: fx.Advance},
			rt:    rt, holds: map[deploy.Target]*line{}, seen: map[deploy.EventID]*line{}, numbers: map[string]int{},
			locks: map[deploy.Target]*line{}, bars: map[deploy.Target][]deploy.ReleaseID{},
		}
		rt.Repeat(map[string]func(*rapid.T){
			"create":  m.create,
			"signal":  m.signal,
			"claim":   m.claim,
			"commit":  m.commit,
			"yield":   m.yield,
			"beat":    m.beat,
			"unlock":  m.unlock,
			"note":    m.note,
			"advance": m.wait,
			"":        m.compare,
		})
	})
}

// model is what a store should be, in its simplest form.
type model struct {
	*bench
	rt       *rapid.T
	now      time.Duration // since the start
	releases []*line
	holds    map[deploy.Target]*line
	seen     map[deploy.EventID]*line
	numbers  map[string]int
	locks    map[deploy.Target]*line // by what they were left
	bars     map[deploy.Target][]deploy.ReleaseID
	touched  *line // by the last move
}

// line is one release of the model.
type line struct {
	id      deploy.ReleaseID
	target  deploy.Target
	rev     int64
	ended   bool
	inbox   int
	claims  []deploy.Claim // all ever granted; only the last can be in force
	owner   string         // of the lease in force; empty if it was given up
	until   time.Duration
	due     time.Duration
	entries int
	notes   []deploy.Note
}

func (l *line) leased(now time.Duration) bool { return l.owner != "" && l.until > now }

func (l *line) dueAt(now time.Duration) bool { return !l.ended && l.due <= now }

func (l *line) drop(due time.Duration) { l.owner, l.due = "", due }

func (m *model) pick(t *rapid.T) *line {
	if len(m.releases) == 0 {
		t.Skip("no release yet")
	}
	m.touched = rapid.SampledFrom(m.releases).Draw(t, "release")
	return m.touched
}

func (m *model) expect(what string, err error, want deploy.Code) {
	if deploy.CodeOf(err) != want {
		m.rt.Fatalf("%s: got %v, want code %q", what, err, want)
	}
}

var (
	events    = rapid.SampledFrom([]deploy.EventID{"", "E1", "E2", "E3", "E4", "E5"})
	modelTime = rapid.SampledFrom([]time.Duration{0, 1, 5, 20, 100})
)

func draw(t *rapid.T, label string) time.Duration {
	return modelTime.Draw(t, label) * time.Millisecond
}

func (m *model) create(t *rapid.T) {
	target := rapid.SampledFrom([]deploy.Target{production, staging, elsewhere}).Draw(t, "target")
	event := "create " + events.Draw(t, "event")
	if event == "create " {
		event = ""
	}
	// An event is about one service: the same envelope always asks for the same.
	if event != "" {
		event += deploy.EventID(target.Service)
	}
	r := Release(target)
	r.Again = rapid.Bool().Draw(t, "again")
	got, err := m.Create(m.ctx, r, event)
	if l, ok := m.seen[event]; ok && event != "" {
		m.expect("create again", err, "")
		if got.Fresh || got.Release.ID != l.id || got.Release.Rev != l.rev {
			m.rt.Fatalf("create again: got %+v, want %+v", got, l)
		}
		return
	}
	if m.holds[target] != nil {
		m.expect("create on a held target", err, deploy.Held)
		return
	}
	if m.locks[target] != nil {
		m.expect("create on a locked target", err, deploy.Held)
		return
	}
	if len(m.bars[target]) > 0 && !r.Again {
		m.expect("create what was taken back", err, deploy.Invalid)
		return
	}
	m.expect("create", err, "")
	m.numbers[target.Service]++
	id := deploy.NewReleaseID(target.Service, m.numbers[target.Service])
	if !got.Fresh || got.Release.ID != id {
		m.rt.Fatalf("create: got %+v, want %s", got, id)
	}
	l := &line{id: id, target: target, rev: 1, due: m.now, entries: 1}
	m.releases, m.holds[target] = append(m.releases, l), l
	m.seen[event] = l
}

func (m *model) signal(t *rapid.T) {
	l := m.pick(t)
	event := events.Draw(t, "event")
	if event != "" {
		event = "signal " + event + deploy.EventID(l.id)
	}
	fresh, err := m.Signal(m.ctx, l.id, deploy.Signal{Kind: deploy.SignalPause}, event)
	_, known := m.seen[event]
	switch known = known && event != ""; {
	case known:
		m.expect("signal again", err, "")
	case l.ended:
		m.expect("signal the dead", err, deploy.Conflict)
		return
	default:
		m.expect("signal", err, "")
		m.seen[event] = l
		l.inbox++
		if !l.leased(m.now) {
			l.due = min(l.due, m.now)
		}
	}
	if fresh == known {
		m.rt.Fatalf("signal: fresh %v, known %v", fresh, known)
	}
}

func (m *model) claim(t *rapid.T) {
	l := m.pick(t)
	owner := rapid.SampledFrom([]string{"a", "b"}).Draw(t, "owner")
	lease := draw(t, "lease")
	got, err := m.Claim(m.ctx, l.id, owner, lease)
	mine := l.leased(m.now) && l.owner == owner
	if !mine && (l.leased(m.now) || !l.dueAt(m.now)) {
		m.expect("claim", err, deploy.Conflict)
		return
	}
	m.expect("claim", err, "")
	if got.Release.Rev != l.rev || got.Signals != l.inbox {
		m.rt.Fatalf("claim: got %+v, want %+v", got, l)
	}
	for _, other := range m.releases {
		if n := len(other.claims); n > 0 && other.target.Service == l.target.Service && got.Epoch <= other.claims[n-1].Epoch {
			m.rt.Fatalf("epoch %d is not newer than %d", got.Epoch, other.claims[n-1].Epoch)
		}
	}
	l.claims = append(l.claims, got)
	l.owner, l.until, l.due = owner, m.now+lease, m.now+lease
}

// epoch draws a claim that was granted at some time, and says whether its epoch is in force.
func (m *model) epoch(t *rapid.T) (l *line, c deploy.Claim, inForce bool) {
	l = m.pick(t)
	if len(l.claims) == 0 {
		t.Skip("never claimed")
	}
	i := len(l.claims) - 1
	if rapid.IntRange(0, 3).Draw(t, "stale") == 0 {
		i = rapid.IntRange(0, i).Draw(t, "claim")
	}
	return l, l.claims[i], i == len(l.claims)-1 && l.owner != "" && !l.ended
}

func (m *model) commit(t *rapid.T) {
	l, c, inForce := m.epoch(t)
	next := step(c, func(n *deploy.Commit) {
		n.Release.Rev = l.rev
		n.Yield = rapid.Bool().Draw(t, "yield")
		n.After = draw(t, "after")
		if rapid.IntRange(0, 4).Draw(t, "end") == 0 {
			n.Release.State = rapid.SampledFrom([]deploy.State{deploy.Failed, deploy.RolledBack}).Draw(t, "state")
		}
		if rapid.IntRange(0, 4).Draw(t, "old revision") == 0 {
			n.Release.Rev, inForce = l.rev-1, false
		}
	})
	consume := rapid.IntRange(0, l.inbox).Draw(t, "consume")
	if consume > 0 {
		inbox, err := m.Inbox(m.ctx, l.id)
		m.expect("inbox", err, "")
		next.Consumed = inbox[consume-1].ID
	}
	got, err := m.Commit(m.ctx, next)
	if !inForce {
		m.expect("commit", err, deploy.Fenced)
		return
	}
	if next.Release.State.Terminal() && consume < l.inbox {
		m.expect("end unheard", err, deploy.Conflict)
		return
	}
	m.expect("commit", err, "")
	l.rev++
	l.entries++
	l.inbox -= consume
	if got.Rev != l.rev || got.Signals != l.inbox {
		m.rt.Fatalf("commit: got %+v, want %+v", got, l)
	}
	switch {
	case next.Release.State.Terminal():
		l.ended = true
		l.drop(0)
		delete(m.holds, l.target)
		if next.Release.State == deploy.RolledBack {
			m.locks[l.target] = l
			m.bars[l.target] = append([]deploy.ReleaseID{l.id}, m.bars[l.target]...)
		}
	case next.Yield && l.inbox > 0:
		l.drop(m.now)
	case next.Yield:
		l.drop(m.now + next.After)
	}
}

func (m *model) yield(t *rapid.T) {
	l, c, inForce := m.epoch(t)
	after := draw(t, "after")
	err := m.Yield(m.ctx, l.id, c.Epoch, after)
	if !inForce {
		m.expect("yield", err, deploy.Fenced)
		return
	}
	m.expect("yield", err, "")
	if l.inbox > 0 {
		after = 0
	}
	l.drop(m.now + after)
}

func (m *model) beat(t *rapid.T) {
	l, c, inForce := m.epoch(t)
	lease := draw(t, "lease")
	signals, err := m.Beat(m.ctx, l.id, c.Epoch, lease)
	if !inForce {
		m.expect("beat", err, deploy.Fenced)
		return
	}
	m.expect("beat", err, "")
	if signals != l.inbox {
		m.rt.Fatalf("beat: %d signals, want %d", signals, l.inbox)
	}
	l.until, l.due = m.now+lease, m.now+lease
}

func (m *model) wait(t *rapid.T) {
	d := draw(t, "time")
	m.advance(d)
	m.now += d
}

// compare looks at what can be seen from outside.
func (m *model) compare(*rapid.T) {
	var due, active []deploy.ReleaseID
	for _, l := range m.releases {
		if l.dueAt(m.now) {
			due = append(due, l.id)
		}
		if !l.ended {
			active = append(active, l.id)
		}
	}
	m.compareTouched()
	got, err := m.Due(m.ctx, 100)
	m.expect("due", err, "")
	m.same("due", due, got)
	running, err := m.Active(m.ctx)
	m.expect("active", err, "")
	m.same("active", active, ids(running))
	for _, target := range []deploy.Target{production, staging, elsewhere} {
		want := deploy.ReleaseID("")
		if l := m.holds[target]; l != nil {
			want = l.id
		}
		holder, err := m.Holder(m.ctx, target)
		m.expect("holder", err, "")
		if holder != want {
			m.rt.Fatalf("%s is held by %q, want %q", target, holder, want)
		}
		m.compareClosure(target)
	}
}

// compareTouched reads what belongs to one release only.
func (m *model) compareTouched() {
	l := m.touched
	if l == nil {
		return
	}
	entries, err := m.Journal(m.ctx, l.id, 0)
	m.expect("journal", err, "")
	for i, e := range entries {
		if e.Rev != int64(i)+1 {
			m.rt.Fatalf("entry %d of %s has revision %d", i, l.id, e.Rev)
		}
	}
	inbox, err := m.Inbox(m.ctx, l.id)
	m.expect("inbox", err, "")
	if len(entries) != l.entries || len(inbox) != l.inbox {
		m.rt.Fatalf("%s: %d entries and %d signals, want %+v", l.id, len(entries), len(inbox), l)
	}
}

// same compares as sets: the order has facts of its own.
func (m *model) same(what string, want, got []deploy.ReleaseID) {
	slices.Sort(want)
	slices.Sort(got)
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		m.rt.Fatal(fmt.Sprint(what, diff))
	}
}
