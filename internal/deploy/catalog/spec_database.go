package catalog

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"slipway/internal/deploy"
)

// What is meant where a database says nothing.
const (
	defaultBackup      = 30 * time.Minute
	defaultConnections = Percentage("80%")
	defaultTransaction = 5 * time.Minute
	defaultReplicaLag  = 30 * time.Second

	defaultMigration        = 30 * time.Minute
	defaultTable            = "schema_migrations"
	defaultLockTimeout      = 2 * time.Second // everybody else queues behind a statement that waits for a lock
	defaultStatementTimeout = 5 * time.Minute
	defaultLargeTable       = "1Gi"
	defaultLargeApprovals   = 2
)

// snapshot says whether the configuration of the service is kept with a release: where there is a database, unless the
// file says otherwise.
func (w whole) snapshot() bool {
	if w.Snapshot != nil {
		return *w.Snapshot
	}
	return w.Database != nil
}

// database is that of the environment; nil if there is none.
func (w whole) database() *deploy.DatabaseSpec {
	d := w.Database
	if d == nil {
		return nil
	}
	backup := deref(d.Backup)
	spec := &deploy.DatabaseSpec{
		Instance: deploy.InstanceRef{Kind: deploy.CloudSQL, Project: cmp.Or(d.Project, w.Platform.Project), Name: d.Instance},
		Name:     d.Name, Region: cmp.Or(d.Region, w.Platform.Region), Login: d.Login, User: d.User, Off: d.Off,
		Backup:     deploy.BackupSpec{Skip: backup.Skip, Within: cmp.Or(time.Duration(backup.Within), defaultBackup)},
		Migrations: d.Migrations.spec(),
		Limits:     deref(d.Limits).spec(),
		Validate:   d.Validate == nil || *d.Validate,
	}
	return spec
}

func (l DatabaseLimits) spec() deploy.DatabaseLimits {
	connections, _ := cmp.Or(l.Connections, defaultConnections).share()
	size, _ := byteSize(l.Size)
	return deploy.DatabaseLimits{
		Connections: connections, Size: size,
		Transaction: cmp.Or(time.Duration(l.Transaction), defaultTransaction), Lag: cmp.Or(time.Duration(l.Lag), defaultReplicaLag),
	}
}

// spec leaves out what is for scripts if there is a job: it may be inherited beside it.
func (m *Migrations) spec() *deploy.MigrationSpec {
	if m == nil {
		return nil
	}
	within := cmp.Or(time.Duration(m.Within), defaultMigration)
	if m.Job != "" {
		return &deploy.MigrationSpec{Job: m.Job, Args: m.Args, Table: m.table(), Within: within}
	}
	large, _ := byteSize(cmp.Or(m.LargeTable, defaultLargeTable))
	spec := &deploy.MigrationSpec{
		Source: m.source(), Table: m.table(), Large: large, Approvals: m.approvals(), Within: within,
		LockTimeout:      cmp.Or(time.Duration(m.LockTimeout), defaultLockTimeout),
		StatementTimeout: cmp.Or(time.Duration(m.StatementTimeout), defaultStatementTimeout),
	}
	for _, c := range m.Checks {
		spec.Checks = append(spec.Checks, deploy.SQLCheck{Name: c.Name, SQL: c.SQL, After: int64(c.After)})
	}
	return spec
}

// source is from, with the path of a folder as Go has it.
func (m *Migrations) source() string {
	if strings.Contains(m.From, "://") {
		return m.From
	}
	return strings.TrimSuffix(m.From, "/")
}

func (m *Migrations) table() string { return cmp.Or(m.Table, defaultTable) }

func (m *Migrations) approvals() int { return cmp.Or(m.Approvals, defaultLargeApprovals) }

// filledDatabase is a copy down to the last list, with the references filled in where there may be some.
func filledDatabase(d *deploy.DatabaseSpec, values map[string]string) *deploy.DatabaseSpec {
	d = copied(d)
	if d == nil || d.Migrations == nil {
		return d
	}
	d.Migrations = copied(d.Migrations)
	m := d.Migrations
	m.Source, m.Checks, m.Args = fill(m.Source, values), slices.Clone(m.Checks), slices.Clone(m.Args)
	for i := range m.Args {
		m.Args[i] = fill(m.Args[i], values)
	}
	return d
}
