package scripts_test

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"slipway/internal/deploy/provider/scripts"
)

// A migration fetches its set before each of its scripts.
func TestWhatIsUnchangedIsNotReadAgain(t *testing.T) {
	t.Parallel()
	g := bucket(t)
	for name, sql := range two {
		g.Put("migrations", "v1/"+name, []byte(sql))
	}
	var reads atomic.Int64
	proxy := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: g.Addr()})
	transport := &http.Transport{}
	proxy.Transport = transport
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("alt") == "media" {
			reads.Add(1)
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(func() {
		front.Close()
		transport.CloseIdleConnections()
	})
	s := made(t, scripts.Options{Storage: front.URL})
	fetches := func(want map[string]string, read int64) {
		t.Helper()
		set, err := s.Fetch(t.Context(), "gs://migrations/v1/")
		if d := cmp.Diff(want, contents(set)); err != nil || d != "" || reads.Load() != read {
			t.Errorf("%v, %d reads in all, want %d; %s", err, reads.Load(), read, d)
		}
	}
	fetches(two, 2)
	fetches(two, 2)
	g.Put("migrations", "v1/002_b.sql", []byte("SELECT 22"))
	fetches(map[string]string{"001_a.sql": "SELECT 1", "002_b.sql": "SELECT 22"}, 4)
	fetches(map[string]string{"001_a.sql": "SELECT 1", "002_b.sql": "SELECT 22"}, 4)
}
