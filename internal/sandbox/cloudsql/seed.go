package cloudsql

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"cloud.google.com/go/sql/apiv1/sqlpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"slipway/internal/pgserver"
)

// What an InstanceSpec is without saying so.
const (
	GuideProject    = "my-gcp-project"
	GuideRegion     = "us-central1"
	defaultUser     = "postgres"
	defaultPassword = "practice-password"
	usualVersion    = sqlpb.SqlDatabaseVersion_POSTGRES_16 // without data; else it is what runs
	nightlyHour     = 3                                    // UTC
)

// InstanceSpec is an instance that is there when the practice begins.
type InstanceSpec struct {
	// Project and Region default to the guide's.
	Project, Region string
	// Name is required: coditect-postgres-production.
	Name string
	// Database is made for User, who owns it, may log in with Password, and may read statistics. Default: none, and a user
	// postgres with the password practice-password.
	Database, User, Password string
	// SQL fills Database, run by User.
	SQL string
	// Replicas are names of its read replicas, which are records.
	Replicas []string
	// NoPointInTime instances cannot be cloned as they were at a moment.
	NoPointInTime bool
	// Nightly instances have a backup of the night before, which has what SQL made.
	Nightly bool
}

// Seed puts an instance there and begins to make its data; Ready, and calls about it, wait for that. Not part of the call
// log. An error if there is one of the name.
func (s *Server) Seed(spec InstanceSpec) error {
	spec.Project, spec.Region = or(spec.Project, GuideProject), or(spec.Region, GuideRegion)
	spec.User, spec.Password = or(spec.User, defaultUser), or(spec.Password, defaultPassword)
	if !instanceName.MatchString(spec.Name) || spec.User == adminUser {
		return fmt.Errorf("seed an instance: it cannot be called %q, with user %q", spec.Name, spec.User)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return errors.New("seed an instance: cloud sql is closed already")
	}
	for _, name := range append([]string{spec.Name}, spec.Replicas...) {
		if s.named(spec.Project, name) != nil {
			return fmt.Errorf("seed an instance: there is a %s in %s already", name, spec.Project)
		}
	}
	now := s.opts.Now()
	i := &instance{spec: spec, state: sqlpb.DatabaseInstance_RUNNABLE, version: usualVersion, made: now, first: now, replicas: slices.Clone(spec.Replicas), ready: make(chan struct{})}
	if spec.Nightly {
		i.made = now.AddDate(0, -3, 0)
		i.nightly(now)
	}
	s.instances = append(s.instances, i)
	for _, name := range spec.Replicas {
		replica := &instance{spec: spec, primary: spec.Name, state: sqlpb.DatabaseInstance_RUNNABLE, version: usualVersion, made: i.made, first: now, ready: i.ready}
		replica.spec.Name, replica.spec.Replicas = name, nil
		s.instances = append(s.instances, replica)
	}
	if !s.data {
		close(i.ready)
		return nil
	}
	s.work.Go(func() { s.fill(i) })
	return nil
}

func or(value, fallback string) string {
	if value == "" {
		return fallback
	}
	return value
}

// nightly adds the automated backup of the night before. Under mu.
func (i *instance) nightly(now time.Time) {
	now = now.UTC()
	at := time.Date(now.Year(), now.Month(), now.Day(), nightlyHour, 0, 0, 0, time.UTC)
	if !at.Before(now.Add(-time.Hour)) {
		at = at.AddDate(0, 0, -1)
	}
	run := i.newBackup(sqlpb.SqlBackupRunType_AUTOMATED, "", at).run
	run.Status, run.StartTime, run.EndTime = sqlpb.SqlBackupRunStatus_SUCCESSFUL, timestamppb.New(at), timestamppb.New(at.Add(96*time.Second))
}

// fill makes the data of an instance. Backups that were there before have what it begins with.
func (s *Server) fill(i *instance) {
	defer close(i.ready)
	data, err := newCluster(s.ctx)
	var version string
	if err == nil {
		version, err = data.seed(s.ctx, &i.spec)
	}
	var place mark
	if err == nil {
		place, err = data.mark(s.ctx, "seeded")
	}
	var first time.Time
	if err == nil {
		first, err = data.now(s.ctx)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	i.data = data // Close ends it, whatever came of it
	if err != nil {
		i.err, i.state = fmt.Errorf("fill %s: %w", i.spec.Name, err), sqlpb.DatabaseInstance_FAILED
		return
	}
	i.address, i.first = data.server.Addr, first
	if v, ok := sqlpb.SqlDatabaseVersion_value["POSTGRES_"+version]; ok {
		i.version = sqlpb.SqlDatabaseVersion(v)
	}
	for _, b := range i.backups {
		b.place = place
	}
}

// seed makes the user, the database and what is in it, and gives the major version of the server.
func (c *cluster) seed(ctx context.Context, spec *InstanceSpec) (version string, err error) {
	user := identifier(spec.User)
	statements := []string{
		"CREATE ROLE " + user + " LOGIN CREATEROLE CREATEDB PASSWORD " + literal(spec.Password),
		"GRANT pg_monitor TO " + user,
	}
	if spec.Database != "" {
		statements = append(statements, "CREATE DATABASE "+identifier(spec.Database)+" OWNER "+user)
	}
	for _, sql := range statements {
		if _, err := c.ask(ctx, "postgres", sql); err != nil {
			return "", err
		}
	}
	if spec.SQL != "" {
		if _, err := ask(ctx, pgserver.Address(c.server.Addr, spec.User, spec.Password, spec.Database), spec.SQL); err != nil {
			return "", err
		}
	}
	version, err = c.ask(ctx, "postgres", "SHOW server_version_num")
	if err != nil {
		return "", err
	}
	n, err := strconv.Atoi(version)
	return strconv.Itoa(n / 10000), err
}

func identifier(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }

func literal(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// Ready waits until every instance that was seeded has its data, and says why one has none.
func (s *Server) Ready(ctx context.Context) error {
	s.mu.Lock()
	instances := slices.Clone(s.instances)
	s.mu.Unlock()
	for _, i := range instances {
		select {
		case <-i.ready:
		case <-ctx.Done():
			return fmt.Errorf("wait for %s: %w", i.spec.Name, ctx.Err())
		}
		s.mu.Lock()
		err := i.err
		s.mu.Unlock()
		if err != nil {
			return err
		}
	}
	return nil
}

// URL is the postgres:// address of a database of an instance, by short name, with its user and password. It stays good
// for as long as the instance is there: a restore in place changes nothing about it. "" if there is no such instance, or
// it has no data (yet: see Ready).
func (s *Server) URL(instance, database string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, i := range s.instances {
		if i.spec.Name == instance && i.address != "" {
			return pgserver.Address(i.address, i.spec.User, i.spec.Password, database)
		}
	}
	return ""
}
