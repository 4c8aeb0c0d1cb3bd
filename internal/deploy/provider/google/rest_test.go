package google_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/api/googleapi"
	transport "google.golang.org/api/transport/http"
	"google.golang.org/grpc/codes"

	"slipway/internal/deploy"
	"slipway/internal/deploy/provider/google"
)

const scope = "https://www.googleapis.com/auth/cloud-platform"

func connectREST(t *testing.T, given string) *google.Connection[*google.REST] {
	t.Helper()
	c, err := google.NewRESTConnection(api, given, []string{scope})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

// fetch makes a request as generated clients do, but forgets the context, as those do for lists.
func fetch(ctx context.Context, r *google.REST) (string, error) {
	client, endpoint, err := transport.NewClient(ctx, r.Within(ctx)...)
	if err != nil {
		return "", err
	}
	req, err := http.NewRequest(http.MethodPost, endpoint+"/v1/things", strings.NewReader("{}"))
	if err != nil {
		return "", err
	}
	resp, err := client.Do(req)
	if err != nil {
		return "", err
	}
	defer func() { _ = resp.Body.Close() }()
	if err := googleapi.CheckResponse(resp); err != nil {
		return "", err
	}
	body, err := io.ReadAll(resp.Body)
	return string(body), err
}

func TestAPracticeAPIIsAskedInPlainTextWithoutCredentials(t *testing.T) {
	t.Setenv("GOOGLE_APPLICATION_CREDENTIALS", t.TempDir()+"/nothing-here.json")
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		_, _ = io.WriteString(w, req.Header.Get("User-Agent")+" "+req.Header.Get("Authorization")+req.URL.Path)
	}))
	t.Cleanup(server.Close)
	c := connectREST(t, server.URL)
	for range 2 {
		if got, err := google.Read(t.Context(), c, fetch); err != nil || got != "slipway /v1/things" {
			t.Errorf("%q, %v", got, err)
		}
	}
	if _, err := connectREST(t, "https://127.0.0.1:1").Get(t.Context()); deploy.CodeOf(err) != deploy.Forbidden || !strings.Contains(deploy.Hint(err), "gcloud auth application-default login") {
		t.Errorf("without credentials: %v, hint %q", err, deploy.Hint(err))
	}
	if _, err := google.NewRESTConnection(api, "ftp://x", nil); deploy.CodeOf(err) != deploy.Invalid {
		t.Errorf("another endpoint: %v", err)
	}
}

// account puts a service account where it is looked for, whose tokens a server of the test gives.
func account(t *testing.T, tokens http.HandlerFunc) {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(tokens)
	t.Cleanup(server.Close)
	file, err := json.Marshal(map[string]string{
		"type": "service_account", "project_id": "p", "private_key_id": "1", "client_email": "bot@example.com", "client_id": "1", "token_uri": server.URL,
		"private_key": string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})),
	})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "account.json")
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("GOOGLE_APPLICATION_CREDENTIALS", path)
}

func TestAnotherAPIIsAskedWithCredentials(t *testing.T) {
	var away atomic.Bool
	account(t, func(w http.ResponseWriter, _ *http.Request) {
		if away.Load() {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"access_token": "secret", "token_type": "Bearer", "expires_in": 3600}`)
	})
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		_, _ = io.WriteString(w, req.Header.Get("Authorization"))
	}))
	t.Cleanup(server.Close)
	trusted := func() *google.REST {
		r, err := connectREST(t, server.URL).Get(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		roots := x509.NewCertPool()
		roots.AddCert(server.Certificate())
		r.Trust(roots)
		return r
	}
	if got, err := fetch(t.Context(), trusted()); got != "Bearer secret" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	away.Store(true)
	if _, err := fetch(t.Context(), trusted()); explained(t, err) != deploy.Unavailable || google.Status(err).Code() != codes.Unavailable {
		t.Errorf("without a token: %v", err)
	}
}

func TestARequestIsNotSentElsewhere(t *testing.T) {
	t.Parallel()
	var asked atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		asked.Add(1)
		http.Redirect(w, req, "/elsewhere", http.StatusTemporaryRedirect)
	}))
	t.Cleanup(server.Close)
	_, err := google.Read(t.Context(), connectREST(t, server.URL), fetch)
	if explained(t, err) != deploy.Invalid || asked.Load() != 1 {
		t.Errorf("%v after %d requests", err, asked.Load())
	}
}

func TestARequestEndsWithItsCall(t *testing.T) {
	t.Parallel()
	arrived, held := make(chan struct{}), make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		_, _ = io.Copy(io.Discard, req.Body)
		close(arrived)
		<-held
	}))
	t.Cleanup(server.Close)
	t.Cleanup(func() { close(held) })
	r, err := connectREST(t, server.URL).Get(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-arrived
		cancel()
	}()
	if _, err := fetch(ctx, r); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

func TestItsConnectionsEndWithIt(t *testing.T) {
	t.Parallel()
	opened, closed := make(chan struct{}, 10), make(chan struct{}, 10)
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		switch state {
		case http.StateNew:
			opened <- struct{}{}
		case http.StateClosed:
			closed <- struct{}{}
		case http.StateActive, http.StateIdle, http.StateHijacked:
		}
	}
	server.Start()
	t.Cleanup(server.Close)
	c := connectREST(t, server.URL)
	for range 3 {
		if _, err := google.Read(t.Context(), c, fetch); err != nil {
			t.Fatal(err)
		}
	}
	if len(opened) != 1 || len(closed) != 0 {
		t.Errorf("%d connections were opened for 3 calls, and %d closed", len(opened), len(closed))
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	select {
	case <-closed:
	case <-time.After(30 * time.Second):
		t.Error("a connection outlives it")
	}
}

func TestWhatAnAnswerOverHTTPMeans(t *testing.T) {
	t.Parallel()
	const errorOf = `{"error": {"code": 0, "message": "words", "errors": [{"reason": "why"}]`
	for fact, tc := range map[string]struct {
		code int
		body string
		want codes.Code
	}{
		"refused":                         {400, errorOf + "}}", codes.InvalidArgument},
		"its status says more":            {400, errorOf + `, "status": "FAILED_PRECONDITION"}}`, codes.FailedPrecondition},
		"a status that nobody knows":      {400, errorOf + `, "status": "NEW"}}`, codes.InvalidArgument},
		"a status that says nothing":      {503, errorOf + `, "status": "UNKNOWN"}}`, codes.Unavailable},
		"bad credentials":                 {401, errorOf + "}}", codes.Unauthenticated},
		"not allowed":                     {403, errorOf + "}}", codes.PermissionDenied},
		"not there":                       {404, errorOf + "}}", codes.NotFound},
		"not there, and nobody of Google": {404, "<h1>Not found</h1>", codes.Unimplemented},
		"refused by nobody of Google":     {400, "no", codes.Unimplemented},
		"not allowed by a proxy":          {403, "no", codes.PermissionDenied},
		"a conflict":                      {409, errorOf + "}}", codes.Aborted},
		"a quota":                         {429, "", codes.ResourceExhausted},
		"a fault":                         {500, "", codes.Internal},
		"another fault":                   {599, "", codes.Internal},
		"another refusal":                 {418, errorOf + "}}", codes.Unimplemented},
		"away":                            {503, "", codes.Unavailable},
	} {
		t.Run(fact, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(tc.code)
				_, _ = io.WriteString(w, tc.body)
			}))
			t.Cleanup(server.Close)
			r, err := connectREST(t, server.URL).Get(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			_, err = fetch(t.Context(), r)
			st := google.Status(err)
			if st.Code() != tc.want || (len(st.Details()) == 1) != strings.Contains(tc.body, "why") || strings.Contains(tc.body, "words") && st.Message() != "words" {
				t.Errorf("%v: %s %q %v, want %s", err, st.Code(), st.Message(), st.Details(), tc.want)
			}
		})
	}
}
