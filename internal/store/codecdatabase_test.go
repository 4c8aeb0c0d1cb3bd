package store_test

import (
	"time"

	"slipway/internal/deploy"
)

var instance = deploy.InstanceRef{Kind: deploy.CloudSQL, Project: "p", Name: "coditect-postgres"}

// withDatabase fills in what a release keeps of its database.
func withDatabase(r deploy.Release) deploy.Release {
	script := deploy.AppliedScript{Version: 14, Name: "014_add.sql", Sum: "ab", Release: "coditect-app-42", At: at(4),
		Took: time.Second, Changes: []string{"+ table user_preferences (3 columns)"}}
	r.Spec.Database = &deploy.DatabaseSpec{
		Instance: instance, Name: "coditect", Region: "us-central1", Login: "${secret:migrations-url}", User: "slipway@p.iam", Off: "not here",
		Backup: deploy.BackupSpec{Skip: "the cloud does it hourly", Within: 30 * time.Minute},
		Migrations: &deploy.MigrationSpec{Source: "gs://p-migrations/v1.2.4/", Table: "schema_migrations", LockTimeout: 5 * time.Second,
			StatementTimeout: 5 * time.Minute, Large: 1 << 30, Approvals: 2, Job: "migrate", Args: []string{"up"}, Within: 30 * time.Minute,
			Checks: []deploy.SQLCheck{{Name: "Every user has an address", SQL: "SELECT true", After: 14}}},
		Limits:   deploy.DatabaseLimits{Connections: 0.8, Transaction: time.Minute, Lag: 10 * time.Second, Size: 1 << 40},
		Validate: true,
	}
	r.Spec.Snapshot, r.Snapshot = true, []byte("gzip")
	r.Across = []deploy.Crossing{{Release: "coditect-app-41", Version: "v1.2.3", Class: deploy.Contract, Before: 12, After: 13,
		Names: []string{"013_drop.sql"}, Changes: []string{"− column users.nick"}}}
	r.Restore = &deploy.RestorePlan{Instance: instance, InPlace: true, Clone: "coditect-postgres-restore", At: at(3), Backup: "1718", Of: "coditect-app-40", Also: []deploy.Target{{Service: "coditect-api", Environment: "production"}}}
	r.Backup = &deploy.BackupRun{ID: "1719", Description: "slipway coditect-app-42 backup/create", State: deploy.RunFailed, Trouble: "disk full",
		Started: at(1), Ended: at(2), Size: 1 << 31, OnDemand: true}
	r.Schema = &deploy.Schema{Before: 13, After: 14, Class: deploy.Expand, Applied: []deploy.AppliedScript{script}, Hash: "cd", Done: true, Open: true}
	r.Proposal.Migration = &deploy.Migration{Source: "gs://p-migrations/v1.2.4/", Hash: "cd", Job: "migrate", From: 13, To: 14,
		Files: []deploy.MigrationFile{{Version: 14, Name: "014_add.sql", Sum: "ab", Statements: 2, Alone: true, Class: deploy.Expand}},
		Risks: []deploy.MigrationRisk{{Risk: deploy.Risk{Rule: "index-lock", Table: "public.users", Why: "writes wait", Safer: "CONCURRENTLY"},
			File: "014_add.sql", Line: 3, Text: "CREATE INDEX", Large: true, Bytes: 1 << 32}},
		Class: deploy.Expand}
	return r
}
