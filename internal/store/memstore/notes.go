package memstore

import (
	"context"
	"fmt"

	"slipway/internal/deploy"
)

// Note implements deploy.Commands.
func (s *Store) Note(ctx context.Context, id deploy.ReleaseID, n deploy.Note, event deploy.EventID) (deploy.Release, bool, error) {
	op := fmt.Sprintf("note %s on %s", n.Kind, id)
	if err := given(ctx, op); err != nil {
		return deploy.Release{}, false, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.find(op, id)
	if err != nil {
		return deploy.Release{}, false, err
	}
	if _, ok := s.seen[event]; ok && event != "" {
		return r.release.Clone(), false, nil
	}
	if !r.ended {
		return deploy.Release{}, false, &deploy.Error{Code: deploy.Conflict, Op: op, Msg: fmt.Sprintf("%s has not ended yet", id)}
	}
	now := s.clock()
	n.At = now
	notes, added := deploy.AddNote(r.release.Notes, n)
	if !added {
		return r.release.Clone(), false, nil
	}
	r.release.Notes = notes
	r.release.Rev++
	r.append([]deploy.Entry{n.Entry()}, now)
	if event != "" {
		s.seen[event] = id
	}
	r.announcement.change(now)
	s.wake(deploy.Wake{Release: id, Announcement: true})
	return r.release.Clone(), true, nil
}
