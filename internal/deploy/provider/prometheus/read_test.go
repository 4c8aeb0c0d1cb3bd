package prometheus_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"slipway/internal/deploy"
	"slipway/internal/deploy/provider/prometheus"
)

var end = time.Date(2026, 3, 2, 14, 30, 0, 0, time.UTC)

func query(address string, names ...deploy.MetricName) deploy.MetricsQuery {
	s := spec(address)
	if len(names) > 0 {
		s.Objectives = nil
	}
	for _, name := range names {
		s.Objectives = append(s.Objectives, deploy.Objective{Metric: name})
	}
	return deploy.MetricsQuery{Service: ref, Spec: s, Revisions: []deploy.RevisionName{revision}, From: end.Add(-5 * time.Minute), To: end}
}

// canned answers queries that have a text in them with the data of an answer, and others with no series.
func canned(t *testing.T, data map[string]string) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		result := `{"resultType":"vector","result":[]}`
		for part, d := range data {
			if strings.Contains(r.Form.Get("query"), part) {
				result = d
			}
		}
		_, _ = io.WriteString(w, `{"status":"success","data":`+result+`}`)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// vector is the data of an answer: pairs of labels and a value.
func vector(pairs ...string) string {
	var list []string
	for pair := range slices.Chunk(pairs, 2) {
		list = append(list, `{"metric":{`+pair[0]+`},"value":[1772461800,"`+pair[1]+`"]}`)
	}
	return `{"resultType":"vector","result":[` + strings.Join(list, ",") + `]}`
}

const ours = `"revision":"app-r42-1"`

func TestBucketsAreCountsInMilliseconds(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		pairs []string
		want  deploy.Histogram
	}{
		"cumulative counts are taken apart": {
			[]string{ours + `,"le":"0.1"`, "10", ours + `,"le":"0.25"`, "30", ours + `,"le":"+Inf"`, "31"},
			deploy.Histogram{Bounds: []float64{100, 250}, Counts: []int64{10, 20, 1}},
		},
		"their order does not matter": {
			[]string{ours + `,"le":"+Inf"`, "31", ours + `,"le":"1e-1"`, "10", ours + `,"le":"0.07"`, "4"},
			deploy.Histogram{Bounds: []float64{70, 100}, Counts: []int64{4, 6, 21}},
		},
		"counts are rounded, and their sum is right": {
			[]string{ours + `,"le":"0.1"`, "3.4", ours + `,"le":"0.2"`, "6.8", ours + `,"le":"+Inf"`, "10.2"},
			deploy.Histogram{Bounds: []float64{100, 200}, Counts: []int64{3, 4, 3}},
		},
		"a bucket with fewer than the one below has as many": {
			[]string{ours + `,"le":"0.1"`, "5", ours + `,"le":"0.2"`, "4", ours + `,"le":"+Inf"`, "8"},
			deploy.Histogram{Bounds: []float64{100, 200}, Counts: []int64{5, 0, 3}},
		},
		"a histogram without bounds has one bucket": {
			[]string{ours + `,"le":"+Inf"`, "8"}, deploy.Histogram{Counts: []int64{8}},
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := connect(t, nil).Read(t.Context(), query(canned(t, map[string]string{"_bucket": vector(tc.pairs...)}), deploy.LatencyP95))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, got.Revisions[revision].Latency); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestWhatCannotBeIsNoNumber(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		part, data string
		of         deploy.MetricName
	}{
		"a count that is not a number":     {"sum by", vector(ours+`,"code":"200"`, "NaN"), deploy.ErrorRate},
		"an infinite count":                {"sum by", vector(ours+`,"code":"200"`, "+Inf"), deploy.ErrorRate},
		"a negative count":                 {"sum by", vector(ours+`,"code":"200"`, "-1"), deploy.ErrorRate},
		"a native histogram":               {"sum by", `{"resultType":"vector","result":[{"metric":{` + ours + `},"histogram":[1772461800,{"count":"1","sum":"1","buckets":[]}]}]}`, deploy.ErrorRate},
		"a matrix":                         {"sum by", `{"resultType":"matrix","result":[]}`, deploy.ErrorRate},
		"a bound that is not a number":     {"_bucket", vector(ours+`,"le":"fast"`, "1", ours+`,"le":"+Inf"`, "1"), deploy.LatencyP50},
		"a bound of NaN":                   {"_bucket", vector(ours+`,"le":"NaN"`, "1", ours+`,"le":"+Inf"`, "1"), deploy.LatencyP50},
		"bounds that are the same":         {"_bucket", vector(ours+`,"le":"0.1"`, "1", ours+`,"le":"0.10"`, "1", ours+`,"le":"+Inf"`, "1"), deploy.LatencyP50},
		"buckets that do not go up to all": {"_bucket", vector(ours+`,"le":"0.1"`, "1"), deploy.LatencyP50},
		"a use that is not a number":       {"cpu_share", vector(ours+`,"slipway":"mean"`, "NaN"), deploy.CPU},
		"a use in millions":                {"cpu_share", vector(ours+`,"slipway":"max"`, "1000000"), deploy.CPU},
		"connections of NaN":               {"connections_open", vector(`"slipway":"mean"`, "NaN"), deploy.Connections},
		"a newest sample of NaN":           {"max(timestamp", vector("", "NaN"), deploy.CPU},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := connect(t, nil).Read(t.Context(), query(canned(t, map[string]string{tc.part: tc.data}), tc.of))
			if deploy.CodeOf(err) != deploy.Unavailable || !strings.Contains(deploy.Message(err), "cannot be right: ") {
				t.Errorf("code %q, %v", deploy.CodeOf(err), err)
			}
			if len(got.Revisions) != 0 || got.Connections.Samples != 0 {
				t.Errorf("an error, and %+v", got)
			}
		})
	}
}

func TestAStatusOf5xxIsAFailure(t *testing.T) {
	t.Parallel()
	pairs := []string{}
	for code, n := range map[string]string{"200": "10.4", "404": "20", "500": "1", "503": "2", "5xx": "4", "": "8", "50": "16"} {
		pairs = append(pairs, ours+`,"code":"`+code+`"`, n)
	}
	got, err := connect(t, nil).Read(t.Context(), query(canned(t, map[string]string{"sum by": vector(pairs...)}), deploy.ErrorRate))
	if m := got.Revisions[revision]; err != nil || m.Requests != 61 || m.Failed != 7 {
		t.Errorf("%d of %d failed, want 7 of 61: %v", m.Failed, m.Requests, err)
	}
}

func TestTheNewestSampleMayBeOld(t *testing.T) {
	t.Parallel()
	data := map[string]string{"max_over_time(timestamp(": vector("", "1772460000.25")}
	got, err := connect(t, nil).Read(t.Context(), query(canned(t, data), deploy.ErrorRate))
	if want := time.UnixMilli(1772460000250); err != nil || !got.Newest.Equal(want) {
		t.Errorf("newest %s, want %s: %v", got.Newest, want, err)
	}
}

func TestWhatIsAsked(t *testing.T) {
	t.Parallel()
	f := newFake()
	q := query(f.serve(t).URL)
	q.Service.Name = `a"} or up{x="`
	q.Revisions = []deploy.RevisionName{"r.1", `r"|.*`}
	if _, err := connect(t, nil).Read(t.Context(), q); err != nil {
		t.Fatal(err)
	}
	const (
		of       = `{service="a\"} or up{x=\"",revision=~"r\\.1|r\"\\|\\.\\*"}`
		requests = "http_requests_total" + of
		latency  = "http_request_duration_seconds_bucket" + of
	)
	counted := func(by, m string) string {
		return "sum by (revision, " + by + ") ((increase(" + m + "[300000ms]) and " + m + " offset 300000ms) or (" + m + " unless " + m + " offset 300000ms) or increase(" + m + "[300000ms]))"
	}
	parts := func(m, across, most, by string) string {
		return `label_replace(` + across + by + ` (avg_over_time(` + m + `[299999ms])), "slipway", "mean", "", "")` +
			` or label_replace(` + most + by + ` (max_over_time(` + m + `[299999ms])), "slipway", "max", "", "")` +
			` or label_replace(sum` + by + ` (count_over_time(` + m + `[299999ms])), "slipway", "samples", "", "")`
	}
	want := []string{
		counted("code", requests), counted("le", latency),
		parts("cpu_share"+of, "avg", "max", " by (revision)"), parts("memory_share"+of, "avg", "max", " by (revision)"),
		parts(`connections_open{instance="db-1"}`, "sum", "sum", ""),
		"max(timestamp(" + requests + "))", "max(max_over_time(timestamp(" + requests + ")[1h:15s]))",
	}
	slices.Sort(want)
	slices.Sort(f.form)
	if diff := cmp.Diff(want, f.form); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestWhatHasNoNameIsNotRead(t *testing.T) {
	t.Parallel()
	f := newFake()
	q := query(f.serve(t).URL)
	p := *q.Spec.Prometheus
	p.Latency, p.CPU, p.Memory, p.Database = "", "", "", ""
	q.Spec.Prometheus = &p
	m := connect(t, nil)
	if _, err := m.Read(t.Context(), q); err != nil || f.calls != 3 {
		t.Errorf("%d calls, want 3: %v", f.calls, err)
	}
	err := m.Check(t.Context(), ref, q.Spec)
	for _, name := range []deploy.MetricName{deploy.LatencyP99, deploy.CPU, deploy.Memory, deploy.Connections} {
		if !strings.Contains(deploy.Message(err), string(name)+" is an objective") {
			t.Errorf("%s is not named in %q", name, deploy.Message(err))
		}
	}
}

func TestNamesThatAreNone(t *testing.T) {
	t.Parallel()
	tests := map[string]func(p *deploy.PrometheusSpec){
		"no requests":                        func(p *deploy.PrometheusSpec) { p.Requests = "" },
		"a query as a metric":                func(p *deploy.PrometheusSpec) { p.Latency = "x) or up" },
		"a gauge with a space":               func(p *deploy.PrometheusSpec) { p.CPU = "cpu share" },
		"no label of the service":            func(p *deploy.PrometheusSpec) { p.Service = "" },
		"a label with more than a name":      func(p *deploy.PrometheusSpec) { p.Revision = `x=~".*"` },
		"no address":                         func(p *deploy.PrometheusSpec) { p.URL = "" },
		"an address of another kind":         func(p *deploy.PrometheusSpec) { p.URL = "file:///etc/passwd" },
		"an address without a host":          func(p *deploy.PrometheusSpec) { p.URL = "http:///x" },
		"an address with a query of its own": func(p *deploy.PrometheusSpec) { p.URL = "http://h/?x=1" },
	}
	for name, change := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFake()
			q := query(f.serve(t).URL)
			p := *q.Spec.Prometheus
			change(&p)
			q.Spec.Prometheus = &p
			m := connect(t, nil)
			_, err := m.Read(t.Context(), q)
			for doing, err := range map[string]error{"read": err, "check": m.Check(t.Context(), ref, q.Spec)} {
				if deploy.CodeOf(err) != deploy.Invalid || deploy.Hint(err) == "" {
					t.Errorf("%s: %v", doing, err)
				}
			}
			if f.calls != 0 {
				t.Errorf("%d calls", f.calls)
			}
		})
	}
	q := query("")
	q.Spec.Prometheus = nil
	if _, err := connect(t, nil).Read(t.Context(), q); deploy.CodeOf(err) != deploy.Invalid {
		t.Errorf("no Prometheus at all: %v", err)
	}
}

func TestCheckTellsALabelFromAMetric(t *testing.T) {
	t.Parallel()
	f := newFake()
	f.put(`http_requests_total{service="coditect-app",revision="r",status="200"}`, f.start, 1, true)
	s := query(f.serve(t).URL, deploy.LatencyP99).Spec
	err := connect(t, nil).Check(t.Context(), ref, s)
	const want = `Prometheus has http_requests_total, and in the last hour none like http_requests_total{service="coditect-app",code!="",revision!=""}; ` +
		`Prometheus has had no metric http_request_duration_seconds_bucket in the last hour`
	if deploy.CodeOf(err) != deploy.NotFound || deploy.Message(err) != want {
		t.Errorf("%q: %s", deploy.CodeOf(err), deploy.Message(err))
	}
}

func TestAPathBeforeTheAPI(t *testing.T) {
	t.Parallel()
	f := newFake()
	server := httptest.NewServer(http.StripPrefix("/select/0/prometheus", f))
	defer server.Close()
	m := connect(t, nil)
	for _, path := range []string{"/select/0/prometheus", "/select/0/prometheus/"} {
		if _, err := m.Read(t.Context(), query(server.URL+path)); err != nil {
			t.Errorf("%s: %v", path, err)
		}
	}
	if _, err := m.Read(t.Context(), query(server.URL+"/elsewhere")); deploy.CodeOf(err) != deploy.NotFound {
		t.Errorf("elsewhere: %v", err)
	}
}

func TestTheTokenGoesToTheServerThatIsAsked(t *testing.T) {
	t.Parallel()
	other := newFake()
	elsewhere := other.serve(t)
	f := newFake()
	server := f.serve(t)
	redirecting := httptest.NewServer(http.RedirectHandler(elsewhere.URL, http.StatusTemporaryRedirect))
	defer redirecting.Close()
	m := connect(t, &prometheus.Options{Token: "s3cret"})
	if _, err := m.Read(t.Context(), query(server.URL, deploy.CPU)); err != nil {
		t.Fatal(err)
	}
	for _, header := range f.auth {
		if header != "Bearer s3cret" {
			t.Errorf("sent %q", header)
		}
	}
	_, err := m.Read(t.Context(), query(redirecting.URL, deploy.CPU))
	if deploy.CodeOf(err) != deploy.Forbidden || !strings.Contains(deploy.Hint(err), "SLIPWAY_PROMETHEUS_TOKEN") || other.calls != 0 {
		t.Errorf("a redirect was followed %d times: %v", other.calls, err)
	}
	if _, err := connect(t, nil).Read(t.Context(), query(elsewhere.URL, deploy.CPU)); err != nil || other.auth[0] != "" {
		t.Errorf("without a token %q was sent: %v", other.auth[0], err)
	}
}
