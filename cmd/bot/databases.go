package main

import (
	"context"
	"errors"

	"slipway/internal/deploy"
	"slipway/internal/deploy/provider/cloudsql"
	"slipway/internal/deploy/provider/postgres"
	"slipway/internal/deploy/provider/scripts"
	"slipway/internal/deploy/provider/sqlread"
)

// databases is what backs databases up, migrates them and brings them back.
type databases struct {
	instances *cloudsql.Instances
	sql       *postgres.Databases
	scripts   *scripts.Scripts
	reader    *sqlread.Reader
	closers   []func() error
}

func (b *bot) makeDatabases(context.Context) (err error) {
	d := &b.databases
	if d.instances, err = cloudsql.New(&cloudsql.Options{Endpoint: b.cfg.sqlURL}); err != nil {
		return err
	}
	d.closers = append(d.closers, d.instances.Close)
	dialer, err := cloudsql.NewDialer(&cloudsql.DialerOptions{Endpoint: b.cfg.sqlURL, Private: b.cfg.privateSQL})
	if err != nil {
		return err
	}
	d.closers = append(d.closers, dialer.Close)
	d.sql = postgres.New(&postgres.Options{Secrets: b.checking.secrets, Dial: dialer.Dial, Clock: b.clock})
	d.reader = sqlread.New(nil)
	d.closers = append(d.closers, d.reader.Close)
	if d.scripts, err = scripts.New(&scripts.Options{Folder: b.cfg.catalog, Storage: b.cfg.bucketURL, Logins: []scripts.Login{b.checking.amazon.Login}}); err != nil {
		return err
	}
	d.closers = append(d.closers, d.scripts.Close)
	return nil
}

// of are the servers by kind.
func (d databases) of() map[deploy.DatabaseKind]deploy.Instances {
	return map[deploy.DatabaseKind]deploy.Instances{deploy.CloudSQL: d.instances}
}

func (d databases) close() error {
	var errs []error
	for _, end := range d.closers {
		errs = append(errs, end())
	}
	return errors.Join(errs...)
}
