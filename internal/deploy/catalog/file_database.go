package catalog

// ServiceDatabase says what the service keeps its data in, and what becomes of that in a release. An environment's is merged with the inherited one key by key.
type ServiceDatabase struct {
	// Name of the Cloud SQL instance, without project and region.
	Instance string `yaml:"instance,omitempty"`
	// Google Cloud project of the instance. Left out, the platform's.
	Project string `yaml:"project,omitempty"`
	// Region of the instance. Left out, the platform's.
	Region string `yaml:"region,omitempty"`
	// Name of the database in the instance.
	Name string `yaml:"name,omitempty"`
	// Address by which Slipway logs in, with its secret parts as ${secret:NAME}: postgres://slipway:${secret:password}@10.0.0.5/app, or all of it: ${secret:migrations-url}.
	Login string `yaml:"login,omitempty"`
	// IAM user as whom Slipway logs in through Cloud SQL's connector, in place of login: slipway@my-gcp-project.iam.
	User string `yaml:"user,omitempty"`
	// Why nothing is done with the database. Left out, everything is.
	Off    string          `yaml:"off,omitempty"`
	Backup *BackupPolicy   `yaml:"backup,omitempty"`
	Limits *DatabaseLimits `yaml:"limits,omitempty"`
	// Whether the database is examined once all traffic is on the new version.
	Validate   *bool       `yaml:"validate,omitempty" jsonschema:"default=true"`
	Migrations *Migrations `yaml:"migrations,omitempty"`
}

// BackupPolicy says how the database is backed up before it is changed: within a time, or not at all for a reason.
type BackupPolicy struct {
	// Time that a backup may take, at most 24h.
	Within Duration `yaml:"within,omitempty" jsonschema:"default=30m"`
	// Why there is no backup.
	Skip string `yaml:"skip,omitempty"`
}

// DatabaseLimits are what the database has to keep before it is migrated, and when it is examined.
type DatabaseLimits struct {
	// Share of the connections that it takes, at most.
	Connections Percentage `yaml:"connections,omitempty" jsonschema:"default=80%"`
	// Age of the oldest open transaction, at most.
	Transaction Duration `yaml:"transaction,omitempty" jsonschema:"default=5m"`
	// How far a replica may be behind.
	Lag Duration `yaml:"lag,omitempty" jsonschema:"default=30s"`
	// Size, at most: 500Gi. Left out, any.
	Size string `yaml:"size,omitempty"`
}

// Migrations say how the schema follows the service: by scripts, or by a job of the platform. ${VERSION} and ${ENVIRONMENT} are filled into from and args.
type Migrations struct {
	// Where scripts named NNN_name.sql are: gs://BUCKET/PREFIX/, oci://REPOSITORY:TAG, or a folder of the catalog.
	From string `yaml:"from,omitempty"`
	// Table in which it is written down what was applied: by Slipway, or by the job if it does that.
	Table string `yaml:"table,omitempty" jsonschema:"default=schema_migrations"`
	// How long a statement may wait for a lock, while others wait behind it.
	LockTimeout Duration `yaml:"lock_timeout,omitempty" jsonschema:"default=2s"`
	// How long a statement may run.
	StatementTimeout Duration `yaml:"statement_timeout,omitempty" jsonschema:"default=5m"`
	// Size from which on a table is large: 512Mi, 1Gi.
	LargeTable string `yaml:"large_table,omitempty" jsonschema:"default=1Gi"`
	// Different people needed for something risky on a large table.
	Approvals int `yaml:"approvals,omitempty" jsonschema:"minimum=1,maximum=20,default=2"`
	// Time for all scripts or the job, at most 24h.
	Within Duration `yaml:"within,omitempty" jsonschema:"default=30m"`
	// Queries that must be true before a script is committed. [] for none.
	Checks []SQLCheck `yaml:"checks,omitzero"`
	// Job of the platform that migrates, with the image that is released, in place of from.
	Job string `yaml:"job,omitempty"`
	// Arguments of the job.
	Args []string `yaml:"args,omitzero"`
}

// SQLCheck is a query that gives one row with one column, which must be true. If it is not, what the script did is undone.
type SQLCheck struct {
	// What people call it. No two share one.
	Name string `yaml:"name" jsonschema:"required"`
	// One SELECT.
	SQL string `yaml:"sql" jsonschema:"required"`
	// Number of the script after which it is made. Left out, the last one that is applied.
	After ScriptNumber `yaml:"after,omitempty"`
}

// ScriptNumber is the number at the beginning of a script's name, without leading zeros.
type ScriptNumber int64
