package httpcheck_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"slipway/internal/deploy"
	"slipway/internal/deploy/provider/httpcheck"
)

func TestMain(m *testing.M) {
	// A proxy would answer for names that lead nowhere.
	if err := os.Setenv("NO_PROXY", "*"); err != nil {
		panic(err)
	}
	goleak.VerifyTestMain(m)
}

// secrets are those of the project "prod".
type secrets map[string]string

func (s secrets) Value(_ context.Context, project, name string) (string, error) {
	if v, ok := s[name]; ok && project == "prod" {
		return v, nil
	}
	return "", &deploy.Error{Code: deploy.NotFound, Msg: "there is no secret " + name}
}

const apiKey = "k-81f0c2d9e7"

// service is the guide's: users, a login, resources. It notes what it is asked, and each answer can be replaced.
type service struct {
	*httptest.Server

	mu        sync.Mutex
	asked     []string
	users     map[string]bool // by e-mail
	resources map[string]string
	next      int
	instead   map[string]http.HandlerFunc // by "METHOD /path"
}

func serve(t *testing.T) *service {
	t.Helper()
	s := &service{users: map[string]bool{}, resources: map[string]string{}, instead: map[string]http.HandlerFunc{}}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s
}

// handle serves one handler for everything.
func handle(t *testing.T, h http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}

func (s *service) requests() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.asked...)
}

func (s *service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	at := r.Method + " " + r.URL.Path
	s.mu.Lock()
	s.asked = append(s.asked, at)
	h := s.instead[at]
	s.mu.Unlock()
	if h != nil {
		h(w, r)
		return
	}
	s.answer(w, r, at)
}

const token = "eyJhbGciOi.eyJzdWIiOiI0MiJ9.c2lnbmF0dXJl"

func (s *service) answer(w http.ResponseWriter, r *http.Request, at string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var in struct{ Email, Password, Name string }
	if r.Body != nil && r.Method == http.MethodPost {
		if r.Header.Get("Content-Type") != "application/json" || json.NewDecoder(r.Body).Decode(&in) != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
	}
	auth := r.Header.Get("Authorization")
	id, isResource := strings.CutPrefix(r.URL.Path, "/api/v1/resources/")
	switch {
	case at == "GET /health":
		fmt.Fprint(w, `{"status":"ok","version":"v1.2.4","timestamp":"2026-03-02T14:00:00Z"}`)
	case at == "GET /api/v1/status":
		fmt.Fprint(w, `{"online":true}`)
	case at == "GET /api/v1/db/ping":
		fmt.Fprint(w, `{"connected":true}`)
	case at == "POST /api/v1/users" && in.Email != "":
		s.users[in.Email] = true
		w.WriteHeader(http.StatusCreated)
		fmt.Fprint(w, `{"id":"user-42"}`)
	case at == "POST /api/v1/auth/login" && s.users[in.Email] && in.Password == "test123":
		fmt.Fprintf(w, `{"token":%q}`, token)
	case auth != "Bearer "+token && auth != "Bearer "+apiKey:
		w.WriteHeader(http.StatusUnauthorized)
		fmt.Fprint(w, `{"error":"who are you"}`)
	case at == "GET /api/v1/me":
		fmt.Fprint(w, `{"user":{"id":42}}`)
	case at == "POST /api/v1/resources":
		s.next++
		id = fmt.Sprintf("r/%d", s.next) // has to be escaped in a path
		s.resources[id] = in.Name
		w.WriteHeader(http.StatusCreated)
		fmt.Fprintf(w, `{"id":%q,"name":%q}`, id, in.Name)
	case isResource && s.resources[id] != "" && r.Method == http.MethodGet:
		fmt.Fprintf(w, `{"id":%q,"name":%q}`, id, s.resources[id])
	case isResource && s.resources[id] != "" && r.Method == http.MethodDelete:
		delete(s.resources, id)
		w.WriteHeader(http.StatusNoContent)
	default:
		w.WriteHeader(http.StatusNotFound)
		fmt.Fprint(w, `{"error":"not found"}`)
	}
}

// get is a call that gets a path.
func get(path string, expect deploy.Expect) deploy.Call {
	return deploy.Call{Method: "GET", Path: path, Timeout: 30 * time.Second, Expect: expect}
}

func check(calls ...deploy.Call) deploy.Check {
	return deploy.Check{Name: "smoke", Stage: deploy.Smoke, Calls: calls, Within: time.Minute, Tries: 1}
}

func run(t *testing.T, base string, c deploy.Check, opts *httpcheck.Options) (deploy.CheckReport, error) {
	t.Helper()
	if opts == nil {
		opts = &httpcheck.Options{}
	}
	if opts.Secrets == nil {
		opts.Secrets = secrets{"API_KEY": apiKey}
	}
	return httpcheck.New(opts).Run(t.Context(), deploy.CheckRequest{
		Check: c, BaseURL: base, Service: deploy.ServiceRef{Project: "prod"}, Values: map[string]string{"VERSION": "v1.2.4", "ENVIRONMENT": "production"},
	})
}

// refused looks whether an error is of a code and says all of the words.
func refused(t *testing.T, err error, code deploy.Code, words ...string) {
	t.Helper()
	msg := deploy.Message(err)
	if deploy.CodeOf(err) != code {
		t.Errorf("code %s, want %s: %v", deploy.CodeOf(err), code, err)
	}
	for _, w := range words {
		if !strings.Contains(msg, w) {
			t.Errorf("%q does not say %q", msg, w)
		}
	}
}

func write(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, text) }
}
