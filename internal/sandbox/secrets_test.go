package sandbox_test

import (
	"net/http"
	"strings"
	"testing"

	secretmanager "cloud.google.com/go/secretmanager/apiv1"
	"cloud.google.com/go/secretmanager/apiv1/secretmanagerpb"
	"google.golang.org/api/option"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"slipway/internal/sandbox"
)

func TestTheKeyInSecretManagerOpensTheApplication(t *testing.T) {
	t.Parallel()
	s := start(t, sandbox.Options{})
	endpoint := strings.TrimPrefix(environ(s)["CLOUDSDK_API_ENDPOINT_OVERRIDES_SECRETMANAGER"], "http://")
	client, err := secretmanager.NewClient(t.Context(), option.WithEndpoint(endpoint), option.WithoutAuthentication(),
		option.WithGRPCDialOption(grpc.WithTransportCredentials(insecure.NewCredentials())))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	got, err := client.AccessSecretVersion(t.Context(), &secretmanagerpb.AccessSecretVersionRequest{Name: "projects/my-gcp-project/secrets/api-key/versions/latest"})
	if err != nil {
		t.Fatal(err)
	}
	for _, service := range []string{"coditect-app-production", "coditect-app-staging"} {
		url := s.CloudRun.Service("projects/my-gcp-project/locations/us-central1/services/" + service).GetUri()
		for key, want := range map[string]int{string(got.GetPayload().GetData()): http.StatusOK, "another": http.StatusUnauthorized} {
			req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url+"/api/v1/me", nil)
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Authorization", "Bearer "+key)
			resp, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(req)
			if err != nil {
				t.Fatal(err)
			}
			_ = resp.Body.Close()
			if resp.StatusCode != want {
				t.Errorf("%s, key %s: %d, want %d", service, key, resp.StatusCode, want)
			}
		}
	}
}
