package sandbox

import (
	"context"
	"time"

	"slipway/internal/sandbox/cloudsql"
)

const (
	migrationsSecret = "migrations-url" //nolint:gosec // its name
	// seededWithin bounds the wait for PostgreSQL to have the practice data.
	seededWithin = time.Minute
)

// startDatabases brings up Cloud SQL with its instances, and the scripts of the guide's.
func (s *Sandbox) startDatabases(opts Options) error {
	how := opts.CloudSQL
	how.RecordsOnly = how.RecordsOnly || !opts.Databases
	s.CloudSQL = cloudsql.New(&how)
	if err := s.CloudSQL.Start(""); err != nil {
		return err
	}
	for version, files := range cloudsql.Migrations() {
		for name, content := range files {
			s.Storage.Put(migrationsBucket, version+"/"+name, content)
		}
	}
	if opts.Instances == nil {
		opts.Instances = []cloudsql.InstanceSpec{cloudsql.Guide()}
	}
	for _, i := range opts.Instances {
		if err := s.CloudSQL.Seed(i); err != nil {
			return err
		}
	}
	return nil
}

// putDatabases waits for the data and lets the catalog find it.
func (s *Sandbox) putDatabases(Options) error {
	ctx, cancel := context.WithTimeout(context.Background(), seededWithin)
	defer cancel()
	if err := s.CloudSQL.Ready(ctx); err != nil {
		return err
	}
	address := s.CloudSQL.URL(cloudsql.GuideInstance, cloudsql.GuideDatabase)
	if address == "" { // no data, or other instances
		return nil
	}
	return s.Secrets.Put(migrationsSecret, address)
}

// databaseOff is why the databases of the practice catalog are left alone; empty if they are not.
func (s *Sandbox) databaseOff() string {
	switch {
	case s.CloudSQL.HasData():
		return ""
	case !cloudsql.Installed():
		return "PostgreSQL is not installed here, so there is no data to practise with"
	}
	return "this sandbox was started without databases"
}
