package store

import (
	"context"
	"encoding/json"
	"time"

	"slipway/internal/deploy"
)

// ClaimAnnouncement implements deploy.Announcements. As with Claim, the same owner may claim again.
func (s *Store) ClaimAnnouncement(ctx context.Context, id deploy.ReleaseID, owner string, lease time.Duration) (deploy.AnnouncementClaim, error) {
	op := "claim the announcement of " + string(id)
	k, err := keysOf(op, id)
	if err != nil {
		return deploy.AnnouncementClaim{}, err
	}
	got, err := s.run(ctx, claimAnnouncementScript, []string{k.announcement(id), k.announce(), k.epoch(), k.run(), k.gaps()},
		string(id), owner, lease.Milliseconds(), announcementVersion)
	if err != nil {
		return deploy.AnnouncementClaim{}, classify(op, err)
	}
	if got.status() != "ok" {
		return deploy.AnnouncementClaim{}, refused(op, id, got)
	}
	a, err := decodeAnnouncement(got.number(3), got.text(4))
	if err != nil {
		return deploy.AnnouncementClaim{}, &deploy.Error{Code: deploy.Internal, Op: op, Err: err}
	}
	return deploy.AnnouncementClaim{Announcement: a, Epoch: deploy.Epoch(got.number(1)), Now: got.time(2)}, nil
}

// SaveAnnouncement implements deploy.Announcements. Without yield the lease begins anew, with the length it was
// claimed for: there is no beat for announcements.
func (s *Store) SaveAnnouncement(
	ctx context.Context, id deploy.ReleaseID, a deploy.Announcement, e deploy.Epoch, yield bool, d time.Duration,
) error {
	op := "save the announcement of " + string(id)
	k, err := keysOf(op, id)
	if err != nil {
		return err
	}
	doc, err := json.Marshal(a)
	if err != nil {
		return &deploy.Error{Code: deploy.Invalid, Op: op, Err: err}
	}
	after := ""
	switch {
	case yield && d < 0:
		after = "never"
	case yield:
		after = millis(d)
	}
	got, err := s.run(ctx, saveAnnouncementScript, []string{k.announcement(id), k.announce()},
		string(id), int64(e), doc, announcementVersion, after)
	return verdict(op, got, err)
}
