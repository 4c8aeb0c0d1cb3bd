package memstore

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"slipway/internal/deploy"
)

// Due implements deploy.Owners.
func (s *Store) Due(ctx context.Context, limit int) ([]deploy.ReleaseID, error) {
	if err := given(ctx, "list what is due"); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.overdue(limit, func(r *record) *lease { return &r.lease }), nil
}

// Claim implements deploy.Owners.
func (s *Store) Claim(ctx context.Context, id deploy.ReleaseID, owner string, d time.Duration) (deploy.Claim, error) {
	op := "claim " + string(id)
	if err := given(ctx, op); err != nil {
		return deploy.Claim{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.find(op, id)
	if err != nil {
		return deploy.Claim{}, err
	}
	now := s.clock()
	if err := r.refuse(op, owner, now); err != nil {
		return deploy.Claim{}, err
	}
	r.take(s.next(), owner, now, d)
	return deploy.Claim{Release: r.release.Clone(), Epoch: r.epoch, Now: now, Signals: len(r.inbox)}, nil
}

// Commit implements deploy.Owners.
func (s *Store) Commit(ctx context.Context, c deploy.Commit) (deploy.Committed, error) {
	op := fmt.Sprintf("commit revision %d of %s", c.Release.Rev+1, c.Release.ID)
	if err := given(ctx, op); err != nil {
		return deploy.Committed{}, err
	}
	if len(c.Entries) == 0 {
		return deploy.Committed{}, &deploy.Error{Code: deploy.Invalid, Op: op, Msg: "a commit needs a journal entry"}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.releases[c.Release.ID]
	if r == nil || r.fenced(c.Epoch) || r.release.Rev != c.Release.Rev {
		return deploy.Committed{}, fenced(op)
	}
	if c.Release.Target != r.release.Target {
		return deploy.Committed{}, &deploy.Error{Code: deploy.Invalid, Op: op, Msg: string(c.Release.ID) + " is a release of another target"}
	}
	last, _ := strconv.Atoi(c.Consumed) // 0 for none
	beyond := slices.Clone(r.inbox)
	beyond = slices.DeleteFunc(beyond, func(sig deploy.Signal) bool { n, _ := strconv.Atoi(sig.ID); return n <= last })
	if c.Release.State.Terminal() && len(beyond) > 0 {
		return deploy.Committed{}, &deploy.Error{Code: deploy.Conflict, Op: op, Msg: string(c.Release.ID) + " has not heard everything yet"}
	}
	now := s.clock()
	r.release, r.inbox = c.Release.Clone(), beyond
	r.release.Rev++
	r.append(c.Entries, now)
	r.announcement.change(now)
	s.wake(deploy.Wake{Release: c.Release.ID, Announcement: true})
	switch {
	case r.release.State.Terminal():
		s.end(r)
	case c.Yield:
		s.giveUp(r, now, c.After)
	}
	return deploy.Committed{Rev: r.release.Rev, Now: now, Signals: len(r.inbox)}, nil
}

// end frees the target and takes the release off the due list.
func (s *Store) end(r *record) {
	r.drop(time.Time{})
	r.listed, r.ended = false, true
	t := s.target(r.release.Target)
	if t.hold == r.release.ID {
		t.hold = ""
	}
	t.close(&r.release)
	if r.release.Arrived() {
		t.live = r.release.ID
	}
}

// giveUp drops the lease; with a signal waiting, the release is due at once.
func (s *Store) giveUp(r *record, now time.Time, after time.Duration) {
	if len(r.inbox) > 0 {
		after = 0
	}
	r.drop(later(now, after))
	if after <= 0 {
		s.wake(deploy.Wake{Release: r.release.ID})
	}
}

// Yield implements deploy.Owners.
func (s *Store) Yield(ctx context.Context, id deploy.ReleaseID, e deploy.Epoch, d time.Duration) error {
	op := "yield " + string(id)
	if err := given(ctx, op); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.releases[id]
	if r == nil || r.fenced(e) {
		return fenced(op)
	}
	s.giveUp(r, s.clock(), d)
	return nil
}

// Beat implements deploy.Owners.
func (s *Store) Beat(ctx context.Context, id deploy.ReleaseID, e deploy.Epoch, d time.Duration) (int, error) {
	op := "beat for " + string(id)
	if err := given(ctx, op); err != nil {
		return 0, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.releases[id]
	if r == nil || r.fenced(e) {
		return 0, fenced(op)
	}
	r.prolong(s.clock(), d)
	return len(r.inbox), nil
}

// Confirm implements deploy.Owners: there is nobody to wait for.
func (s *Store) Confirm(ctx context.Context, id deploy.ReleaseID, e deploy.Epoch, d time.Duration) error {
	_, err := s.Beat(ctx, id, e, d)
	return err
}

// Inbox implements deploy.Owners.
func (s *Store) Inbox(ctx context.Context, id deploy.ReleaseID) ([]deploy.Signal, error) {
	op := "read the inbox of " + string(id)
	if err := given(ctx, op); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.releases[id]
	if r == nil {
		return nil, nil
	}
	return slices.Clone(r.inbox), nil
}
