package prometheus_test

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"slipway/internal/deploy"
	"slipway/internal/deploy/provider/metricstest"
	"slipway/internal/deploy/provider/prometheus"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var ref = deploy.ServiceRef{Kind: deploy.CloudRun, Project: "p", Region: "r", Name: "coditect-app"}

const revision deploy.RevisionName = "app-r42-1"

const (
	database = "db-1"
	most     = 200
)

// sample is one value of a series.
type sample struct {
	at time.Time
	v  float64
}

// fake answers instant queries in the form of the API. It keeps series as Prometheus does, and works out the few shapes
// of query that the adapter makes: of a counter, what it counted in the window.
type fake struct {
	now, start time.Time
	step       time.Duration

	mu     sync.Mutex
	series map[string][]sample // by metric{label="value",…}
	status int                 // 0: in order
	hang   bool
	nan    bool
	calls  int
	form   []string // queries
	auth   []string
}

func (f *fake) serve(t *testing.T) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(f)
	t.Cleanup(server.Close)
	return server
}

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_ = r.ParseForm()
	f.mu.Lock()
	f.calls++
	f.form = append(f.form, r.Form.Get("query"))
	f.auth = append(f.auth, r.Header.Get("Authorization"))
	status, hang := f.status, f.hang
	f.mu.Unlock()
	switch {
	case hang:
		_, _ = io.Copy(io.Discard, r.Body)
		<-r.Context().Done()
		return
	case status != 0:
		http.Error(w, "no", status)
		return
	case r.URL.Path != "/api/v1/query":
		http.NotFound(w, r)
		return
	}
	at := f.now
	if s := r.Form.Get("time"); s != "" {
		seconds, _ := strconv.ParseFloat(s, 64)
		at = time.UnixMilli(int64(math.Round(seconds * 1000)))
	}
	result, err := f.evaluate(r.Form.Get("query"), at)
	if err != nil {
		answer(w, http.StatusBadRequest, map[string]any{"status": "error", "errorType": "bad_data", "error": err.Error()})
		return
	}
	answer(w, http.StatusOK, map[string]any{"status": "success", "data": map[string]any{"resultType": "vector", "result": result}})
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

var (
	selector = regexp.MustCompile(`([a-z_]+)\{([^}]*)\}|count\(last_over_time\(([a-z_]+)\[`)
	matcher  = regexp.MustCompile(`([a-z_]+)(=~|!=|=)("(?:[^"\\]|\\.)*")`)
	ranged   = regexp.MustCompile(`\[(\d+)ms\]`)
	grouped  = regexp.MustCompile(`by \(([^)]*)\)`)
)

// evaluate knows the queries of the adapter by their first function.
func (f *fake) evaluate(query string, at time.Time) ([]map[string]any, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	found := selector.FindStringSubmatch(query)
	if found == nil {
		return nil, fmt.Errorf("no selector in %s", query)
	}
	chosen, err := f.chosen(found[1]+found[3], found[2])
	if err != nil {
		return nil, err
	}
	from := at.Add(-time.Hour)
	if m := ranged.FindStringSubmatch(query); m != nil {
		ms, _ := strconv.ParseInt(m[1], 10, 64)
		from = at.Add(-time.Duration(ms) * time.Millisecond)
	}
	var by []string
	if m := grouped.FindStringSubmatch(query); m != nil {
		by = strings.Split(m[1], ", ")
	}
	switch {
	case strings.HasPrefix(query, "sum by"):
		return f.sum(chosen, by, func(s []sample) (float64, bool) {
			return counted(s, from, at, strings.Contains(query, " unless "))
		}), nil
	case strings.HasPrefix(query, "label_replace("):
		return f.gauge(chosen, by, from, at), nil
	case strings.HasPrefix(query, "max("):
		newest := time.Time{}
		for _, series := range chosen {
			for _, s := range series {
				if !s.at.After(at) && s.at.After(newest) {
					newest = s.at
				}
			}
		}
		if newest.IsZero() || strings.HasPrefix(query, "max(timestamp") && at.Sub(newest) > 5*time.Minute {
			return []map[string]any{}, nil
		}
		return []map[string]any{f.result(nil, float64(newest.UnixMilli())/1000)}, nil
	case strings.HasPrefix(query, "count("):
		if len(chosen) == 0 {
			return []map[string]any{}, nil
		}
		return []map[string]any{f.result(nil, float64(len(chosen)))}, nil
	}
	return nil, fmt.Errorf("unknown: %s", query)
}

func labelsOf(key string) map[string]string {
	labels := map[string]string{}
	for _, m := range matcher.FindAllStringSubmatch(key, -1) {
		labels[m[1]], _ = strconv.Unquote(m[3])
	}
	return labels
}

// chosen are the series of a metric that fit matchers.
func (f *fake) chosen(metric, matchers string) (map[string][]sample, error) {
	chosen := map[string][]sample{}
	for key, s := range f.series {
		if !strings.HasPrefix(key, metric+"{") {
			continue
		}
		labels, fits := labelsOf(key), true
		for _, m := range matcher.FindAllStringSubmatch(matchers, -1) {
			want, err := strconv.Unquote(m[3])
			if err != nil {
				return nil, err
			}
			got := labels[m[1]]
			switch m[2] {
			case "=":
				fits = fits && got == want
			case "!=":
				fits = fits && got != want
			case "=~":
				re, err := regexp.Compile("^(?:" + want + ")$")
				if err != nil {
					return nil, err
				}
				fits = fits && re.MatchString(got)
			}
		}
		if fits {
			chosen[key] = s
		}
	}
	return chosen, nil
}

// counted is what a counter counted; of one that began in the window, all that it has, if born is true.
func counted(s []sample, from, to time.Time, born bool) (float64, bool) {
	first, last, within := math.NaN(), math.NaN(), false
	for _, x := range s {
		switch {
		case !x.at.After(from):
			first = x.v
		case !x.at.After(to):
			if math.IsNaN(first) && !within {
				first = x.v
				if born {
					first = 0
				}
			}
			last, within = x.v, true
		}
	}
	return last - first, within
}

func (f *fake) sum(chosen map[string][]sample, by []string, of func([]sample) (float64, bool)) []map[string]any {
	sums, labels := map[string]float64{}, map[string]map[string]string{}
	for key, s := range chosen {
		v, ok := of(s)
		if !ok {
			continue
		}
		group := map[string]string{}
		for _, l := range by {
			group[l] = labelsOf(key)[l]
		}
		id := fmt.Sprint(group)
		sums[id] += v
		labels[id] = group
	}
	result := []map[string]any{}
	for _, id := range slices.Sorted(maps.Keys(sums)) {
		result = append(result, f.result(labels[id], sums[id]))
	}
	return result
}

// gauge gives the three parts of each group, which has one series here.
func (f *fake) gauge(chosen map[string][]sample, by []string, from, to time.Time) []map[string]any {
	result := []map[string]any{}
	for key, s := range chosen {
		sum, highest, n := 0.0, 0.0, 0
		for _, x := range s {
			if x.at.After(from) && !x.at.After(to) {
				sum, highest, n = sum+x.v, max(highest, x.v), n+1
			}
		}
		if n == 0 {
			continue
		}
		for part, v := range map[string]float64{"mean": sum / float64(n), "max": highest, "samples": float64(n)} {
			group := map[string]string{"slipway": part}
			for _, l := range by {
				group[l] = labelsOf(key)[l]
			}
			result = append(result, f.result(group, v))
		}
	}
	return result
}

func (f *fake) result(labels map[string]string, v float64) map[string]any {
	if labels == nil {
		labels = map[string]string{}
	}
	if f.nan {
		v = math.NaN()
	}
	return map[string]any{"metric": labels, "value": []any{float64(f.now.Unix()), strconv.FormatFloat(v, 'f', -1, 64)}}
}

// put adds a sample: of a counter, by how much it has risen.
func (f *fake) put(key string, at time.Time, v float64, counter bool) {
	s := f.series[key]
	if counter && len(s) > 0 {
		v += s[len(s)-1].v
	}
	f.series[key] = append(s, sample{at, v})
}

func (f *fake) Write(service string, r deploy.RevisionName, from time.Time, n int, s metricstest.Sample) {
	f.mu.Lock()
	defer f.mu.Unlock()
	of := func(metric, more string) string {
		return fmt.Sprintf("%s{service=%q,revision=%q%s}", metric, service, r, more)
	}
	for i := range n {
		at := from.Add(time.Duration(i+1) * f.step)
		f.put(of("http_requests_total", `,code="200"`), at, float64(s.Requests-s.Failed), true)
		if s.Failed > 0 {
			f.put(of("http_requests_total", `,code="503"`), at, float64(s.Failed), true)
		}
		for _, le := range []string{"0.05", "0.5", "1", "+Inf"} {
			bound, _ := strconv.ParseFloat(le, 64)
			rise := 0.0
			if s.Took.Seconds() <= bound {
				rise = float64(s.Requests)
			}
			f.put(of("http_request_duration_seconds_bucket", fmt.Sprintf(",le=%q", le)), at, rise, true)
		}
		f.put(of("cpu_share", ""), at, s.CPU, false)
		f.put(of("memory_share", ""), at, s.Memory, false)
	}
}

func (f *fake) Open(from time.Time, n, connections int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i := range n {
		f.put(fmt.Sprintf("connections_open{instance=%q}", database), from.Add(time.Duration(i+1)*f.step), float64(connections), false)
	}
}

func (f *fake) Forget(m deploy.MetricName) {
	f.mu.Lock()
	defer f.mu.Unlock()
	name := map[deploy.MetricName]string{deploy.ErrorRate: "http_requests_total", deploy.Memory: "memory_share"}[m]
	maps.DeleteFunc(f.series, func(key string, _ []sample) bool { return strings.HasPrefix(key, name+"{") })
}

func (f *fake) set(change func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change()
}

func (f *fake) Forbid()   { f.set(func() { f.status = http.StatusForbidden }) }
func (f *fake) Throttle() { f.set(func() { f.status = http.StatusTooManyRequests }) }
func (f *fake) Down()     { f.set(func() { f.status = http.StatusServiceUnavailable }) }
func (f *fake) Hang()     { f.set(func() { f.hang = true }) }
func (f *fake) Garble()   { f.set(func() { f.nan = true }) }
func (f *fake) Heal()     { f.set(func() { f.status, f.hang, f.nan = 0, false, false }) }

func (f *fake) Calls() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.calls
}

// newFake has nothing yet. It is 14:05 there, and a step is 15 s.
func newFake() *fake {
	start := time.Date(2026, 3, 2, 14, 0, 0, 0, time.UTC)
	return &fake{start: start, now: start.Add(5 * time.Minute), step: 15 * time.Second, series: map[string][]sample{}}
}

// connect makes a source, which is closed with the test.
func connect(t *testing.T, opts *prometheus.Options) *prometheus.Metrics {
	t.Helper()
	m := prometheus.New(opts)
	t.Cleanup(func() {
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	})
	return m
}

// spec has every metric among its objectives.
func spec(address string) deploy.MetricsSpec {
	s := deploy.MetricsSpec{
		Source: deploy.Prometheus, Lag: time.Minute,
		Prometheus: &deploy.PrometheusSpec{
			URL: address, Requests: "http_requests_total", Latency: "http_request_duration_seconds",
			Code: "code", Service: "service", Revision: "revision",
			CPU: "cpu_share", Memory: "memory_share", Database: "connections_open",
		},
		Database: &deploy.DatabaseMetrics{Instance: database, Most: most},
	}
	for _, name := range deploy.MetricNames() {
		s.Objectives = append(s.Objectives, deploy.Objective{Metric: name})
	}
	return s
}

func TestConformance(t *testing.T) {
	t.Parallel()
	metricstest.RunMetrics(t, func(t *testing.T) metricstest.Harness {
		f := newFake()
		address := f.serve(t).URL
		return metricstest.Harness{
			Connect: func() deploy.Metrics { return connect(t, nil) },
			Service: ref, Spec: spec(address), Start: f.start, Step: f.step, Levers: f,
		}
	})
}
