package main

import (
	"context"
	"os"

	"slipway/internal/telemetry"
)

type runCommand struct{}

// Run is `bot run`.
func (runCommand) Run(ctx context.Context) error {
	cfg, wrong := readConfig(os.Getenv)
	if err := wrong.err("read the environment"); err != nil {
		return err
	}
	log, err := telemetry.NewLog(os.Stderr, cfg.logLevel)
	if err != nil {
		return err
	}
	b, err := newBot(ctx, cfg, log)
	if err != nil {
		return err
	}
	return b.run(ctx)
}
