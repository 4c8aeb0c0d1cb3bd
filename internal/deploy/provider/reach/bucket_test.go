package reach_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"slipway/internal/deploy"
	"slipway/internal/deploy/provider/reach"
)

// cloudStorage is a practice Cloud Storage: it answers as the JSON API does.
func cloudStorage(t *testing.T) string {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /storage/v1/b/{bucket}/o", func(w http.ResponseWriter, r *http.Request) {
		if r.FormValue("maxResults") != "1" || r.Header.Get("Authorization") != "" {
			t.Errorf("%s, with %q", r.URL, r.Header.Get("Authorization"))
		}
		refuse := func(code int, msg string) {
			w.WriteHeader(code)
			fmt.Fprintf(w, `{"error":{"code":%d,"message":%q}}`, code, msg)
		}
		switch r.PathValue("bucket") {
		case "uploads-production":
			if p := r.FormValue("prefix"); p == "" || p == "2026/" {
				fmt.Fprint(w, `{"items":[{"name":"2026/a"}]}`)
			} else {
				fmt.Fprint(w, `{}`)
			}
		case "empty":
			fmt.Fprint(w, `{"kind":"storage#objects"}`)
		case "denied":
			refuse(http.StatusForbidden, "does not have storage.objects.list access")
		case "busy":
			refuse(http.StatusServiceUnavailable, "backendError")
		case "odd":
			refuse(http.StatusBadRequest, "invalid")
		case "moved":
			http.Redirect(w, r, "/storage/v1/b/empty/o", http.StatusFound)
		case "no-json":
			fmt.Fprint(w, "<html>")
		default:
			refuse(http.StatusNotFound, "The specified bucket does not exist.")
		}
	})
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s.URL
}

func TestBuckets(t *testing.T) {
	t.Parallel()
	at := cloudStorage(t)
	for address, want := range map[string]struct {
		code deploy.Code
		says string
		hint string
	}{
		"gs://uploads-production":           {"", "may be listed", ""},
		"gs://uploads-${ENVIRONMENT}/2026/": {"", "may be listed", ""},
		"gs://uploads-production/2027/":     {"", "may be listed; there is nothing under this folder", ""},
		"gs://empty":                        {"", "may be listed; it is empty", ""},
		"gs://missing":                      {deploy.Invalid, "there is no bucket gs://missing", "create it"},
		"gs://denied":                       {deploy.Invalid, "the objects of the bucket gs://denied may not be listed from here", "roles/storage.objectViewer"},
		"gs://busy":                         {deploy.Unavailable, "Cloud Storage answers 503 when asked for the bucket gs://busy", ""},
		"gs://odd":                          {deploy.Invalid, "Cloud Storage answers 400 when asked for the bucket gs://odd", "CLOUDSDK_API_ENDPOINT_OVERRIDES_STORAGE"},
		"gs://moved":                        {deploy.Invalid, "Cloud Storage answers 302 when asked for the bucket gs://moved", "CLOUDSDK_API_ENDPOINT_OVERRIDES_STORAGE"},
		"gs://no-json":                      {deploy.Invalid, "what answers is not Cloud Storage", "CLOUDSDK_API_ENDPOINT_OVERRIDES_STORAGE"},
		"gs://k-81f0c2d9e7":                 {deploy.Invalid, "there is no bucket gs://k-81f0c2d9e7", ""},
		"gs://${secret:word}":               {deploy.Invalid, "there is no bucket gs://${secret:word}", ""},
	} {
		for _, endpoint := range []string{at, at + "/", at + "/storage/v1/"} {
			got, err := made(t, &reach.Options{Storage: endpoint}).Run(t.Context(), dependency(deploy.Bucket, address))
			if want.code == "" && (err != nil || got.Note != want.says) {
				t.Errorf("%s at %s: %+v, %v", address, endpoint, got, err)
			}
			if want.code != "" && (deploy.CodeOf(err) != want.code || deploy.Message(err) != want.says || !strings.Contains(deploy.Hint(err), want.hint)) {
				t.Errorf("%s at %s: %v, hint %q", address, endpoint, err, deploy.Hint(err))
			}
		}
	}
	_, err := made(t, &reach.Options{Storage: "http://" + nobody(t)}).Run(t.Context(), dependency(deploy.Bucket, "gs://empty"))
	if deploy.CodeOf(err) != deploy.Unavailable || deploy.Message(err) != "Cloud Storage does not accept connections" {
		t.Errorf("nobody listens: %v", err)
	}
	for _, bad := range []string{"ftp://host", "host:1", "http://", "http://host?x=1", "://"} {
		if _, err := reach.New(&reach.Options{Storage: bad}); deploy.CodeOf(err) != deploy.Invalid || !strings.Contains(deploy.Hint(err), "write CLOUDSDK_API_ENDPOINT_OVERRIDES_STORAGE as") {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestABucketWithoutCredentials(t *testing.T) {
	t.Setenv("GOOGLE_APPLICATION_CREDENTIALS", filepath.Join(t.TempDir(), "nothing-here.json"))
	c := made(t, &reach.Options{Storage: "https://127.0.0.1:1"})
	_, err := c.Run(t.Context(), dependency(deploy.Bucket, "gs://uploads"))
	if deploy.CodeOf(err) != deploy.Invalid || !strings.Contains(deploy.Message(err), "there are no Google credentials to ask for the bucket gs://uploads with") {
		t.Errorf("%v", err)
	}
	// What went wrong is not kept.
	key := filepath.Join(t.TempDir(), "key.json")
	text := `{"type":"authorized_user","client_id":"a","client_secret":"b","refresh_token":"c"}`
	if err := os.WriteFile(key, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("GOOGLE_APPLICATION_CREDENTIALS", key)
	_, err = c.Run(t.Context(), dependency(deploy.Bucket, "gs://uploads"))
	if strings.Contains(deploy.Message(err), "there are no Google credentials") {
		t.Errorf("with a key: %v", err)
	}
}
