package load_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"slipway/internal/deploy"
	"slipway/internal/deploy/provider/load"
)

func TestARateIsKept(t *testing.T) {
	t.Parallel()
	var arrived atomic.Int64
	url := serve(t, func(http.ResponseWriter, *http.Request) { arrived.Add(1) })
	got := fire(t, rate(url, 200, time.Second))
	if got.Requests < 180 || got.Requests > 200 || got.Failed != 0 || arrived.Load() != got.Requests {
		t.Errorf("%+v, %d arrived", got, arrived.Load())
	}
	if got.Took < time.Second || got.Reasons != nil {
		t.Errorf("%+v", got)
	}
}

func TestTheMostIsNeverExceeded(t *testing.T) {
	t.Parallel()
	url := serve(t, ok)
	fast := rate(url, 1000, time.Second)
	fast.Check.Most = 40
	many := busy(url, 20, time.Second)
	many.Check.Most = 40
	for _, q := range []deploy.LoadRequest{fast, many} {
		if got := fire(t, q); got.Requests > 40 || got.Requests < 20 {
			t.Errorf("%d requests", got.Requests)
		}
	}
}

// A rate does not wait for answers, a concurrency does.
func TestHowManyAreUnansweredAtOnce(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		ask         func(string, int, time.Duration) deploy.LoadRequest
		n           int
		least, most int64
	}{
		"a rate sends what is due":           {func(url string, n int, d time.Duration) deploy.LoadRequest { return rate(url, float64(n), d) }, 40, 30, 1000},
		"a concurrency is as many":           {busy, 7, 7, 7},
		"a concurrency of one is one by one": {busy, 1, 1, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var now, most atomic.Int64
			release := make(chan struct{})
			url := serve(t, func(http.ResponseWriter, *http.Request) {
				n := now.Add(1)
				defer now.Add(-1)
				for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
				}
				<-release
			})
			enough := sync.OnceFunc(func() { close(release) })
			q := tc.ask(url, tc.n, time.Minute)
			q.Stop = func(s deploy.LoadStretch) bool {
				if most.Load() >= tc.least {
					enough()
				}
				return s.Requests >= 50
			}
			fire(t, q)
			if got := most.Load(); got < tc.least || got > tc.most {
				t.Errorf("%d at once, want %d to %d", got, tc.least, tc.most)
			}
		})
	}
}

func TestWhatIsCounted(t *testing.T) {
	t.Parallel()
	var (
		mu     sync.Mutex
		all    int
		failed = map[string]int{}
	)
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		n := all
		all++
		why := map[int]string{1: "503", 2: "404", 3: "404", 4: "302", 6: "connection broken off"}[n%10]
		if why != "" {
			failed[why]++
		}
		mu.Unlock()
		switch why {
		case "503":
			w.WriteHeader(http.StatusServiceUnavailable)
		case "404":
			w.WriteHeader(http.StatusNotFound)
		case "302":
			http.Redirect(w, r, "/elsewhere", http.StatusFound)
		case "":
			w.WriteHeader(http.StatusNoContent)
		default:
			panic(http.ErrAbortHandler)
		}
	})
	q := rate(url, 200, time.Second/2)
	q.Check.Targets[0].Method = "POST" // a GET on a kept connection is sent again when that breaks
	got := fire(t, q)
	if diff := cmp.Diff(failed, got.Reasons); diff != "" || got.Requests != int64(all) {
		t.Errorf("%d requests of %d; reasons (-want +got):\n%s", got.Requests, all, diff)
	}
	var sum int
	for _, n := range failed {
		sum += n
	}
	if got.Failed != int64(sum) || sum < 5 {
		t.Errorf("%d failed, want %d", got.Failed, sum)
	}
}

func TestReasonsAreFew(t *testing.T) {
	t.Parallel()
	var n atomic.Int64
	url := serve(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(400 + int(n.Add(1)%10)) })
	q := busy(url, 1, time.Minute)
	q.Check.Most = 200
	q.Stop = func(s deploy.LoadStretch) bool { return s.Requests >= 30 }
	got := fire(t, q)
	sum := 0
	for _, n := range got.Reasons {
		sum += n
	}
	if len(got.Reasons) != 5 || int64(sum) != got.Requests || int64(got.Reasons["other"]) < got.Requests/2 {
		t.Errorf("%d requests: %v", got.Requests, got.Reasons)
	}
}

func TestLatenciesAreThoseOfTheAnswers(t *testing.T) {
	t.Parallel()
	var n atomic.Int64
	url := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusOK)
		if n.Add(1)%5 == 0 { // it begins at once, and is over late
			_ = http.NewResponseController(w).Flush()
			<-time.After(300 * time.Millisecond)
		}
	})
	stretch := fire(t, rate(url, 100, time.Second))
	got := stretch.Latencies
	if p90 := got.Quantile(0.90); p90 < 300*time.Millisecond*100/104 {
		t.Errorf("p90 is %s", p90)
	}
	if got.Max < 300*time.Millisecond || got.Mean() < 60*time.Millisecond || got.Max > stretch.Took {
		t.Errorf("at most %s, mean %s, in %s", got.Max, got.Mean(), stretch.Took)
	}
}

func TestStopIsAskedAndEndsIt(t *testing.T) {
	t.Parallel()
	hang := make(chan struct{})
	defer close(hang)
	var n atomic.Int64
	url := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		if n.Add(1)%2 == 0 {
			select {
			case <-hang:
			case <-r.Context().Done():
			}
		}
	})
	q := rate(url, 100, time.Hour)
	var seen []deploy.LoadStretch
	q.Stop = func(s deploy.LoadStretch) bool {
		seen = append(seen, s)
		return s.Requests >= 20
	}
	got := fire(t, q)
	if len(seen) < 2 || got.Failed != 0 || got.Requests < 20 {
		t.Fatalf("asked %d times: %+v", len(seen), got)
	}
	last := seen[len(seen)-1]
	for i, s := range seen {
		if s.Latencies.Count() != s.Requests || s.Took <= 0 || s.Requests > last.Requests || i > 0 && s.Took <= seen[i-1].Took {
			t.Errorf("it was told %+v", s)
		}
	}
}

func TestTheContextEndsIt(t *testing.T) {
	t.Parallel()
	for name, rps := range map[string]float64{"while requests are unanswered": 100, "while it waits for the next": 0.0001} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithCancel(t.Context())
			url := serve(t, func(_ http.ResponseWriter, r *http.Request) {
				cancel()
				if rps > 1 {
					<-r.Context().Done()
				}
			})
			q := rate(url, rps, time.Hour)
			q.Check.Most = 100
			got, err := loader(t, nil).Fire(ctx, q)
			if err != nil || got.Requests > 1 || got.Failed != 0 {
				t.Errorf("%+v, %v", got, err)
			}
		})
	}
}

func TestTargetsAreTakenInTurn(t *testing.T) {
	t.Parallel()
	type asked struct{ Is, Key, Kind, Host, Body string }
	var (
		mu  sync.Mutex
		all = map[asked]int64{}
		odd []string
	)
	url := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		text, _ := io.ReadAll(r.Body)
		mu.Lock()
		defer mu.Unlock()
		all[asked{r.Method + " " + r.RequestURI, r.Header.Get("X-Key"), r.Header.Get("Content-Type"), r.Host, string(text)}]++
		for name := range r.Header {
			switch name {
			case "User-Agent", "X-Key", "Content-Type", "Content-Length":
			default:
				odd = append(odd, name)
			}
		}
	})
	vault := &secrets{values: map[string]string{"API_KEY": apiKey + "\n"}}
	q := rate(url+"/base/", 100, time.Hour)
	q.Check.Targets = []deploy.Call{
		{Path: "/v/${VERSION}?key=${secret:API_KEY}", Headers: map[string]string{"X-Key": "Key ${secret:API_KEY}", "Host": "shop.example"}},
		{Method: "POST", Path: "//in", Body: `{"env":"${ENVIRONMENT}","key":"${secret:API_KEY}"}`, Timeout: 10 * time.Second},
	}
	q.Stop = func(s deploy.LoadStretch) bool { return s.Requests >= 20 }
	got, err := loader(t, &load.Options{Secrets: vault}).Fire(t.Context(), q)
	if err != nil || got.Failed != 0 {
		t.Fatalf("%+v, %v", got, err)
	}
	host := url[len("http://"):]
	first := asked{Is: "GET /base/v/v1.2.4?key=" + apiKey, Key: "Key " + apiKey, Host: "shop.example"}
	second := asked{Is: "POST /base//in", Kind: "application/json", Host: host, Body: fmt.Sprintf(`{"env":"production","key":%q}`, apiKey)}
	mu.Lock()
	defer mu.Unlock()
	if len(all) != 2 || all[first]-all[second] > 1 || all[second] > all[first] || all[first]+all[second] < got.Requests {
		t.Errorf("%d requests: %+v", got.Requests, all)
	}
	if diff := cmp.Diff(map[string]int{"API_KEY": 1}, vault.read); diff != "" || len(odd) != 0 {
		t.Errorf("secrets read (-want +got):\n%s; headers that nobody asked for: %v", diff, odd)
	}
}

func TestConnectionsAreKeptBetweenStretches(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	from := map[string]bool{}
	url := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		from[r.RemoteAddr] = true
	})
	l := loader(t, nil)
	for range 3 {
		q := busy(url, 1, 100*time.Millisecond)
		q.Check.Most = 100
		if got, err := l.Fire(t.Context(), q); err != nil || got.Requests < 2 {
			t.Fatalf("%+v, %v", got, err)
		}
	}
	if len(from) != 1 {
		t.Errorf("%d connections", len(from))
	}
}
