package catalog_test

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"slipway/internal/deploy"
	"slipway/internal/deploy/catalog"
)

// asTheGuideSets are the guide's objectives for the metrics that are named.
func asTheGuideSets(names ...deploy.MetricName) []deploy.Objective {
	all := []deploy.Objective{
		{Metric: deploy.ErrorRate, Target: 0.001, Critical: 0.01, Window: 5 * time.Minute, Worse: 2},
		{Metric: deploy.Availability, Target: 0.999, Critical: 0.99, Window: 5 * time.Minute},
		{Metric: deploy.LatencyP50, Target: 100, Critical: 200, Window: 5 * time.Minute, Worse: 1.5},
		{Metric: deploy.LatencyP95, Target: 500, Critical: 1000, Window: 5 * time.Minute, Worse: 1.5},
		{Metric: deploy.LatencyP99, Target: 1000, Critical: 2000, Window: 5 * time.Minute, Worse: 1.5},
		{Metric: deploy.CPU, Target: 0.7, Critical: 0.9, Window: 5 * time.Minute},
		{Metric: deploy.Memory, Target: 0.8, Critical: 0.95, Window: 5 * time.Minute},
		{Metric: deploy.Connections, Target: 0.8, Critical: 0.95, Window: 5 * time.Minute},
	}
	return slices.DeleteFunc(all, func(o deploy.Objective) bool { return !slices.Contains(names, o.Metric) })
}

// without are the metrics but for those named.
func without(names ...deploy.MetricName) []deploy.MetricName {
	return slices.DeleteFunc(deploy.MetricNames(), func(n deploy.MetricName) bool { return slices.Contains(names, n) })
}

func TestWhatMetricsMean(t *testing.T) {
	t.Parallel()
	fromGoogle := func(change func(*deploy.MetricsSpec)) *deploy.MetricsSpec {
		m := &deploy.MetricsSpec{
			Source: deploy.CloudMonitoring, Lag: 3 * time.Minute, Every: 15 * time.Second, Minimum: 50, Errors: 4, Unsure: 4,
			Objectives: asTheGuideSets(without(deploy.Connections)...),
		}
		change(m)
		return m
	}
	fromPrometheus := func(change func(*deploy.MetricsSpec)) *deploy.MetricsSpec {
		return fromGoogle(func(m *deploy.MetricsSpec) {
			m.Source, m.Lag = deploy.Prometheus, 30*time.Second
			m.Objectives = asTheGuideSets(without(deploy.CPU, deploy.Memory, deploy.Connections)...)
			m.Prometheus = &deploy.PrometheusSpec{
				URL: "http://prometheus:9090", Requests: "http_requests_total", Latency: "http_request_duration_seconds",
				Code: "code", Service: "service", Revision: "revision",
			}
			change(m)
		})
	}
	for _, tc := range []struct {
		fact, text string
		want       *deploy.MetricsSpec
	}{
		{"none are none", "", nil},
		{"none in a word are none", "{source: none}", nil},
		{"a source is enough", "{source: cloud-monitoring}", fromGoogle(func(*deploy.MetricsSpec) {})},
		{"a database brings its connections", "{source: cloud-monitoring, database: {instance: db, connections: 100}}", fromGoogle(func(m *deploy.MetricsSpec) {
			m.Objectives = asTheGuideSets(deploy.MetricNames()...)
			m.Database = &deploy.DatabaseMetrics{Instance: "db", Most: 100}
		})},
		{"every number is taken", "{source: cloud-monitoring, lag: 0s, every: 1s, delay: 30s, minimum: 7, errors: 2, unsure: 3}", fromGoogle(func(m *deploy.MetricsSpec) {
			m.Lag, m.Every, m.Delay, m.Minimum, m.Errors, m.Unsure = 0, time.Second, 30*time.Second, 7, 2, 3
		})},
		{"what is listed is all, in the guide's order", "{source: cloud-monitoring, objectives: {memory: {}, error_rate: {}}}", fromGoogle(func(m *deploy.MetricsSpec) {
			m.Objectives = asTheGuideSets(deploy.ErrorRate, deploy.Memory)
		})},
		{"an objective says otherwise", "{source: cloud-monitoring, objectives: {error_rate: {target: 0%, critical: 7 %, window: 90s, worse: 0, on_critical: hold, dry_run: true}}}", fromGoogle(func(m *deploy.MetricsSpec) {
			m.Objectives = []deploy.Objective{{Metric: deploy.ErrorRate, Critical: 0.07, Window: 90 * time.Second, Hold: true, DryRun: true}}
		})},
		{"a latency says otherwise", "{source: cloud-monitoring, objectives: {latency_p50: {target: 1.5ms, critical: 2s, worse: 1.25, on_critical: roll-back}}}", fromGoogle(func(m *deploy.MetricsSpec) {
			m.Objectives = []deploy.Objective{{Metric: deploy.LatencyP50, Target: 1.5, Critical: 2000, Window: 5 * time.Minute, Worse: 1.25}}
		})},
		{"a Prometheus measures what has a series", "{source: prometheus, prometheus: {url: http://prometheus:9090}}", fromPrometheus(func(*deploy.MetricsSpec) {})},
		{"a Prometheus with names of its own", "{source: prometheus, prometheus: {url: http://prometheus:9090, requests: a, latency: b, code: c, service: d, revision: e, cpu: f, memory: g, database: h}, database: {instance: \"db:9187\", connections: 9}}", fromPrometheus(func(m *deploy.MetricsSpec) {
			m.Objectives = asTheGuideSets(deploy.MetricNames()...)
			m.Prometheus = &deploy.PrometheusSpec{URL: "http://prometheus:9090", Requests: "a", Latency: "b", Code: "c", Service: "d", Revision: "e", CPU: "f", Memory: "g", Database: "h"}
			m.Database = &deploy.DatabaseMetrics{Instance: "db:9187", Most: 9}
		})},
	} {
		t.Run(tc.fact, func(t *testing.T) {
			t.Parallel()
			text := sound
			if tc.text != "" {
				text += "metrics: " + tc.text + "\n"
			}
			c, err := load(t, fstest.MapFS{"app.yaml": file(text)})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, resolve(t, c, "staging").Metrics); diff != "" {
				t.Errorf("metrics (-want +got):\n%s", diff)
			}
		})
	}
}

func TestWhenPeopleAreAsked(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		word string
		want deploy.TrafficStep
	}{
		{", approve: true", deploy.TrafficStep{Percent: 100, Approve: true}},
		{", approve: false", deploy.TrafficStep{Percent: 100}},
		{"", deploy.TrafficStep{Percent: 100}},
		{", approve: inconclusive", deploy.TrafficStep{Percent: 100, Unsure: true}},
		{`, approve: "inconclusive"`, deploy.TrafficStep{Percent: 100, Unsure: true}},
	} {
		c, err := load(t, fstest.MapFS{"app.yaml": file(strings.Replace(watched, ", approve: true", tc.word, 1))})
		if err != nil {
			t.Errorf("%q: %v", tc.word, err)
			continue
		}
		if diff := cmp.Diff(tc.want, resolve(t, c, "staging").Strategy.Steps[1]); diff != "" {
			t.Errorf("%q (-want +got):\n%s", tc.word, diff)
		}
	}
}

func TestMetricsOfTheCallersOwn(t *testing.T) {
	t.Parallel()
	c, err := load(t, fstest.MapFS{"app.yaml": file(scraped)})
	if err != nil {
		t.Fatal(err)
	}
	want, mine := resolve(t, c, "staging"), resolve(t, c, "staging")
	mine.Metrics.Prometheus.URL, mine.Metrics.Database.Most, mine.Metrics.Objectives[0].Hold = "x", 1, true
	if diff := cmp.Diff(want, resolve(t, c, "staging")); diff != "" {
		t.Errorf("changing one answer changed the next (-want +got):\n%s", diff)
	}
}

func TestACopyOfMetricsKeepsThem(t *testing.T) {
	t.Parallel()
	own := "{source: cloud-monitoring, objectives: {error_rate: {target: 0 %, worse: 1.25, on_critical: hold, dry_run: true}, latency_p50: {target: 1.5ms, critical: 2s}}}"
	for _, text := range []string{
		watched, scraped,
		strings.Replace(watched, "approve: true", "approve: inconclusive", 1),
		strings.Replace(watched, "    platform: {service: app-staging}", "    metrics: {source: none}\n    observe: 0s\n    platform: {service: app-staging}", 1),
		strings.Replace(scraped, "    platform: {service: app-staging}", "    metrics: "+own+"\n    platform: {service: app-staging}", 1),
	} {
		original, copied := rewritten(t, text, 0)
		for _, env := range []string{"staging", "production"} {
			if diff := cmp.Diff(resolve(t, original, env), resolve(t, copied, env), elsewhere); diff != "" {
				t.Errorf("%s (-want +got):\n%s", env, diff)
			}
		}
	}
}

func TestTimesOfMetricsAreDividedAlsoWhereTheyAreDefaults(t *testing.T) {
	t.Parallel()
	const ms = time.Millisecond
	spelt := strings.NewReplacer("delay: 0s", "delay: 1m", "window: 5m", "window: 10m").Replace(watched)
	for _, tc := range []struct {
		fact, text string
		speed      float64
		want       []time.Duration // observe, lag, every, delay, the windows
	}{
		{"defaults", sound + "metrics: {source: cloud-monitoring, objectives: {cpu: {}}}\n", 60, []time.Duration{0, 3 * time.Second, 250 * ms, 0, 5 * time.Second}},
		{"defaults of another source", sound + "metrics: {source: prometheus, prometheus: {url: http://p:9090}, objectives: {error_rate: {}}}\n", 60, []time.Duration{0, 500 * ms, 250 * ms, 0, 5 * time.Second}},
		{"what is written", spelt, 60, []time.Duration{15 * time.Second, 3 * time.Second, 250 * ms, time.Second, 10 * time.Second, 5 * time.Second, 5 * time.Second, 5 * time.Second, 5 * time.Second}},
		{"down to what can still be done", spelt, 1e9, []time.Duration{ms, ms, 10 * ms, ms, 10 * ms, 10 * ms, 10 * ms, 10 * ms, 10 * ms}},
		{"longer ones too", spelt, 0.5, []time.Duration{30 * time.Minute, 6 * time.Minute, 30 * time.Second, 2 * time.Minute, 20 * time.Minute, 10 * time.Minute, 10 * time.Minute, 10 * time.Minute, 10 * time.Minute}},
	} {
		original, copied := rewritten(t, tc.text, tc.speed)
		want, got := resolve(t, original, "staging"), resolve(t, copied, "staging")
		times := []time.Duration{got.Observe, got.Metrics.Lag, got.Metrics.Every, got.Metrics.Delay}
		for i := range got.Metrics.Objectives {
			times = append(times, got.Metrics.Objectives[i].Window)
			got.Metrics.Objectives[i].Window = want.Metrics.Objectives[i].Window
		}
		if diff := cmp.Diff(tc.want, times); diff != "" {
			t.Errorf("%s: observe, lag, every, delay, windows (-want +got):\n%s", tc.fact, diff)
		}
		got.Metrics.Lag, got.Metrics.Every, got.Metrics.Delay = want.Metrics.Lag, want.Metrics.Every, want.Metrics.Delay
		if diff := cmp.Diff(want.Metrics, got.Metrics); diff != "" {
			t.Errorf("%s: something else was changed (-want +got):\n%s", tc.fact, diff)
		}
	}
}

// rewritten loads text, and a copy of it.
func rewritten(t *testing.T, text string, speed float64) (original, copied *catalog.Catalog) {
	t.Helper()
	src, dst := fstest.MapFS{"app.yaml": file(text)}, t.TempDir()
	original, err := load(t, src)
	if err != nil {
		t.Fatal(err)
	}
	if err := catalog.Rewrite(src, dst, catalog.Rewriting{Speed: speed}); err != nil {
		t.Fatal(err)
	}
	if copied, err = catalog.Load(dst); err != nil {
		t.Fatal(err)
	}
	return original, copied
}
