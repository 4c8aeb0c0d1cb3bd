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

// Check is a story told to a service over HTTP: calls made one after the other, each with what is expected of its
// answer. It is part of the Spec of a release.
type Check struct {
	Name    string        `json:"name"`
	Stage   CheckStage    `json:"stage"`
	Calls   []Call        `json:"calls"`
	Cleanup []Call        `json:"cleanup,omitempty"` // made in any case, also when a call failed or time was up
	Within  time.Duration `json:"within"`            // for all calls together; the clean-up has as much again
	Tries   int           `json:"tries"`             // of the whole story, until it is as expected
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

// Checker runs checks.
type Checker interface {
	// Run tells one check to the service at a base URL. It is over when it is as expected, when its tries or its time
	// are up, or with ctx. Codes: Invalid (not as expected: Msg has the request, an excerpt of the answer and what was
	// expected, without any secret), NotFound or Forbidden (a secret that cannot be read), Unavailable (nobody answered
	// as long as it was tried). Running it again after a crash tells the whole story again.
	Run(ctx context.Context, q CheckRequest) (CheckReport, error)
}

// CheckRequest asks for one check.
type CheckRequest struct {
	Check   Check
	BaseURL string
	Project string            // where secrets are
	Values  map[string]string // VERSION, ENVIRONMENT
}

// CheckReport is what a check that went well came to.
type CheckReport struct {
	Calls int
	Tries int
	Took  time.Duration
}

// Secrets reads secrets by name. Codes: NotFound, Forbidden, Unavailable. What it gives is never logged, stored or shown.
type Secrets interface {
	Value(ctx context.Context, project, name string) (string, error)
}
