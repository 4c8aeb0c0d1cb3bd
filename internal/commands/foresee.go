package commands

import (
	"context"
	"slices"
	"time"

	"slipway/internal/deploy"
)

// Foreseer is a Planner that can also say what bringing a release's traffic back would be now. It changes nothing.
type Foreseer interface {
	// Foresee answers for the slowest of the release's parts; zero if the platform says nothing. Codes as those of
	// deploy.Platform.
	Foresee(ctx context.Context, r deploy.Release) (deploy.Return, error)
}

// foreseeWithin is how long a rollback of a release that has ended waits to be able to say how long it will take.
const foreseeWithin = 400 * time.Millisecond

// foresee asks what a rollback will be, before anything is asked for: once it is under way a platform speaks of what it is
// doing. Zero if no answer came in time, and where it is a matter of seconds anyway.
func (h *Handler) foresee(ctx context.Context, r deploy.Release) deploy.Return {
	seer, ok := h.opts.Planner.(Foreseer)
	slow := slices.ContainsFunc(r.Spec.PartNames(), func(part string) bool {
		return r.Of(part).Spec.Platform.Service.Kind == deploy.ECS
	})
	if !ok || !slow {
		return deploy.Return{}
	}
	within, cancel := context.WithTimeout(ctx, foreseeWithin)
	defer cancel()
	back, err := seer.Foresee(within, r)
	if err != nil {
		h.opts.Report(ctx, err)
		return deploy.Return{}
	}
	return back
}
