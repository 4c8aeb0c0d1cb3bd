package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"slipway/internal/deploy"
)

const (
	waitingReleases = 10_000
	waitingWatched  = 10 * time.Second // for how long the bot is watched while it has nothing to do
)

// measureWaiting puts releases into Redis that wait, every other for people and every other for the end of its bake, all
// announced, and starts a bot on them.
func measureWaiting(ctx context.Context, g *ground) (err error) {
	w, err := g.newWorld(ctx, 0, "", false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.close()) }()
	bytesEach, err := g.layDown(ctx, w)
	if err != nil {
		return err
	}
	if _, err := w.join(ctx); err != nil {
		return err
	}
	pause(ctx, settles)
	ctx, release := w.bot.alive(ctx)
	defer release()
	before, err := w.bot.spent(ctx)
	if err != nil {
		return err
	}
	began := time.Now()
	pause(ctx, waitingWatched)
	took := time.Since(began)
	after, err := w.bot.spent(ctx)
	if err != nil {
		return err
	}
	bytes, err := w.bot.resident(ctx)
	if err != nil {
		return err
	}
	figure("engine.waiting_rss_mb", float64(bytes)/1e6, "MB")
	figure("engine.waiting_cpu_pct", 100*ratio(after-before, took), "%")
	figure("engine.waiting_redis_kb", bytesEach/1e3, "kB")
	return w.stillWaiting(ctx)
}

// layDown stores the waiting releases, and says how many bytes of Redis each of them takes.
func (g *ground) layDown(ctx context.Context, w *world) (bytesEach float64, err error) {
	before, err := g.usedMemory(ctx)
	if err != nil {
		return 0, err
	}
	const half = waitingReleases / 2
	for i, strategy := range []string{gated, bakes} {
		spec, err := g.measuredSpec(strategy)
		if err != nil {
			return 0, err
		}
		part := &works{store: w.store, spec: spec}
		releases, err := part.create(ctx, i*half, half)
		if err != nil {
			return 0, err
		}
		if err := part.settle(ctx, len(releases)); err != nil {
			return 0, err
		}
		if err := part.announced(ctx, releases); err != nil {
			return 0, err
		}
	}
	after, err := g.usedMemory(ctx)
	return float64(after-before) / waitingReleases, err
}

// settle has an engine carry all releases to where they wait, so that they and their journals are as in life.
func (w *works) settle(ctx context.Context, n int) error {
	resting := make(chan struct{}, n)
	stop := w.drive(ctx, ears{stored: func(e deploy.Entry) {
		if e.Kind == deploy.EntryAsked || e.Kind == deploy.EntryIntent && strings.HasSuffix(string(e.Step), "/bake") {
			resting <- struct{}{}
		}
	}})
	_, err := receive(ctx, resting, n)
	return errors.Join(err, stop())
}

// announced stores what the announcer stores when it has told everything of a release.
func (w *works) announced(ctx context.Context, releases []deploy.Release) error {
	return each(ctx, len(releases), func(ctx context.Context, i int) error {
		id := releases[i].ID
		claim, err := w.store.ClaimAnnouncement(ctx, id, "bench", time.Minute)
		if err != nil {
			return err
		}
		told := deploy.Announcement{Channel: "C0123456789", Parent: "1764000000.000100", Shown: digest[len(digest)-32:], Told: 2,
			Asked: map[string]string{"traffic/10/gate": "1764000000.000200"}}
		return w.store.SaveAnnouncement(ctx, id, told, claim.Epoch, true, -1)
	})
}

// stillWaiting makes sure that the bot was watched while all of them waited and nothing was said of them.
func (w *world) stillWaiting(ctx context.Context) error {
	active, err := w.store.Active(ctx)
	if err != nil {
		return err
	}
	for _, r := range active {
		if r.State != deploy.Waiting && !baking(r) {
			return fmt.Errorf("%s does not wait but is %s", r.ID, r.State)
		}
	}
	if len(active) != waitingReleases {
		return fmt.Errorf("%d of %d releases wait", len(active), waitingReleases)
	}
	return nil
}
