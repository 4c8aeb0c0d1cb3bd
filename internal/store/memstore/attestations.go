package memstore

import (
	"context"
	"fmt"
	"time"

	"slipway/internal/deploy"
)

// keepVoid is how long what no longer counts is told.
const keepVoid = 90 * 24 * time.Hour

// Attest implements deploy.Attestations.
func (s *Store) Attest(ctx context.Context, t deploy.Target, by deploy.UserID, items map[string]time.Duration, event deploy.EventID) (bool, error) {
	op := "attest about " + t.String()
	if err := given(ctx, op); err != nil {
		return false, err
	}
	if len(items) == 0 {
		return false, &deploy.Error{Code: deploy.Invalid, Op: op, Msg: "no item is attested"}
	}
	for item, lasts := range items {
		if item == "" || lasts < time.Millisecond {
			return false, &deploy.Error{Code: deploy.Invalid, Op: op, Msg: fmt.Sprintf("item %q is attested for %s", item, lasts)}
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.seen[event]; ok && event != "" {
		return false, nil
	}
	now, words := s.clock(), s.target(t)
	if words.attested == nil {
		words.attested = map[string]deploy.Attestation{}
	}
	for item, lasts := range items {
		words.attested[item] = deploy.Attestation{Item: item, By: by, At: now, Until: now.Add(lasts.Truncate(time.Millisecond))}
	}
	if event != "" {
		s.seen[event] = "" // it was about no release
	}
	return true, nil
}

// Attested implements deploy.Attestations.
func (s *Store) Attested(ctx context.Context, t deploy.Target) (map[string]deploy.Attestation, error) {
	if err := given(ctx, "find what is attested about "+t.String()); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now, all := s.clock(), map[string]deploy.Attestation{}
	for item, a := range s.target(t).attested {
		if a.Until.Add(keepVoid).After(now) {
			all[item] = a
		}
	}
	return all, nil
}
