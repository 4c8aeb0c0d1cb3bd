package memstore

import (
	"cmp"
	"context"
	"slices"

	"slipway/internal/deploy"
)

// Get implements deploy.Reader.
func (s *Store) Get(ctx context.Context, id deploy.ReleaseID) (deploy.Release, error) {
	op := "get " + string(id)
	if err := given(ctx, op); err != nil {
		return deploy.Release{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.find(op, id)
	if err != nil {
		return deploy.Release{}, err
	}
	return r.release.Clone(), nil
}

// Journal implements deploy.Reader.
func (s *Store) Journal(ctx context.Context, id deploy.ReleaseID, after int64) ([]deploy.Entry, error) {
	op := "read the journal of " + string(id)
	if err := given(ctx, op); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.find(op, id)
	if err != nil {
		return nil, err
	}
	from, _ := slices.BinarySearchFunc(r.journal, after+1, func(e deploy.Entry, rev int64) int { return cmp.Compare(e.Rev, rev) })
	return slices.Clone(r.journal[from:]), nil
}

// Holder implements deploy.Reader.
func (s *Store) Holder(ctx context.Context, t deploy.Target) (deploy.ReleaseID, error) {
	if err := given(ctx, "find who holds "+t.String()); err != nil {
		return "", err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.target(t).hold, nil
}

// Live implements deploy.Reader.
func (s *Store) Live(ctx context.Context, t deploy.Target) (deploy.Release, error) {
	op := "find what is live on " + t.String()
	if err := given(ctx, op); err != nil {
		return deploy.Release{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.find(op, s.target(t).live)
	if err != nil {
		return deploy.Release{}, err
	}
	return r.release.Clone(), nil
}

// History implements deploy.Reader.
func (s *Store) History(ctx context.Context, t deploy.Target, limit int) ([]deploy.Release, error) {
	if err := given(ctx, "read the history of "+t.String()); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var found []deploy.Release
	for _, id := range slices.Backward(s.target(t).releases) {
		if len(found) >= limit {
			break
		}
		found = append(found, s.releases[id].release.Clone())
	}
	return found, nil
}

// Active implements deploy.Reader.
func (s *Store) Active(ctx context.Context) ([]deploy.Release, error) {
	if err := given(ctx, "list what is active"); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var found []deploy.Release
	for _, r := range s.releases {
		if !r.ended {
			found = append(found, r.release.Clone())
		}
	}
	slices.SortFunc(found, func(a, b deploy.Release) int {
		return cmp.Or(a.Created.Compare(b.Created), cmp.Compare(a.Number, b.Number), cmp.Compare(a.ID, b.ID))
	})
	return found, nil
}
