package github_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"slipway/internal/deploy/provider/github"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type issue struct {
	Number      int              `json:"number"`
	HTMLURL     string           `json:"html_url"`
	Title       string           `json:"title"`
	Body        string           `json:"body"`
	State       string           `json:"state"`
	Labels      []label          `json:"labels"`
	PullRequest *json.RawMessage `json:"pull_request,omitempty"`
}

type label struct {
	Name string `json:"name"`
}

// hub is the part of GitHub's API that a repository's issues are opened and found by, as its documentation has it:
// lists newest first, by label and page, with Link headers.
type hub struct {
	*httptest.Server
	mu     sync.Mutex
	issues []issue // oldest first
	calls  []string
	auth   []string
	// answer, if it is not nil, has the first look at each call and says whether it has answered it. Whatever it
	// does, a call that it lets through takes its course.
	answer func(w http.ResponseWriter, r *http.Request) bool
	// lose breaks off the connections of that many creations after they have taken effect.
	lose int
}

const repository = "acme/coditect"

func newHub(t *testing.T) *hub {
	t.Helper()
	h := &hub{}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/v3/repos/"+repository+"/issues", h.list)
	mux.HandleFunc("POST /api/v3/repos/"+repository+"/issues", h.create)
	h.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.calls = append(h.calls, r.Method+" "+r.URL.RequestURI())
		h.auth = append(h.auth, r.Header.Get("Authorization"))
		if h.answer != nil && h.answer(w, r) {
			return
		}
		mux.ServeHTTP(w, r)
	}))
	t.Cleanup(h.Close)
	return h
}

func (h *hub) connect(t *testing.T) *github.Notifier {
	t.Helper()
	n, err := github.New(github.Options{Repository: repository, Token: "ghp_in-the-clear", URL: h.URL, Labels: []string{"bug"}, Timeout: 2 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func (h *hub) list(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	var found []issue
	for _, i := range slices.Backward(h.issues) {
		labelled := slices.ContainsFunc(i.Labels, func(l label) bool { return l.Name == q.Get("labels") })
		if (q.Get("labels") == "" || labelled) && (q.Get("state") == "all" || i.State == "open") {
			found = append(found, i)
		}
	}
	size, _ := strconv.Atoi(q.Get("per_page"))
	page, _ := strconv.Atoi(q.Get("page"))
	size, page = min(max(size, 1), 100), max(page, 1)
	if end := page * size; end < len(found) {
		q.Set("page", strconv.Itoa(page+1))
		w.Header().Set("Link", fmt.Sprintf(`<%s%s?%s>; rel="next"`, h.URL, r.URL.Path, q.Encode()))
	}
	found = found[min((page-1)*size, len(found)):min(page*size, len(found))]
	reply(w, http.StatusOK, found)
}

func (h *hub) create(w http.ResponseWriter, r *http.Request) {
	var asked struct {
		Title, Body string
		Labels      []string
	}
	if err := json.NewDecoder(r.Body).Decode(&asked); err != nil || asked.Title == "" || len(asked.Title) > 256 || len(asked.Body) > 65_536 {
		reply(w, http.StatusUnprocessableEntity, map[string]string{"message": "Validation Failed"})
		return
	}
	i := h.open(asked.Title, asked.Body, asked.Labels...)
	if h.lose > 0 {
		h.lose--
		panic(http.ErrAbortHandler)
	}
	reply(w, http.StatusCreated, i)
}

func (h *hub) open(title, body string, labels ...string) issue {
	n := len(h.issues) + 1
	i := issue{Number: n, HTMLURL: fmt.Sprintf("https://github.example.com/%s/issues/%d", repository, n), Title: title, Body: body, State: "open"}
	for _, name := range labels {
		i.Labels = append(i.Labels, label{name})
	}
	h.issues = append(h.issues, i)
	return i
}

func (h *hub) opened() []issue {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.issues)
}

func reply(w http.ResponseWriter, status int, with any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(with)
}

func refuse(status int, headers ...string) func(http.ResponseWriter, *http.Request) bool {
	return func(w http.ResponseWriter, _ *http.Request) bool {
		for _, line := range headers {
			name, value, _ := strings.Cut(line, ": ")
			w.Header().Set(name, value)
		}
		reply(w, status, map[string]string{"message": "in GitHub's words"})
		return true
	}
}
