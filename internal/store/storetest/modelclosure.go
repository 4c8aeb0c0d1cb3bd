package storetest

import (
	"fmt"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"slipway/internal/deploy"
)

func (m *model) unlock(t *rapid.T) {
	l := m.pick(t)
	event := events.Draw(t, "event")
	if event != "" {
		event = "unlock " + event + deploy.EventID(l.target.Service)
	}
	cleared, err := m.Unlock(m.ctx, l.target, l.id, event)
	lock := m.locks[l.target]
	_, seen := m.seen[event]
	switch {
	case event != "" && seen, lock == nil:
		m.expect("unlock in vain", err, "")
	case lock != l:
		m.expect("unlock what another left", err, deploy.Conflict)
	default:
		m.expect("unlock", err, "")
		delete(m.locks, l.target)
		m.seen[event] = l
		if !cleared {
			m.rt.Fatalf("the lock of %s is not cleared", l.target)
		}
		return
	}
	if cleared {
		m.rt.Fatalf("a lock of %s is cleared", l.target)
	}
}

func (m *model) note(t *rapid.T) {
	l := m.pick(t)
	event := events.Draw(t, "event")
	if event != "" {
		event = "note " + event + deploy.EventID(l.id)
	}
	n := deploy.Note{Kind: rapid.SampledFrom([]deploy.NoteKind{deploy.NoteTaken, deploy.NoteBug}).Draw(t, "kind"), Done: rapid.Bool().Draw(t, "done")}
	got, fresh, err := m.Note(m.ctx, l.id, n, event)
	_, seen := m.seen[event]
	seen = seen && event != ""
	if !seen && !l.ended {
		m.expect("note on what has not ended", err, deploy.Conflict)
		return
	}
	m.expect("note", err, "")
	notes, added := deploy.AddNote(l.notes, n)
	if added = added && !seen; added {
		l.notes = notes
		l.rev++
		l.entries++
		m.seen[event] = l
	}
	if fresh != added || got.Rev != l.rev || len(got.Notes) != len(l.notes) {
		m.rt.Fatalf("note: fresh %t, want %t; got %+v, want %+v", fresh, added, got, l)
	}
}

func (m *model) compareClosure(target deploy.Target) {
	c, err := m.Closure(m.ctx, target)
	m.expect("closure", err, "")
	var lock, want deploy.ReleaseID
	if c.Lock != nil {
		lock = c.Lock.Release
	}
	if l := m.locks[target]; l != nil {
		want = l.id
	}
	if lock != want {
		m.rt.Fatalf("%s is locked by %q, want %q", target, lock, want)
	}
	var bars []deploy.ReleaseID
	for _, b := range c.Bars {
		bars = append(bars, b.Release)
	}
	kept := m.bars[target]
	if diff := cmp.Diff(kept[:min(len(kept), 20)], bars, cmpopts.EquateEmpty()); diff != "" {
		m.rt.Fatal(fmt.Sprint("bars of ", target, diff))
	}
}
