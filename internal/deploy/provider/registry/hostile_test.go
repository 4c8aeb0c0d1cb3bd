package registry_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"slipway/internal/deploy"
	"slipway/internal/deploy/provider/registry"
)

// registryOf is one that answers as it likes.
func registryOf(t *testing.T, answer http.HandlerFunc) (host string) {
	t.Helper()
	s := httptest.NewServer(answer)
	t.Cleanup(s.Close)
	return strings.TrimPrefix(s.URL, "http://")
}

func TestAMetadataServerIsNoRegistry(t *testing.T) {
	t.Parallel()
	_, err := images(t, nil).Resolve(t.Context(), "169.254.169.254/app", "v1")
	want := "169.254.169.254 leads to 169.254.169.254, which is not called: it is the address of a metadata server or only valid on one network segment"
	if deploy.CodeOf(err) != deploy.Invalid || deploy.Message(err) != want || deploy.Hint(err) == "" {
		t.Errorf("%v", err)
	}
}

func TestARegistryThatLeadsAstray(t *testing.T) {
	t.Parallel()
	const secret = "http://169.254.169.254/latest/meta-data/"
	for name, tc := range map[string]struct {
		answer http.HandlerFunc
		says   string
	}{
		"to a metadata server": {func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != "/v2/" {
				http.Redirect(w, r, secret, http.StatusTemporaryRedirect)
			}
		}, " does not answer"},
		"to a metadata server for a token": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("WWW-Authenticate", `Bearer realm="`+secret+`",service="x"`)
			w.WriteHeader(http.StatusUnauthorized)
		}, " does not answer"},
		"in circles": {func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != "/v2/" {
				http.Redirect(w, r, r.URL.Path, http.StatusTemporaryRedirect)
			}
		}, " did not answer within 500ms"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			host := registryOf(t, tc.answer)
			opts := &registry.Options{Timeout: time.Minute}
			if name == "in circles" {
				opts.Timeout = 500 * time.Millisecond
			}
			_, err := images(t, opts).Resolve(t.Context(), host+"/app", "v1")
			if deploy.CodeOf(err) != deploy.Unavailable || deploy.Message(err) != host+tc.says {
				t.Errorf("%v", err)
			}
		})
	}
}

func TestAnImageThatSaysTooMuchOfItself(t *testing.T) {
	t.Parallel()
	for _, size := range []string{"-1", "10737418240"} {
		t.Run(size, func(t *testing.T) {
			t.Parallel()
			digest := "sha256:" + strings.Repeat("a", 64)
			host := registryOf(t, func(w http.ResponseWriter, r *http.Request) {
				switch {
				case strings.Contains(r.URL.Path, "/manifests/"):
					const kind = "application/vnd.oci.image.manifest.v1+json"
					w.Header().Set("Content-Type", kind)
					fmt.Fprintf(w, `{"schemaVersion":2,"mediaType":%q,"config":{"mediaType":"application/vnd.oci.image.config.v1+json","size":%s,"digest":%q},"layers":[]}`, kind, size, digest)
				case strings.Contains(r.URL.Path, "/blobs/"):
					t.Error("it was asked for what it says of itself")
				}
			})
			_, err := images(t, &registry.Options{Timeout: time.Minute}).Resolve(t.Context(), host+"/app", "v1")
			if deploy.CodeOf(err) != deploy.Invalid || !strings.Contains(deploy.Message(err), "8,388,608 are read at most") || deploy.Hint(err) == "" {
				t.Errorf("%v", err)
			}
		})
	}
}
