package engine

import (
	"context"
	"errors"

	"slipway/internal/deploy"
)

// Hear claims a release, applies the words that wait for it, and gives it up again without acting: for when no
// replica runs that could. Conflict if another owner has it, whose lease must lapse first.
func (e *Engine) Hear(ctx context.Context, id deploy.ReleaseID) error {
	s := newSession(e, id)
	ctx, s.cut = context.WithCancelCause(ctx)
	defer s.cut(nil)
	if err := s.claim(ctx); err != nil {
		if errors.Is(err, errNotOurs) {
			return &deploy.Error{Code: deploy.Conflict, Op: "claim " + string(id), Msg: "a replica has " + string(id) + " now", Err: err}
		}
		return err
	}
	defer s.stopBeating()
	entries, consumed, err := s.hear(ctx)
	if err != nil {
		return err
	}
	if len(entries) == 0 {
		return e.store.Yield(ctx, id, s.epoch, 0)
	}
	action := deploy.Action{Do: deploy.Wait}
	if s.release.State.Terminal() {
		action.Do = deploy.End
	}
	return s.commit(ctx, action, entries, consumed, 0, true)
}
