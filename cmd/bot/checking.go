package main

import (
	"context"
	"errors"

	"slipway/internal/deploy"
	"slipway/internal/deploy/phase"
	"slipway/internal/deploy/provider/alerts"
	"slipway/internal/deploy/provider/checkers"
	"slipway/internal/deploy/provider/command"
	"slipway/internal/deploy/provider/ecr"
	"slipway/internal/deploy/provider/httpcheck"
	"slipway/internal/deploy/provider/httpprobe"
	"slipway/internal/deploy/provider/load"
	"slipway/internal/deploy/provider/reach"
	"slipway/internal/deploy/provider/registry"
	"slipway/internal/deploy/provider/runjobs"
	"slipway/internal/deploy/provider/scans"
	"slipway/internal/deploy/provider/secrets"
)

// checking is what looks at images, and makes the catalog's checks.
type checking struct {
	secrets *secrets.Secrets
	checker deploy.Checker
	loader  *load.Loader
	outside *httpprobe.Outside
	alerts  *alerts.Alerts
	images  *registry.Images
	scanner deploy.Scanner
	amazon  *ecr.ECR
	jobs    *runjobs.Jobs
	closers []func() error
}

func (b *bot) makeSecrets(ctx context.Context) (err error) {
	if b.checking.secrets, err = secrets.New(ctx, &secrets.Options{Endpoint: b.cfg.keyURL}); err == nil {
		b.checking.closers = append(b.checking.closers, b.checking.secrets.Close)
	}
	return err
}

func (b *bot) makeChecking(ctx context.Context) (err error) {
	c := &b.checking
	if err := b.makeSecrets(ctx); err != nil {
		return err
	}
	if c.alerts, err = alerts.New(ctx, &alerts.Options{Endpoint: b.cfg.seeURL}); err != nil {
		return err
	}
	c.closers = append(c.closers, c.alerts.Close)
	c.outside = httpprobe.NewOutside(nil)
	c.loader = load.New(&load.Options{Secrets: c.secrets, Clock: b.clock})
	if err := b.makeImages(ctx); err != nil {
		return err
	}
	return b.makeCheckers()
}

// makeImages is what knows images: their registry, and whoever has scanned them.
func (b *bot) makeImages(ctx context.Context) error {
	c := &b.checking
	c.amazon = ecr.New(nil)
	found, err := scans.New(ctx, &scans.Options{Endpoint: b.cfg.scanURL})
	if err != nil {
		return err
	}
	c.closers = append(c.closers, found.Close)
	c.images = registry.New(&registry.Options{Logins: []registry.Login{c.amazon.Login}})
	c.closers = append(c.closers, func() error { c.images.Close(); return nil })
	c.scanner = scans.First(found, c.amazon, c.images)
	return nil
}

// makeCheckers is what makes checks, by kind.
func (b *bot) makeCheckers() error {
	c := &b.checking
	dependencies, err := reach.New(&reach.Options{Secrets: c.secrets, Clock: b.clock, Storage: b.cfg.bucketURL})
	if err != nil {
		return err
	}
	c.closers = append(c.closers, dependencies.Close)
	c.jobs, err = runjobs.New(&runjobs.Options{Endpoint: b.cfg.runURL, Clock: b.clock, Output: b.watching.lines})
	if err != nil {
		return err
	}
	c.closers = append(c.closers, c.jobs.Close)
	c.checker = checkers.New(checkers.Options{
		Stories:      httpcheck.New(&httpcheck.Options{Secrets: c.secrets, Clock: b.clock}),
		Dependencies: dependencies,
		Commands:     command.New(&command.Options{Folder: b.cfg.catalog, Allow: b.cfg.commands, Clock: b.clock}),
		Jobs:         c.jobs, Clock: b.clock,
	})
	return nil
}

func (c checking) close() error {
	var errs []error
	for _, end := range c.closers {
		errs = append(errs, end())
	}
	return errors.Join(errs...)
}

// ports are what the phases reach the outside through.
func (b *bot) ports() phase.Ports {
	return phase.Ports{
		Platforms: b.platforms(),
		Images:    b.checking.images, Inspector: b.checking.images, Scanner: b.checking.scanner,
		Prober: b.prober, Outside: b.checking.outside,
		Checker: b.checking.checker, Loader: b.checking.loader,
		Secrets: b.checking.secrets, Versions: b.checking.secrets,
		Metrics: b.sources(), Logs: b.logs(), Alerts: b.checking.alerts,
		Instances: b.databases.of(), Databases: b.databases.sql, Scripts: b.databases.scripts, SQL: b.databases.reader,
		Tagger: b.checking.images, Jobs: b.checking.jobs,
		Targets: b.store, Attested: b.store, Live: b.store, People: b.people, Clock: b.clock,
	}
}
