package storage_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"slipway/internal/sandbox/storage"
)

func TestBucketsAreThereOrNot(t *testing.T) {
	t.Parallel()
	s := storage.New("uploads", "secret")
	if err := s.Start(""); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	s.Deny("secret")
	for path, want := range map[string]struct {
		status int
		says   string
	}{
		"/storage/v1/b/uploads":   {200, `"name":"uploads"`},
		"/b/uploads/o":            {200, `"storage#objects"`},
		"/storage/v1/b/nowhere":   {404, "does not exist"},
		"/storage/v1/b/secret/o":  {403, "storage.objects.list"},
		"/storage/v1/b/uploads/x": {404, "no such method"},
	} {
		resp, err := http.Get("http://" + s.Addr() + path)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if err != nil || resp.StatusCode != want.status || !strings.Contains(string(body), want.says) {
			t.Errorf("%s: %d %s, %v; want %d with %s", path, resp.StatusCode, body, err, want.status, want.says)
		}
	}
}
