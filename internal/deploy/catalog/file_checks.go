package catalog

import (
	"slices"

	"slipway/internal/deploy"
)

// Check is one of three: a story told to the service over HTTP (calls made one after the other, each with what is expected of its answer), something that the service depends on (postgres, redis, bucket, http, tcp or dns), or a command. A story of one call may be written without calls: the method and what belongs to it stand beside the name.
type Check struct {
	// What people call it. No two checks of a stage share one.
	Name string `yaml:"name" jsonschema:"required"`
	// When it is run: on the new version's own URL before any traffic, or where users reach the service once all traffic is on it.
	Stage string `yaml:"stage" jsonschema:"required,enum=smoke,enum=functional"`
	// Time for all of it, at most 10m; the clean-up has as much again.
	Within Duration `yaml:"within,omitempty" jsonschema:"default=1m"`
	// How often all of it is tried, until it is as expected.
	Tries  int `yaml:"tries,omitempty" jsonschema:"minimum=1,maximum=10,default=1"`
	Asking `yaml:",inline"`
	// Calls made one after the other.
	Calls []Call `yaml:"calls,omitempty"`
	// Calls made in any case, also when one before has gone wrong.
	Cleanup []Call `yaml:"cleanup,omitempty"`
	// PostgreSQL database, in which SELECT 1 must have an answer: "${secret:database-url}".
	Postgres string `yaml:"postgres,omitempty"`
	// Redis that must answer PING: "${secret:redis-url}".
	Redis string `yaml:"redis,omitempty"`
	// Bucket whose objects it must be possible to list: gs://NAME.
	Bucket string `yaml:"bucket,omitempty"`
	// Address that must answer with a status below 400: https://api.example.com/health.
	HTTP string `yaml:"http,omitempty"`
	// Host and port that must take a connection: 10.0.0.5:5432.
	TCP string `yaml:"tcp,omitempty"`
	// Name that must resolve.
	DNS string `yaml:"dns,omitempty"`
	// Program that must end with 0, and its arguments. It gets the URL as its last argument and as BASE_URL. Without a job it is a file of the catalog's folder.
	Command []string `yaml:"command,omitzero"`
	// Job of the platform in which a dependency is tried or a command is run. Left out, that is done beside the bot.
	Job string `yaml:"job,omitempty"`
	// Whether a command may be run beside the bot. It must be true where there is no job.
	BesideTheBot bool `yaml:"beside_the_bot,omitempty" jsonschema:"default=false"`
}

// Call is one request. Exactly one method has the path.
type Call struct {
	// What people call it. Left out, its method and path.
	Name   string `yaml:"name,omitempty"`
	Asking `yaml:",inline"`
}

// Asking is one request, and what is expected of its answer. In paths, headers and bodies ${NAME} stands for what a call before has captured, ${VERSION} and ${ENVIRONMENT} for those of the release, and ${secret:NAME} for the newest version of a secret.
type Asking struct {
	Request `yaml:",inline"`
	Expect  *Expect `yaml:"expect,omitempty"`
	// Name to jq expression on the answer: what later calls may refer to as ${NAME}.
	Capture map[string]string `yaml:"capture,omitempty"`
}

// Request is what is sent. Exactly one method has the path.
type Request struct {
	// Path of a GET.
	Get string `yaml:"get,omitempty"`
	// Path of a POST.
	Post string `yaml:"post,omitempty"`
	// Path of a PUT.
	Put string `yaml:"put,omitempty"`
	// Path of a PATCH.
	Patch string `yaml:"patch,omitempty"`
	// Path of a DELETE.
	Delete string `yaml:"delete,omitempty"`
	// Headers of the request.
	Headers map[string]string `yaml:"headers,omitempty"`
	// Body as JSON; sets the header Content-Type.
	JSON JSON `yaml:"json,omitempty"`
	// Body as text.
	Body string `yaml:"body,omitempty"`
	// Time for the answer, at most 1m.
	Timeout Duration `yaml:"timeout,omitempty" jsonschema:"default=5s"`
}

// Expect is what an answer must be like. What is left out is not looked at, but for the status.
type Expect struct {
	// HTTP status; left out, any from 200 to 299.
	Status int `yaml:"status,omitempty" jsonschema:"minimum=100,maximum=599"`
	// Header to text that must be in it.
	Headers map[string]string `yaml:"headers,omitempty"`
	// One jq expression, or a list of them. Each must give true.
	JSON Expressions `yaml:"json,omitempty"`
	// Text that must be in the body.
	Body string `yaml:"body,omitempty"`
	// Time from request to answer, at most.
	Latency Latency `yaml:"latency,omitempty"`
}

// JSON is a mapping or a list that is written in YAML and sent as JSON. It holds the JSON text.
type JSON string

// Expressions are jq expressions; one may be written without a list.
type Expressions []string

// methods are the keys that name a method, in the order in which people are shown them.
var methods = []string{"get", "post", "put", "patch", "delete"}

// paths are what the keys of methods hold, in the order of methods.
func (r Request) paths() []string { return []string{r.Get, r.Post, r.Put, r.Patch, r.Delete} }

// all are the calls of a check, whichever way it is written; none if it is no story.
func (c Check) all() []Call {
	switch {
	case c.dependency() != nil || len(c.Command) > 0:
		return nil
	case len(c.Calls) > 0:
		return c.Calls
	}
	return []Call{{Asking: c.Asking}}
}

// dependencies are the keys that name a dependency, in the order in which people are shown them.
var dependencies = []string{string(deploy.Postgres), string(deploy.Redis), string(deploy.Bucket), string(deploy.HTTP), string(deploy.TCP), string(deploy.DNS)}

// addresses are where the keys of dependencies are held, in the order of dependencies.
func (c *Check) addresses() []*string {
	return []*string{&c.Postgres, &c.Redis, &c.Bucket, &c.HTTP, &c.TCP, &c.DNS}
}

// dependency is what the check tries; nil if it tries none.
func (c *Check) dependency() *deploy.Dependency {
	for i, address := range c.addresses() {
		if *address != "" {
			return &deploy.Dependency{Kind: deploy.DependencyKind(dependencies[i]), Address: *address}
		}
	}
	return nil
}

// plain is a copy of the checks in which bodies are text: what is sent is the same, and any encoder can write it.
func plain(checks []Check) []Check {
	checks = slices.Clone(checks)
	for i := range checks {
		c := &checks[i]
		c.Request, c.Calls, c.Cleanup = c.plain(), plainCalls(c.Calls), plainCalls(c.Cleanup)
	}
	return checks
}

func plainCalls(calls []Call) []Call {
	calls = slices.Clone(calls)
	for i := range calls {
		calls[i].Request = calls[i].plain()
	}
	return calls
}

func (r Request) plain() Request {
	r.Headers, r.Body, r.JSON = r.headers(), r.body(), ""
	return r
}
