package memstore

import (
	"context"
	"fmt"
	"slices"

	"slipway/internal/deploy"
)

// mostBars is how many bars a target keeps.
const mostBars = 20

// close puts at the target what the end of r leaves there.
func (t *target) close(r *deploy.Release) {
	lock, bar, ok := r.Leaves()
	if !ok {
		return
	}
	if lock != (deploy.Lock{}) {
		t.closure.Lock = &lock
	}
	if bar.Digest == "" && bar.Version == "" {
		return // it would match nothing
	}
	bars := slices.DeleteFunc(slices.Clone(t.closure.Bars), func(b deploy.Bar) bool { return b == bar })
	bars = slices.Insert(bars, 0, bar)
	t.closure.Bars = bars[:min(len(bars), mostBars)]
}

// closed is why r may not be created at the target, or nil.
func (t *target) closed(op string, r deploy.Release) error {
	if r.Kind != deploy.Deploy {
		return nil
	}
	if l := t.closure.Lock; l != nil {
		return &deploy.Error{Code: deploy.Held, Op: op, Msg: fmt.Sprintf("%s is locked since %s", r.Target, l.Release),
			Err: &deploy.LockedError{Target: r.Target, Lock: *l}}
	}
	if b, barred := t.closure.Barred("", r.Version); barred && !r.Again {
		return &deploy.Error{Code: deploy.Invalid, Op: op, Msg: fmt.Sprintf("%s was taken back from %s by %s", r.Version, r.Target, b.Release),
			Err: &deploy.BarredError{Target: r.Target, Bar: b}}
	}
	return nil
}

// Closure implements deploy.Reader.
func (s *Store) Closure(ctx context.Context, t deploy.Target) (deploy.Closure, error) {
	if err := given(ctx, "find what stands in the way of "+t.String()); err != nil {
		return deploy.Closure{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.target(t).closure
	c.Bars = slices.Clone(c.Bars)
	if c.Lock != nil {
		lock := *c.Lock
		c.Lock = &lock
	}
	return c, nil
}

// Unlock implements deploy.Commands.
func (s *Store) Unlock(ctx context.Context, t deploy.Target, left deploy.ReleaseID, event deploy.EventID) (bool, error) {
	op := "unlock " + t.String()
	if err := given(ctx, op); err != nil {
		return false, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.seen[event]; ok && event != "" {
		return false, nil
	}
	c := &s.target(t).closure
	switch {
	case c.Lock == nil:
		return false, nil
	case c.Lock.Release != left:
		return false, &deploy.Error{Code: deploy.Conflict, Op: op, Msg: fmt.Sprintf("%s is locked since %s, not since %s", t, c.Lock.Release, left)}
	}
	c.Lock = nil
	if event != "" {
		s.seen[event] = left
	}
	return true, nil
}
