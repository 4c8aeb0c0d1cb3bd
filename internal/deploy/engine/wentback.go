package engine

import "slipway/internal/deploy"

// seen is how far a release had come when this replica last had the word of the store for it.
type seen struct {
	rev int64
	at  deploy.Epoch
}

// claimed compares the release with how far this replica has seen it. What it has seen does not count any more where
// people were asked later, by any replica.
func (s *session) claimed(c deploy.Claim) {
	s.mark, s.gaps, s.lost = c.Epoch, c.Gaps, 0
	s.e.mu.Lock()
	defer s.e.mu.Unlock()
	if before := s.e.seen[s.id]; c.Release.Rev < before.rev && c.Asked < before.at {
		s.lost = before.rev
		return
	}
	s.e.seen[s.id] = seen{c.Release.Rev, c.Epoch}
}

// stored remembers a commit.
func (s *session) stored(c deploy.Committed) {
	s.mark, s.lost = max(s.mark, c.Epoch), 0
	if s.asks() {
		s.gaps = nil
	}
	s.asking = false
	s.e.mu.Lock()
	defer s.e.mu.Unlock()
	s.e.seen[s.id] = seen{c.Rev, s.mark}
}

// asks says whether the release is left to people because of what the store has forgotten. One that somebody sent on
// at the same moment was not read by anybody yet.
func (s *session) asks() bool { return s.asking && s.release.State == deploy.Parked }

// doubt parks a release that has gone back.
func (s *session) doubt() []deploy.Entry {
	if s.lost == 0 {
		return nil
	}
	after, entries := deploy.Doubt(s.release, s.lost, s.now())
	s.release, s.asking = after, len(entries) > 0
	return entries
}

// unsure is the gaps that a runner has to look out for.
func (s *session) unsure() []deploy.Gap {
	if s.release.ReturnsOnWord() {
		return nil
	}
	return s.gaps
}
