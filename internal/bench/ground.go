package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"slipway/internal/store/redistest"
)

// ground is what all figures stand on: the built bot, a folder for the run, and a redis-server.
type ground struct {
	bot   string // path of the binary
	dir   string
	redis *redistest.Server
	used  int // databases of redis
}

// prepare builds the bot as the image has it and starts a redis-server that keeps what it is told as `bot check` asks
// for: an append-only file, flushed each second.
func prepare(ctx context.Context) (g *ground, err error) {
	g = &ground{}
	defer func() {
		if err != nil {
			err = errors.Join(err, g.close())
		}
	}()
	if g.dir, err = os.MkdirTemp("", "slipway-bench-"); err != nil {
		return g, err
	}
	say("building the bot …")
	g.bot = filepath.Join(g.dir, "bot")
	build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w", "-o", g.bot, "slipway/cmd/bot")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		return g, fmt.Errorf("build the bot: %w", err)
	}
	if g.redis, err = redistest.Start(ctx, "--appendonly", "yes", "--appendfsync", "everysec"); err != nil {
		return g, err
	}
	return g, nil
}

// database is the address of one that nobody has used.
func (g *ground) database() string {
	g.used++
	return g.redis.URL(g.used)
}

func (g *ground) close() error {
	var errs []error
	if g.redis != nil {
		errs = append(errs, g.redis.Close())
	}
	if g.dir != "" {
		errs = append(errs, os.RemoveAll(g.dir))
	}
	return errors.Join(errs...)
}
