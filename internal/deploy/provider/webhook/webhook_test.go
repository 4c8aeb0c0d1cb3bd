package webhook_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"slipway/internal/deploy"
	"slipway/internal/deploy/provider/webhook"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const path = "/hooks/T0-in-the-clear"

// receiver is somebody's server, which knows a report again by its key.
type receiver struct {
	*httptest.Server
	mu     sync.Mutex
	opened map[string]string // address by key
	bodies [][]byte
	header []http.Header
	answer http.HandlerFunc // instead of its own
	lose   int              // that many answers are lost after they have taken effect
}

func newReceiver(t *testing.T) *receiver {
	t.Helper()
	r := &receiver{opened: map[string]string{}}
	r.Server = httptest.NewServer(http.HandlerFunc(r.take))
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) take(w http.ResponseWriter, req *http.Request) {
	r.mu.Lock()
	defer r.mu.Unlock()
	body, err := io.ReadAll(req.Body)
	if err != nil || req.Method != http.MethodPost || req.URL.Path != path {
		w.WriteHeader(http.StatusTeapot)
		return
	}
	r.bodies, r.header = append(r.bodies, body), append(r.header, req.Header)
	if r.answer != nil {
		r.answer(w, req)
		return
	}
	key := req.Header.Get("Idempotency-Key")
	if r.opened[key] == "" {
		r.opened[key] = fmt.Sprintf("https://bugs.example.com/%d", len(r.opened)+1)
	}
	if r.lose > 0 {
		r.lose--
		panic(http.ErrAbortHandler)
	}
	w.WriteHeader(http.StatusCreated)
	_ = json.NewEncoder(w).Encode(map[string]string{"url": r.opened[key]})
}

func (r *receiver) connect(t *testing.T, secret webhook.Secret) *webhook.Notifier {
	t.Helper()
	n, err := webhook.New(webhook.Options{URL: r.URL + path, Secret: secret, Timeout: 2 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func bug() deploy.Bug {
	return deploy.Bug{Release: "app-42", Key: "slipway/app-42", Title: "app-42 was taken back", Body: "## What\n<happened>", By: "Alice"}
}

func TestAReportIsPostedWithItsKeyAndSignature(t *testing.T) {
	t.Parallel()
	r := newReceiver(t)
	link, err := r.connect(t, "hush").Open(t.Context(), bug())
	if err != nil || link != "https://bugs.example.com/1" {
		t.Errorf("link %q, %v", link, err)
	}
	var got map[string]any
	if err := json.Unmarshal(r.bodies[0], &got); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"event": "bug", "key": "slipway/app-42", "release": "app-42", "title": "app-42 was taken back", "body": "## What\n<happened>", "by": "Alice",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("body (-want +got):\n%s", diff)
	}
	mac := hmac.New(sha256.New, []byte("hush"))
	mac.Write(r.bodies[0])
	for name, want := range map[string]string{
		"Idempotency-Key": "slipway/app-42", "Content-Type": "application/json", "X-Slipway-Signature-256": "sha256=" + hex.EncodeToString(mac.Sum(nil)),
	} {
		if got := r.header[0].Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
}

func TestWithoutASecretNothingIsSigned(t *testing.T) {
	t.Parallel()
	r := newReceiver(t)
	if _, err := r.connect(t, "").Open(t.Context(), bug()); err != nil {
		t.Fatal(err)
	}
	if got := r.header[0].Values("X-Slipway-Signature-256"); len(got) != 0 {
		t.Errorf("signed with nothing: %q", got)
	}
}

func TestTheSameReportGoesUnderTheSameKey(t *testing.T) {
	t.Parallel()
	r := newReceiver(t)
	r.lose = 1
	if _, err := r.connect(t, "").Open(t.Context(), bug()); deploy.CodeOf(err) != deploy.Unavailable {
		t.Errorf("with a lost answer: %v", err)
	}
	for range 2 {
		if link, err := r.connect(t, "").Open(t.Context(), bug()); err != nil || link != "https://bugs.example.com/1" {
			t.Errorf("again: link %q, %v", link, err)
		}
	}
	other := bug()
	other.Key = "app-43\r\nX-Other: 1"
	if link, err := r.connect(t, "").Open(t.Context(), other); err != nil || link != "https://bugs.example.com/2" {
		t.Errorf("another key: link %q, %v", link, err)
	}
}

func TestAnyAnswerOfSuccessWillDo(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		status       int
		answer, want string
	}{
		"an address":              {200, `{"url":"http://bugs.internal:8080/7","more":1}`, "http://bugs.internal:8080/7"},
		"nothing":                 {204, "", ""},
		"accepted for later":      {202, "ok", ""},
		"another kind of JSON":    {200, `["url"]`, ""},
		"a number":                {200, `{"url":7}`, ""},
		"no address anybody uses": {200, `{"url":"javascript:alert(1)"}`, ""},
		"an address without host": {200, `{"url":"/7"}`, ""},
		"more than is read":       {200, `{"x":"` + strings.Repeat("x", 100_000) + `","url":"https://bugs.example.com/1"}`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newReceiver(t)
			r.answer = func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(tc.status)
				_, _ = io.WriteString(w, tc.answer)
			}
			if link, err := r.connect(t, "").Open(t.Context(), bug()); err != nil || link != tc.want {
				t.Errorf("link %q, %v, want %q", link, err, tc.want)
			}
		})
	}
}

func TestWhatARefusalMeans(t *testing.T) {
	t.Parallel()
	for status, tc := range map[int]struct {
		want      deploy.Code
		msg, hint string // part of them
	}{
		301: {deploy.Invalid, "points elsewhere (301)", "redirects are not followed"},
		307: {deploy.Invalid, "points elsewhere (307)", "redirects are not followed"},
		400: {deploy.Invalid, "refuses the report (400)", "log"},
		401: {deploy.Forbidden, "refuses the report (401)", "SLIPWAY_WEBHOOK_SECRET"},
		403: {deploy.Forbidden, "refuses the report (403)", "SLIPWAY_WEBHOOK_SECRET"},
		404: {deploy.NotFound, "knows no such address (404)", "SLIPWAY_WEBHOOK_URL"},
		410: {deploy.NotFound, "knows no such address (410)", "SLIPWAY_WEBHOOK_URL"},
		408: {deploy.Unavailable, "cannot take the report now (408)", "again in 30 s"},
		425: {deploy.Unavailable, "cannot take the report now (425)", "again in 30 s"},
		429: {deploy.Unavailable, "asks Slipway to slow down", "again in 30 s"},
		500: {deploy.Unavailable, "cannot take the report now (500)", "again in 30 s"},
		503: {deploy.Unavailable, "cannot take the report now (503)", "again in 30 s"},
	} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			t.Parallel()
			r := newReceiver(t)
			r.answer = func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Retry-After", "30")
				w.Header().Set("Location", "/elsewhere")
				w.WriteHeader(status)
			}
			_, err := r.connect(t, "").Open(t.Context(), bug())
			if deploy.CodeOf(err) != tc.want || !strings.Contains(deploy.Message(err), tc.msg) || !strings.Contains(deploy.Hint(err), tc.hint) {
				t.Errorf("code %s, message %q, hint %q", deploy.CodeOf(err), deploy.Message(err), deploy.Hint(err))
			}
			if len(r.bodies) != 1 {
				t.Errorf("%d calls, want 1", len(r.bodies))
			}
		})
	}
}

func TestSilenceKeepsTheAddressToItself(t *testing.T) {
	t.Parallel()
	r := newReceiver(t)
	n := r.connect(t, "hush")
	r.Close()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	silent := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, req *http.Request) {
		_, _ = io.Copy(io.Discard, req.Body)
		<-req.Context().Done()
	}))
	defer silent.Close()
	slow, err := webhook.New(webhook.Options{URL: silent.URL + path, Timeout: 50 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	_, gone := n.Open(t.Context(), bug())
	_, cancelled := n.Open(ctx, bug())
	_, late := slow.Open(t.Context(), bug())
	for want, err := range map[string]error{"does not answer": gone, "was broken off": cancelled, "did not answer within 0.05 s": late} {
		if deploy.CodeOf(err) != deploy.Unavailable || !strings.Contains(deploy.Message(err), want) {
			t.Errorf("%v, want it to say %q", err, want)
		}
		if strings.Contains(fmt.Sprint(err)+deploy.Hint(err), "in-the-clear") {
			t.Errorf("the address is in %v", err)
		}
	}
	if !errors.Is(cancelled, context.Canceled) {
		t.Errorf("context.Canceled is not in the chain of %v", cancelled)
	}
}

func TestALongReportIsCut(t *testing.T) {
	t.Parallel()
	r := newReceiver(t)
	b := bug()
	b.Body = strings.Repeat("ü", 1_000_000)
	if _, err := r.connect(t, "").Open(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	var got struct{ Body string }
	if err := json.Unmarshal(r.bodies[0], &got); err != nil || len(got.Body) > 100_000 || !strings.HasSuffix(got.Body, "ü…") {
		t.Errorf("%d bytes, %v", len(got.Body), err)
	}
}

func TestSettings(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"", "hooks.example.com/in-the-clear", "ftp://h/in-the-clear", "https:///in-the-clear", "https://h:in-the-clear/"} {
		_, err := webhook.New(webhook.Options{URL: bad})
		if deploy.CodeOf(err) != deploy.Invalid || !strings.Contains(deploy.Message(err), "SLIPWAY_WEBHOOK_URL") || strings.Contains(err.Error(), "in-the-clear") {
			t.Errorf("%q: %v", bad, err)
		}
	}
	good := webhook.Options{URL: "https://user:pass@hooks.example.com/in-the-clear", Secret: "hush"}
	n, err := webhook.New(good)
	if err != nil || n.Name() != "webhook hooks.example.com" {
		t.Errorf("%v, %v", n, err)
	}
	if shown := fmt.Sprintf("%v %#v", good, good); strings.Contains(shown, "hush") {
		t.Errorf("the secret shows: %s", shown)
	}
	if _, err := n.Open(t.Context(), deploy.Bug{Title: "x"}); deploy.CodeOf(err) != deploy.Invalid {
		t.Errorf("a report without a key: %v", err)
	}
}
