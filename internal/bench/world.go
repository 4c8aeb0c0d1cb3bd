package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"slipway/internal/sandbox"
	"slipway/internal/sandbox/cloudrun"
	"slipway/internal/sandbox/workspace"
	"slipway/internal/store"
)

const (
	person = "alice"   // types everything; the catalog lets her
	live   = "v1.2.3"  // on every service at the beginning
	next   = "v1.2.4"  // what is released
	named  = "service" // in front of the number of a measured service
)

// joinWithin bounds the wait for both sockets of a bot, and for all that it then has to know of Slack.
const joinWithin = 30 * time.Second

// world is one fresh surrounding of one bot: Slack, an instant Cloud Run, and a view into the store.
type world struct {
	*sandbox.Sandbox
	g     *ground
	bot   *process
	store *store.Store
	typed map[string]int // releases by service
}

// surroundings say how a world is. The zero value has no services but the example's, and nothing takes any time.
type surroundings struct {
	services int           // besides the example's
	steps    string        // of the strategy of all of them
	metrics  string        // how they are watched; "" is not at all
	seeded   bool          // Cloud Run has them
	speed    float64       // how many times faster than the catalog says time passes; 0 is 1
	settle   time.Duration // how long Cloud Run takes to move traffic
	atECS    int           // services at ECS, of each way
}

// newWorld has services of its own besides the example's, all under the same strategy. seeded says whether
// Cloud Run has them. The bot does not run yet.
func (g *ground) newWorld(ctx context.Context, services int, strategy string, seeded bool) (w *world, err error) {
	return g.surround(ctx, surroundings{services: services, steps: strategy, seeded: seeded})
}

// surround makes a world in which no bot runs yet.
func (g *ground) surround(ctx context.Context, is surroundings) (w *world, err error) {
	w = &world{g: g, typed: map[string]int{}}
	defer func() {
		if err != nil {
			err = errors.Join(err, w.close())
		}
	}()
	folder, err := os.MkdirTemp(g.dir, "catalog-")
	if err != nil {
		return w, err
	}
	if err := writeCatalog(folder, is.services, is.steps, is.metrics); err != nil {
		return w, err
	}
	if err := writeECS(folder, is.atECS); err != nil {
		return w, err
	}
	redisURL := g.database()
	w.Sandbox, err = sandbox.Start(sandbox.Options{Catalog: os.DirFS(folder), RedisURL: redisURL, Version: live,
		Speed: is.speed, Settle: is.settle, Slack: workspace.Options{Channels: append(channels(is.services), ecsChannels(is.atECS)...)}})
	if err != nil {
		return w, err
	}
	for i := range is.services {
		if !is.seeded {
			break
		}
		if _, err := w.CloudRun.Seed(cloudrun.ServiceSpec{Name: serviceName(i), Environment: environment}, live); err != nil {
			return w, err
		}
	}
	if err := w.seedECS(is.atECS); err != nil {
		return w, err
	}
	w.store, err = store.Open(ctx, redisURL, nil)
	return w, err
}

// join starts the bot and returns when Slack has its second socket: how long that took from the start of the
// process.
func (w *world) join(ctx context.Context) (took time.Duration, err error) {
	ctx, cancel := context.WithTimeout(ctx, joinWithin)
	defer cancel()
	started := time.Now()
	log := filepath.Join(w.g.dir, fmt.Sprintf("bot-%d.log", started.UnixNano()))
	w.bot, err = spawn(log, append(w.Environ(), "SLIPWAY_LISTEN=127.0.0.1:0"), w.g.bot, "run")
	if err != nil {
		return 0, err
	}
	ctx, release := w.bot.alive(ctx)
	defer release()
	err = w.Workspace.Wait(ctx, func() bool { return len(w.Workspace.Connections()) >= 2 })
	took = time.Since(started)
	if err != nil {
		return 0, errors.Join(fmt.Errorf("wait for the bot: %w", err), context.Cause(ctx))
	}
	return took, nil
}

// part ends the bot and waits until Slack has seen it go.
func (w *world) part(ctx context.Context) error {
	if w.bot == nil {
		return nil
	}
	err := w.bot.stop()
	w.bot = nil
	gone := w.Workspace.Wait(ctx, func() bool { return len(w.Workspace.Connections()) == 0 })
	return errors.Join(err, gone)
}

func (w *world) close() error {
	var errs []error
	if w.bot != nil {
		errs = append(errs, w.bot.stop())
	}
	if w.store != nil {
		errs = append(errs, w.store.Close())
	}
	if w.Sandbox != nil {
		errs = append(errs, w.Sandbox.Close()) //nolint:staticcheck // not the close of this type, said in full
	}
	return errors.Join(errs...)
}

const (
	quietFor  = 25 * time.Millisecond
	quietMost = time.Second
)

// quiet returns when neither Slack nor Cloud Run has seen anything for a moment, so that a measurement is not about
// what came before it. A bot that keeps telling is measured while it tells.
func (w *world) quiet(ctx context.Context) error {
	most := time.NewTimer(quietMost)
	defer most.Stop()
	for {
		moment := time.NewTimer(quietFor)
		select {
		case <-w.Workspace.Changed():
		case <-w.CloudRun.Changed():
		case <-moment.C:
			return nil
		case <-most.C:
			moment.Stop()
			return nil
		case <-ctx.Done():
			moment.Stop()
			return context.Cause(ctx)
		}
		moment.Stop()
	}
}
