package httpcheck_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"slipway/internal/deploy"
	"slipway/internal/deploy/provider/httpcheck"
)

// smoke are the four tests of the guide's 4.2, with its own expressions.
func smoke() deploy.Check {
	me := get("/api/v1/me", deploy.Expect{JSON: []string{`.user.id != null`}})
	me.Headers = map[string]string{"Authorization": "Bearer ${secret:API_KEY}"}
	return check(
		get("/health", deploy.Expect{JSON: []string{`.status == "ok"`}}),
		get("/api/v1/status", deploy.Expect{JSON: []string{`.online == true`}}),
		get("/api/v1/db/ping", deploy.Expect{JSON: []string{`.connected == true`}}),
		me,
	)
}

// functional is the story of the guide's 6.1, with its clean-up.
func functional() deploy.Check {
	bearer := map[string]string{"Authorization": "Bearer ${TOKEN}"}
	post := func(name, path, body string, headers map[string]string, capture map[string]string) deploy.Call {
		return deploy.Call{Name: name, Method: "POST", Path: path, Headers: headers, Body: body, Timeout: 5 * time.Second, Capture: capture}
	}
	read := get("/api/v1/resources/${RESOURCE_ID}", deploy.Expect{JSON: []string{`.name == "Test Resource v1.2.4"`}})
	read.Name, read.Headers = "read", bearer
	remove := deploy.Call{Name: "remove", Method: "DELETE", Path: "/api/v1/resources/${RESOURCE_ID}", Headers: bearer, Timeout: 5 * time.Second}
	json := map[string]string{"Content-Type": "application/json"}
	c := check(
		post("register", "/api/v1/users", `{"email":"test@example.com","name":"Test User"}`, json, map[string]string{"USER_ID": ".id"}),
		post("log in", "/api/v1/auth/login", `{"email":"test@example.com","password":"test123"}`, json, map[string]string{"TOKEN": ".token"}),
		post("create", "/api/v1/resources", `{"name":"Test Resource ${VERSION}"}`, bearer, map[string]string{"RESOURCE_ID": ".id"}),
		read,
	)
	c.Name, c.Stage = "functional", deploy.Functional
	c.Cleanup = []deploy.Call{remove}
	return c
}

func TestTheGuidesSmokeTests(t *testing.T) {
	t.Parallel()
	s := serve(t)
	at := time.Date(2026, 3, 2, 14, 0, 0, 0, time.UTC)
	report, err := run(t, s.URL+"/", smoke(), &httpcheck.Options{Clock: &stepping{at: at}})
	if err != nil || report.Calls != 4 || report.Tries != 1 || report.Took <= 0 {
		t.Fatalf("%+v, %v", report, err)
	}
	if diff := cmp.Diff([]string{"GET /health", "GET /api/v1/status", "GET /api/v1/db/ping", "GET /api/v1/me"}, s.requests()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	s.mu.Lock()
	s.instead["GET /api/v1/db/ping"] = func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusServiceUnavailable)
		write(`{"connected":false,"error":"relation user_prefs does not exist"}`)(w, nil)
	}
	s.mu.Unlock()
	_, err = run(t, s.URL, smoke(), nil)
	want := "call 3 of 4: GET " + s.URL + "/api/v1/db/ping answered 503, expected 200 to 299; .connected == true gives false, expected true. " +
		`Answer: {"connected":false,"error":"relation user_prefs does not exist"}`
	if deploy.CodeOf(err) != deploy.Invalid || deploy.Message(err) != want {
		t.Errorf("%q, want %q", deploy.Message(err), want)
	}
	if n := len(s.requests()); n != 7 {
		t.Errorf("%d requests; a story ends with the first call that fails", n)
	}
}

func TestTheGuidesFunctionalTest(t *testing.T) {
	t.Parallel()
	s := serve(t)
	for range 2 {
		report, err := run(t, s.URL, functional(), nil)
		if err != nil || report.Calls != 4 {
			t.Fatalf("%+v, %v", report, err)
		}
	}
	got := s.requests()[5:]
	want := []string{"POST /api/v1/users", "POST /api/v1/auth/login", "POST /api/v1/resources", "GET /api/v1/resources/r/2", "DELETE /api/v1/resources/r/2"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if len(s.resources) != 0 {
		t.Errorf("%v are left", s.resources)
	}
}

func TestTheWaysOfABody(t *testing.T) {
	t.Parallel()
	type got struct{ kind, body, query, agent, host string }
	seen := make(chan got, 1)
	url := handle(t, func(w http.ResponseWriter, r *http.Request) {
		b := make([]byte, 200)
		n, _ := r.Body.Read(b)
		seen <- got{r.Header.Get("Content-Type"), string(b[:n]), r.URL.RequestURI(), r.UserAgent(), r.Host}
	})
	odd := secrets{"ODD": "a\"b&c=d e\n"}
	tests := map[string]struct {
		call deploy.Call
		want got
	}{
		"JSON by its looks": {deploy.Call{Method: "PUT", Path: "/a?q=${secret:ODD}", Body: ` {"x":"${secret:ODD}"}`},
			got{"application/json", ` {"x":"a\"b&c=d e"}`, "/a?q=a%22b%26c%3Dd+e", "slipway", url[7:]}},
		"JSON by its name": {deploy.Call{Method: "PATCH", Path: "//a/../b", Body: `${secret:ODD}`, Headers: map[string]string{"content-type": "application/problem+json; charset=utf-8", "Host": "other.example", "User-Agent": "curl/8"}},
			got{"application/problem+json; charset=utf-8", `"a\"b&c=d e"`, "//a/../b", "curl/8", "other.example"}},
		"a form": {deploy.Call{Method: "POST", Path: "/a", Body: "p=${secret:ODD}&v=${VERSION}", Headers: map[string]string{"Content-Type": "application/x-www-form-urlencoded"}},
			got{"application/x-www-form-urlencoded", "p=a%22b%26c%3Dd+e&v=v1.2.4", "/a", "slipway", url[7:]}},
		"anything else": {deploy.Call{Method: "POST", Path: "/a", Body: "<p>${secret:ODD}$${x}</p>", Headers: map[string]string{"Content-Type": "text/html"}},
			got{"text/html", `<p>a"b&c=d e${x}</p>`, "/a", "slipway", url[7:]}},
	}
	for name, tc := range tests {
		_, err := run(t, url, check(tc.call), &httpcheck.Options{Secrets: odd})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if g := <-seen; g != tc.want {
			t.Errorf("%s: %+v\nwant %+v", name, g, tc.want)
		}
	}
}
