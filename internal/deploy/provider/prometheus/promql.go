package prometheus

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/common/model"

	"slipway/internal/deploy"
)

const (
	// bucketLabel is the upper bound of a bucket, in seconds.
	bucketLabel = "le"
	// instanceLabel tells databases apart.
	instanceLabel = "instance"
	// partLabel is put on the three parts of a gauge's answer.
	partLabel               = "slipway"
	mean, highest, howOften = "mean", "max", "samples"
	// lookback is how far back the newest sample is looked for, and how old a series may be for Check.
	lookback = "1h"
)

// named refuses names that are none: they stand in queries as they are.
func named(p *deploy.PrometheusSpec) error {
	if p == nil {
		return &deploy.Error{
			Code: deploy.Invalid, Msg: "the target is watched by Prometheus, and the catalog does not say which",
			Hint: "write url and the names of its series under metrics",
		}
	}
	for _, m := range []string{p.Requests, p.Latency, p.CPU, p.Memory, p.Database} {
		if (m != "" || m == p.Requests) && !model.LegacyValidation.IsValidMetricName(m) {
			return &deploy.Error{Code: deploy.Invalid, Msg: strconv.Quote(m) + " is no name of a metric", Hint: "correct it in the catalog"}
		}
	}
	for _, l := range []string{p.Code, p.Service, p.Revision} {
		if !model.LegacyValidation.IsValidLabelName(l) {
			return &deploy.Error{Code: deploy.Invalid, Msg: strconv.Quote(l) + " is no name of a label", Hint: "correct it in the catalog"}
		}
	}
	return nil
}

// ofRevisions selects the series of revisions.
func ofRevisions(metric string, q *deploy.MetricsQuery) string {
	p := q.Spec.Prometheus
	names := make([]string, len(q.Revisions))
	for i, r := range q.Revisions {
		names[i] = regexp.QuoteMeta(string(r))
	}
	return fmt.Sprintf("%s{%s=%s,%s=~%s}", metric, p.Service, quote(q.Service.Name), p.Revision, quote(strings.Join(names, "|")))
}

// ofDatabase selects the series of a database.
func ofDatabase(metric string, d *deploy.DatabaseMetrics) string {
	return fmt.Sprintf("%s{%s=%s}", metric, instanceLabel, quote(d.Instance))
}

// quote writes a value, so that it can only be a value there.
func quote(s string) string { return strconv.Quote(s) }

// over is a window in PromQL, which has its end. Whether it has its beginning depends on the version of Prometheus.
func over(from, to time.Time) string {
	return strconv.FormatInt(to.Sub(from).Milliseconds(), 10) + "ms"
}

// increase is by how much counters have risen over a window. increase() wants two samples and counts from the first: of
// a series that began within the window, with the first error, it would leave out all that came before its first
// scrape. Such a series counts as what it has come to.
func increase(series, window string, by ...string) string {
	return fmt.Sprintf("sum by (%[3]s) ((increase(%[1]s[%[2]s]) and %[1]s offset %[2]s) or (%[1]s unless %[1]s offset %[2]s) or increase(%[1]s[%[2]s]))",
		series, window, strings.Join(by, ", "))
}

// gauge is the mean, the highest and the number of samples of each group over a window, told apart by partLabel.
// across puts the means of several series together, and the highest of each; by names the groups, "" if there is one.
func gauge(series, window, across, highestAcross, by string) string {
	part := func(across, over, name string) string {
		return fmt.Sprintf(`label_replace(%s%s (%s(%s[%s])), "%s", "%s", "", "")`, across, by, over, series, window, partLabel, name)
	}
	return part(across, "avg_over_time", mean) + " or " + part(highestAcross, "max_over_time", highest) + " or " + part("sum", "count_over_time", howOften)
}

// newest is when the newest sample was taken: of those that are not older than five minutes, which is nearly always
// enough, or of the last hour.
func newest(series string) (near, far string) {
	return fmt.Sprintf("max(timestamp(%s))", series), fmt.Sprintf("max(max_over_time(timestamp(%s)[%s:15s]))", series, lookback)
}

// exists counts the series that there were in the last hour.
func exists(series string) string {
	return fmt.Sprintf("count(last_over_time(%s[%s]))", series, lookback)
}
