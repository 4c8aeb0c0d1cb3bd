package scripts

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/v1/google"

	"slipway/internal/deploy"
	"slipway/internal/deploy/provider/egress"
)

const (
	maxFiles = 1000
	maxBytes = 10 << 20
	// dialWithin bounds one attempt to connect, like those of net/http.
	dialWithin = 30 * time.Second
)

var _ deploy.Scripts = (*Scripts)(nil)

// Scripts fetches. Its methods may be called from any goroutine.
type Scripts struct {
	folder     string
	storage    *storage
	registries *http.Transport
	keychain   authn.Keychain
	timeout    time.Duration
	last       last
}

// Options of New; nil means all defaults.
type Options struct {
	// Folder is that of the catalog: sources without a scheme are folders in it. Without it there are none.
	Folder string
	// Storage replaces storage.googleapis.com: the value of CLOUDSDK_API_ENDPOINT_OVERRIDES_STORAGE. http://host:port
	// means plain text without credentials, https://host[:port] means TLS with credentials.
	Storage string
	// Logins are asked for credentials of registries after docker's configuration and before gcloud.
	Logins []Login
	// Keychain replaces all credentials of registries.
	Keychain authn.Keychain
	// Timeout bounds a fetch; default 1 min.
	Timeout time.Duration
}

// New makes one. It connects to nothing and looks for no credentials. Invalid if Storage cannot be understood.
func New(opts *Options) (*Scripts, error) {
	o := Options{}
	if opts != nil {
		o = *opts
	}
	store, err := newStorage(o.Storage)
	if err != nil {
		return nil, err
	}
	s := &Scripts{
		folder: o.Folder, storage: store, timeout: time.Minute, keychain: o.Keychain,
		registries: http.DefaultTransport.(*http.Transport).Clone(), //nolint:errcheck // net/http says what it is
	}
	if o.Timeout > 0 {
		s.timeout = o.Timeout
	}
	if s.keychain == nil {
		s.keychain = authn.NewMultiKeychain(authn.DefaultKeychain, logins(o.Logins), google.Keychain)
	}
	// What a registry leads to, by redirects or otherwise, is not everywhere it likes.
	s.registries.DialContext = egress.Guard{Local: true}.Dialer(dialWithin).DialContext
	return s, nil
}

// Close gives idle connections up.
func (s *Scripts) Close() error {
	s.storage.close()
	s.registries.CloseIdleConnections()
	return nil
}

// Fetch gets the scripts of a source. Codes as the port has them, and Conflict if the objects were changed while they were
// read: look again.
func (s *Scripts) Fetch(ctx context.Context, source string) (deploy.ScriptSet, error) {
	within, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	c := &collection{files: map[string][]byte{}}
	var err error
	switch {
	case strings.HasPrefix(source, "gs://"):
		err = s.fromBucket(within, source, c)
	case strings.HasPrefix(source, "oci://"):
		err = s.fromArtifact(within, source, c)
	case strings.Contains(source, "://"):
		err = &deploy.Error{Code: deploy.Invalid, Msg: fmt.Sprintf("%.200q is no source of migrations", source),
			Hint: "write gs://bucket/prefix/, oci://host/repository:tag, or a folder of the catalog"}
	default:
		err = s.fromFolder(source, c)
	}
	if err != nil {
		e := &deploy.Error{Code: deploy.CodeOf(err), Op: "fetch the migrations of " + source, Err: err}
		if within.Err() != nil {
			e.Code, e.Msg = deploy.Unavailable, "fetching them was broken off"
			if ctx.Err() == nil {
				e.Msg = "they were not there within " + deploy.Planned(s.timeout)
			}
		}
		return deploy.ScriptSet{}, e
	}
	return deploy.NewScriptSet(source, c.files)
}

// collection is what has been fetched, as far as there may be.
type collection struct {
	mu    sync.Mutex
	files map[string][]byte
	bytes int64
}

// wanted says whether a file is a script by its name.
func wanted(name string) bool { return strings.HasSuffix(name, ".sql") }

// add reads a file.
func (c *collection) add(name string, r io.Reader) error {
	content, err := io.ReadAll(io.LimitReader(r, maxBytes+1))
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, twice := c.files[name]; twice {
		return &deploy.Error{Code: deploy.Invalid, Msg: fmt.Sprintf("%.200s is there twice", name), Hint: "leave one of them out"}
	}
	c.files[name], c.bytes = content, c.bytes+int64(len(content))
	if len(c.files) > maxFiles {
		return tooMany()
	}
	if c.bytes > maxBytes {
		return tooLarge()
	}
	return nil
}

func tooMany() error {
	return &deploy.Error{Code: deploy.Invalid, Msg: "there are more than " + deploy.Thousands(maxFiles) + " scripts", Hint: "put the old ones together into one, or point at a folder with fewer"}
}

func tooLarge() error {
	return &deploy.Error{Code: deploy.Invalid, Msg: "the scripts are larger than 10 MiB in all", Hint: "load data with a job, not with migrations"}
}
