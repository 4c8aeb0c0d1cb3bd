package cloudsql_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"cloud.google.com/go/cloudsqlconn"
	"golang.org/x/oauth2"

	"slipway/internal/deploy"
	"slipway/internal/deploy/provider/cloudsql"
)

const region = "us-central1"

func dialer(t *testing.T, opts *cloudsql.DialerOptions, more ...cloudsqlconn.Option) *cloudsql.Dialer {
	t.Helper()
	d, err := cloudsql.NewDialer(opts)
	if err != nil {
		t.Fatal(err)
	}
	d.With(more...)
	t.Cleanup(func() {
		for range 2 { // twice is harmless
			if err := d.Close(); err != nil {
				t.Error(err)
			}
		}
	})
	return d
}

// admin is what the connector asks of Cloud SQL: always the same answer, but there are no certificates to be had. The
// connector asks for both at once.
func admin(t *testing.T, code int, body string) []cloudsqlconn.Option {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if !strings.HasPrefix(req.URL.Path, "/sql/v1beta4/projects/"+project+"/") || req.Header.Get("Authorization") != "Bearer api" {
			t.Errorf("%s %s with %q", req.Method, req.URL.Path, req.Header.Get("Authorization"))
		}
		w.Header().Set("Content-Type", "application/json")
		if code == http.StatusOK && strings.HasSuffix(req.URL.Path, ":generateEphemeralCert") {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		w.WriteHeader(code)
		_, _ = w.Write([]byte(body))
	}))
	t.Cleanup(server.Close)
	token := func(s string) oauth2.TokenSource {
		return oauth2.StaticTokenSource(&oauth2.Token{AccessToken: s, Expiry: time.Now().Add(time.Hour)})
	}
	return []cloudsqlconn.Option{cloudsqlconn.WithAdminAPIEndpoint(server.URL), cloudsqlconn.WithIAMAuthNTokenSources(token("api"), token("login"))}
}

func TestWhatTheConnectorIsTold(t *testing.T) {
	t.Parallel()
	for fact, tc := range map[string]struct {
		code int
		body string
		want deploy.Code
		msg  string
		hint string
	}{
		"no such instance": {http.StatusNotFound, `{"error":{"code":404,"message":"secret words"}}`, deploy.NotFound,
			"the instance " + instance + " of " + project + " does not exist in us-central1", "instances list"},
		"not allowed": {http.StatusForbidden, `{"error":{"code":403,"message":"secret words"}}`, deploy.Forbidden,
			"Cloud SQL does not let Slipway connect to " + instance, "roles/cloudsql.client"},
		"a quota": {http.StatusTooManyRequests, `{"error":{"code":429,"message":"secret words"}}`, deploy.Unavailable,
			"Cloud SQL asks Slipway to slow down, or a quota is used up", "quotas"},
		"another region": {http.StatusOK, `{"region":"europe-west1","databaseVersion":"POSTGRES_16","backendType":"SECOND_GEN"}`, deploy.Invalid,
			"the instance " + instance + " cannot be reached in this way", "gcloud sql instances describe"},
	} {
		t.Run(fact, func(t *testing.T) {
			t.Parallel()
			d := dialer(t, nil, admin(t, tc.code, tc.body)...)
			within, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			_, err := d.Dial(within, ref, region)
			if deploy.CodeOf(err) != tc.want || deploy.Message(err) != tc.msg || !strings.Contains(deploy.Hint(err), tc.hint) {
				t.Errorf("%v, hint %q", err, deploy.Hint(err))
			}
		})
	}
}

func TestAConnectionThatIsGivenUp(t *testing.T) {
	t.Parallel()
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := dialer(t, nil, admin(t, http.StatusOK, `{}`)...).Dial(ended, ref, region)
	if deploy.CodeOf(err) != deploy.Unavailable || !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

func TestThePracticeRangeHasNoConnector(t *testing.T) {
	t.Parallel()
	_, err := dialer(t, &cloudsql.DialerOptions{Endpoint: "http://127.0.0.1:9"}).Dial(t.Context(), ref, region)
	if deploy.CodeOf(err) != deploy.Invalid || !strings.Contains(deploy.Hint(err), "postgres://") {
		t.Errorf("%v, hint %q", err, deploy.Hint(err))
	}
	if _, err := cloudsql.NewDialer(&cloudsql.DialerOptions{Endpoint: "ftp://x"}); deploy.CodeOf(err) != deploy.Invalid {
		t.Errorf("another endpoint: %v", err)
	}
}

func TestPlacesThatCannotBeAreNotDialled(t *testing.T) {
	t.Parallel()
	d := dialer(t, nil)
	for _, tc := range []struct {
		ref    deploy.InstanceRef
		region string
	}{{deploy.InstanceRef{Kind: "rds", Project: project, Name: instance}, region}, {ref, ""}, {ref, "a:b"}} {
		if _, err := d.Dial(t.Context(), tc.ref, tc.region); deploy.CodeOf(err) != deploy.Invalid || !strings.Contains(deploy.Hint(err), "catalog") {
			t.Errorf("%s in %q: %v", tc.ref, tc.region, err)
		}
	}
}

func TestCredentialsAreLookedForAtTheFirstConnection(t *testing.T) {
	t.Setenv("GOOGLE_APPLICATION_CREDENTIALS", t.TempDir()+"/nothing-here.json")
	d := dialer(t, &cloudsql.DialerOptions{Private: true, Endpoint: "sqladmin.example.com"})
	_, err := d.Dial(t.Context(), ref, region)
	if deploy.CodeOf(err) != deploy.Forbidden || !strings.Contains(deploy.Hint(err), "gcloud auth application-default login") {
		t.Errorf("%v, hint %q", err, deploy.Hint(err))
	}
	if err := d.Close(); err != nil {
		t.Error(err)
	}
	if _, err := d.Dial(t.Context(), ref, region); deploy.CodeOf(err) != deploy.Unavailable || !strings.Contains(deploy.Message(err), "closed") {
		t.Errorf("once it is closed: %v", err)
	}
}
