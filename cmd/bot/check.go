package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"slipway/internal/commands/slack"
	"slipway/internal/deploy"
	"slipway/internal/deploy/catalog"
	"slipway/internal/deploy/phase"
	"slipway/internal/store"
)

// checkWithin bounds the whole of `bot check`.
const checkWithin = time.Minute

type checkCommand struct{}

// Run is `bot check`.
func (checkCommand) Run(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, checkWithin)
	defer cancel()
	return check(ctx, os.Getenv, os.Stdout)
}

// findings writes what was found and counts what has to be mended.
type findings struct {
	to       io.Writer
	problems int
}

func (r *findings) good(what string) { _, _ = fmt.Fprintf(r.to, "✓ %s\n", what) }
func (r *findings) warn(what, remedy string) {
	_, _ = fmt.Fprintf(r.to, "! %s\n    → %s\n", what, remedy)
}

func (r *findings) problem(what, remedy string) {
	r.problems++
	_, _ = fmt.Fprintf(r.to, "✗ %s\n", what)
	if remedy != "" {
		_, _ = fmt.Fprintf(r.to, "    → %s\n", remedy)
	}
}

func (r *findings) err(err error) { r.problem(deploy.Message(err), deploy.Hint(err)) }

// check looks at everything that `bot run` will need, changes nothing, and names each problem with a remedy; what
// is wrong with one part does not keep it from looking at the others. The error says how many problems there are.
func check(ctx context.Context, env func(string) string, to io.Writer) error {
	r := &findings{to: to}
	cfg, wrong := readConfig(env)
	for _, p := range wrong {
		r.problem(p.what, p.remedy)
	}
	b := unmade(cfg, zerolog.Nop())
	defer b.close()
	b.checkCatalog(ctx, r)
	if cfg.redisURL != "" {
		b.checkRedis(ctx, r)
	}
	if cfg.tokens.App != "" && cfg.tokens.Bot != "" {
		b.checkSlack(ctx, r)
	}
	b.checkTargets(ctx, r)
	b.checkWatching(ctx, r)
	b.checkSecrets(ctx, r)
	b.checkDatabases(ctx, r)
	switch r.problems {
	case 0:
		return nil
	case 1:
		return errors.New("1 problem to mend")
	}
	return fmt.Errorf("%d problems to mend", r.problems)
}

func (b *bot) checkCatalog(ctx context.Context, r *findings) {
	err := b.loadCatalog(ctx)
	var found catalog.Problems
	switch {
	case err == nil:
		r.good(fmt.Sprintf("catalog %s: %s", b.cfg.catalog, strings.Join(b.catalog.Services(), ", ")))
	case errors.As(err, &found):
		for _, p := range found {
			r.problem(p.String(), "")
		}
	default:
		r.err(err)
	}
}

func (b *bot) checkRedis(ctx context.Context, r *findings) {
	if err := b.makeStore(ctx); err != nil {
		r.err(err)
		return
	}
	if err := b.store.Ping(ctx); err != nil {
		r.err(err)
		return
	}
	found, err := b.store.Check(ctx)
	if err != nil {
		r.err(err)
		return
	}
	for _, f := range found {
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

func (b *bot) checkSlack(ctx context.Context, r *findings) {
	b.makeSlack()
	needs := slack.Needs{Channels: b.channels(), Groups: b.principals()}
	problems := b.slack.Check(ctx, needs)
	for _, p := range problems {
		r.problem("Slack: "+p.What, p.Remedy)
	}
	if len(problems) == 0 {
		r.good("Slack: tokens, scopes, channel and groups")
	}
}

// checkTargets asks the platforms about every service of the catalog, and every part of one.
func (b *bot) checkTargets(ctx context.Context, r *findings) {
	if err := errors.Join(b.makeCloudRun(ctx), b.makeAmazon(ctx)); err != nil {
		r.err(err)
		return
	}
	b.everyService(func(name, _ string, spec deploy.Spec) {
		b.checkService(ctx, r, name, spec.Platform.Service)
	})
}

// everyService calls f for each service of the catalog, target by target: a part's name is that of the target and its own.
func (b *bot) everyService(f func(name, part string, spec deploy.Spec)) {
	specs := b.specs()
	for _, t := range slices.SortedFunc(maps.Keys(specs), byName) {
		for _, part := range specs[t].PartNames() {
			f(strings.TrimSuffix(t.String()+" "+part, " "), part, deploy.Release{Spec: specs[t]}.Of(part).Spec)
		}
	}
}

func (b *bot) checkService(ctx context.Context, r *findings, name string, s deploy.ServiceRef) {
	inspector, ok := b.platforms()[s.Kind].(deploy.Inspector)
	if !ok {
		r.problem(name+": this Slipway has no client for the platform "+string(s.Kind), "correct kind in the catalog")
		return
	}
	errs := inspector.Check(ctx, s)
	for _, err := range errs {
		r.problem(name+": "+deploy.Message(err), deploy.Hint(err))
	}
	if len(errs) == 0 {
		r.good(name + ": readable, settled, and Slipway may deploy it")
	}
}

// checkSecrets looks at what the settings and checks of each target refer to.
func (b *bot) checkSecrets(ctx context.Context, r *findings) {
	if err := b.makeSecrets(ctx); err != nil {
		r.err(err)
		return
	}
	ports := phase.Ports{Secrets: b.checking.secrets, Versions: b.checking.secrets}
	specs := b.specs()
	for _, t := range slices.SortedFunc(maps.Keys(specs), byName) {
		switch n, err := ports.CheckSecrets(ctx, specs[t]); {
		case err != nil:
			r.problem(t.String()+": "+deploy.Message(err), deploy.Hint(err))
		case n > 0:
			r.good(fmt.Sprintf("%s: %d references to secrets can be used", t, n))
		}
	}
}

func byName(a, b deploy.Target) int { return strings.Compare(a.String(), b.String()) }
