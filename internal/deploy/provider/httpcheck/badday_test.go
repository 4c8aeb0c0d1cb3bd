package httpcheck_test

import (
	"compress/gzip"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"slipway/internal/deploy"
	"slipway/internal/deploy/provider/httpcheck"
)

// quickly is a call that is given up soon.
func quickly(path string) deploy.Call {
	c := get(path, deploy.Expect{})
	c.Timeout = 50 * time.Millisecond
	return c
}

func TestRedirects(t *testing.T) {
	t.Parallel()
	elsewhere := handle(t, func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("%s was called, with %q", r.URL, r.Header.Get("Authorization"))
	})
	url := handle(t, func(w http.ResponseWriter, r *http.Request) {
		switch rest, _ := strings.CutPrefix(r.URL.Path, "/r"); {
		case r.URL.Path == "/else":
			http.Redirect(w, r, elsewhere+"/login?next=token", http.StatusFound)
		case r.URL.Path == "/port":
			http.Redirect(w, r, "//127.0.0.1:1/x", http.StatusFound)
		case r.URL.Path == "/metadata":
			http.Redirect(w, r, "http://169.254.169.254/computeMetadata/v1/", http.StatusTemporaryRedirect)
		case r.URL.Path == "/tls":
			http.Redirect(w, r, "https://"+r.Host+"/", http.StatusMovedPermanently)
		case r.URL.Path == "/file":
			w.Header().Set("Location", "file:///etc/passwd")
			w.WriteHeader(http.StatusFound)
		case r.URL.Path == "/nowhere":
			w.WriteHeader(http.StatusFound)
		case r.URL.Path == "/endless":
			http.Redirect(w, r, "/endless", http.StatusFound)
		case strings.HasPrefix(rest, "x"):
			http.Redirect(w, r, "/r"+rest[1:], http.StatusFound)
		default:
			_, _ = io.WriteString(w, r.Method)
		}
	})
	for path, want := range map[string]string{
		"/endless":                     "is redirected again and again: given up after 10 redirects",
		"/r" + strings.Repeat("x", 11): "given up after 10 redirects",
		"/else":                        "leads to " + elsewhere + "/login, which is not followed",
		"/port":                        "leads to http://127.0.0.1:1/x, which is not followed",
		"/metadata":                    "leads to http://169.254.169.254/computeMetadata/v1/, which is not followed",
		"/tls":                         "leads to https://" + url[7:] + "/, which is not followed",
		"/file":                        "leads to file:///etc/passwd, which is not followed",
		"/nowhere":                     "answered 302, expected 200 to 299",
	} {
		c := get(path, deploy.Expect{})
		c.Headers = map[string]string{"Authorization": "Bearer ${secret:API_KEY}"}
		_, err := run(t, url, check(c), nil)
		refused(t, err, deploy.Invalid, want)
	}
	for _, c := range []deploy.Call{
		get("/r", deploy.Expect{Body: "GET"}), get("/r"+strings.Repeat("x", 10), deploy.Expect{Body: "GET"}),
		get("/tls", deploy.Expect{Status: 301, Headers: map[string]string{"Location": "https://"}}), get("/endless", deploy.Expect{Status: 302}),
	} {
		if _, err := run(t, url, check(c), nil); err != nil {
			t.Errorf("%s: %v", c.Path, err)
		}
	}
}

func TestAnswersWithoutAnEnd(t *testing.T) {
	t.Parallel()
	const most = 10 << 30
	sent := make(chan int64, 1)
	stream := func(w io.Writer) {
		var n int64
		chunk := []byte(strings.Repeat("x", 1<<16))
		for n < most {
			if _, err := w.Write(chunk); err != nil {
				break
			}
			n += int64(len(chunk))
		}
		sent <- n
	}
	url := handle(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/bomb":
			w.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(w)
			defer z.Close()
			stream(z)
		case "/headers":
			for i := range 2000 {
				w.Header().Set(fmt.Sprintf("X-%d", i), strings.Repeat("v", 100))
			}
		case "/hints":
			for range 1000 {
				w.Header().Set("Link", strings.Repeat("v", 1000))
				w.WriteHeader(http.StatusEarlyHints)
			}
		default:
			stream(w)
		}
	})
	for _, path := range []string{"/stream", "/bomb"} {
		_, err := run(t, url, check(get(path, deploy.Expect{JSON: []string{".a"}, Body: "y"})), nil)
		refused(t, err, deploy.Invalid, "the answer is longer than 1 MiB and was cut, so that it cannot be read as JSON, expected .a", `the first MiB of the body does not have "y"`, "Answer: xxx")
		if n := <-sent; n == most {
			t.Errorf("%s: all of it was taken", path)
		}
		if len(deploy.Message(err)) > 1000 {
			t.Errorf("%s: a message of %d bytes", path, len(deploy.Message(err)))
		}
	}
	for _, path := range []string{"/headers", "/hints"} {
		_, err := run(t, url, check(get(path, deploy.Expect{})), nil)
		refused(t, err, deploy.Invalid, "is answered with more than 64 KiB of headers")
	}
}

func TestNobodyAnswers(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed := l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	url := handle(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/half":
			_, _ = io.WriteString(w, "half")
			_ = http.NewResponseController(w).Flush()
			<-r.Context().Done()
		case "/cut":
			panic(http.ErrAbortHandler)
		case "/short":
			w.Header().Set("Content-Length", "100")
			_, _ = io.WriteString(w, "short")
		case "/odd":
			conn, _, err := http.NewResponseController(w).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			_, _ = io.WriteString(conn, "SSH-2.0-OpenSSH_9.6 "+apiKey+"\r\n\r\n")
			_ = conn.Close()
		default:
			<-r.Context().Done()
		}
	})
	host := url[7:]
	whole := check(get("/hangs", deploy.Expect{}))
	whole.Calls[0].Timeout, whole.Within = 0, 50*time.Millisecond
	odd := check(get("/odd", deploy.Expect{}))
	odd.Calls[0].Headers = map[string]string{"Authorization": "Bearer ${secret:API_KEY}"}
	tests := map[string]struct {
		base  string
		check deploy.Check
		want  string
	}{
		"nobody listens":          {"http://" + closed, check(get("/", deploy.Expect{})), closed + " does not accept connections"},
		"the name leads nowhere":  {"http://nobody-knows-it.invalid", check(get("/", deploy.Expect{})), "the name nobody-knows-it.invalid leads nowhere"},
		"it hangs":                {url, check(quickly("/hangs")), "/hangs?k=*** was not answered within 0.05 s"},
		"only a part comes":       {url, check(quickly("/half")), "/half?k=*** was not answered within 0.05 s"},
		"the check's time is up":  {url, whole, "/hangs?k=*** was not answered before the time of the check was up"},
		"the connection is cut":   {url, check(get("/cut", deploy.Expect{})), host + " broke the connection off"},
		"less than it announced":  {url, check(get("/short", deploy.Expect{})), host + " broke the connection off"},
		"it speaks something odd": {url, odd, "/odd?k=*** has no answer that is HTTP"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tc.check.Calls[0].Path += "?k=${secret:API_KEY}"
			_, err := run(t, tc.base, tc.check, nil)
			refused(t, err, deploy.Unavailable, "call: GET "+tc.base, "?k=*** ", tc.want)
			if strings.Contains(err.Error(), apiKey) {
				t.Errorf("%v: a secret", err)
			}
		})
	}
}

func TestTLS(t *testing.T) {
	t.Parallel()
	start := func(cfg *tls.Config, http2 bool) *httptest.Server {
		s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.Proto) }))
		s.TLS, s.EnableHTTP2 = cfg, http2
		s.Config.ErrorLog = log.New(io.Discard, "", 0)
		s.StartTLS()
		t.Cleanup(s.Close)
		return s
	}
	good := start(nil, true)
	roots := x509.NewCertPool()
	roots.AddCert(good.Certificate())
	plain := handle(t, func(http.ResponseWriter, *http.Request) {})
	_, port, err := net.SplitHostPort(good.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	late := &stepping{at: good.Certificate().NotAfter.Add(time.Hour)}
	tests := map[string]struct {
		base string
		opts httpcheck.Options
		code deploy.Code
		want string
	}{
		"nobody signed it":    {good.URL, httpcheck.Options{}, deploy.Invalid, "is signed by nobody that the bot trusts"},
		"one for other names": {"https://localhost:" + port, httpcheck.Options{Roots: roots}, deploy.Invalid, "the certificate is not one for localhost"},
		"it has expired":      {good.URL, httpcheck.Options{Roots: roots, Clock: late}, deploy.Invalid, "has expired, or is not valid yet"},
		"it speaks no TLS":    {"https" + strings.TrimPrefix(plain, "http"), httpcheck.Options{}, deploy.Invalid, "does not speak it on this port"},
		"a TLS of long ago":   {start(&tls.Config{MaxVersion: tls.VersionTLS11, MinVersion: tls.VersionTLS10}, false).URL, httpcheck.Options{}, deploy.Unavailable, "and the bot cannot agree"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := run(t, tc.base, check(get("/", deploy.Expect{})), &tc.opts)
			refused(t, err, tc.code, "fails at TLS: ", tc.want)
		})
	}
	if _, err := run(t, good.URL, check(get("/", deploy.Expect{Body: "HTTP/2"})), &httpcheck.Options{Roots: roots}); err != nil {
		t.Errorf("a certificate that is trusted: %v", err)
	}
}

func TestACheckThatIsBrokenOff(t *testing.T) {
	t.Parallel()
	begun := make(chan struct{})
	url := handle(t, func(_ http.ResponseWriter, r *http.Request) {
		close(begun)
		<-r.Context().Done()
	})
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-begun
		cancel()
	}()
	c := check(get("/", deploy.Expect{}))
	c.Tries = 5
	_, err := httpcheck.New(nil).Run(ctx, deploy.CheckRequest{Check: c, BaseURL: url})
	refused(t, err, deploy.Unavailable, "the check was broken off")
	if !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want context.Canceled in its chain", err)
	}
}
