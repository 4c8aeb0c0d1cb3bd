package memstore

import (
	"context"
	"maps"
	"time"

	"slipway/internal/deploy"
)

// announcement is what people have been shown of a release, under a lease of its own.
type announcement struct {
	lease
	shown   deploy.Announcement
	changed bool // since it was claimed
}

func (a *announcement) change(now time.Time) {
	a.changed = true
	a.hasten(now)
}

// DueAnnouncements implements deploy.Announcements.
func (s *Store) DueAnnouncements(ctx context.Context, limit int) ([]deploy.ReleaseID, error) {
	if err := given(ctx, "list announcements that are due"); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.overdue(limit, func(r *record) *lease { return &r.announcement.lease }), nil
}

// ClaimAnnouncement implements deploy.Announcements.
func (s *Store) ClaimAnnouncement(ctx context.Context, id deploy.ReleaseID, owner string, d time.Duration) (deploy.AnnouncementClaim, error) {
	op := "claim the announcement of " + string(id)
	if err := given(ctx, op); err != nil {
		return deploy.AnnouncementClaim{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.find(op, id)
	if err != nil {
		return deploy.AnnouncementClaim{}, err
	}
	a, now := &r.announcement, s.clock()
	if err := a.refuse(op, owner, now); err != nil {
		return deploy.AnnouncementClaim{}, err
	}
	a.take(s.next(), owner, now, d)
	a.changed = false
	return deploy.AnnouncementClaim{Announcement: copied(a.shown), Epoch: a.epoch, Now: now}, nil
}

// SaveAnnouncement implements deploy.Announcements.
func (s *Store) SaveAnnouncement(
	ctx context.Context, id deploy.ReleaseID, shown deploy.Announcement, e deploy.Epoch, yield bool, d time.Duration,
) error {
	op := "save the announcement of " + string(id)
	if err := given(ctx, op); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.releases[id]
	if r == nil || r.announcement.fenced(e) {
		return fenced(op)
	}
	a, now := &r.announcement, s.clock()
	a.shown = copied(shown)
	if !yield {
		a.prolong(now, a.length)
		return nil
	}
	switch {
	case a.changed || d == 0:
		a.drop(now)
		s.wake(deploy.Wake{Release: id, Announcement: true})
	case d < 0:
		a.drop(time.Time{})
		a.listed = false
	default:
		a.drop(later(now, d))
	}
	return nil
}

func copied(a deploy.Announcement) deploy.Announcement {
	a.Asked, a.Files = maps.Clone(a.Asked), maps.Clone(a.Files)
	return a
}
