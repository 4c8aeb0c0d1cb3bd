package commands

import (
	"context"

	"slipway/internal/deploy"
)

// Foreseer is a Planner that can also say what bringing a release's traffic back would be now. It changes nothing.
type Foreseer interface {
	// Foresee answers for the slowest of the release's parts; zero if the platform says nothing. Codes as those of
	// deploy.Platform.
	Foresee(ctx context.Context, r deploy.Release) (deploy.Return, error)
}

// foresee asks what a rollback will be. It is asked beside whatever is done next, which never waits for it; the answer is
// had from what is returned, and is zero if none came in the time that there was for it.
func (h *Handler) foresee(ctx context.Context, r deploy.Release) (answer func() deploy.Return) {
	seer, ok := h.opts.Planner.(Foreseer)
	if !ok {
		return func() deploy.Return { return deploy.Return{} }
	}
	within, cancel := context.WithTimeout(ctx, mostLook)
	came := make(chan deploy.Return, 1)
	go func() {
		back, err := seer.Foresee(within, r)
		if err != nil {
			back = deploy.Return{}
			h.opts.Report(ctx, err)
		}
		came <- back
	}()
	return func() deploy.Return {
		defer cancel()
		select {
		case back := <-came:
			return back
		case <-within.Done():
			return deploy.Return{}
		}
	}
}
