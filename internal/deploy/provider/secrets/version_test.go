package secrets_test

import (
	"context"
	"strings"
	"testing"

	"cloud.google.com/go/secretmanager/apiv1/secretmanagerpb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"slipway/internal/deploy"
	sandbox "slipway/internal/sandbox/secrets"
)

// GetSecretVersion answers with a version in the state that is said; 7 is the newest.
func (f *fake) GetSecretVersion(ctx context.Context, req *secretmanagerpb.GetSecretVersionRequest) (*secretmanagerpb.SecretVersion, error) {
	f.mu.Lock()
	f.asked = append(f.asked, req.GetName())
	f.mu.Unlock()
	if f.answer != nil {
		if err := f.answer(ctx); err != nil {
			return nil, err
		}
	}
	return &secretmanagerpb.SecretVersion{Name: "projects/1/secrets/app-key/versions/7", State: f.state}, nil
}

func TestTheVersionOfASecretOfThePracticeRange(t *testing.T) {
	t.Parallel()
	server := sandbox.New(nil)
	if err := server.Start(""); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	s := connect(t, server.Addr(), 0)
	wantVersion := func(version, want string) {
		t.Helper()
		if got, err := s.Version(t.Context(), sandbox.DefaultProject, sandbox.APIKeyName, version); err != nil || got != want {
			t.Errorf("%s is %q, %v; want %s", version, got, err, want)
		}
	}
	wantVersion("latest", "1")
	if err := server.Put(sandbox.APIKeyName, "another"); err != nil {
		t.Fatal(err)
	}
	wantVersion("latest", "2")
	wantVersion("1", "1")

	for fact, c := range map[string]struct {
		project, name, version string
		fault                  sandbox.Fault
		code                   deploy.Code
		hint                   string
	}{
		"a version that is not there":    {sandbox.DefaultProject, sandbox.APIKeyName, "9", sandbox.Fault{}, deploy.NotFound, "versions add api-key"},
		"a secret that is not there":     {sandbox.DefaultProject, "nothing", "latest", sandbox.Fault{}, deploy.NotFound, "versions add nothing"},
		"a secret that may not be seen":  {sandbox.DefaultProject, sandbox.APIKeyName, "1", sandbox.Fault{Denied: []string{sandbox.APIKeyName}}, deploy.Forbidden, "roles/secretmanager.viewer"},
		"a source that is down":          {sandbox.DefaultProject, sandbox.APIKeyName, "1", sandbox.Fault{Down: true}, deploy.Unavailable, ""},
		"what cannot be a version":       {sandbox.DefaultProject, sandbox.APIKeyName, "1/../2", sandbox.Fault{}, deploy.Invalid, "or latest"},
		"no version":                     {sandbox.DefaultProject, sandbox.APIKeyName, "", sandbox.Fault{}, deploy.Invalid, "or latest"},
		"what cannot be a secret":        {sandbox.DefaultProject, "a/b", "1", sandbox.Fault{}, deploy.Invalid, "catalog"},
		"a project that is somebody's":   {"another", sandbox.APIKeyName, "1", sandbox.Fault{}, deploy.Forbidden, "roles/"},
		"a secret that has been deleted": {sandbox.DefaultProject, sandbox.APIKeyName, "1", sandbox.Fault{Missing: []string{sandbox.APIKeyName}}, deploy.NotFound, "versions add api-key"},
	} {
		server.SetFault(c.fault)
		_, err := s.Version(t.Context(), c.project, c.name, c.version)
		if deploy.CodeOf(err) != c.code || !strings.Contains(deploy.Hint(err), c.hint) || strings.Contains(deploy.Message(err), "NAME") {
			t.Errorf("%s: %v, hint %q; want %s and %q", fact, err, deploy.Hint(err), c.code, c.hint)
		}
	}
}

func TestAVersionThatIsNotEnabledIsNone(t *testing.T) {
	t.Parallel()
	for state, says := range map[secretmanagerpb.SecretVersion_State]string{
		secretmanagerpb.SecretVersion_DISABLED:  "version 7 of the secret app-key is disabled",
		secretmanagerpb.SecretVersion_DESTROYED: "version 7 of the secret app-key is destroyed",
	} {
		_, err := connect(t, serve(t, &fake{state: state}), 0).Version(t.Context(), "prod", "app-key", "latest")
		if deploy.CodeOf(err) != deploy.NotFound || deploy.Message(err) != says || deploy.Hint(err) == "" {
			t.Errorf("%s: %v, hint %q", state, err, deploy.Hint(err))
		}
	}
	f := &fake{state: secretmanagerpb.SecretVersion_ENABLED}
	got, err := connect(t, serve(t, f), 0).Version(t.Context(), "prod", "app-key", "stable")
	if err != nil || got != "7" || len(f.asked) != 1 || f.asked[0] != "projects/prod/secrets/app-key/versions/stable" {
		t.Errorf("an alias: %q, %v, asked %v", got, err, f.asked)
	}
}

func TestAVersionIsAskedForAgainWhileTheSourceIsAway(t *testing.T) {
	t.Parallel()
	f := &fake{answer: func(context.Context) error { return status.Error(codes.Unavailable, "is down") }}
	_, err := connect(t, serve(t, f), 0).Version(t.Context(), "prod", "app-key", "latest")
	if deploy.CodeOf(err) != deploy.Unavailable || len(f.asked) != 3 {
		t.Errorf("%v after %d calls", err, len(f.asked))
	}
}
