package sampleapp_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"slipway/internal/sandbox/sampleapp"
)

// ask makes a request as the guide's functional tests do, with a token unless it is empty.
func ask(t *testing.T, h http.Handler, method, path, token, body string) (int, map[string]any) {
	t.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	out := map[string]any{}
	if w.Body.Len() > 0 {
		if err := json.Unmarshal(w.Body.Bytes(), &out); err != nil {
			t.Fatalf("%s %s answered %d %q: %v", method, path, w.Code, w.Body, err)
		}
	}
	return w.Code, out
}

// login registers a user and gives a token.
func login(t *testing.T, h http.Handler, email string) string {
	t.Helper()
	if code, body := ask(t, h, "POST", "/api/v1/users", "", fmt.Sprintf(`{"email":%q,"name":"Test User"}`, email)); code != 201 {
		t.Fatalf("registration: %d %v", code, body)
	}
	code, body := ask(t, h, "POST", "/api/v1/auth/login", "", fmt.Sprintf(`{"email":%q,"password":"test123"}`, email))
	token, _ := body["token"].(string)
	if code != 200 || token == "" {
		t.Fatalf("login: %d %v", code, body)
	}
	return token
}

func TestTheStoryOfTheGuideTwice(t *testing.T) {
	t.Parallel()
	h := sampleapp.Handler(sampleapp.Config{Version: "v1.2.3"})
	for _, id := range []string{"resource-1", "resource-2"} {
		code, body := ask(t, h, "POST", "/api/v1/users", "", `{"email":"test@example.com","name":"Test User"}`)
		if diff := cmp.Diff(map[string]any{"id": "user-1", "email": "test@example.com", "name": "Test User"}, body); code != 201 || diff != "" {
			t.Fatalf("registered: %d (-want +got):\n%s", code, diff)
		}
		token := login(t, h, "test@example.com")
		resource, path := map[string]any{"id": id, "name": "Test Resource", "owner": "user-1"}, "/api/v1/resources/"+id
		code, body = ask(t, h, "POST", "/api/v1/resources", token, `{"name":"Test Resource"}`)
		if diff := cmp.Diff(resource, body); code != 201 || diff != "" {
			t.Fatalf("created: %d (-want +got):\n%s", code, diff)
		}
		code, body = ask(t, h, "GET", path, token, "")
		if diff := cmp.Diff(resource, body); code != 200 || diff != "" {
			t.Fatalf("read: %d (-want +got):\n%s", code, diff)
		}
		for _, want := range []int{204, 404} {
			if code, body := ask(t, h, "DELETE", path, token, ""); code != want {
				t.Errorf("deleted: %d %v, want %d", code, body, want)
			}
		}
		if code, _ := ask(t, h, "GET", path, token, ""); code != 404 {
			t.Errorf("after its deletion it is answered with %d", code)
		}
	}
}

func TestResourcesBelongToWhoMadeThem(t *testing.T) {
	t.Parallel()
	h := sampleapp.Handler(sampleapp.Config{Version: "v1.2.3", Env: map[string]string{"API_KEY": "key"}})
	ada, bert := login(t, h, "ada@example.com"), login(t, h, "bert@example.com")
	ask(t, h, "POST", "/api/v1/resources", ada, `{"name":"hers"}`)
	for _, c := range []struct {
		fact, method, path, token, body string
		code                            int
	}{
		{"without a token nothing is made", "POST", "/api/v1/resources", "", `{"name":"x"}`, 401},
		{"nor listed", "GET", "/api/v1/resources", "", "", 401},
		{"nor read", "GET", "/api/v1/resources/resource-1", "", "", 401},
		{"nor deleted", "DELETE", "/api/v1/resources/resource-1", "", "", 401},
		{"a token that nobody was given is none", "GET", "/api/v1/resources/resource-1", "practice-token-1", "", 401},
		{"the key of the service is no token of a user", "GET", "/api/v1/resources/resource-1", "key", "", 401},
		{"somebody else does not see it", "GET", "/api/v1/resources/resource-1", bert, "", 404},
		{"nor deletes it", "DELETE", "/api/v1/resources/resource-1", bert, "", 404},
		{"its owner sees it", "GET", "/api/v1/resources/resource-1", ada, "", 200},
		{"a resource has a name", "POST", "/api/v1/resources", ada, `{}`, 400},
		{"a body is JSON", "POST", "/api/v1/resources", ada, `name=x`, 400},
		{"a body has an end", "POST", "/api/v1/resources", ada, `{"name":"` + strings.Repeat("x", 70_000) + `"}`, 413},
		{"a user has an e-mail", "POST", "/api/v1/users", "", `{"name":"x"}`, 400},
		{"who has not registered cannot log in", "POST", "/api/v1/auth/login", "", `{"email":"eve@example.com","password":"x"}`, 401},
		{"nor can anybody without a password", "POST", "/api/v1/auth/login", "", `{"email":"ada@example.com"}`, 401},
	} {
		if code, body := ask(t, h, c.method, c.path, c.token, c.body); code != c.code {
			t.Errorf("%s: %d %v, want %d", c.fact, code, body, c.code)
		}
	}
	hers := map[string]any{"resources": []any{map[string]any{"id": "resource-1", "name": "hers", "owner": "user-1"}}}
	for token, want := range map[string]map[string]any{ada: hers, bert: {"resources": []any{}}} {
		if _, body := ask(t, h, "GET", "/api/v1/resources", token, ""); !cmp.Equal(want, body) {
			t.Errorf("list (-want +got):\n%s", cmp.Diff(want, body))
		}
	}
}

func TestRevisionsShareWhatIsStored(t *testing.T) {
	t.Parallel()
	state := sampleapp.NewState()
	before := sampleapp.Handler(sampleapp.Config{Version: "v1.2.3", State: state})
	after := sampleapp.Handler(sampleapp.Config{Version: "v1.2.4", State: state})
	token := login(t, before, "test@example.com")
	ask(t, before, "POST", "/api/v1/resources", token, `{"name":"old"}`)
	if code, body := ask(t, after, "GET", "/api/v1/resources/resource-1", token, ""); code != 200 || body["name"] != "old" {
		t.Errorf("the next version answers %d %v", code, body)
	}
	alone := sampleapp.Handler(sampleapp.Config{Version: "v1.2.4"})
	if code, _ := ask(t, alone, "GET", "/api/v1/resources/resource-1", token, ""); code != 401 {
		t.Errorf("another service knows the token: %d", code)
	}
}

func TestTheOldestIsForgottenWhenThereAreTooMany(t *testing.T) {
	t.Parallel()
	h := sampleapp.Handler(sampleapp.Config{Version: "v1.2.3"})
	token := login(t, h, "test@example.com")
	for range 1001 {
		ask(t, h, "POST", "/api/v1/resources", token, `{"name":"x"}`)
	}
	for id, want := range map[string]int{"resource-1": 404, "resource-2": 200, "resource-1001": 200} {
		if code, _ := ask(t, h, "GET", "/api/v1/resources/"+id, token, ""); code != want {
			t.Errorf("%s: %d, want %d", id, code, want)
		}
	}
}

func TestABrokenPathBreaksAloneAndRepeatsWhatItWasSent(t *testing.T) {
	t.Parallel()
	behave := &sampleapp.Behaviour{}
	var lines []string
	h := sampleapp.Handler(sampleapp.Config{Version: "v1", Behave: behave, Log: func(line string) { lines = append(lines, line) }})
	behave.SetBroken("/api/v1/me")
	code, body := ask(t, h, "GET", "/api/v1/me", "k1", "")
	want := map[string]any{"error": "internal error", "request": "GET /api/v1/me", "caller": "k1"}
	if diff := cmp.Diff(want, body); code != 500 || diff != "" {
		t.Errorf("answered %d (-want +got):\n%s", code, diff)
	}
	if diff := cmp.Diff([]string{sampleapp.DefaultMessage}, lines); diff != "" {
		t.Errorf("log (-want +got):\n%s", diff)
	}
	for _, path := range []string{"/health", "/api/v1/status", "/api/v1/db/ping"} {
		if code, _ := ask(t, h, "GET", path, "", ""); code != 200 {
			t.Errorf("%s answers %d too", path, code)
		}
	}
	for at, broken := range map[string]map[string]bool{
		"/api/v1/me":        {"/api/v1/me": true, "/api/v1/me/x": true, "/api/v1/mean": false},
		"/api/v1/resources": {"/api/v1/resources": true, "/api/v1/resources/resource-1": true},
		"/health":           {"/health": true, "/health/ready": true, "/healthy": false},
		"/":                 {"/": true, "/health": true},
		"":                  {"/": false, "/health": false},
	} {
		behave.SetBroken(at)
		for path, want := range broken {
			if behave.Broken(path) != want {
				t.Errorf("with %q broken, %s is %v", at, path, !want)
			}
		}
	}
	behave.SetBroken("/api/v1/me")
	behave.Reset()
	if code, _ := ask(t, h, "GET", "/api/v1/me", "k1", ""); code != 200 {
		t.Errorf("after the reset it answers %d", code)
	}
}
