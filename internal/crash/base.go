package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// base is what all worlds stand on: a folder, and in it a bot that can be told where to die.
type base struct {
	dir string
	bot string
}

// prepare builds the bot. On an error the base is to be closed all the same.
func prepare(ctx context.Context) (b *base, err error) {
	b = &base{}
	if b.dir, err = os.MkdirTemp("", "slipway-crash-"); err != nil {
		return b, err
	}
	say("building the bot …")
	b.bot = filepath.Join(b.dir, "bot")
	build := exec.CommandContext(ctx, "go", "build", "-tags", "crash", "-buildvcs=false", "-o", b.bot, "slipway/cmd/bot")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		return b, fmt.Errorf("build the bot: %w", err)
	}
	return b, nil
}

func (b *base) close() error { return os.RemoveAll(b.dir) }
