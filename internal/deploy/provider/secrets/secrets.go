package secrets

import (
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"path"
	"regexp"
	"strings"
	"time"

	secretmanager "cloud.google.com/go/secretmanager/apiv1"
	"cloud.google.com/go/secretmanager/apiv1/secretmanagerpb"

	"slipway/internal/deploy"
	"slipway/internal/deploy/provider/google"
)

var (
	projects = regexp.MustCompile(`^[a-z0-9.:-]{1,100}$`)
	versions = regexp.MustCompile(`^[A-Za-z0-9_-]{1,63}$`)
	names    = regexp.MustCompile(`^[A-Za-z0-9_-]{1,255}$`)

	castagnoli = crc32.MakeTable(crc32.Castagnoli)
	errDamaged = errors.New("the checksum is another one")
)

var (
	_ deploy.Secrets        = (*Secrets)(nil)
	_ deploy.SecretVersions = (*Secrets)(nil)
)

// Secrets is Secret Manager. Its methods may be called from any goroutine; all share one connection.
type Secrets struct {
	connection *google.Connection[*secretmanager.Client]
	timeout    time.Duration
}

// Options of New; nil means all defaults.
type Options struct {
	// Endpoint replaces secretmanager.googleapis.com: the value of CLOUDSDK_API_ENDPOINT_OVERRIDES_SECRETMANAGER.
	// http://host:port means plain text without credentials; https://host[:port] and host[:port] mean TLS with
	// credentials.
	Endpoint string
	// Timeout bounds a question with its retries; default 10 s.
	Timeout time.Duration
}

// New prepares a source. It connects to nothing and looks for no credentials: the first call does, so that a bot
// starts while Google is away. Invalid if the endpoint cannot be understood.
func New(_ context.Context, opts *Options) (*Secrets, error) {
	o := Options{}
	if opts != nil {
		o = *opts
	}
	conn, err := google.NewConnection(api, o.Endpoint, dial)
	if err != nil {
		return nil, err
	}
	s := &Secrets{connection: conn, timeout: 10 * time.Second}
	if o.Timeout > 0 {
		s.timeout = o.Timeout
	}
	return s, nil
}

// Close ends the connection. Calls after it are Unavailable. Closing twice is harmless.
func (s *Secrets) Close() error { return s.connection.Close() }

// Value is the newest version of a secret, byte by byte as it was stored; its checksum is compared. Codes: Invalid
// (that cannot be a project, or a secret's name), NotFound (no such secret, no version, or its newest version is
// disabled or destroyed), Forbidden, Unavailable.
func (s *Secrets) Value(ctx context.Context, project, name string) (string, error) {
	doing := "read the secret " + name + " of " + project
	if err := plausible(project, name); err != nil {
		return "", err
	}
	within, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	value, err := google.Read(within, s.connection, func(ctx context.Context, c *secretmanager.Client) (string, error) {
		return access(ctx, c, "projects/"+project+"/secrets/"+name+"/versions/latest")
	}, errDamaged)
	return value, explain(ctx, doing, name, toRead, err)
}

// Version is the number of a version of a secret: of the newest if version is "latest". Its value is not read. Codes:
// Invalid (as Value, or version is neither a number nor an alias), NotFound (no such secret or version, or it is disabled
// or destroyed), Forbidden, Unavailable.
func (s *Secrets) Version(ctx context.Context, project, name, version string) (string, error) {
	doing := "look at the secret " + name + ":" + version + " of " + project
	if err := plausible(project, name); err != nil {
		return "", err
	}
	if !versions.MatchString(version) {
		return "", &deploy.Error{
			Code: deploy.Invalid, Op: doing, Msg: fmt.Sprintf("%.100q cannot be the version of a secret", version),
			Hint: "write a number, or latest, behind the name of the secret in the catalog",
		}
	}
	within, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	found, err := google.Read(within, s.connection, func(ctx context.Context, c *secretmanager.Client) (*secretmanagerpb.SecretVersion, error) {
		return c.GetSecretVersion(ctx, &secretmanagerpb.GetSecretVersionRequest{Name: "projects/" + project + "/secrets/" + name + "/versions/" + version})
	})
	if err != nil {
		return "", explain(ctx, doing, name, toLook, err)
	}
	number := path.Base(found.GetName())
	if state := found.GetState(); state != secretmanagerpb.SecretVersion_ENABLED {
		return "", &deploy.Error{
			Code: deploy.NotFound, Op: doing, Msg: fmt.Sprintf("version %s of the secret %s is %s", number, name, strings.ToLower(state.String())),
			Hint: "enable it, or add a new version",
		}
	}
	return number, nil
}

func plausible(project, name string) error {
	if projects.MatchString(project) && names.MatchString(name) {
		return nil
	}
	return &deploy.Error{
		Code: deploy.Invalid, Op: "look at a secret", Msg: fmt.Sprintf("%.100q of project %.100q cannot be a secret", name, project),
		Hint: "correct the name of the secret, or the project, in the catalog",
	}
}

func access(ctx context.Context, c *secretmanager.Client, version string) (string, error) {
	res, err := c.AccessSecretVersion(ctx, &secretmanagerpb.AccessSecretVersionRequest{Name: version})
	if err != nil {
		return "", err
	}
	p := res.GetPayload()
	if p.DataCrc32C != nil && p.GetDataCrc32C() != int64(crc32.Checksum(p.GetData(), castagnoli)) {
		return "", errDamaged
	}
	return string(p.GetData()), nil
}
