package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"slipway/internal/deploy"
	"slipway/internal/deploy/provider/ecr"
)

// checkDatabases looks at the database of each target of the catalog that has one: its server, whether Slipway gets in, and
// where its migrations come from. One that is off is left alone. It changes nothing, and comes after checkSecrets.
func (b *bot) checkDatabases(ctx context.Context, r *findings) {
	specs := b.specs()
	maps.DeleteFunc(specs, func(_ deploy.Target, s deploy.Spec) bool { return s.Database == nil || s.Database.Off != "" })
	if len(specs) == 0 || b.checking.secrets == nil { // why there are no secrets has been said
		return
	}
	b.checking.amazon = ecr.New(nil) // migrations may come from its registries
	if err := b.makeDatabases(ctx); err != nil {
		r.err(err)
		return
	}
	for _, t := range slices.SortedFunc(maps.Keys(specs), byName) {
		spec, before := specs[t], r.problems
		b.checkInstance(ctx, r, t, spec.Database.Instance)
		found, err := b.databases.sql.Measure(ctx, deploy.DatabaseQuery{Database: *spec.Database, Project: spec.Platform.Service.Project})
		if err != nil {
			r.problem(fmt.Sprintf("%s: database %s: %s", t, spec.Database.Name, deploy.Message(err)), deploy.Hint(err))
		}
		b.checkMigrations(ctx, r, t, spec.Database.Migrations)
		if r.problems == before {
			r.good(fmt.Sprintf("%s: database %s on %s runs, and Slipway gets in: %s, schema %d", t, spec.Database.Name, spec.Database.Instance.Name, found.Server, found.Version))
		}
	}
}

// checkInstance asks the cloud about a database server.
func (b *bot) checkInstance(ctx context.Context, r *findings, t deploy.Target, i deploy.InstanceRef) {
	instance, err := b.databases.of()[i.Kind].Instance(ctx, i)
	switch {
	case err != nil:
		r.problem(t.String()+": "+deploy.Message(err), deploy.Hint(err))
	case !instance.Runnable:
		r.problem(fmt.Sprintf("%s: %s does not run: %s", t, i.Name, instance.Unrest), fmt.Sprintf("see `gcloud sql instances describe %s --project %s`", i.Name, i.Project))
	case !instance.PointInTime:
		r.warn(fmt.Sprintf("%s: %s keeps no log for a point in time, so `/rollback --database` has its backups only, in place", t, i.Name),
			fmt.Sprintf("gcloud sql instances patch %s --project %s --enable-point-in-time-recovery", i.Name, i.Project))
	}
}

// checkMigrations fetches the scripts of a version that there is not: what counts is whether it may. A bucket has nothing
// under such a prefix; where folders and artifacts are named after versions there is none to find.
func (b *bot) checkMigrations(ctx context.Context, r *findings, t deploy.Target, m *deploy.MigrationSpec) {
	if m == nil || m.Source == "" {
		return
	}
	_, err := b.databases.scripts.Fetch(ctx, m.Source)
	ofVersion := !strings.HasPrefix(m.Source, "gs://") && strings.Contains(m.Source, unreleased)
	if err != nil && (deploy.CodeOf(err) != deploy.NotFound || !ofVersion) {
		r.problem(fmt.Sprintf("%s: migrations: %s", t, deploy.Message(err)), deploy.Hint(err))
	}
}
