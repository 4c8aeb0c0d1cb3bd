package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/rs/zerolog"

	"slipway/internal/commands/slack"
	"slipway/internal/deploy"
	"slipway/internal/store"
)

// checkWithin bounds the whole of `bot check`.
const checkWithin = time.Minute

type checkCommand struct{}

// Run is `bot check`.
func (checkCommand) Run(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, checkWithin)
	defer cancel()
	cfg, err := readConfig(os.Getenv)
	if err != nil {
		return err
	}
	return check(ctx, cfg, os.Stdout)
}

// report writes what was found and counts what has to be mended.
type report struct {
	to       io.Writer
	problems int
}

func (r *report) good(what string) { _, _ = fmt.Fprintf(r.to, "✓ %s\n", what) }
func (r *report) warn(what, remedy string) {
	_, _ = fmt.Fprintf(r.to, "! %s\n    → %s\n", what, remedy)
}

func (r *report) problem(what, remedy string) {
	r.problems++
	_, _ = fmt.Fprintf(r.to, "✗ %s\n", what)
	if remedy != "" {
		_, _ = fmt.Fprintf(r.to, "    → %s\n", remedy)
	}
}

func (r *report) err(err error) { r.problem(deploy.Message(err), deploy.Hint(err)) }

// check looks at everything that `bot run` will need, changes nothing, and names each problem with a remedy.
// The error says how many there are.
func check(ctx context.Context, cfg config, to io.Writer) error {
	b, err := newBot(ctx, cfg, zerolog.Nop())
	if err != nil {
		return err
	}
	defer b.close()
	r := &report{to: to}
	r.good(fmt.Sprintf("catalog %s: %d services", cfg.catalog, len(b.catalog.Services())))
	b.checkRedis(ctx, r)
	b.checkSlack(ctx, r)
	b.checkTargets(ctx, r)
	if r.problems > 0 {
		return fmt.Errorf("%d problems to mend", r.problems)
	}
	return nil
}

func (b *bot) checkRedis(ctx context.Context, r *report) {
	if err := b.store.Ping(ctx); err != nil {
		r.err(err)
		return
	}
	findings, err := b.store.Check(ctx)
	if err != nil {
		r.err(err)
		return
	}
	for _, f := range findings {
		what := "Redis " + f.Node + f.Subject + ": " + f.Msg
		switch f.Level {
		case store.Good:
			r.good(what)
		case store.Warning:
			r.warn(what, f.Hint)
		case store.Problem:
			r.problem(what, f.Hint)
		}
	}
}

func (b *bot) checkSlack(ctx context.Context, r *report) {
	needs := slack.Needs{Channels: b.channels(), Groups: b.principals()}
	problems := b.slack.Check(ctx, needs)
	for _, p := range problems {
		r.problem("Slack: "+p.What, p.Remedy)
	}
	if len(problems) == 0 {
		r.good("Slack: tokens, scopes, channel and groups")
	}
}

// checkTargets asks Cloud Run about every service of the catalog.
func (b *bot) checkTargets(ctx context.Context, r *report) {
	specs := b.specs()
	for _, t := range b.catalog.Targets() {
		errs := b.cloudRun.Check(ctx, specs[t].Platform.Service)
		for _, err := range errs {
			r.problem(t.String()+": "+deploy.Message(err), deploy.Hint(err))
		}
		if len(errs) == 0 {
			r.good(t.String() + ": readable, settled, and Slipway may deploy it")
		}
	}
}
