package main

import (
	"context"

	"slipway/internal/deploy/provider/httpcheck"
	"slipway/internal/deploy/provider/secrets"
)

// checking is what runs the catalog's checks.
type checking struct {
	secrets *secrets.Secrets
	checker *httpcheck.Checker
}

func (b *bot) makeChecking(ctx context.Context) (err error) {
	if b.checking.secrets, err = secrets.New(ctx, &secrets.Options{Endpoint: b.cfg.keyURL}); err != nil {
		return err
	}
	b.checking.checker = httpcheck.New(&httpcheck.Options{Secrets: b.checking.secrets, Clock: b.clock})
	return nil
}

func (c checking) close() error {
	if c.secrets == nil {
		return nil
	}
	return c.secrets.Close()
}
