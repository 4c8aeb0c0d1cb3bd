// Package memstore keeps releases in memory under the rules of deploy.Store, for simulations and tests that need
// thousands of releases in seconds, or a clock of their own. It passes the conformance suite of package storetest,
// as the store in Redis does.
//
// It is never used by the bot: what it holds ends with the process. It forgets nothing while it lives, neither
// events nor releases that ended long ago.
//
// Start reading at lease.go, then owners.go.
package memstore

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"slipway/internal/deploy"
)

// Store is deploy.Store in memory. It is safe for concurrent use.
type Store struct {
	now func() time.Time

	mu       sync.Mutex
	epoch    deploy.Epoch // last one given
	signals  int          // last id given
	releases map[deploy.ReleaseID]*record
	targets  map[deploy.Target]*target
	numbers  map[string]int
	seen     map[deploy.EventID]deploy.ReleaseID
	readers  map[chan deploy.Wake]bool
}

var _ deploy.Store = (*Store)(nil)

// target is who has it, what is live on it, what closes it, what is attested about it, and its releases, oldest first.
type target struct {
	hold, live deploy.ReleaseID
	closure    deploy.Closure
	attested   map[string]deploy.Attestation
	releases   []deploy.ReleaseID
}

// record is one release with all that belongs to it.
type record struct {
	lease
	release      deploy.Release
	ended        bool
	journal      []deploy.Entry
	inbox        []deploy.Signal
	announcement announcement
}

// New makes an empty store. now is its clock, which decides what Redis time decides in the real one; it may stand
// still and jump.
func New(now func() time.Time) *Store {
	return &Store{
		now: now, releases: map[deploy.ReleaseID]*record{}, targets: map[deploy.Target]*target{},
		numbers: map[string]int{}, seen: map[deploy.EventID]deploy.ReleaseID{}, readers: map[chan deploy.Wake]bool{},
	}
}

// Ping implements deploy.Store.
func (s *Store) Ping(ctx context.Context) error { return given(ctx, "ping the store") }

// clock is the time in the granularity of Redis.
func (s *Store) clock() time.Time { return s.now().UTC().Truncate(time.Millisecond) }

// given is Unavailable for a caller who has given up, as it is over a wire.
func given(ctx context.Context, op string) error {
	if ctx.Err() == nil {
		return nil
	}
	return &deploy.Error{Code: deploy.Unavailable, Op: op, Msg: "the store was not waited for", Err: context.Cause(ctx)}
}

// find is the record of a release. The caller has the mutex.
func (s *Store) find(op string, id deploy.ReleaseID) (*record, error) {
	if r, ok := s.releases[id]; ok {
		return r, nil
	}
	return nil, &deploy.Error{Code: deploy.NotFound, Op: op, Msg: fmt.Sprintf("there is no release %s", id)}
}

func (s *Store) target(t deploy.Target) *target {
	if s.targets[t] == nil {
		s.targets[t] = &target{}
	}
	return s.targets[t]
}

// append adds what one revision wrote to the journal. An entry without a time has that of its revision.
func (r *record) append(entries []deploy.Entry, now time.Time) {
	for i, e := range slices.Clone(entries) {
		e.Rev, e.Index = r.release.Rev, i
		if e.At.IsZero() {
			e.At = now
		}
		r.journal = append(r.journal, e)
	}
}
