package github_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"slipway/internal/deploy"
	"slipway/internal/deploy/provider/github"
)

func bug() deploy.Bug {
	return deploy.Bug{
		Release: "app-42", Key: "app-42", Title: "app-42 was taken back:\nerrors", Body: "## What happened\n\n3 of 41 failed", By: "Alice",
	}
}

func TestAReportIsAnIssueWithAMarkerAndLabels(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	link, err := h.connect(t).Open(t.Context(), bug())
	if err != nil || link != "https://github.example.com/acme/coditect/issues/1" {
		t.Errorf("link %q, %v", link, err)
	}
	want := []issue{{
		Number: 1, HTMLURL: link, State: "open", Title: "app-42 was taken back: errors", Labels: []label{{"slipway-incident"}, {"bug"}},
		Body: "<!-- slipway:app-42 -->\n\n## What happened\n\n3 of 41 failed\n\nAsked for by Alice through Slipway.",
	}}
	if diff := cmp.Diff(want, h.opened()); diff != "" {
		t.Errorf("issues (-want +got):\n%s", diff)
	}
	for _, got := range h.auth {
		if got != "Bearer ghp_in-the-clear" {
			t.Errorf("a call came with %q", got)
		}
	}
}

func TestTheSameReportIsOpenedOnce(t *testing.T) {
	t.Parallel()
	other := bug()
	other.Key = "app-4"
	tests := map[string]struct {
		before  func(*hub)
		want    string // number of the issue
		opened  int
		lookups int
	}{
		"opened by another replica before": {
			func(h *hub) { h.open("x", "<!-- slipway:app-42 -->\n\ntext", "slipway-incident") }, "1", 1, 1,
		},
		"closed meanwhile": {
			func(h *hub) {
				h.open("x", "<!-- slipway:app-42 -->\r\n\r\nedited", "slipway-incident")
				h.issues[0].State = "closed"
			}, "1", 1, 1,
		},
		"another report whose key begins alike is another": {
			func(h *hub) { h.open("x", "<!-- slipway:app-421 -->", "slipway-incident") }, "2", 2, 1,
		},
		"a marker in somebody's words is none": {
			func(h *hub) { h.open("x", "they wrote <!-- slipway:app-42 -->", "slipway-incident") }, "2", 2, 1,
		},
		"an issue without the label is not ours": {
			func(h *hub) { h.open("x", "<!-- slipway:app-42 -->", "bug") }, "2", 2, 1,
		},
		"a pull request is no report": {
			func(h *hub) {
				h.open("x", "<!-- slipway:app-42 -->", "slipway-incident")
				raw := json.RawMessage(`{"url":"https://github.example.com/pulls/1"}`)
				h.issues[0].PullRequest = &raw
			}, "2", 2, 1,
		},
		"on the third page": {
			func(h *hub) {
				h.open("x", "<!-- slipway:app-42 -->", "slipway-incident")
				for n := range 250 {
					h.open("later", fmt.Sprintf("<!-- slipway:other-%d -->", n), "slipway-incident")
				}
			}, "1", 251, 3,
		},
		"further back than anybody looks": {
			func(h *hub) {
				h.open("x", "<!-- slipway:app-42 -->", "slipway-incident")
				for n := range 300 {
					h.open("later", fmt.Sprintf("<!-- slipway:other-%d -->", n), "slipway-incident")
				}
			}, "302", 302, 3,
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHub(t)
			tc.before(h)
			link, err := h.connect(t).Open(t.Context(), bug())
			if err != nil || !strings.HasSuffix(link, "/issues/"+tc.want) || len(h.opened()) != tc.opened {
				t.Errorf("link %q, %v, %d issues; want number %s of %d", link, err, len(h.opened()), tc.want, tc.opened)
			}
			lookups := 0
			for _, call := range h.calls {
				if strings.HasPrefix(call, "GET ") {
					lookups++
				}
			}
			if lookups != tc.lookups {
				t.Errorf("%d lookups, want %d: %v", lookups, tc.lookups, h.calls)
			}
		})
	}
}

func TestAReportWhoseAnswerWasLostIsFoundAgain(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	h.lose = 1
	if _, err := h.connect(t).Open(t.Context(), bug()); deploy.CodeOf(err) != deploy.Unavailable {
		t.Errorf("with a lost answer: %v", err)
	}
	link, err := h.connect(t).Open(t.Context(), bug())
	if err != nil || !strings.HasSuffix(link, "/issues/1") || len(h.opened()) != 1 {
		t.Errorf("again, by another process: link %q, %v, %d issues", link, err, len(h.opened()))
	}
}

func TestAKeyCannotEndItsMarker(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	b := bug()
	b.Key = "--> @everyone\n<!--"
	for range 2 {
		if _, err := h.connect(t).Open(t.Context(), b); err != nil {
			t.Fatal(err)
		}
	}
	got := h.opened()
	if len(got) != 1 || strings.Contains(strings.SplitN(got[0].Body, "\n", 2)[0], "@everyone\n") || strings.Count(got[0].Body, "-->") != 1 {
		t.Errorf("%d issues, the first is %q", len(got), got[0].Body)
	}
}

func TestALongReportIsCutToWhatGitHubTakes(t *testing.T) {
	t.Parallel()
	h := newHub(t)
	b := bug()
	b.Title, b.Body = strings.Repeat("ü", 300), strings.Repeat("ü", 50_000)
	if _, err := h.connect(t).Open(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	got := h.opened()[0]
	if !strings.HasSuffix(got.Title, "ü…") || !strings.HasSuffix(got.Body, "ü…") {
		t.Errorf("the title ends in %q, the body in %q", got.Title[len(got.Title)-8:], got.Body[len(got.Body)-8:])
	}
}

func TestWhatARefusalMeans(t *testing.T) {
	t.Parallel()
	soon := fmt.Sprint(time.Now().Add(time.Hour).Unix())
	tests := map[string]struct {
		answer func(http.ResponseWriter, *http.Request) bool
		want   deploy.Code
		msg    string
		hint   string // part of it
	}{
		"a bad token":            {refuse(401), deploy.Forbidden, "GitHub does not accept the token", "SLIPWAY_GITHUB_TOKEN"},
		"one that wants a code":  {refuse(401, "X-GitHub-OTP: required; app"), deploy.Forbidden, "GitHub does not accept the token", "SLIPWAY_GITHUB_TOKEN"},
		"rights are missing":     {refuse(403), deploy.Forbidden, "GitHub does not let Slipway open issues in acme/coditect", "read and write issues"},
		"no such repository":     {refuse(404), deploy.NotFound, "GitHub shows this token no repository acme/coditect", "SLIPWAY_GITHUB_REPO"},
		"issues are off":         {refuse(410), deploy.Invalid, "issues are switched off in acme/coditect", "settings of the repository"},
		"a text that is refused": {refuse(422), deploy.Invalid, "GitHub refuses the text of the report", "by hand"},
		"any other refusal":      {refuse(451), deploy.Invalid, "GitHub refuses the call (451)", "log"},
		"moved":                  {refuse(301, "Location: /elsewhere"), deploy.Invalid, "the repository acme/coditect has moved, or the address of GitHub has", "SLIPWAY_GITHUB_REPO"},
		"throttled":              {refuse(429, "Retry-After: 30"), deploy.Unavailable, "GitHub asks Slipway to slow down", "in 30 s"},
		"throttled, who knows how long": {
			refuse(429), deploy.Unavailable, "GitHub asks Slipway to slow down", "in a minute",
		},
		"the hour's calls are used up": {
			refuse(403, "X-RateLimit-Remaining: 0", "X-RateLimit-Reset: "+soon), deploy.Unavailable, "GitHub asks Slipway to slow down", "UTC",
		},
		"throttled for creating too fast": {
			func(w http.ResponseWriter, _ *http.Request) bool {
				w.Header().Set("Retry-After", "90")
				reply(w, 403, map[string]string{"message": "slow", "documentation_url": "https://docs.github.com/rest/overview/rate-limits#about-secondary-rate-limits"})
				return true
			}, deploy.Unavailable, "GitHub asks Slipway to slow down", "in 1:30 min",
		},
		"out of order": {refuse(502), deploy.Unavailable, "GitHub has a failure of its own (502)", "githubstatus"},
		"accepted for later": {
			refuse(202), deploy.Unavailable, "GitHub does not answer", "githubstatus",
		},
		"not JSON": {
			func(w http.ResponseWriter, _ *http.Request) bool { fmt.Fprint(w, "<html>"); return true },
			deploy.Unavailable, "GitHub does not answer", "githubstatus",
		},
		"broken off": {
			func(http.ResponseWriter, *http.Request) bool { panic(http.ErrAbortHandler) },
			deploy.Unavailable, "GitHub does not answer", "githubstatus",
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, method := range []string{"GET", "POST"} {
				h := newHub(t)
				h.answer = func(w http.ResponseWriter, r *http.Request) bool { return r.Method == method && tc.answer(w, r) }
				_, err := h.connect(t).Open(t.Context(), bug())
				if deploy.CodeOf(err) != tc.want || deploy.Message(err) != tc.msg || !strings.Contains(deploy.Hint(err), tc.hint) {
					t.Errorf("%s: code %s, message %q, hint %q, want %s, %q, %q", method, deploy.CodeOf(err), deploy.Message(err), deploy.Hint(err), tc.want, tc.msg, tc.hint)
				}
				if len(h.opened()) != 0 {
					t.Errorf("%s: something was opened", method)
				}
				if strings.Contains(fmt.Sprint(err), "ghp_") {
					t.Errorf("%s: the token is in %v", method, err)
				}
			}
		})
	}
}

func TestATokenDoesNotFollowARedirect(t *testing.T) {
	t.Parallel()
	asked := make(chan string, 1)
	elsewhere := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { asked <- r.Header.Get("Authorization") }))
	defer elsewhere.Close()
	h := newHub(t)
	h.answer = refuse(307, "Location: "+elsewhere.URL)
	if _, err := h.connect(t).Open(t.Context(), bug()); deploy.CodeOf(err) != deploy.Invalid {
		t.Errorf("a redirect: %v", err)
	}
	select {
	case got := <-asked:
		t.Errorf("another server was called with %q", got)
	default:
	}
}

func TestACallEndsWithItsTime(t *testing.T) {
	t.Parallel()
	silent := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	defer silent.Close()
	n, err := github.New(github.Options{Repository: repository, Token: "t", URL: silent.URL, Timeout: 50 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := n.Open(t.Context(), bug()); deploy.CodeOf(err) != deploy.Unavailable {
		t.Errorf("no answer: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := n.Open(ctx, bug()); deploy.CodeOf(err) != deploy.Unavailable || !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

func TestSettings(t *testing.T) {
	t.Parallel()
	good := github.Options{Repository: repository, Token: "ghp_in-the-clear"}
	for name, change := range map[string]func(*github.Options){
		"no repository":             func(o *github.Options) { o.Repository = "" },
		"a repository's address":    func(o *github.Options) { o.Repository = "https://github.com/acme/coditect" },
		"a name that leads up":      func(o *github.Options) { o.Repository = "../user" },
		"no owner":                  func(o *github.Options) { o.Repository = "/coditect" },
		"no token":                  func(o *github.Options) { o.Token = "" },
		"a token in the clear":      func(o *github.Options) { o.URL = "http://github.example.com" },
		"no address":                func(o *github.Options) { o.URL = "github.example.com" },
		"an address nobody can use": func(o *github.Options) { o.URL = "://" },
	} {
		o := good
		change(&o)
		if _, err := github.New(o); deploy.CodeOf(err) != deploy.Invalid || !strings.Contains(deploy.Hint(err), "SLIPWAY_GITHUB_") {
			t.Errorf("%s: %v; %s", name, err, deploy.Hint(err))
		}
	}
	n, err := github.New(good)
	if err != nil || n.Name() != "GitHub acme/coditect" {
		t.Errorf("%v, %v", n, err)
	}
	text, err := json.Marshal(good)
	if shown := fmt.Sprintf("%v %+v %#v %s %v", good, good, good, text, err); strings.Contains(shown, "in-the-clear") {
		t.Errorf("the token shows: %s", shown)
	}
	if _, err := n.Open(t.Context(), deploy.Bug{Title: "x"}); deploy.CodeOf(err) != deploy.Invalid {
		t.Errorf("a report without a key: %v", err)
	}
}
