package cloudsql

import (
	"fmt"
	"regexp"
	"time"

	"slipway/internal/deploy"
	"slipway/internal/deploy/provider/google"
)

// callWithin bounds one call, with its repetitions.
const callWithin = 10 * time.Second

// mostName is how long project:instance may be, in bytes, by Cloud SQL's documentation.
const mostName = 98

var (
	projects = regexp.MustCompile(`^[a-z0-9.:-]{1,97}$`)
	names    = regexp.MustCompile(`^[a-z]([a-z0-9-]*[a-z0-9])?$`)
)

var _ deploy.Instances = (*Instances)(nil)

// Instances is Cloud SQL. Its methods may be called from any goroutine; all share their connections.
type Instances struct {
	connection *google.Connection[*google.REST]
	timeout    time.Duration
	now        func() time.Time
}

// Options of New; nil means all defaults.
type Options struct {
	// Endpoint replaces sqladmin.googleapis.com: the value of CLOUDSDK_API_ENDPOINT_OVERRIDES_SQL. http://host:port means
	// plain HTTP without credentials; https://host[:port] and host[:port] mean TLS with credentials.
	Endpoint string
	// Timeout bounds one call with its repetitions; default 10 s.
	Timeout time.Duration
	// Now is the time, by default the system's. It is only compared with the deadline of a caller.
	Now func() time.Time
}

// New prepares it. It connects to nothing and looks for no credentials: the first call does, so that a bot starts while
// Google is away. Invalid if the endpoint cannot be understood.
func New(opts *Options) (*Instances, error) {
	o := Options{}
	if opts != nil {
		o = *opts
	}
	conn, err := connect(o.Endpoint)
	if err != nil {
		return nil, err
	}
	s := &Instances{connection: conn, timeout: callWithin, now: time.Now}
	if o.Timeout > 0 {
		s.timeout = o.Timeout
	}
	if o.Now != nil {
		s.now = o.Now
	}
	return s, nil
}

// Close ends the connections. Closing twice is harmless.
func (s *Instances) Close() error { return s.connection.Close() }

// plausible refuses what cannot be an instance before anybody is asked: names become part of what is called.
func plausible(i deploy.InstanceRef) error {
	if i.Kind == deploy.CloudSQL && projects.MatchString(i.Project) && named(i.Project, i.Name) {
		return nil
	}
	return &deploy.Error{
		Code: deploy.Invalid, Op: "look at a database instance", Msg: fmt.Sprintf("%.200q cannot be an instance of Cloud SQL", i.String()),
		Hint: "correct the project and the instance of the database in the catalog",
	}
}

// named says whether an instance may have the name: lower case letters, digits and hyphens, a letter first.
func named(project, name string) bool {
	return names.MatchString(name) && len(project)+len(":")+len(name) <= mostName
}
