package slack_test

import (
	"fmt"
	"strings"
	"time"

	"slipway/internal/deploy"
)

const (
	instance = "coditect-postgres-production"
	source   = "gs://my-gcp-project-migrations/v1.2.4/"
)

// withDatabase is a service whose schema goes with its releases.
func withDatabase(a *deploy.Ask) {
	oneStep(a)
	a.Spec.Policy.Approve = []deploy.Principal{"@oncall"}
	a.Spec.Database = &deploy.DatabaseSpec{
		Instance: deploy.InstanceRef{Kind: deploy.CloudSQL, Project: "my-gcp-project", Name: instance}, Name: "coditect", Login: "postgres://coditect:${secret:migrations}@10.0.0.5/coditect",
		Backup: deploy.BackupSpec{Within: 30 * time.Minute}, Validate: true,
		Migrations: &deploy.MigrationSpec{Source: source, Large: 1 << 30, Approvals: 2, Within: 30 * time.Minute},
	}
}

// expand is two scripts that only add.
func expand() *deploy.Migration {
	return &deploy.Migration{Source: source, Hash: "aa", From: 13, To: 15, Class: deploy.Expand, Files: []deploy.MigrationFile{
		{Version: 14, Name: "014_add_user_preferences.sql", Sum: "14", Statements: 3}, {Version: 15, Name: "015_index_users.sql", Sum: "15", Statements: 1, Alone: true}}}
}

// contract is one script that takes away, from a large table.
func contract() *deploy.Migration {
	return &deploy.Migration{Source: source, Hash: "bb", From: 13, To: 14, Class: deploy.Contract,
		Files: []deploy.MigrationFile{{Version: 14, Name: "014_drop_nick.sql", Sum: "14", Statements: 2}},
		Risks: []deploy.MigrationRisk{
			{Risk: deploy.Risk{Rule: "drop-column", Table: "public.users", Why: "v1.2.3 may still read <nick>", Safer: "stop using it in one release, drop it in the next"},
				File: "014_drop_nick.sql", Line: 3, Text: "ALTER TABLE users DROP COLUMN nick", Large: true, Bytes: 13 << 30},
			{Risk: deploy.Risk{Rule: "not-null", Table: "public.orders", Why: "rows without a note make it fail", Safer: "add a CHECK that is NOT VALID, validate it, then SET NOT NULL"},
				File: "014_drop_nick.sql", Line: 7, Text: "ALTER TABLE orders ALTER COLUMN note SET NOT NULL", Bytes: 4 << 20},
		}}
}

// applied is what a script has done, as the database has it written down.
func applied(f deploy.MigrationFile) deploy.AppliedScript {
	changes := map[string][]string{
		"014_add_user_preferences.sql": {"+ table public.user_preferences (3 columns)", "+ index user_preferences_user on public.user_preferences"},
		"015_index_users.sql":          {"+ index users_created_at on public.users"},
		"014_drop_nick.sql":            {"− column public.users.nick (text)", "~ column public.orders.note: NOT NULL"},
	}
	return deploy.AppliedScript{Version: f.Version, Name: f.Name, Sum: f.Sum, Release: "coditect-app-42", Took: 400 * time.Millisecond, Changes: changes[f.Name]}
}

// database is what the steps about the database come to, in the words of their phases.
func (p *play) database(r deploy.Release, name deploy.StepName, out *deploy.Outcome) {
	switch name {
	case "backup/create", "restore/backup":
		out.Backup = &deploy.BackupRun{ID: "1718000000042", State: deploy.RunDone, Size: 2254857830}
		out.Note = "backup 1718000000042 (2.1 GB)"
	case "migrate/measure":
		out.Schema, out.Note = p.soFar(r, 0), "schema 13, 14 GB, 12 of 100 connections"
	case "migrate/apply":
		p.applies(r, out)
	case "migrate/job":
		out.Schema = &deploy.Schema{Before: 13, After: 13, Class: deploy.Unsure, Applied: []deploy.AppliedScript{{Name: "job coditect-migrate", Release: r.ID}}, Done: true}
		out.Note = "job coditect-migrate done in 31 s: schema 13 → 13"
	case "validate/database":
		out.Note = "14 GB in 12 tables, 12 of 100 connections\nslow: SELECT * FROM users WHERE nick = $1, mean 340 ms (4,118 calls)"
	case "rollback/database":
		out.Note = "schema stays at 14"
	case "restore/look":
		out.Note = instance + " can be had as it was at 11:23:00 UTC, 37 min ago; nothing that runs is touched"
		if r.Restore.InPlace {
			out.Note = instance + " runs, backup 1718000000041 (2.1 GB) is there; everything written since 11:23:00 UTC, 37 min ago, is lost"
		}
	case "restore/clone":
		out.Note = r.Restore.Clone + " is there, as " + instance + " was at 11:23:00 UTC"
	case "restore/restore":
		out.Note = "backup 1718000000041 is in place of what was in " + instance
	case "restore/check":
		out.Note = instance + " runs with what was in backup 1718000000041: schema 13, 2.1 GB"
		if !r.Restore.InPlace {
			out.Note = r.Restore.Clone + " runs at 10.0.0.9, as " + instance + " was at 11:23:00 UTC; nothing uses it yet\nTo look into it:\n" +
				"gcloud sql connect " + r.Restore.Clone + " --project=my-gcp-project --database=coditect --user=USER\nTo switch to it:\n" +
				"gcloud secrets versions access latest --secret=url --project=my-gcp-project | sed 's|@[^/]*/|@10.0.0.9:5432/|' | gcloud secrets versions add url --data-file=-\n" +
				"and in the catalog: database.instance: " + r.Restore.Clone
		}
	}
}

// soFar is the schema after the first n scripts.
func (p *play) soFar(r deploy.Release, n int) *deploy.Schema {
	m := r.Proposal.Migration
	s := &deploy.Schema{Before: m.From, After: m.From, Class: m.Class, Hash: m.Hash}
	for _, f := range m.Files[:n] {
		s.After, s.Applied = f.Version, append(s.Applied, applied(f))
	}
	s.Done = n == len(m.Files)
	return s
}

// applies carries one script out, as each run of the step does.
func (p *play) applies(r deploy.Release, out *deploy.Outcome) {
	files, looked := r.Proposal.Migration.Files, false
	for _, s := range r.Steps {
		looked = looked || s.Name == "migrate/apply" && s.Looks > 0
	}
	n := len(r.Schema.Applied)
	if looked {
		n++
	}
	out.Schema = p.soFar(r, n)
	switch {
	case n == len(files):
		lines := []string{fmt.Sprintf("%d files, schema %d → %d", n, out.Schema.Before, out.Schema.After)}
		for _, a := range out.Schema.Applied {
			lines = append(append(lines, a.Name+", "+deploy.Took(a.Took)), a.Changes...)
		}
		out.Note = strings.Join(lines, "\n")
	case n > 0:
		out.Again, out.Note = time.Millisecond, fmt.Sprintf("%s applied in 0.4 s; running %s (%d of %d)", files[n-1].Name, files[n].Name, n+1, len(files))
	default:
		out.Again, out.Note = time.Millisecond, fmt.Sprintf("running %s (1 of %d)", files[0].Name, len(files))
	}
}

// migrates is a release whose plan has a migration.
func (p *play) migrates(m *deploy.Migration) *play {
	p.schema = m
	return p
}

// runs carries a step on by one run, and stops before it is over.
func (p *play) runs(step deploy.StepName) *play {
	p.t.Helper()
	p.until(step)
	r, entries := deploy.Conclude(p.release, step, p.outcome(p.release, step), nil, p.now)
	p.keep(r, entries)
	p.now = p.now.Add(time.Second)
	return p
}
