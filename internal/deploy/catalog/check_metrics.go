package catalog

import (
	"cmp"
	"fmt"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"slipway/internal/deploy"
)

// Limits of Slipway's own.
const (
	longestLag      = time.Hour
	shortestEvery   = 10 * time.Millisecond // for practice, where all times are shorter; no real source likes to be asked that often
	longestEvery    = time.Hour
	longestDelay    = 24 * time.Hour
	longestWindow   = 24 * time.Hour
	mostRequests    = 1_000_000
	mostLooks       = 100
	mostConnections = 1_000_000
)

var (
	metricSources = []string{string(deploy.CloudMonitoring), string(deploy.CloudWatch), string(deploy.Prometheus), noMetrics}

	// prometheus.io/docs/concepts/data_model
	metricName = regexp.MustCompile(`^[a-zA-Z_:][a-zA-Z0-9_:]*$`)
	labelName  = regexp.MustCompile(`^[a-zA-Z_][a-zA-Z0-9_]*$`)

	sqlInstance = regexp.MustCompile(`^[a-z]([a-z0-9-]{0,96}[a-z0-9])?$`) // cloud.google.com/sql/docs/postgres/instance-settings
	labelValue  = regexp.MustCompile(`^[!#-\[\]-~]{1,253}$`)
)

func (s *source) checkMetrics(path string, m Metrics) {
	at := func(key string) string { return under(path, key) }
	if !s.has(at("source")) {
		s.problem(at("source"), "the metrics have no source", "an environment's metrics replace the inherited ones as a whole; {source: none} turns them off")
	}
	s.must(slices.Contains(metricSources, m.Source), at("source"), "unknown source of metrics "+strconv.Quote(m.Source), didYouMean(m.Source, metricSources))
	if m.Source == noMetrics {
		s.checkNoMetrics(path)
		return
	}
	lag, every, delay := time.Duration(deref(m.Lag)), time.Duration(m.Every), time.Duration(m.Delay)
	s.must(lag <= longestLag, at("lag"), "lag "+lag.String()+" is too long", "at most 1h")
	s.must(every >= shortestEvery && every <= longestEvery, at("every"), "every "+every.String()+" is out of range", "10ms to 1h")
	s.must(delay <= longestDelay, at("delay"), "delay "+delay.String()+" is too long", "at most 24h")
	s.must(m.Minimum >= 1 && m.Minimum <= mostRequests, at("minimum"), fmt.Sprintf("minimum %d is out of range", m.Minimum), "1 to 1000000 requests")
	s.must(m.Errors >= 1 && m.Errors <= mostLooks, at("errors"), fmt.Sprintf("errors %d is out of range", m.Errors), "1 to 100 looks")
	s.must(m.Unsure >= 1 && m.Unsure <= mostLooks, at("unsure"), fmt.Sprintf("unsure %d is out of range", m.Unsure), "1 to 100 looks")
	s.checkObjectives(under(path, "objectives"), m)
	s.checkWindows(path, m)
	switch deploy.MetricsSource(m.Source) {
	case deploy.CloudMonitoring:
		s.must(false, at("prometheus"), "prometheus is for source: prometheus", "take it out, or change the source")
		s.checkDatabase(at("database"), m)
	case deploy.CloudWatch:
		s.must(false, at("prometheus"), "prometheus is for source: prometheus", "take it out, or change the source")
		s.must(false, at("database"), "database is for counting connections, which cloudwatch cannot", "take it out; prometheus can")
	case deploy.Prometheus:
		s.checkPrometheus(at("prometheus"), deref(m.Prometheus))
		s.checkDatabase(at("database"), m)
		s.checkSeriesOfDatabase(path)
	}
}

// checkNoMetrics reports metrics that are turned off and described.
func (s *source) checkNoMetrics(path string) {
	var more []string
	for _, key := range fieldsOf(reflect.TypeFor[Metrics]()).names {
		if key != "source" && s.has(under(path, key)) {
			more = append(more, key)
		}
	}
	s.must(len(more) == 0, under(path, "source"), "source is none, but there is also "+strings.Join(more, ", "), "take one or the other out")
}

func (s *source) checkPrometheus(path string, p Prometheus) {
	at := func(key string) string { return under(path, key) }
	if !s.has(at("url")) {
		s.problem(at("url"), "the metrics have no prometheus.url", "say where its HTTP API is: http://prometheus:9090")
	}
	u, err := url.Parse(p.URL)
	s.must(err != nil || u.User == nil, at("url"), "url has a user or a password in it", "write http://prometheus:9090")
	s.must(address(p.URL), at("url"), "url "+strconv.Quote(p.URL)+" is not the address of a Prometheus", "write http://prometheus:9090")
	for _, series := range []struct{ key, name string }{{"requests", p.Requests}, {"latency", p.Latency}, {"cpu", p.CPU}, {"memory", p.Memory}, {"database", p.Database}} {
		s.must(metricName.MatchString(series.name), at(series.key), series.key+" "+strconv.Quote(series.name)+" cannot be the name of a metric", "letters, digits, _ and :, not beginning with a digit")
	}
	short, bucket := strings.CutSuffix(p.Latency, "_bucket")
	s.must(!bucket, at("latency"), "latency "+strconv.Quote(p.Latency)+" is one part of a histogram", "write "+strconv.Quote(short))
	for _, label := range []struct{ key, name string }{{"code", p.Code}, {"service", p.Service}, {"revision", p.Revision}} {
		s.must(labelName.MatchString(label.name), at(label.key), label.key+" "+strconv.Quote(label.name)+" cannot be the name of a label", "letters, digits and _, not beginning with a digit")
	}
	service, revision := cmp.Or(p.Service, defaultService), cmp.Or(p.Revision, defaultRevision)
	if code := cmp.Or(p.Code, defaultCode); code == service || code == revision || service == revision {
		s.problem(path, fmt.Sprintf("code, service and revision are the labels %s, %s and %s", code, service, revision), "each must have its own")
	}
}

// checkSeriesOfDatabase reports half of what it takes to count connections by a Prometheus.
func (s *source) checkSeriesOfDatabase(path string) {
	database, series := under(path, "database"), under(path, "prometheus.database")
	switch {
	case s.has(database) && !s.has(series):
		s.problem(database, "database needs prometheus.database", "name the gauge of its open connections")
	case s.has(series) && !s.has(database):
		s.problem(series, "prometheus.database needs database", "say which instance it is, and how many connections it takes")
	}
}

func (s *source) checkDatabase(path string, m Metrics) {
	if !s.has(path) {
		return
	}
	at, d := func(key string) string { return under(path, key) }, deref(m.Database)
	for _, key := range []string{"instance", "connections"} {
		if !s.has(at(key)) {
			s.problemAt(s.places[path].key, "the database has no "+key, "")
		}
	}
	s.must(d.Connections >= 1 && d.Connections <= mostConnections, at("connections"), fmt.Sprintf("connections %d is out of range", d.Connections), "as many as the database takes: 1 to 1000000")
	if m.Source == string(deploy.Prometheus) {
		s.must(labelValue.MatchString(d.Instance), at("instance"), "instance "+strconv.Quote(d.Instance)+" is not a value of the label instance", "write it like 10.0.0.5:9187")
		return
	}
	hint := "lower case letters, digits and hyphens"
	if short := d.Instance[strings.LastIndexByte(d.Instance, ':')+1:]; short != d.Instance && sqlInstance.MatchString(short) {
		hint = "write " + strconv.Quote(short) + ", without project and region"
	}
	s.must(sqlInstance.MatchString(d.Instance), at("instance"), "instance "+strconv.Quote(d.Instance)+" is not the name of a Cloud SQL instance", hint)
}
