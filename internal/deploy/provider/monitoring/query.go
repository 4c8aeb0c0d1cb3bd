package monitoring

import (
	"strconv"
	"strings"
	"time"

	"cloud.google.com/go/monitoring/apiv3/v2/monitoringpb"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"slipway/internal/deploy"
)

// The metrics, from Google's lists of those of Cloud Run and Cloud SQL.
const (
	requestCount       = "run.googleapis.com/request_count"                     // DELTA INT64
	requestLatencies   = "run.googleapis.com/request_latencies"                 // DELTA DISTRIBUTION, ms
	cpuUtilizations    = "run.googleapis.com/container/cpu/utilizations"        // DELTA DISTRIBUTION, 0 to 1
	memoryUtilizations = "run.googleapis.com/container/memory/utilizations"     // DELTA DISTRIBUTION, 0 to 1
	instanceCount      = "run.googleapis.com/container/instance_count"          // GAUGE INT64
	sqlConnections     = "cloudsql.googleapis.com/database/network/connections" // GAUGE INT64
)

// What series are told apart by, and chosen by.
const (
	revisionLabel    = "revision_name"
	classLabel       = "response_code_class" // 2xx, 5xx
	byRevision       = "resource.labels." + revisionLabel
	byClass          = "metric.labels." + classLabel
	revisionResource = `resource.type = "cloud_run_revision" AND metric.type = `
	databaseResource = `resource.type = "cloudsql_database" AND metric.type = `
)

// lookback is how far before its end a reading looks for the newest point, at least. A source that is further behind
// is as good as silent.
const lookback = 10 * time.Minute

// wants is what a target's objectives need.
type wants struct{ requests, latency, cpu, memory, connections bool }

func wantsOf(spec *deploy.MetricsSpec) wants {
	var w wants
	for _, o := range spec.Objectives {
		switch o.Metric {
		case deploy.ErrorRate, deploy.Availability:
			w.requests = true
		case deploy.LatencyP50, deploy.LatencyP95, deploy.LatencyP99:
			// How many requests there were is the size of the sample.
			w.requests, w.latency = true, true
		case deploy.CPU:
			w.cpu = true
		case deploy.Memory:
			w.memory = true
		case deploy.Connections:
			w.connections = true
		}
	}
	return w
}

// quote writes a value in a filter, so that it can only be a value there.
func quote(s string) string { return strconv.QuoteToASCII(s) }

// ofRevisions is the filter for a metric of revisions.
func ofRevisions(metric string, s deploy.ServiceRef, revisions []deploy.RevisionName) string {
	names := make([]string, len(revisions))
	for i, r := range revisions {
		names[i] = quote(string(r))
	}
	return revisionResource + quote(metric) +
		" AND resource.labels.service_name = " + quote(s.Name) +
		" AND resource.labels.location = " + quote(s.Region) +
		" AND " + byRevision + " = one_of(" + strings.Join(names, ", ") + ")"
}

// ofDatabase is the filter for a metric of a database, which lies in the project of the service.
func ofDatabase(metric, project, instance string) string {
	return databaseResource + quote(metric) + " AND resource.labels.database_id = " + quote(project+":"+instance)
}

// window is a stretch of time, from excluded, to included.
type window struct{ from, to time.Time }

func (w window) has(t time.Time) bool { return t.After(w.from) && !t.After(w.to) }

func (w window) interval() *monitoringpb.TimeInterval {
	return &monitoringpb.TimeInterval{StartTime: timestamppb.New(w.from), EndTime: timestamppb.New(w.to)}
}

// window is what is asked for: at least the minimum, and whole seconds where there is one.
func (m *Metrics) window(from, to time.Time) window {
	if m.minimum > 0 {
		long := max(to.Sub(from), m.minimum)
		from = to.Add(-(long + time.Second - 1).Truncate(time.Second))
	}
	return window{from: from, to: to}
}

// summed asks for one point for each group, of the whole window.
func (w window) summed(project, filter string, groupBy ...string) *monitoringpb.ListTimeSeriesRequest {
	return &monitoringpb.ListTimeSeriesRequest{
		Name: "projects/" + project, Filter: filter, Interval: w.interval(),
		Aggregation: &monitoringpb.Aggregation{
			AlignmentPeriod:    durationpb.New(w.to.Sub(w.from)),
			PerSeriesAligner:   monitoringpb.Aggregation_ALIGN_DELTA,
			CrossSeriesReducer: monitoringpb.Aggregation_REDUCE_SUM,
			GroupByFields:      groupBy,
		},
		View: monitoringpb.ListTimeSeriesRequest_FULL,
	}
}

// points asks for points as they were written.
func (w window) points(project, filter string) *monitoringpb.ListTimeSeriesRequest {
	return &monitoringpb.ListTimeSeriesRequest{
		Name: "projects/" + project, Filter: filter, Interval: w.interval(),
		View: monitoringpb.ListTimeSeriesRequest_FULL,
	}
}
