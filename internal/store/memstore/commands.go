package memstore

import (
	"context"
	"fmt"
	"strconv"

	"slipway/internal/deploy"
)

// Create implements deploy.Commands.
func (s *Store) Create(ctx context.Context, r deploy.Release, event deploy.EventID) (deploy.Created, error) {
	op := "create a release of " + r.Target.String()
	if err := given(ctx, op); err != nil {
		return deploy.Created{}, err
	}
	if r.Target.Service == "" || r.Target.Environment == "" || r.ID != "" || r.Rev != 0 || r.State == "" || r.State.Terminal() {
		return deploy.Created{}, &deploy.Error{Code: deploy.Invalid, Op: op, Msg: "this is no new release"}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if id, ok := s.seen[event]; ok && event != "" {
		r, err := s.find(op, id)
		if err != nil {
			return deploy.Created{}, err
		}
		return deploy.Created{Release: r.release.Clone()}, nil
	}
	t := s.target(r.Target)
	if r.Kind == deploy.Deploy && t.live != "" && s.releases[t.live].release.Landed().Version == r.Version {
		return deploy.Created{}, &deploy.Error{Code: deploy.Invalid, Op: op, Msg: fmt.Sprintf("%s runs %s already", r.Target, r.Version),
			Err: &deploy.LiveError{Target: r.Target, Version: r.Version, Live: t.live}}
	}
	if t.hold != "" {
		return deploy.Created{}, &deploy.Error{Code: deploy.Held, Op: op, Msg: fmt.Sprintf("%s is being released by %s", r.Target, t.hold),
			Err: &deploy.HeldError{Target: r.Target, Holder: t.hold}}
	}
	if err := t.closed(op, r); err != nil {
		return deploy.Created{}, err
	}
	now := s.clock()
	s.numbers[r.Target.Service]++
	r = r.Clone()
	r.Number, r.Rev = s.numbers[r.Target.Service], 1
	r.ID = deploy.NewReleaseID(r.Target.Service, r.Number)
	if r.Created.IsZero() {
		r.Created = now
	}
	if r.Since.IsZero() {
		r.Since = now
	}
	rec := &record{release: r, lease: lease{listed: true, due: now}}
	rec.append([]deploy.Entry{{Kind: deploy.EntryCreated, By: r.Requester, State: r.State,
		Text: fmt.Sprintf("%s %s to %s", r.Kind, r.Version, r.Target)}}, now)
	rec.announcement.hasten(now)
	s.releases[r.ID], t.hold, t.releases = rec, r.ID, append(t.releases, r.ID)
	if event != "" {
		s.seen[event] = r.ID
	}
	s.wake(deploy.Wake{Release: r.ID}, deploy.Wake{Release: r.ID, Announcement: true})
	return deploy.Created{Release: r.Clone(), Fresh: true}, nil
}

// Signal implements deploy.Commands.
func (s *Store) Signal(ctx context.Context, id deploy.ReleaseID, sig deploy.Signal, event deploy.EventID) (bool, error) {
	op := fmt.Sprintf("signal %s to %s", sig.Kind, id)
	if err := given(ctx, op); err != nil {
		return false, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.seen[event]; ok && event != "" {
		return false, nil
	}
	r, err := s.find(op, id)
	if err != nil {
		return false, err
	}
	if r.ended {
		return false, &deploy.Error{Code: deploy.Conflict, Op: op, Msg: fmt.Sprintf("%s has ended", id)}
	}
	now := s.clock()
	s.signals++
	sig.ID = strconv.Itoa(s.signals)
	r.inbox = append(r.inbox, sig)
	if event != "" {
		s.seen[event] = id
	}
	r.hasten(now)
	r.announcement.change(now)
	s.wake(deploy.Wake{Release: id}, deploy.Wake{Release: id, Announcement: true})
	return true, nil
}
