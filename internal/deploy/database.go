package deploy

import (
	"context"
	"time"
)

// DatabaseKind names the kind of place where databases run.
type DatabaseKind string

// CloudSQL is Google Cloud SQL.
const CloudSQL DatabaseKind = "cloudsql"

// InstanceRef is the address of a database server at its place.
type InstanceRef struct {
	Kind    DatabaseKind `json:"kind"`
	Project string       `json:"project"`
	Name    string       `json:"name"`
}

// String gives cloudsql:my-gcp-project/coditect-postgres-production.
func (r InstanceRef) String() string { return string(r.Kind) + ":" + r.Project + "/" + r.Name }

// DatabaseSpec is what the catalog says about the database of a target.
type DatabaseSpec struct {
	Instance   InstanceRef    `json:"instance"`
	Name       string         `json:"name"`                 // of the database in the instance: coditect
	Region     string         `json:"region,omitempty"`     // of the instance; only to reach it without Login
	Login      string         `json:"login,omitempty"`      // postgres://…, with ${secret:NAME}; empty: through Cloud SQL's connector, as User
	User       string         `json:"user,omitempty"`       // IAM database user, without Login
	Off        string         `json:"off,omitempty"`        // not empty: nothing is done with the database, and this is why
	Backup     BackupSpec     `json:"backup"`               // before every deploy
	Migrations *MigrationSpec `json:"migrations,omitempty"` // nil: none
	Limits     DatabaseLimits `json:"limits"`
	Validate   bool           `json:"validate,omitempty"` // it is examined once all traffic is on the new version
}

// BackupSpec says how it is backed up.
type BackupSpec struct {
	Skip   string        `json:"skip,omitempty"` // not empty: it is not, and this is why
	Within time.Duration `json:"within"`
}

// MigrationSpec says how its schema follows the application. It has either a Source or a Job.
type MigrationSpec struct {
	Source           string        `json:"source,omitempty"` // gs://bucket/prefix/, oci://repository:tag, or a folder of the catalog; VERSION and ENVIRONMENT filled in
	Table            string        `json:"table,omitempty"`  // where what was applied is written down: schema_migrations
	LockTimeout      time.Duration `json:"lock_timeout,omitempty"`
	StatementTimeout time.Duration `json:"statement_timeout,omitempty"`
	Large            int64         `json:"large,omitempty"`     // bytes from which on a table is large
	Approvals        int           `json:"approvals,omitempty"` // distinct people needed for something risky on a large table
	Checks           []SQLCheck    `json:"checks,omitempty"`
	Job              string        `json:"job,omitempty"` // the platform's job that migrates, with the image that is released
	Args             []string      `json:"args,omitempty"`
	Within           time.Duration `json:"within"`
}

// SQLCheck is a query that must give one row with one column that is true. It is run inside the transaction of a script,
// before it is committed: a check that fails undoes the script.
type SQLCheck struct {
	Name  string `json:"name"`
	SQL   string `json:"sql"`
	After int64  `json:"after,omitempty"` // version of the script; 0: the last of those that are applied
}

// DatabaseLimits are what the database has to keep before it is migrated, and when it is validated. Zero is no limit.
type DatabaseLimits struct {
	Connections float64       `json:"connections,omitempty"` // of those it takes, from 0 to 1
	Transaction time.Duration `json:"transaction,omitempty"` // age of the oldest open transaction
	Lag         time.Duration `json:"lag,omitempty"`         // of replication
	Size        int64         `json:"size,omitempty"`        // bytes
}

// Migrates says whether a deploy applies scripts or runs a job.
func (d *DatabaseSpec) Migrates() bool { return d != nil && d.Off == "" && d.Migrations != nil }

// Instances manages database servers and their backups: what the cloud does, not what is in the database. Calls are
// idempotent as those of Platform are. Codes: NotFound (no such instance or backup), Forbidden, Conflict (another
// operation is in progress: look again), Unavailable (no answer, throttled, quota for now), Invalid (refused for good).
type Instances interface {
	Instance(ctx context.Context, i InstanceRef) (Instance, error)
	// Backups are the newest first, at most limit, whoever made them, also those that run or failed.
	Backups(ctx context.Context, i InstanceRef, limit int) ([]BackupRun, error)
	// Backup asks for a backup unless there is one with the description that has not failed. An empty Operation means that
	// nothing was sent: find it among Backups. If there are several by mistake the oldest counts.
	Backup(ctx context.Context, i InstanceRef, description string) (Operation, error)
	// Clone makes a new instance with what the instance had at a moment. Nothing is sent if an instance of the new name is
	// there or being made from this one; Invalid if it is something else, or the moment cannot be had.
	Clone(ctx context.Context, q CloneRequest) (Operation, error)
	// Restore puts a backup in place of everything that is in the instance. Nothing is sent if a restore of this backup was
	// asked for since q.Since, by a clock that may be a minute off: its operation is returned. Invalid if the instance has replicas.
	Restore(ctx context.Context, q RestoreRequest) (Operation, error)
	// Wait is as that of Platform.
	Wait(ctx context.Context, i InstanceRef, op Operation) (done bool, err error)
}

// Instance is a database server as its cloud reports it.
type Instance struct {
	Ref         InstanceRef
	Runnable    bool
	Unrest      string // why not, in the cloud's words: SUSPENDED
	Version     string // POSTGRES_16
	Address     string // host or host:port
	Region      string
	Replicas    []string
	PointInTime bool      // it can be cloned as it was at a moment
	Made        time.Time // when it was created
}

// BackupRun is one backup. Size is 0 while it is not known.
type BackupRun struct {
	ID          string    `json:"id"`
	Description string    `json:"description,omitempty"`
	State       RunState  `json:"state"`
	Trouble     string    `json:"trouble,omitempty"` // why it failed, in the cloud's words
	Started     time.Time `json:"started,omitzero"`
	Ended       time.Time `json:"ended,omitzero"`
	Size        int64     `json:"size,omitempty"`      // bytes
	OnDemand    bool      `json:"on_demand,omitempty"` // somebody asked for it; else the cloud made it by itself
}

// RunState is where a backup stands.
type RunState string

const (
	RunGoing  RunState = "running"
	RunDone   RunState = "done"
	RunFailed RunState = "failed"
)

// CloneRequest asks for a new instance.
type CloneRequest struct {
	Instance InstanceRef
	Clone    string    // its name
	At       time.Time // as it was then; zero: as it is
}

// RestoreRequest asks for a restore in place.
type RestoreRequest struct {
	Instance InstanceRef
	Backup   string // id
	Since    time.Time
}

// BackupDescription is how the backup of a step is found again.
func BackupDescription(id ReleaseID, version string, step StepName) string {
	return "slipway " + string(id) + " " + string(step) + ", before " + version
}
