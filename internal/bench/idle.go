package main

import (
	"context"
	"errors"
	"time"
)

const (
	starts  = 5
	settles = 5 * time.Second // after the second socket, before the memory is read
)

// measureIdle starts the bot several times on the example's catalog, as a process with nothing in Redis, and reads
// the memory of the last one when it has been idle for a while.
func measureIdle(ctx context.Context, g *ground) (err error) {
	w, err := g.newWorld(ctx, 0, "", false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.close()) }()
	var took sample
	for range starts {
		if err := w.part(ctx); err != nil {
			return err
		}
		d, err := w.join(ctx)
		if err != nil {
			return err
		}
		took = append(took, d)
	}
	timer := time.NewTimer(settles)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
		return ctx.Err()
	}
	bytes, err := w.bot.resident(ctx)
	if err != nil {
		return err
	}
	figure("bot.rss_idle_mb", float64(bytes)/1e6, "MB")
	figure("bot.start_ms", ms(took.p50()), "ms")
	return nil
}
