package load_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"slipway/internal/deploy"
)

// What HTTP/1.1 has, with as many requests as one connection can be spoilt by.
func TestAnswersOfAllKinds(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		method, body string
		answer       http.HandlerFunc
		want         string // "" for none failed
		kept         bool   // all on one connection
	}{
		"with a length":    {answer: func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "here") }, kept: true},
		"without anything": {answer: func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }, kept: true},
		"to HEAD":          {method: "HEAD", answer: func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Content-Length", "100") }, kept: true},
		"in pieces":        {answer: func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, strings.Repeat("piece ", 5000)) }, kept: true},
		"with early hints": {answer: func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusEarlyHints)
			fmt.Fprint(w, "here")
		}, kept: true},
		"with a trailer": {answer: func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Trailer", "Sum")
			fmt.Fprint(w, "x")
			w.Header().Set("Sum", "1")
		}, kept: true},
		"that end it": {answer: func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Connection", "close")
			fmt.Fprint(w, "bye")
		}},
		"to a body":            {method: "POST", body: "some text", answer: func(_ http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) }, kept: true},
		"to a body unread":     {method: "POST", body: strings.Repeat("x", 4<<20), answer: func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusRequestEntityTooLarge) }, want: "413"},
		"with too many hints":  {answer: func(w http.ResponseWriter, _ *http.Request) { hint(w, 20) }, want: "no answer that is HTTP"},
		"with endless headers": {answer: func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("X", strings.Repeat("x", 1<<20)) }, want: "connection broken off"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var mu sync.Mutex
			from := map[string]int{}
			url := serve(t, func(w http.ResponseWriter, r *http.Request) {
				mu.Lock()
				from[r.RemoteAddr]++
				mu.Unlock()
				tc.answer(w, r)
			})
			q := busy(url, 1, 100*time.Millisecond)
			q.Check.Most = 100
			q.Check.Targets = []deploy.Call{{Path: "/", Method: tc.method, Body: tc.body}}
			got, err := loader(t, nil).Fire(t.Context(), q)
			failed := int64(got.Reasons[tc.want])
			if got.Requests < 2 || tc.want == "" && (err != nil || got.Failed != 0) || tc.want == "413" && failed == 0 || tc.want != "" && tc.want != "413" && failed != got.Requests {
				t.Errorf("%+v, %v", got, err)
			}
			if tc.kept != (len(from) == 1) {
				t.Errorf("%d connections", len(from))
			}
		})
	}
}

func hint(w http.ResponseWriter, times int) {
	for range times {
		w.WriteHeader(http.StatusEarlyHints)
	}
}

// lines serves connections by hand: each answers so many requests, and is closed when the next has come.
func lines(t *testing.T, each int, answer string) (url string, opened, asked *atomic.Int64) {
	t.Helper()
	opened, asked = &atomic.Int64{}, &atomic.Int64{}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	all.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			opened.Add(1)
			all.Go(func() {
				defer c.Close()
				in := bufio.NewReader(c)
				for n := 0; ; n++ {
					if _, err := http.ReadRequest(in); err != nil || n == each {
						return
					}
					asked.Add(1)
					_, _ = io.WriteString(c, answer)
				}
			})
		}
	})
	t.Cleanup(func() {
		l.Close()
		all.Wait()
	})
	return "http://" + l.Addr().String(), opened, asked
}

const fine = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

// A service may close a connection at any time that nothing is asked on it; that is not a failure.
func TestAConnectionThatWasClosedMeanwhile(t *testing.T) {
	t.Parallel()
	for method, want := range map[string]bool{"GET": true, "HEAD": true, "POST": false} {
		t.Run(method, func(t *testing.T) {
			t.Parallel()
			answer := fine
			if method == "HEAD" {
				answer = strings.TrimSuffix(fine, "ok")
			}
			url, opened, asked := lines(t, 3, answer)
			q := busy(url, 1, 100*time.Millisecond)
			q.Check.Most, q.Check.Targets[0].Method = 100, method
			got, err := loader(t, nil).Fire(t.Context(), q)
			if err != nil || got.Requests < 4 || (got.Failed == 0) != want || opened.Load() < 2 {
				t.Errorf("%+v on %d connections, %v", got, opened.Load(), err)
			}
			if got.Requests-got.Failed != asked.Load() {
				t.Errorf("%d of %d were answered: %+v", asked.Load(), got.Requests, got)
			}
		})
	}
}

func TestAnswersThatNobodyHasAskedForAreNotTaken(t *testing.T) {
	t.Parallel()
	url, opened, asked := lines(t, 1000, fine+"HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n")
	q := busy(url, 1, 100*time.Millisecond)
	q.Check.Most = 100
	if got := fire(t, q); got.Failed != 0 || opened.Load() != asked.Load() {
		t.Errorf("%+v on %d connections", got, opened.Load())
	}
}

func TestPrivateConnectionsAreNotForWhoMayNotCallThem(t *testing.T) {
	t.Parallel()
	l := loader(t, nil)
	q := rate(strings.Replace(serve(t, ok), "127.0.0.1", "localhost", 1), 20, time.Second/10)
	if got, err := l.Fire(t.Context(), q); err != nil || got.Failed != 0 {
		t.Fatalf("%+v, %v", got, err)
	}
	q.Public = true
	got, err := l.Fire(t.Context(), q)
	fails(t, err, deploy.Invalid, "is the bot's own machine")
	if got.Requests != got.Failed {
		t.Errorf("%+v", got)
	}
}

func TestThroughAProxy(t *testing.T) {
	t.Parallel()
	var seen atomic.Int64
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch seen.Add(1); {
		case r.URL.Host != "127.0.0.1:1" || len(r.Header["X-Vegeta-Seq"])+len(r.Header["Slipway-Target"]) > 0:
			w.WriteHeader(http.StatusTeapot)
		case r.URL.Path == "/slow":
			<-r.Context().Done()
		}
	}))
	t.Cleanup(proxy.Close)
	at, err := url.Parse(proxy.URL)
	if err != nil {
		t.Fatal(err)
	}
	l := loader(t, nil)
	l.Through(at)
	q := rate("http://127.0.0.1:1", 20, time.Second/2)
	q.Check.Targets = []deploy.Call{{Path: "/"}, {Path: "/slow", Timeout: 20 * time.Millisecond}}
	got, err := l.Fire(t.Context(), q)
	if err != nil || got.Requests != seen.Load() || got.Failed == 0 || int64(got.Reasons["no answer in time"]) != got.Failed || got.Failed > got.Requests/2 {
		t.Errorf("%+v, %d seen, %v", got, seen.Load(), err)
	}
}
