package cloudrun_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"cloud.google.com/go/run/apiv2/runpb"
	"google.golang.org/grpc/codes"

	"slipway/internal/sandbox/cloudrun"
)

// vault has the secrets of the guide, in its project.
func vault(project, name, version string) (string, bool) {
	values := map[string]string{
		"my-gcp-project/api-key/latest": "k1", "my-gcp-project/api-key/7": "k7", "my-gcp-project/database-url/latest": "postgresql://db",
		"theirs/api-key/latest": "k2",
	}
	value, ok := values[project+"/"+name+"/"+version]
	return value, ok
}

// tell makes a request and gives the code and the body of the answer.
func tell(t *testing.T, method, url, bearer, body string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+bearer)
	resp, err := web().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(answer)
}

// keyed is an update to revision id whose API_KEY is a version of a secret.
func keyed(id, secret, version string) func(*runpb.Service) {
	return func(svc *runpb.Service) {
		staged(id, image+"v1.2.4", "v1.2.4")(svc)
		for _, env := range svc.Template.Containers[0].Env {
			if env.Name == "API_KEY" {
				env.GetValueSource().SecretKeyRef = &runpb.SecretKeySelector{Secret: secret, Version: version}
			}
		}
	}
}

func TestARevisionIsStartedWithTheValuesOfItsSecrets(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ fact, secret, version, key string }{
		{"the newest version", "api-key", "latest", "k1"},
		{"a version by number", "api-key", "7", "k7"},
		{"of another project", "projects/theirs/secrets/api-key", "latest", "k2"},
	} {
		t.Run(c.fact, func(t *testing.T) {
			t.Parallel()
			p := start(t, &cloudrun.Options{Secrets: vault})
			p.mustUpdate(keyed(app+"-r1", c.secret, c.version), "template", "traffic")
			for key, want := range map[string]int{c.key: 200, "another": 401} {
				if code, body := tell(t, http.MethodGet, uri(t, p.get(), "rc")+"/api/v1/me", key, ""); code != want {
					t.Errorf("key %s: %d %s, want %d", key, code, body, want)
				}
			}
		})
	}
}

func TestTheSeededRevisionKnowsItsSecrets(t *testing.T) {
	t.Parallel()
	p := start(t, &cloudrun.Options{Secrets: vault})
	for key, want := range map[string]int{"k1": 200, "another": 401} {
		if code, body := tell(t, http.MethodGet, p.get().GetUri()+"/api/v1/me", key, ""); code != want {
			t.Errorf("key %s: %d %s, want %d", key, code, body, want)
		}
	}
	s := cloudrun.New(&cloudrun.Options{Secrets: func(string, string, string) (string, bool) { return "", false }})
	if _, err := s.Seed(cloudrun.ServiceSpec{Name: app}, "v1.2.3"); err == nil || !strings.Contains(err.Error(), "secrets/database-url/versions/latest was not found") {
		t.Errorf("seeded without its secrets: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

func TestARevisionWhoseSecretIsMissingFails(t *testing.T) {
	t.Parallel()
	p := start(t, &cloudrun.Options{Secrets: vault})
	op := p.mustUpdate(keyed(app+"-r1", "api-keys", ""), "template", "traffic")
	_, _, err := p.poll(op)
	wantCode(t, "operation", err, codes.Internal)
	const why = "spec.template.spec.containers[0].env[3].value_from.secret_key_ref.name: Secret projects/my-gcp-project/secrets/api-keys/versions/latest was not found"
	if !strings.Contains(err.Error(), "Revision '"+app+"-r1' is not ready and cannot serve traffic. "+why) {
		t.Errorf("operation: %v", err)
	}
	ready := p.revision(app + "-r1").Conditions[0]
	if ready.GetReason() != runpb.Condition_SECRETS_ACCESS_CHECK_FAILED || ready.GetMessage() != why {
		t.Errorf("condition %v", ready)
	}
}

func TestWhatOneRevisionStoresTheNextOneFinds(t *testing.T) {
	t.Parallel()
	p := start(t, nil, cloudrun.GuideServices()...)
	p.mustUpdate(staged(app+"-r1", image+"v1.2.4", "v1.2.4"), "template", "traffic")
	before, after := p.get().GetUri(), uri(t, p.get(), "rc")
	if code, body := tell(t, http.MethodPost, before+"/api/v1/users", "", `{"email":"test@example.com"}`); code != 201 {
		t.Fatalf("registration: %d %s", code, body)
	}
	const login = `{"email":"test@example.com","password":"test123"}`
	if code, body := tell(t, http.MethodPost, after+"/api/v1/auth/login", "", login); code != 200 {
		t.Errorf("login at the next version: %d %s", code, body)
	}
	staging, err := p.services.GetService(t.Context(), &runpb.GetServiceRequest{Name: parent + "/services/coditect-app-staging"})
	if err != nil {
		t.Fatal(err)
	}
	if code, body := tell(t, http.MethodPost, staging.GetUri()+"/api/v1/auth/login", "", login); code != 401 {
		t.Errorf("login in staging: %d %s", code, body)
	}
}
