package deploy

import (
	"context"
	"time"
)

// CheckStage says when a check is run.
type CheckStage string

const (
	Smoke      CheckStage = "smoke"      // on the candidate's own URL, before any traffic
	Functional CheckStage = "functional" // where users reach the service, once the candidate has all of the traffic
)

// Check is one thing that must be so at its stage. It is part of the Spec of a release, and exactly one of these: a
// story told to the service over HTTP (Calls made one after the other, each with what is expected of its answer), a
// Dependency that must be reachable, or a Command that must succeed.
type Check struct {
	Name       string        `json:"name"`
	Stage      CheckStage    `json:"stage"`
	Calls      []Call        `json:"calls,omitempty"`
	Cleanup    []Call        `json:"cleanup,omitempty"` // made in any case, also when a call failed or time was up
	Dependency *Dependency   `json:"dependency,omitempty"`
	Command    *Command      `json:"command,omitempty"`
	Job        string        `json:"job,omitempty"` // Dependency, Command: the platform's job it is run in; empty: beside the bot
	Within     time.Duration `json:"within"`        // for all of it; a clean-up has as much again
	Tries      int           `json:"tries"`         // of the whole of it, until it is as expected
}

// Call is one request. In Path, Headers and Body ${NAME} stands for a value captured by a call before, ${VERSION} and
// ${ENVIRONMENT} for those of the release, and ${secret:NAME} for the newest version of a secret.
type Call struct {
	Name    string            `json:"name,omitempty"`
	Method  string            `json:"method"`
	Path    string            `json:"path"`
	Headers map[string]string `json:"headers,omitempty"`
	Body    string            `json:"body,omitempty"`
	Timeout time.Duration     `json:"timeout"`
	Expect  Expect            `json:"expect"`
	Capture map[string]string `json:"capture,omitempty"` // name → jq expression on the answer
}

// Expect is what an answer must be like. What is left out is not looked at.
type Expect struct {
	Status  int               `json:"status,omitempty"`  // 0: any from 200 to 299
	Headers map[string]string `json:"headers,omitempty"` // name → text that must be in it
	JSON    []string          `json:"json,omitempty"`    // jq expressions, each of which must give true
	Body    string            `json:"body,omitempty"`    // text that must be in it
	Latency time.Duration     `json:"latency,omitempty"` // at most
}

// DependencyKind is how a dependency is tried.
type DependencyKind string

const (
	Postgres DependencyKind = "postgres" // postgres://…: logs in and asks SELECT 1
	Redis    DependencyKind = "redis"    // redis://…: PING
	Bucket   DependencyKind = "bucket"   // gs://name: exists, and its objects may be listed
	HTTP     DependencyKind = "http"     // https://…: answers with a status below 400
	TCP      DependencyKind = "tcp"      // host:port: takes a connection
	DNS      DependencyKind = "dns"      // a name: resolves
)

// Dependency is something else that the service needs.
type Dependency struct {
	Kind    DependencyKind `json:"kind"`
	Address string         `json:"address"` // with ${secret:NAME}, ${VERSION} and ${ENVIRONMENT} as in calls
}

// Command is a program that people have already, such as a script with curl and jq. It gets the URL of what it is to
// look at as its last argument and as BASE_URL, VERSION and ENVIRONMENT beside it, and nothing else of the bot's
// environment. It succeeds by ending with 0.
type Command struct {
	Run []string `json:"run"` // a file of the catalog's folder, or with Check.Job what the container is to run; and its arguments
}

// Checker runs checks.
type Checker interface {
	// Run makes one check of the service at a base URL. It is over when it is as expected, when its tries or its time
	// are up, or with ctx. Codes: Invalid (not as expected: Msg has the request, an excerpt of the answer and what was
	// expected, without any secret), NotFound or Forbidden (a secret that cannot be read, a command that is not allowed),
	// Unavailable (nobody answered as long as it was tried). Running it again after a crash makes all of it again. A
	// checker may know some kinds of checks only: Invalid for any other.
	Run(ctx context.Context, q CheckRequest) (CheckReport, error)
}

// CheckRequest asks for one check.
type CheckRequest struct {
	Check   Check
	BaseURL string
	Service ServiceRef        // its Project is where secrets are; with Region where jobs are
	Values  map[string]string // VERSION, ENVIRONMENT
	Public  bool              // private addresses are forbidden
}

// CheckReport is what a check that went well came to.
type CheckReport struct {
	Calls int
	Tries int
	Took  time.Duration
	Note  string // what was found, in a few words: "PostgreSQL 15.3", the last line a command wrote
	From  string // where it was run if not beside the bot: "job slipway-probe"
}

// Secrets reads secrets by name. Codes: NotFound, Forbidden, Unavailable. What it gives is never logged, stored or shown.
type Secrets interface {
	Value(ctx context.Context, project, name string) (string, error)
}

// SecretVersions knows which versions of secrets there are.
type SecretVersions interface {
	// Version says which version a reference means: "latest" is the newest. It does not read the value. NotFound if there
	// is no such secret or version, or it is disabled.
	Version(ctx context.Context, project, name, version string) (number string, err error)
}

// Jobs runs containers to their end where a service runs.
type Jobs interface {
	// Run starts a job that exists at the platform, with other arguments and more variables, and waits for its end.
	// Invalid if it ended badly, with Output; NotFound, Forbidden, Unavailable as everywhere. Within bounds it; an
	// execution that takes longer, or whose context ends, is cancelled.
	Run(ctx context.Context, q JobRequest) (JobReport, error)
}

// JobRequest asks for one execution of a job.
type JobRequest struct {
	Service ServiceRef // the job is in its project and region
	Job     string
	Args    []string
	Env     map[string]string // never a secret
	Image   string            // by digest: the job is given it first; empty: it runs with what it has
	Key     string            // an execution with the same key is found again, also one that failed, and not started twice; it outlives ctx, but not Within. Empty: it is started anyway
	Within  time.Duration
}

// JobReport is what an execution came to. It is given with an error, too, as far as it is known.
type JobReport struct {
	Execution string // its name at the platform
	Output    string // the last of what it wrote, at most 4 KiB
	Took      time.Duration
}
