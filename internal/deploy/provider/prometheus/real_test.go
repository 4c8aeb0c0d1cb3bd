//go:build realprometheus

// Run by hand where there is a prometheus with its promtool, as Debian's package has them:
//
//	go test -tags realprometheus -run Real ./internal/deploy/provider/prometheus
package prometheus_test

import (
	"bytes"
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"slipway/internal/deploy"
	"slipway/internal/deploy/provider/metricstest"
	"slipway/internal/deploy/provider/prometheus"
)

// genuine is a real Prometheus behind the fake, which keeps the series until somebody asks and has things go wrong.
type genuine struct {
	*fake

	t      *testing.T
	target *httputil.ReverseProxy
	stop   func()
	built  int // samples that it has
}

func newGenuine(t *testing.T) *genuine {
	f := newFake()
	f.start = time.Now().Truncate(time.Minute).Add(-6 * time.Minute)
	f.now = f.start.Add(5 * time.Minute)
	g := &genuine{fake: f, t: t, stop: func() {}}
	t.Cleanup(func() { g.stop() })
	return g
}

func (g *genuine) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	g.mu.Lock()
	if g.status != 0 || g.hang || g.nan {
		g.mu.Unlock()
		g.fake.ServeHTTP(w, r)
		return
	}
	g.calls++
	n := 0
	for _, s := range g.series {
		n += len(s)
	}
	if n != g.built || g.target == nil {
		g.built = n
		g.build()
	}
	target := g.target
	g.mu.Unlock()
	target.ServeHTTP(w, r)
}

// build starts a Prometheus with what there is by now. Under mu.
func (g *genuine) build() {
	g.stop()
	dir, err := os.MkdirTemp("", "prometheus")
	if err != nil {
		g.t.Fatal(err)
	}
	var text bytes.Buffer
	for _, key := range slices.Sorted(maps.Keys(g.series)) {
		for _, s := range g.series[key] {
			fmt.Fprintf(&text, "%s %g %d\n", key, s.v, s.at.Unix())
		}
	}
	text.WriteString("# EOF\n")
	if err := os.WriteFile(filepath.Join(dir, "samples"), text.Bytes(), 0o600); err != nil {
		g.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "config.yml"), nil, 0o600); err != nil {
		g.t.Fatal(err)
	}
	if len(g.series) > 0 {
		if out, err := exec.Command("promtool", "tsdb", "create-blocks-from", "openmetrics", filepath.Join(dir, "samples"), filepath.Join(dir, "data")).CombinedOutput(); err != nil {
			g.t.Fatalf("%v: %s", err, out)
		}
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		g.t.Fatal(err)
	}
	address := l.Addr().String()
	_ = l.Close()
	cmd := exec.Command("prometheus", "--config.file", filepath.Join(dir, "config.yml"), "--storage.tsdb.path", filepath.Join(dir, "data"), "--web.listen-address", address)
	if err := cmd.Start(); err != nil {
		g.t.Fatal(err)
	}
	g.stop = func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		_ = os.RemoveAll(dir)
	}
	g.target = httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: address})
	g.target.Transport = &http.Transport{DisableKeepAlives: true}
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for range 200 {
		if res, err := http.Get("http://" + address + "/-/ready"); err == nil {
			_ = res.Body.Close()
			if res.StatusCode == http.StatusOK {
				http.DefaultTransport.(*http.Transport).CloseIdleConnections()
				return
			}
		}
		<-tick.C
	}
	g.t.Fatal("prometheus does not become ready")
}

func (g *genuine) serve() string {
	server := httptest.NewServer(g)
	g.t.Cleanup(server.Close)
	return server.URL
}

func TestRealConformance(t *testing.T) {
	metricstest.RunMetrics(t, func(t *testing.T) metricstest.Harness {
		g := newGenuine(t)
		return metricstest.Harness{
			Connect: func() deploy.Metrics { return connect(t, nil) },
			Service: ref, Spec: spec(g.serve()), Start: g.start, Step: g.step, Levers: g,
		}
	})
}

func TestRealCounterThatBeginsAgain(t *testing.T) {
	g := newGenuine(t)
	key := fmt.Sprintf(`http_requests_total{service=%q,revision=%q,code="200"}`, ref.Name, revision)
	for i := range 20 {
		v := float64(10 * (i + 1))
		if i >= 10 { // the process was started again
			v -= 100
		}
		g.put(key, g.start.Add(time.Duration(i+1)*g.step), v, false)
	}
	got, err := connect(t, &prometheus.Options{}).Read(t.Context(), deploy.MetricsQuery{
		Service: ref, Spec: spec(g.serve()), Revisions: []deploy.RevisionName{revision},
		From: g.start.Add(5 * g.step), To: g.start.Add(15 * g.step),
	})
	if n := got.Revisions[revision].Requests; err != nil || n < 95 || n > 105 {
		t.Errorf("%d requests, want about 100: %v", n, err)
	}
}
