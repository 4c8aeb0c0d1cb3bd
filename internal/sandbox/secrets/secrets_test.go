package secrets_test

import (
	"hash/crc32"
	"strings"
	"testing"
	"time"

	secretmanager "cloud.google.com/go/secretmanager/apiv1"
	"cloud.google.com/go/secretmanager/apiv1/secretmanagerpb"
	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
	"google.golang.org/api/option"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	"slipway/internal/sandbox/secrets"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	project = "projects/my-gcp-project"
	answers = "projects/" + secrets.ProjectNumber
)

var noon = time.Date(2025, 12, 22, 12, 0, 0, 0, time.UTC)

type practice struct {
	*secrets.Server
	t      *testing.T
	conn   *grpc.ClientConn
	client *secretmanager.Client
}

func start(t *testing.T) *practice {
	t.Helper()
	s := secrets.New(&secrets.Options{Now: func() time.Time { return noon }})
	if err := s.Start(""); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	conn, err := grpc.NewClient(s.Addr(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	client, err := secretmanager.NewClient(t.Context(), option.WithGRPCConn(conn))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	return &practice{Server: s, t: t, conn: conn, client: client}
}

// access reads a version through the real client.
func (p *practice) access(name string) (version, value string, err error) {
	got, err := p.client.AccessSecretVersion(p.t.Context(), &secretmanagerpb.AccessSecretVersionRequest{Name: name})
	if err != nil {
		return "", "", err
	}
	data := got.GetPayload().GetData()
	if sum := int64(crc32.Checksum(data, crc32.MakeTable(crc32.Castagnoli))); got.GetPayload().DataCrc32C == nil || got.GetPayload().GetDataCrc32C() != sum {
		p.t.Errorf("%s: checksum %v, want %d", name, got.GetPayload().DataCrc32C, sum)
	}
	return got.GetName(), string(data), nil
}

func TestAccessSecretVersion(t *testing.T) {
	t.Parallel()
	p := start(t)
	if err := p.Put(secrets.DatabaseURLName, "newer"); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ fact, name, version, value string }{
		{"the latest version of the guide's key", project + "/secrets/api-key/versions/latest", answers + "/secrets/api-key/versions/1", secrets.APIKey},
		{"by the number of the project", answers + "/secrets/api-key/versions/latest", answers + "/secrets/api-key/versions/1", secrets.APIKey},
		{"latest is the newest", project + "/secrets/database-url/versions/latest", answers + "/secrets/database-url/versions/2", "newer"},
		{"an older version stays as it was", project + "/secrets/database-url/versions/1", answers + "/secrets/database-url/versions/1", secrets.DatabaseURL},
	} {
		t.Run(c.fact, func(t *testing.T) {
			t.Parallel()
			version, value, err := p.access(c.name)
			if err != nil || version != c.version || value != c.value {
				t.Errorf("%s = %q, %v; want %s = %q", version, value, err, c.version, c.value)
			}
		})
	}
}

func TestWhatIsKnownOfASecretIsNotItsValue(t *testing.T) {
	t.Parallel()
	p := start(t)
	secret, err := p.client.GetSecret(t.Context(), &secretmanagerpb.GetSecretRequest{Name: project + "/secrets/api-key"})
	if err != nil {
		t.Fatal(err)
	}
	if secret.GetName() != answers+"/secrets/api-key" || !secret.GetCreateTime().AsTime().Equal(noon) || secret.GetReplication().GetAutomatic() == nil {
		t.Errorf("secret %v", secret)
	}
	version, err := p.client.GetSecretVersion(t.Context(), &secretmanagerpb.GetSecretVersionRequest{Name: project + "/secrets/api-key/versions/latest"})
	if err != nil {
		t.Fatal(err)
	}
	if version.GetName() != answers+"/secrets/api-key/versions/1" || version.GetState() != secretmanagerpb.SecretVersion_ENABLED || !version.GetCreateTime().AsTime().Equal(noon) {
		t.Errorf("version %v", version)
	}
	if said := secret.String() + version.String(); strings.Contains(said, secrets.APIKey) {
		t.Errorf("it says the value: %s", said)
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	p := start(t)
	for _, c := range []struct {
		fact, name string
		code       codes.Code
		says       string
	}{
		{"a secret that there is none of", project + "/secrets/nothing/versions/latest", codes.NotFound, "Secret [" + answers + "/secrets/nothing] not found or has no versions."},
		{"a version that there is none of", project + "/secrets/api-key/versions/2", codes.NotFound, "Secret Version [" + answers + "/secrets/api-key/versions/2] not found."},
		{"version 0", project + "/secrets/api-key/versions/0", codes.NotFound, "not found"},
		{"another project", "projects/theirs/secrets/api-key/versions/latest", codes.PermissionDenied, "Permission 'secretmanager.versions.access' denied for resource 'projects/theirs/secrets/api-key/versions/latest' (or it may not exist)."},
		{"a secret without a version", project + "/secrets/api-key", codes.InvalidArgument, "does not match the expected format [projects/*/secrets/*/versions/*]"},
		{"a name that is none", project + "/secrets/a.b/versions/latest", codes.InvalidArgument, "does not match"},
	} {
		t.Run(c.fact, func(t *testing.T) {
			t.Parallel()
			_, _, err := p.access(c.name)
			if status.Code(err) != c.code || !strings.Contains(status.Convert(err).Message(), c.says) {
				t.Errorf("%v, want %s %q", err, c.code, c.says)
			}
		})
	}
	for name, want := range map[string]codes.Code{
		project + "/secrets/nothing": codes.NotFound, "projects/theirs/secrets/api-key": codes.PermissionDenied, "api-key": codes.InvalidArgument,
	} {
		if _, err := p.client.GetSecret(t.Context(), &secretmanagerpb.GetSecretRequest{Name: name}); status.Code(err) != want {
			t.Errorf("GetSecret %s: %v, want %s", name, err, want)
		}
	}
	if err := p.Put("large", strings.Repeat("x", 64<<10+1)); err == nil {
		t.Error("a value larger than 64 KiB was taken")
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	const key = project + "/secrets/api-key/versions/latest"
	for _, c := range []struct {
		fact  string
		fault secrets.Fault
		code  codes.Code
		runs  bool // Cloud Run gets the value
		other codes.Code
	}{
		{"down", secrets.Fault{Down: true}, codes.Unavailable, true, codes.Unavailable},
		{"missing", secrets.Fault{Missing: []string{"api-key"}}, codes.NotFound, false, codes.OK},
		{"denied", secrets.Fault{Denied: []string{"api-key"}}, codes.PermissionDenied, true, codes.OK},
	} {
		t.Run(c.fact, func(t *testing.T) {
			t.Parallel()
			p := start(t)
			p.SetFault(c.fault)
			if diff := cmp.Diff(c.fault, p.Fault()); diff != "" {
				t.Errorf("fault (-want +got):\n%s", diff)
			}
			// Past the real client, which tries again for a minute what is unavailable.
			ask := func(name string) error {
				_, err := secretmanagerpb.NewSecretManagerServiceClient(p.conn).AccessSecretVersion(t.Context(), &secretmanagerpb.AccessSecretVersionRequest{Name: name})
				return err
			}
			if err := ask(key); status.Code(err) != c.code {
				t.Errorf("%v, want %s", err, c.code)
			}
			if err := ask(project + "/secrets/database-url/versions/latest"); status.Code(err) != c.other {
				t.Errorf("another secret: %v, want %s", err, c.other)
			}
			if _, ok := p.Value("my-gcp-project", "api-key", "latest"); ok != c.runs {
				t.Errorf("a revision gets it: %v, want %v", ok, c.runs)
			}
			p.SetFault(secrets.Fault{})
			if _, value, err := p.access(key); err != nil || value != secrets.APIKey {
				t.Errorf("mended: %q, %v", value, err)
			}
		})
	}
}

func TestRevisionsStartWithTheSameValues(t *testing.T) {
	t.Parallel()
	p := start(t)
	for _, c := range []struct {
		project, name, version, want string
		ok                           bool
	}{
		{"my-gcp-project", "api-key", "latest", secrets.APIKey, true},
		{"my-gcp-project", "database-url", "1", secrets.DatabaseURL, true},
		{"theirs", "api-key", "latest", "", false},
		{"my-gcp-project", "api-key", "2", "", false},
		{"my-gcp-project", "nothing", "latest", "", false},
	} {
		if got, ok := p.Value(c.project, c.name, c.version); ok != c.ok || ok && got != c.want {
			t.Errorf("%s/%s:%s = %q, %v", c.project, c.name, c.version, got, ok)
		}
	}
	if diff := cmp.Diff([]string{"api-key", "database-url"}, p.Names()); diff != "" {
		t.Errorf("names (-want +got):\n%s", diff)
	}
}
