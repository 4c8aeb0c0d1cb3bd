package httpprobe_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"slipway/internal/deploy"
	"slipway/internal/deploy/provider/httpprobe"
)

func asked(url string) deploy.AddressRequest {
	return deploy.AddressRequest{URL: url, Within: 5 * time.Second}
}

func TestAskingFollowsNothing(t *testing.T) {
	t.Parallel()
	calls := 0
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		calls++
		switch r.URL.Path {
		case "/away":
			http.Redirect(w, r, "https://example.com/x", http.StatusMovedPermanently)
		case "/here":
			w.Header().Set("Location", "/there")
			w.WriteHeader(http.StatusFound)
		case "/gone":
			w.WriteHeader(http.StatusGone)
		}
	})
	o := httpprobe.NewOutside(nil)
	for path, want := range map[string]deploy.AddressAnswer{
		"/away": {Status: 301, Location: "https://example.com/x"},
		"/here": {Status: 302, Location: url + "/there"},
		"/gone": {Status: 410},
		"/":     {Status: 200},
	} {
		got, err := o.Ask(t.Context(), asked(url+path))
		if err != nil || got != want {
			t.Errorf("%s: %+v, %v; want %+v", path, got, err, want)
		}
	}
	if calls != 4 {
		t.Errorf("%d calls, want 4", calls)
	}
}

// secured is a server with a certificate for example.com, 127.0.0.1 and ::1, and who trusts it.
func secured(t *testing.T) (*httptest.Server, *x509.CertPool) {
	t.Helper()
	s := httptest.NewUnstartedServer(http.NotFoundHandler())
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	t.Cleanup(s.Close)
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	return s, roots
}

func TestTheEndOfACertificate(t *testing.T) {
	t.Parallel()
	s, roots := secured(t)
	got, err := httpprobe.NewOutside(&httpprobe.OutsideOptions{Roots: roots}).Certificate(t.Context(), asked(s.URL))
	if err != nil || !got.Equal(s.Certificate().NotAfter) {
		t.Errorf("%s, %v; want %s", got, err, s.Certificate().NotAfter)
	}
	_, port, err := net.SplitHostPort(s.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	for fact, c := range map[string]struct {
		roots *x509.CertPool
		url   string
		code  deploy.Code
		says  string
	}{
		"nobody trusts it":     {x509.NewCertPool(), s.URL, deploy.Invalid, "is issued by nobody who is trusted"},
		"it is for another":    {roots, "https://localhost:" + port, deploy.Invalid, "is for another name"},
		"nobody is there":      {roots, "https://127.0.0.1:1", deploy.Unavailable, "does not accept connections"},
		"no port, so it's 443": {roots, "http://127.0.0.1:" + port, deploy.Unavailable, "does not accept connections"},
	} {
		_, err := httpprobe.NewOutside(&httpprobe.OutsideOptions{Roots: c.roots}).Certificate(t.Context(), asked(c.url))
		if deploy.CodeOf(err) != c.code || !strings.Contains(deploy.Message(err), c.says) {
			t.Errorf("%s: %v; want %s and %q", fact, err, c.code, c.says)
		}
	}
}

func TestACertificateThatHasExpired(t *testing.T) {
	t.Parallel()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	old := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-48 * time.Hour), NotAfter: time.Now().Add(-24 * time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, old, old, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewUnstartedServer(http.NotFoundHandler())
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.TLS = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
	s.StartTLS()
	t.Cleanup(s.Close)
	roots := x509.NewCertPool()
	roots.AddCert(cert)
	o := httpprobe.NewOutside(&httpprobe.OutsideOptions{Roots: roots})
	_, certErr := o.Certificate(t.Context(), asked(s.URL))
	_, askErr := o.Ask(t.Context(), asked(s.URL))
	for _, err := range []error{certErr, askErr} {
		if deploy.CodeOf(err) != deploy.Invalid || !strings.Contains(deploy.Message(err), "has expired, or is not good yet") || deploy.Hint(err) == "" {
			t.Errorf("%v", err)
		}
	}
}

func TestNamesAreLookedUp(t *testing.T) {
	t.Parallel()
	o := httpprobe.NewOutside(nil)
	if got, err := o.Resolve(t.Context(), asked("https://localhost/x")); err != nil || len(got) == 0 {
		t.Errorf("localhost: %v, %v", got, err)
	}
	nowhere := &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		return nil, errors.New("no server for names")
	}}
	o = httpprobe.NewOutside(&httpprobe.OutsideOptions{Resolver: nowhere})
	if _, err := o.Resolve(t.Context(), asked("https://api.example.com")); deploy.CodeOf(err) != deploy.Unavailable && deploy.CodeOf(err) != deploy.NotFound {
		t.Errorf("a resolver that is away: %v", err)
	}
}

func TestAddressesThatAreNotLookedAt(t *testing.T) {
	t.Parallel()
	called := false
	url := serve(t, func(http.ResponseWriter, *http.Request) { called = true })
	o := httpprobe.NewOutside(nil)
	for fact, c := range map[string]struct {
		q    deploy.AddressRequest
		says string
	}{
		"a metadata server":     {asked("http://169.254.169.254/latest"), "metadata server"},
		"by its name":           {asked("http://metadata.google.internal"), "metadata server"},
		"a private one":         {deploy.AddressRequest{URL: "http://10.0.0.1", Public: true}, "is a private address"},
		"the bot's own machine": {deploy.AddressRequest{URL: url, Public: true}, "is the bot's own machine"},
		"another scheme":        {asked("ftp://example.com"), "is not an http or https address"},
		"no host":               {asked("https:///x"), "is not an http or https address"},
	} {
		_, askErr := o.Ask(t.Context(), c.q)
		_, certErr := o.Certificate(t.Context(), c.q)
		_, dnsErr := o.Resolve(t.Context(), c.q)
		for _, err := range []error{askErr, certErr, dnsErr} {
			if deploy.CodeOf(err) != deploy.Invalid || !strings.Contains(deploy.Message(err), c.says) || deploy.Hint(err) == "" {
				t.Errorf("%s: %v; want %q", fact, err, c.says)
			}
		}
	}
	if called {
		t.Error("it was called")
	}
}

func TestNobodyAnswers(t *testing.T) {
	t.Parallel()
	arrived := make(chan struct{}, 3)
	url := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		arrived <- struct{}{}
		<-r.Context().Done()
	})
	o := httpprobe.NewOutside(nil)
	if _, err := o.Ask(t.Context(), deploy.AddressRequest{URL: url, Within: 30 * time.Millisecond}); deploy.CodeOf(err) != deploy.Unavailable || !strings.Contains(deploy.Message(err), "did not answer within 30ms") {
		t.Errorf("%v", err)
	}
	for len(arrived) > 0 { // it may not even have come so far in that time
		<-arrived
	}
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-arrived
		cancel()
	}()
	if _, err := o.Ask(ctx, asked(url)); deploy.CodeOf(err) != deploy.Unavailable || !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { silent.Close() })
	q := deploy.AddressRequest{URL: "https://" + silent.Addr().String(), Within: 30 * time.Millisecond}
	if _, err := o.Certificate(t.Context(), q); deploy.CodeOf(err) != deploy.Unavailable {
		t.Errorf("a handshake that hangs: %v", err)
	}
	if _, err := o.Certificate(t.Context(), asked(url)); deploy.CodeOf(err) != deploy.Unavailable {
		t.Errorf("nobody at 443: %v", err)
	}
}
