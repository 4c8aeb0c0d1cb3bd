package storage_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"testing"

	"github.com/google/go-cmp/cmp"

	"slipway/internal/sandbox/storage"
)

func started(t *testing.T, buckets ...string) *storage.Server {
	t.Helper()
	s := storage.New(buckets...)
	if err := s.Start(""); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func ask(t *testing.T, s *storage.Server, path string) (int, string) {
	t.Helper()
	resp, err := http.Get("http://" + s.Addr() + "/storage/v1" + path)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}

func TestObjectsAreListedPageByPage(t *testing.T) {
	t.Parallel()
	s := started(t)
	for _, name := range []string{"a/1", "a/2", "a/b/3", "a/b/4", "a/c", "d"} {
		s.Put("things", name, []byte(name))
	}
	s.Remove("things", "a/2")
	var names, folders []string
	token, pages := "", 0
	for {
		_, body := ask(t, s, "/b/things/o?"+url.Values{"prefix": {"a/"}, "delimiter": {"/"}, "maxResults": {"2"}, "pageToken": {token}}.Encode())
		var page struct {
			Items         []struct{ Name, Generation, Size string }
			Prefixes      []string
			NextPageToken string
		}
		if err := json.Unmarshal([]byte(body), &page); err != nil {
			t.Fatal(err)
		}
		pages++
		for _, o := range page.Items {
			if o.Generation == "" || o.Size != "3" {
				t.Errorf("%+v", o)
			}
			names = append(names, o.Name)
		}
		folders = append(folders, page.Prefixes...)
		if token = page.NextPageToken; token == "" {
			break
		}
	}
	if d := cmp.Diff([]string{"a/1", "a/c"}, names) + cmp.Diff([]string{"a/b/"}, folders); d != "" || pages != 2 {
		t.Errorf("%d pages: %s", pages, d)
	}
}

func TestAnObjectIsReadAtItsGeneration(t *testing.T) {
	t.Parallel()
	s := started(t, "secret")
	s.Put("things", "a b/ü", []byte("one"))
	at := "/b/things/o/" + url.PathEscape("a b/ü")
	var about struct{ Generation string }
	if _, body := ask(t, s, at); json.Unmarshal([]byte(body), &about) != nil || about.Generation == "" {
		t.Fatalf("%s", body)
	}
	of := func(query string) string { return at + "?alt=media&" + query + "=" + about.Generation }
	for _, query := range []string{"generation", "ifGenerationMatch"} {
		if code, body := ask(t, s, of(query)); code != 200 || body != "one" {
			t.Errorf("%s: %d %s", query, code, body)
		}
	}
	s.Put("things", "a b/ü", []byte("two"))
	for path, want := range map[string]int{of("generation"): 404, of("ifGenerationMatch"): 412, at + "x": 404, "/b/secret/o/x": 404} {
		if code, body := ask(t, s, path); code != want {
			t.Errorf("%s: %d %s, want %d", path, code, body, want)
		}
	}
	if _, body := ask(t, s, at+"?alt=media"); body != "two" {
		t.Errorf("%s", body)
	}
	s.Deny("things")
	if code, _ := ask(t, s, at); code != 403 {
		t.Errorf("denied: %d", code)
	}
}
