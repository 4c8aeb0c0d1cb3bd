package cloudrun

import (
	"context"
	"strings"
	"time"

	"slipway/internal/deploy"
	"slipway/internal/deploy/provider/google"
)

var _ deploy.Platform = (*Platform)(nil)

// Platform is Cloud Run. Its methods may be called from any goroutine; all share one connection.
type Platform struct {
	connection   *google.Connection[*clients]
	readTimeout  time.Duration
	writeTimeout time.Duration
	now          func() time.Time
}

// Options of New; nil means all defaults.
type Options struct {
	// Endpoint replaces run.googleapis.com: the value of CLOUDSDK_API_ENDPOINT_OVERRIDES_RUN. http://host:port
	// means plain text without credentials; https://host[:port] and host[:port] mean TLS with credentials.
	Endpoint string
	// ReadTimeout bounds a read with its retries; default 5 s.
	ReadTimeout time.Duration
	// WriteTimeout bounds one write; default 15 s, which is what Google's own clients give it.
	WriteTimeout time.Duration
	// Now is the time, by default the system's. It is only used to tell a change in progress from a stuck one.
	Now func() time.Time
}

// New prepares a platform. It connects to nothing and looks for no credentials: the first call does, so that a
// bot starts while Google is away. Invalid if the endpoint cannot be understood.
func New(_ context.Context, opts *Options) (*Platform, error) {
	o := Options{}
	if opts != nil {
		o = *opts
	}
	conn, err := google.NewConnection(api, o.Endpoint, dial)
	if err != nil {
		return nil, err
	}
	p := &Platform{
		connection:   conn,
		readTimeout:  5 * time.Second,
		writeTimeout: 15 * time.Second,
		now:          time.Now,
	}
	if o.ReadTimeout > 0 {
		p.readTimeout = o.ReadTimeout
	}
	if o.WriteTimeout > 0 {
		p.writeTimeout = o.WriteTimeout
	}
	if o.Now != nil {
		p.now = o.Now
	}
	return p, nil
}

// Close ends the connection. Calls after it are Unavailable. Closing twice is harmless.
func (p *Platform) Close() error { return p.connection.Close() }

// serviceName is the name of a service in the API.
func serviceName(s deploy.ServiceRef) string {
	return "projects/" + s.Project + "/locations/" + s.Region + "/services/" + s.Name
}

// revisionName is the name of a revision in the API.
func revisionName(s deploy.ServiceRef, name deploy.RevisionName) string {
	return serviceName(s) + "/revisions/" + string(name)
}

// shortName is the last part of a name in the API. Traffic speaks of revisions by it.
func shortName(name string) string { return name[strings.LastIndexByte(name, '/')+1:] }
