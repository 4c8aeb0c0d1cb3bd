package httpcheck_test

import (
	"context"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"slipway/internal/deploy"
	"slipway/internal/deploy/provider/httpcheck"
)

// instead replaces an answer of the service.
func (s *service) replace(at string, h http.HandlerFunc) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.instead[at] = h
}

func status(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
}

func TestWhatWasMadeIsCleanedUpWhateverHappens(t *testing.T) {
	t.Parallel()
	const read = "GET /api/v1/resources/r/1"
	tests := map[string]struct {
		change func(s *service, c *deploy.Check, cancel func())
		code   deploy.Code
	}{
		"all goes well":   {func(*service, *deploy.Check, func()) {}, ""},
		"a call is wrong": {func(s *service, _ *deploy.Check, _ func()) { s.replace(read, status(500)) }, deploy.Invalid},
		"jq is wrong":     {func(_ *service, c *deploy.Check, _ func()) { c.Calls[3].Expect.JSON = []string{".a.b.c == 1"} }, deploy.Invalid},
		"creating it was not as expected": {func(_ *service, c *deploy.Check, _ func()) {
			c.Calls[2].Expect = deploy.Expect{Status: 200}
		}, deploy.Invalid},
		"one of its captures fails": {func(_ *service, c *deploy.Check, _ func()) {
			c.Calls[2].Capture = map[string]string{"A": ".none", "RESOURCE_ID": ".id", "Z": ".none"}
		}, deploy.Invalid},
		"a call hangs": {func(s *service, c *deploy.Check, _ func()) {
			s.replace(read, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
			c.Calls[3].Timeout = 50 * time.Millisecond
		}, deploy.Unavailable},
		"the time is up": {func(s *service, c *deploy.Check, _ func()) {
			s.replace(read, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
			c.Within = time.Second
		}, deploy.Unavailable},
		"the connection breaks": {func(s *service, _ *deploy.Check, _ func()) {
			s.replace(read, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
		}, deploy.Unavailable},
		"the caller gives up": {func(s *service, _ *deploy.Check, cancel func()) {
			s.replace(read, func(_ http.ResponseWriter, r *http.Request) {
				cancel()
				<-r.Context().Done()
			})
		}, deploy.Unavailable},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, c := serve(t), functional()
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			tc.change(s, &c, cancel)
			_, err := httpcheck.New(nil).Run(ctx, deploy.CheckRequest{Check: c, BaseURL: s.URL, Values: map[string]string{"VERSION": "v1.2.4"}})
			if deploy.CodeOf(err) != tc.code {
				t.Errorf("%v, want %s", err, tc.code)
			}
			asked := s.requests()
			if last := asked[len(asked)-1]; last != "DELETE /api/v1/resources/r/1" {
				t.Errorf("%v", asked)
			}
			s.mu.Lock()
			defer s.mu.Unlock()
			if len(s.resources) != 0 {
				t.Errorf("%v are left", s.resources)
			}
		})
	}
}

func TestThereIsNothingToCleanUpBeforeAnythingWasMade(t *testing.T) {
	t.Parallel()
	s := serve(t)
	s.replace("POST /api/v1/auth/login", status(http.StatusUnauthorized))
	c := functional()
	c.Cleanup = append(c.Cleanup, get("/health", deploy.Expect{}))
	_, err := run(t, s.URL, c, nil)
	refused(t, err, deploy.Invalid, "call 2 of 4 (log in): POST ", "answered 401")
	if strings.Contains(deploy.Message(err), "leaning") {
		t.Errorf("%v", err)
	}
	if diff := cmp.Diff([]string{"POST /api/v1/users", "POST /api/v1/auth/login", "GET /health"}, s.requests()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := httpcheck.New(nil).Run(ctx, deploy.CheckRequest{Check: check(get("/", deploy.Expect{})), BaseURL: s.URL}); deploy.CodeOf(err) != deploy.Unavailable {
		t.Errorf("%v", err)
	}
}

func TestACleanUpThatFails(t *testing.T) {
	t.Parallel()
	remove := func(path string, s int) deploy.Call {
		return deploy.Call{Method: "DELETE", Path: path, Timeout: 5 * time.Second, Expect: deploy.Expect{Status: s}}
	}
	url := handle(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/500":
			w.WriteHeader(http.StatusInternalServerError)
		case "/404":
			w.WriteHeader(http.StatusNotFound)
		case "/410":
			w.WriteHeader(http.StatusGone)
		}
	})
	c := check(get("/", deploy.Expect{}))
	c.Tries = 3
	c.Cleanup = []deploy.Call{remove("/500", 0), remove("/404", 204), remove("/", 0)}
	clock := &stepping{}
	_, err := run(t, url, c, &httpcheck.Options{Clock: clock})
	refused(t, err, deploy.Invalid, "everything was as expected, but cleaning up failed: clean-up call 1 of 3: DELETE "+url+"/500 answered 500",
		"; clean-up call 2 of 3: DELETE "+url+"/404 answered 404, expected 204")
	if !strings.Contains(deploy.Hint(err), "by hand") || len(clock.timers) != 0 {
		t.Errorf("hint %q, tried again after %v: telling the story once more does not clean up the first", deploy.Hint(err), clock.timers)
	}
	c.Calls[0].Path = "/404"
	_, err = run(t, url, c, &httpcheck.Options{Clock: clock})
	refused(t, err, deploy.Invalid, "call: GET "+url+"/404 answered 404, expected 200 to 299", " (3 times). Cleaning up failed, too: clean-up call 1 of 3")

	c.Calls[0].Path, c.Cleanup = "/", []deploy.Call{remove("/404", 0), remove("/410", 0)}
	if _, err := run(t, url, c, nil); err != nil {
		t.Errorf("what is gone need not be removed: %v", err)
	}
	c.Cleanup = []deploy.Call{get("/404", deploy.Expect{})}
	_, err = run(t, url, c, nil)
	refused(t, err, deploy.Invalid, "clean-up call: GET")
}

func TestTries(t *testing.T) {
	t.Parallel()
	s := serve(t)
	var reads atomic.Int64
	s.replace("GET /api/v1/resources/r/1", status(503))
	s.replace("GET /api/v1/resources/r/2", func(http.ResponseWriter, *http.Request) {
		reads.Add(1)
		panic(http.ErrAbortHandler)
	})
	c := functional()
	c.Tries = 3
	clock := &stepping{}
	report, err := run(t, s.URL, c, &httpcheck.Options{Clock: clock, Pause: 3 * time.Second})
	if err != nil || report.Tries != 3 || report.Calls != 4 || report.Took < 6*time.Second {
		t.Errorf("%+v, %v", report, err)
	}
	if diff := cmp.Diff([]time.Duration{3 * time.Second, 3 * time.Second}, clock.timers); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if len(s.resources) != 0 || s.next != 3 || reads.Load() == 0 {
		t.Errorf("%v are left of %d", s.resources, s.next)
	}
	c = check(get("/nothing", deploy.Expect{}))
	c.Tries = 4
	_, err = run(t, s.URL, c, &httpcheck.Options{Clock: &stepping{}})
	refused(t, err, deploy.Invalid, " (4 times)")
	c.Within = 5 * time.Second
	_, err = run(t, s.URL, c, &httpcheck.Options{Clock: &stepping{}})
	refused(t, err, deploy.Invalid, " (try 3 of 4; no time for another)")
}

func TestNoTryBeginsWithoutTimeToCleanUp(t *testing.T) {
	t.Parallel()
	s := serve(t)
	c := check(get("/nothing", deploy.Expect{}))
	for range 10 { // each is 30 ms by the clock
		c.Cleanup = append(c.Cleanup, get("/health", deploy.Expect{}))
	}
	c.Within, c.Tries = 600*time.Millisecond, 5
	_, err := run(t, s.URL, c, &httpcheck.Options{Clock: &stepping{}, Pause: time.Millisecond})
	refused(t, err, deploy.Invalid, " (try 1 of 5; no time for another)")
}

// held is a clock whose timers never end.
type held struct {
	deploy.SystemClock
	waits chan time.Duration
}

func (h held) NewTimer(d time.Duration) (<-chan time.Time, func()) {
	h.waits <- d
	return nil, func() {}
}

func TestThePauseEndsWithTheCaller(t *testing.T) {
	t.Parallel()
	s := serve(t)
	c := check(get("/nothing", deploy.Expect{}))
	c.Tries = 2
	ctx, cancel := context.WithCancel(t.Context())
	clock := held{waits: make(chan time.Duration)}
	go func() {
		<-clock.waits
		cancel()
	}()
	_, err := httpcheck.New(&httpcheck.Options{Clock: clock}).Run(ctx, deploy.CheckRequest{Check: c, BaseURL: s.URL})
	refused(t, err, deploy.Unavailable, "the check was broken off")
}

func TestEveryTryHasItsOwnConnections(t *testing.T) {
	t.Parallel()
	seen := map[string]int{}
	url := handle(t, func(_ http.ResponseWriter, r *http.Request) { seen[r.RemoteAddr]++ })
	c := check(get("/", deploy.Expect{}), get("/", deploy.Expect{}), get("/", deploy.Expect{Status: 204}))
	c.Tries = 2
	_, err := run(t, url, c, &httpcheck.Options{Clock: &stepping{}})
	refused(t, err, deploy.Invalid, "call 3 of 3")
	if diff := cmp.Diff([]int{3, 3}, counts(seen)); diff != "" {
		t.Errorf("(-want +got): traffic may have moved in between\n%s", diff)
	}
}

func counts(m map[string]int) []int {
	var all []int
	for _, n := range m {
		all = append(all, n)
	}
	return all
}
