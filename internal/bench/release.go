package main

import (
	"context"
	"errors"
	"time"

	"slipway/internal/deploy"
)

const (
	releaseRounds   = 10
	releaseServices = 4
)

// measureRelease carries versions to 100 %, one release after the other, where nothing has to be waited for: what it
// takes is what Slipway adds to the work of the platform.
func measureRelease(ctx context.Context, g *ground) (err error) {
	w, err := g.newWorld(ctx, releaseServices, unattended, true)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.close()) }()
	if err := w.warm(ctx); err != nil {
		return err
	}
	versions := []string{"v1.2.4", "v1.2.5"}
	var took sample
	for round := range releaseRounds {
		for i := range releaseServices {
			id, e, err := w.deploy(ctx, serviceName(i), versions[round%len(versions)])
			if err != nil {
				return err
			}
			if err := w.reach(ctx, succeeded, id); err != nil {
				return err
			}
			took = append(took, time.Since(e.sent))
			if err := w.quiet(ctx); err != nil {
				return err
			}
		}
	}
	figure("release.overhead_ms", ms(took.p50()), "ms")
	figure("release.overhead_p99_ms", ms(took.p99()), "ms")
	return nil
}

func succeeded(r deploy.Release) bool { return r.State == deploy.Succeeded }
