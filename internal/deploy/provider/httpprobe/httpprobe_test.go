package httpprobe_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"slipway/internal/deploy"
	"slipway/internal/deploy/provider/httpprobe"
)

func TestMain(m *testing.M) {
	// A proxy would answer for names that lead nowhere.
	if err := os.Setenv("NO_PROXY", "*"); err != nil {
		panic(err)
	}
	goleak.VerifyTestMain(m)
}

func serve(t *testing.T, h http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}

func TestWhateverComesBackIsTheAnswer(t *testing.T) {
	t.Parallel()
	var agent string
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		agent = r.UserAgent()
		if r.Method != http.MethodGet {
			w.WriteHeader(http.StatusMethodNotAllowed)
			return
		}
		if r.URL.Path == "/bad" {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		_, _ = io.WriteString(w, `{"version":"v1.2.4"}`)
	})
	at := time.Date(2026, 3, 2, 14, 0, 0, 0, time.UTC)
	p := httpprobe.New(&httpprobe.Options{Now: func() time.Time {
		at = at.Add(30 * time.Millisecond)
		return at
	}})
	for path, status := range map[string]int{"/health": 200, "/bad": 503} {
		got, err := p.Get(t.Context(), url+path, time.Second)
		if err != nil || got.Status != status || string(got.Body) != `{"version":"v1.2.4"}` || got.Took != 30*time.Millisecond {
			t.Errorf("%s: %+v, %v", path, got, err)
		}
	}
	if agent != "slipway" {
		t.Errorf("user agent %q", agent)
	}
}

func TestBodiesAreCut(t *testing.T) {
	t.Parallel()
	url := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		chunk := []byte(strings.Repeat("x", 1<<20))
		for range 64 {
			if _, err := w.Write(chunk); err != nil {
				return
			}
		}
	})
	got, err := httpprobe.New(nil).Get(t.Context(), url, 5*time.Second)
	if err != nil || len(got.Body) != 64<<10 {
		t.Errorf("%d bytes, %v; want 64 KiB", len(got.Body), err)
	}
}

func TestThreeRedirectsAreFollowed(t *testing.T) {
	t.Parallel()
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if rest := strings.TrimPrefix(r.URL.Path, "/r"); rest != "" {
			http.Redirect(w, r, "/r"+rest[1:], http.StatusFound)
		}
	})
	p := httpprobe.New(nil)
	for path, want := range map[string]int{"/r": 200, "/rx": 200, "/rxxx": 200, "/rxxxx": 302} {
		got, err := p.Get(t.Context(), url+path, time.Second)
		if err != nil || got.Status != want {
			t.Errorf("%s: %d, %v; want %d", path, got.Status, err, want)
		}
	}
}

func TestEveryCallHasItsOwnConnection(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	url := serve(t, func(_ http.ResponseWriter, r *http.Request) { seen[r.RemoteAddr] = true })
	p := httpprobe.New(nil)
	for range 3 {
		if _, err := p.Get(t.Context(), url, time.Second); err != nil {
			t.Fatal(err)
		}
	}
	if len(seen) != 3 {
		t.Errorf("%d connections for 3 calls: traffic may have moved in between", len(seen))
	}
}

func TestSilenceIsUnavailable(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed := l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	silent := serve(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	stalling := serve(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, "half")
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	})
	rude := serve(t, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	tests := map[string]struct{ url, want string }{
		"nobody listens":             {"http://" + closed, "does not accept connections"},
		"nothing comes":              {silent, "did not answer within 50ms"},
		"only a part comes":          {stalling, "did not answer within 50ms"},
		"the connection is cut":      {rude, "broke the connection off"},
		"the name leads nowhere":     {"http://nobody-knows-it.invalid", "leads nowhere"},
		"it speaks no TLS, or badly": {"https://" + strings.TrimPrefix(silent, "http://"), "broke the connection off"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			timeout := 50 * time.Millisecond
			if !strings.Contains(tc.want, "within") {
				timeout = 5 * time.Second
			}
			_, err := httpprobe.New(nil).Get(t.Context(), tc.url, timeout)
			if deploy.CodeOf(err) != deploy.Unavailable || !strings.Contains(deploy.Message(err), tc.want) {
				t.Errorf("%v, want unavailable: %s", err, tc.want)
			}
		})
	}
}

func TestACancelledCallStops(t *testing.T) {
	t.Parallel()
	begun := make(chan struct{})
	url := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		close(begun)
		<-r.Context().Done()
	})
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-begun
		cancel()
	}()
	_, err := httpprobe.New(nil).Get(ctx, url, time.Hour)
	if deploy.CodeOf(err) != deploy.Unavailable || !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want unavailable with context.Canceled in its chain", err)
	}
}

func TestAddressesThatMakeNoSenseAreRefused(t *testing.T) {
	t.Parallel()
	for _, url := range []string{"", "/health", "file:///etc/passwd", "http://", "http://host:port/", "ht tp://x"} {
		_, err := httpprobe.New(nil).Get(t.Context(), url, time.Second)
		if deploy.CodeOf(err) != deploy.Invalid || deploy.Hint(err) == "" {
			t.Errorf("%q: %v", url, err)
		}
	}
}
