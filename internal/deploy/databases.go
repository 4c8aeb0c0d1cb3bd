package deploy

import (
	"context"
	"time"
)

// Databases speaks SQL. Codes: Invalid (the database refuses it for good: Msg has its words, with file and line where it
// knows them, never a value or a credential), Forbidden (credentials, permissions), Conflict (a lock cannot be had: look
// again), Unavailable (no answer, connection lost: whether it was committed is found out by looking again), NotFound (a
// secret, a database), Fenced (a later epoch was there).
type Databases interface {
	// Measure looks at what is there; it changes nothing. Tables are the sizes of all that have rows worth mentioning.
	Measure(ctx context.Context, q DatabaseQuery) (DatabaseState, error)
	// Applied is what was applied, oldest first; nothing if nobody has written anything down yet. It changes nothing.
	Applied(ctx context.Context, q DatabaseQuery) ([]AppliedScript, error)
	// Apply carries one script out, once. In one transaction: the script, the checks, what it changed in the schema, and
	// that it was applied. A script that cannot run in a transaction (Script.Alone) is marked first, run alone, and finished
	// by looking at what is there. If it was applied already with the same content, that is returned and nothing is done;
	// Invalid if with another, or if a later version is there. Codes as above; Invalid also if a check is not true, and
	// then nothing is left behind. Cancelling ctx cancels the statement at the server.
	Apply(ctx context.Context, q ApplyRequest) (AppliedScript, error)
	// Settle ends what an earlier epoch is still doing and leaves epoch, so that whatever is on its way from there is
	// refused; it says which version the schema has then.
	Settle(ctx context.Context, q DatabaseQuery, epoch Epoch) (version int64, err error)
	// Examine looks for what is wrong or slow. It changes nothing.
	Examine(ctx context.Context, q DatabaseQuery) (DatabaseReport, error)
}

// DatabaseQuery says which database is meant.
type DatabaseQuery struct {
	Database DatabaseSpec
	Project  string // where secrets are
}

// DatabaseState is a database before it is changed.
type DatabaseState struct {
	Version        int64         // of the schema; 0 if nothing was applied
	Size           int64         // bytes
	Connections    int           // open now
	MaxConnections int           // that it takes
	Transaction    time.Duration // age of the oldest open transaction, 0 if none
	Replicas       int
	Lag            time.Duration    // of the replica that is furthest behind
	Tables         map[string]int64 // schema.table → bytes with its indexes
	Server         string           // PostgreSQL 16.3
}

// AppliedScript is a script that was applied, as it is written down in the database. Sum is empty if others wrote it down.
type AppliedScript struct {
	Version int64         `json:"version"`
	Name    string        `json:"name"`
	Sum     string        `json:"sum,omitempty"` // sha256 of its content
	Release ReleaseID     `json:"release,omitempty"`
	At      time.Time     `json:"at,omitzero"`
	Took    time.Duration `json:"took,omitempty"`
	Changes []string      `json:"changes,omitempty"` // of the schema: "+ table user_preferences (3 columns)", "+ index users_created_at on users"
}

// ApplyRequest asks for one script.
type ApplyRequest struct {
	DatabaseQuery
	Release ReleaseID
	Epoch   Epoch // of who asks
	After   int64 // version that the schema had when it was looked at; Invalid if it has come down since, as by a restore; 0: whatever it is
	Script  Script
	Checks  []SQLCheck // that are made before it is committed
}

// DatabaseReport is how a database does.
type DatabaseReport struct {
	Size           int64
	Tables         []TableSize // the largest first, at most 10
	TableCount     int
	ForeignKeys    int
	Invalid        []string // indexes and constraints that are not valid: "index users_email_idx"
	Replicas       int
	Lag            time.Duration
	Connections    int
	MaxConnections int
	Blocked        int         // connections that wait for a lock
	Slow           []SlowQuery // by mean time, at most 5; nothing without pg_stat_statements
	Statements     bool        // pg_stat_statements is there and may be read
}

// TableSize is a table with its indexes.
type TableSize struct {
	Name  string
	Bytes int64
}

// SlowQuery is a statement without its values, as pg_stat_statements keeps it, cut to 200 characters.
type SlowQuery struct {
	Text  string
	Calls int64
	Mean  time.Duration
}
