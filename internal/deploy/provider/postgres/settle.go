package postgres

import (
	"context"

	"slipway/internal/deploy"
)

// Settle ends the sessions of earlier epochs that hold the lock of this table, takes it, and leaves the epoch in the
// fence. Conflict if the lock cannot be had within 15 s: somebody who is not Slipway holds it. Where nothing was applied
// yet it makes the fence, for nothing else would refuse a script that is still on its way, and no history: the version is
// 0. A login that may not make tables cannot have a script on its way: then nothing is left, and the version is 0 too.
//
// An index that was being made concurrently is left as it is, invalid, with its row running: Examine lists it, and the
// next Apply of the script goes on with it.
func (d *Databases) Settle(ctx context.Context, q deploy.DatabaseQuery, epoch deploy.Epoch) (int64, error) {
	s, err := d.begin(ctx, &q, "settle the migration of")
	if err != nil {
		return 0, err
	}
	defer s.close(ctx)
	if err := s.bounded(ctx); err != nil {
		return 0, s.explain(ctx, err)
	}
	h, err := s.look(ctx)
	if err != nil {
		return 0, err
	}
	if h.fenced { // an epoch that is late itself ends nobody
		if err := s.fenced(ctx, h, epoch); err != nil {
			return 0, err
		}
	}
	end := func() error { return s.end(ctx, h) }
	if err := end(); err != nil {
		return 0, err
	}
	if err := s.lock(ctx, h.key(h.database), settleWithin, end); err != nil {
		return 0, err
	}
	if h, err = s.look(ctx); err != nil { // what was ended may have made the tables first
		return 0, err
	}
	if !h.there && !h.fenced {
		err := s.ensure(ctx, &history{names: h.names, there: true, kinds: h.complete().kinds})
		if deploy.CodeOf(err) == deploy.Forbidden {
			return 0, nil
		}
		if err != nil {
			return 0, err
		}
	}
	if !h.fenced && h.there {
		if err := s.ensure(ctx, h); err != nil {
			return 0, err
		}
		h = h.complete()
	}
	if err := s.raise(ctx, h, epoch); err != nil {
		return 0, err
	}
	return s.version(ctx, h)
}

// end terminates those of ours who hold the lock. To be cancelled is not enough: they would go on to clean up.
func (s *session) end(ctx context.Context, h *history) error {
	_, err := s.Exec(ctx, "SELECT pg_terminate_backend(a.pid) "+holders+" AND a.application_name = $2", h.key(h.database), application)
	return s.explain(ctx, err)
}

// fenced looks whether a later epoch was there; it changes nothing.
func (s *session) fenced(ctx context.Context, h *history, epoch deploy.Epoch) error {
	var newest int64
	if err := s.row(ctx, "SELECT coalesce(max(epoch), 0)::bigint FROM "+h.fence(), nil, &newest); err != nil {
		return s.explain(ctx, err)
	}
	if newest > int64(epoch) {
		return s.late()
	}
	return nil
}

// raising leaves an epoch, and gives no row if a later one was there. It locks the row until the transaction ends.
func (h *history) raising() string {
	return "INSERT INTO " + h.fence() + " AS f (one, epoch) VALUES (true, $1) ON CONFLICT (one) DO UPDATE SET epoch = excluded.epoch WHERE f.epoch <= excluded.epoch RETURNING epoch"
}

// raise leaves the epoch. Fenced if a later one was there.
func (s *session) raise(ctx context.Context, h *history, epoch deploy.Epoch) error {
	tag, err := s.Exec(ctx, h.raising(), int64(epoch))
	if err != nil {
		return s.explain(ctx, err)
	}
	if tag.RowsAffected() == 0 {
		return s.late()
	}
	return nil
}

func (s *session) late() error {
	return s.error(deploy.Fenced, "a later owner of the release was at "+place(s.spec), "")
}
