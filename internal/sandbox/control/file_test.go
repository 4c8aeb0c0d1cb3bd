package control_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/slack-go/slack"

	"slipway/internal/sandbox/workspace"
)

func TestASharedFileCanBeLookedAt(t *testing.T) {
	t.Parallel()
	p := newPractice(t)
	server := httptest.NewServer(p.workspace.Handler())
	defer server.Close()
	api := slack.New(workspace.BotToken, slack.OptionAPIURL(server.URL+"/api/"), slack.OptionHTTPClient(server.Client()))
	content := append([]byte("\x89PNG\r\n\x1a\n"), 1, 2, 3)
	shared, err := api.UploadFileContext(t.Context(), slack.UploadFileParameters{
		Filename: "canary.png", Reader: bytes.NewReader(content), FileSize: len(content), Channel: "C0ONCALL", AltTxt: "Nothing happened."})
	if err != nil {
		t.Fatal(err)
	}
	unshared, err := api.GetUploadURLExternalContext(t.Context(), slack.GetUploadURLExternalParameters{FileName: "other.png", FileSize: 3})
	if err != nil {
		t.Fatal(err)
	}
	cases := map[string]struct {
		query url.Values
		want  int
	}{
		"by id":                            {url.Values{"id": {shared.ID}}, http.StatusOK},
		"by name":                          {url.Values{"name": {"canary.png"}}, http.StatusOK},
		"a name does not stand for an id":  {url.Values{"id": {"F0NONE"}, "name": {"canary.png"}}, http.StatusNotFound},
		"no such name":                     {url.Values{"name": {"other.png"}}, http.StatusNotFound},
		"one that was announced, not sent": {url.Values{"id": {unshared.FileID}}, http.StatusNotFound},
		"none named":                       {nil, http.StatusNotFound},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.URL+"/v1/file?"+c.query.Encode(), nil)
			if err != nil {
				t.Fatal(err)
			}
			resp, err := p.HTTP.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			got, err := io.ReadAll(resp.Body)
			if err != nil || resp.StatusCode != c.want {
				t.Fatalf("%s, %v, want %d", resp.Status, err, c.want)
			}
			if c.want == http.StatusOK && (!bytes.Equal(got, content) || resp.Header.Get("Content-Type") != "image/png") {
				t.Errorf("%d bytes of %s", len(got), resp.Header.Get("Content-Type"))
			}
		})
	}
	if seen, err := p.Channel(t.Context(), "devops-oncall"); err != nil || !bytes.Contains([]byte(seen), []byte("[picture canary.png: Nothing happened.]")) {
		t.Errorf("the channel shows %q, %v", seen, err)
	}
}

func TestFaultsOfUploadsAreReachableByName(t *testing.T) {
	t.Parallel()
	p := newPractice(t)
	for _, fault := range []string{"slack files.completeUploadExternal error=file_uploads_disabled", "slack files.getUploadURLExternal error=missing_scope times=1", "slack upload_url status=500"} {
		if err := p.Fault(t.Context(), fault); err != nil {
			t.Errorf("%s: %v", fault, err)
		}
	}
	if err := p.Fault(t.Context(), "slack files.upload error=x"); err == nil {
		t.Error("a method that is not there has a fault")
	}
}
