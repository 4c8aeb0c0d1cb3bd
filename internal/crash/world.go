package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"slipway/internal/deploy"
	"slipway/internal/sandbox"
	"slipway/internal/sandbox/cloudrun"
	"slipway/internal/sandbox/cloudsql"
	"slipway/internal/sandbox/ecs"
	"slipway/internal/sandbox/workspace"
	"slipway/internal/store"
	"slipway/internal/store/redistest"
)

const (
	// lease is short, so that there is time for many deaths.
	lease = 700 * time.Millisecond
	// cloudTakes is how long a change takes at the platform.
	cloudTakes = 20 * time.Millisecond
	// readyWithin bounds the wait for a replica that has just been started.
	readyWithin = 30 * time.Second
	// look is how often what has no news of its own is looked at.
	look = 4 * time.Millisecond
)

// world is two replicas and their surroundings.
type world struct {
	*sandbox.Sandbox
	services int // that are released

	dir     string // of the logs and the order
	bot     string // path of the binary
	order   string // file that tells a replica where to die, see cmd/bot/crash_on.go
	redis   *redistest.Server
	store   *store.Store
	witness *witness      // of what is changed at ECS
	raw     *redis.Client // past the store, to see what the store does not show

	mu       sync.Mutex
	rand     *rand.Rand
	replicas [2]*replica
	current  map[string]deploy.ReleaseID // by service: the release that runs
	told     []deploy.ReleaseID          // all releases, for Slack
	ledgers  map[string]*ledger          // by service, of those that have a database
}

// newWorld starts everything. services is how many of them are released. On an error the world is to be closed all the same.
func (b *base) newWorld(ctx context.Context, number, services int, seed uint64) (w *world, err error) {
	w = &world{services: services, ledgers: map[string]*ledger{}, bot: b.bot, rand: rand.New(rand.NewPCG(seed, uint64(number))), current: map[string]deploy.ReleaseID{}}
	if w.dir, err = os.MkdirTemp(b.dir, "world-"); err != nil {
		return w, err
	}
	w.order = filepath.Join(w.dir, "order")
	if err := w.surround(ctx); err != nil {
		return w, err
	}
	for i := range w.replicas {
		if w.replicas[i], err = w.spawn(); err != nil {
			return w, err
		}
	}
	return w, w.ready(ctx, 2)
}

// surround starts redis-server as `bot check` asks for, Slack and the clouds.
func (w *world) surround(ctx context.Context) (err error) {
	if w.redis, err = redistest.Start(ctx, "--appendonly", "yes", "--appendfsync", "everysec"); err != nil {
		return err
	}
	redisURL := w.redis.URL(0)
	folder := filepath.Join(w.dir, "catalog")
	if err := writeCatalog(folder); err != nil {
		return err
	}
	w.Sandbox, err = sandbox.Start(sandbox.Options{
		Databases: true, Instances: instances(w.services), CloudSQL: cloudsql.Options{Backup: sqlTakes},
		Catalog: os.DirFS(folder), Speed: speed, RedisURL: redisURL, Version: live, Create: cloudTakes, Settle: cloudTakes,
		Slack: workspace.Options{Channels: channels(), AckWithin: time.Second, Limits: workspace.Limits{Unlimited: true}},
	})
	if err != nil {
		return err
	}
	for i := range services {
		if _, err := w.CloudRun.Seed(cloudrun.ServiceSpec{Name: serviceName(i), Environment: environment, Pinned: true}, live); err != nil {
			return err
		}
	}
	if _, err := w.CloudRun.Seed(cloudrun.ServiceSpec{Name: paired, Environment: environment, Pinned: true}, live); err != nil {
		return err
	}
	image := repository + "@" + w.Registry.Digest(live)
	if _, err := w.Amazon.ECS.Seed(ecs.ServiceSpec{Name: workerAt, Image: image, Tasks: workTasks}); err != nil {
		return err
	}
	w.witness = newWitness(w.Amazon.Wire)
	if err := w.openLedgers(); err != nil {
		return err
	}
	if w.store, err = store.Open(ctx, redisURL, nil); err != nil {
		return err
	}
	options, err := redis.ParseURL(redisURL)
	if err != nil {
		return err
	}
	w.raw = redis.NewClient(options)
	return nil
}

func (w *world) spawn() (*replica, error) {
	env := append(w.Environ(), "SLIPWAY_LISTEN=127.0.0.1:0", "SLIPWAY_LEASE="+lease.String(), "SLIPWAY_CRASH="+w.order)
	return spawn(w.dir, w.bot, env)
}

// ready waits until n replicas listen to Slack, each with its two sockets.
func (w *world) ready(ctx context.Context, n int) error {
	ctx, cancel := context.WithTimeout(ctx, readyWithin)
	defer cancel()
	if err := w.Workspace.Wait(ctx, func() bool { return len(w.Workspace.Connections()) >= 2*n }); err != nil {
		return fmt.Errorf("wait for the replicas: %w\n%s", err, w.lastWords())
	}
	return nil
}

// replace starts a replica in the place of one that is gone.
func (w *world) replace(gone *replica) error {
	next, err := w.spawn()
	if err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for i, r := range w.replicas {
		if r == gone {
			w.replicas[i] = next
			return nil
		}
	}
	return errors.Join(errors.New("no such replica"), next.stop())
}

func (w *world) both() [2]*replica {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.replicas
}

// byOwner finds the replica that an owner is; nil if it is gone.
func (w *world) byOwner(owner string) *replica {
	for _, r := range w.both() {
		if r != nil && owner != "" && r.owns(owner) && !r.gone() {
			return r
		}
	}
	return nil
}

func (w *world) setCurrent(service string, id deploy.ReleaseID) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.current[service] = id; id != "" {
		w.told = append(w.told, id)
	}
}

func (w *world) running() map[string]deploy.ReleaseID {
	w.mu.Lock()
	defer w.mu.Unlock()
	out := map[string]deploy.ReleaseID{}
	for s, id := range w.current {
		if id != "" {
			out[s] = id
		}
	}
	return out
}

// lot is a random number below n, from the seed.
func (w *world) lot(n int) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.rand.IntN(n)
}

func (w *world) lastWords() string {
	text := ""
	for _, r := range w.both() {
		if r != nil {
			text += r.lastWords() + "\n"
		}
	}
	return text
}

// until asks again and again whether something is so. what says what it was waiting for if it never is.
func until(ctx context.Context, most time.Duration, what string, so func() (bool, error)) error {
	ctx, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	tick := time.NewTicker(look)
	defer tick.Stop()
	for {
		if yes, err := so(); yes || err != nil && ctx.Err() == nil {
			return err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("wait until %s: %w", what, ctx.Err())
		}
	}
}

func (w *world) close() error {
	var errs []error
	for _, r := range w.both() {
		if r != nil && !r.gone() {
			errs = append(errs, r.stop())
		}
	}
	if w.store != nil {
		errs = append(errs, w.store.Close())
	}
	if w.raw != nil {
		errs = append(errs, w.raw.Close())
	}
	if w.Sandbox != nil {
		errs = append(errs, w.Close())
	}
	if w.redis != nil {
		errs = append(errs, w.redis.Close())
	}
	return errors.Join(errs...)
}
