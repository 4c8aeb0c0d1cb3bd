package monitoring

import (
	"context"
	"time"

	"cloud.google.com/go/monitoring/apiv3/v2/monitoringpb"
	"golang.org/x/sync/errgroup"

	"slipway/internal/deploy"
)

// answers is what the queries of one reading brought.
type answers struct {
	requests, latencies, cpu, memory []*monitoringpb.TimeSeries // summed up
	written, instances, connections  []*monitoringpb.TimeSeries // as they were written
}

// Read asks what the objectives need, all at the same time. Instances are always read: they tell whether anything is
// reported at all.
func (m *Metrics) Read(ctx context.Context, q deploy.MetricsQuery) (deploy.Reading, error) {
	doing := "read the metrics of " + q.Service.String()
	wanted := wantsOf(&q.Spec)
	if err := sensible(doing, &q, wanted); err != nil {
		return deploy.Reading{}, err
	}
	within, cancel := context.WithTimeout(ctx, m.timeout)
	defer cancel()
	g, within := errgroup.WithContext(within)
	ask := func(into *[]*monitoringpb.TimeSeries, metric string, req *monitoringpb.ListTimeSeriesRequest) {
		g.Go(func() error {
			got, err := m.list(within, req)
			if err != nil {
				return explain(ctx, doing, metric, err)
			}
			*into = got
			return nil
		})
	}

	w, project := m.window(q.From, q.To), q.Service.Project
	// Points that were written until now tell whether the source has come past the window: To is Lag ago.
	wide := window{from: earlier(w.from, w.to.Add(-lookback)), to: w.to.Add(q.Spec.Lag)}
	of := func(metric string) string { return ofRevisions(metric, q.Service, q.Revisions) }
	var a answers
	ask(&a.instances, instanceCount, wide.points(project, of(instanceCount)))
	if wanted.requests {
		ask(&a.requests, requestCount, w.summed(project, of(requestCount), byRevision, byClass))
		ask(&a.written, requestCount, wide.points(project, of(requestCount)))
	}
	if wanted.latency {
		ask(&a.latencies, requestLatencies, w.summed(project, of(requestLatencies), byRevision))
	}
	if wanted.cpu {
		ask(&a.cpu, cpuUtilizations, w.summed(project, of(cpuUtilizations), byRevision))
	}
	if wanted.memory {
		ask(&a.memory, memoryUtilizations, w.summed(project, of(memoryUtilizations), byRevision))
	}
	if wanted.connections {
		ask(&a.connections, sqlConnections, w.points(project, ofDatabase(sqlConnections, project, q.Spec.Database.Instance)))
	}
	if err := g.Wait(); err != nil {
		return deploy.Reading{}, err
	}
	reading, err := a.reading(&q, w)
	if err != nil {
		return deploy.Reading{}, explain(ctx, doing, "", err)
	}
	return reading, nil
}

// sensible refuses what no source could answer.
func sensible(doing string, q *deploy.MetricsQuery, wanted wants) error {
	refuse := func(msg string) error { return &deploy.Error{Code: deploy.Invalid, Op: doing, Msg: msg} }
	switch {
	case len(q.Revisions) == 0:
		return refuse("no revision is asked about")
	case !q.From.Before(q.To):
		return refuse("the window to read ends before it begins")
	case wanted.connections:
		return named(doing, q.Spec.Database)
	}
	return nil
}

// named refuses to count connections at a database that nobody has named.
func named(doing string, d *deploy.DatabaseMetrics) error {
	if d != nil && d.Instance != "" && d.Most > 0 {
		return nil
	}
	return &deploy.Error{
		Code: deploy.Invalid, Op: doing, Msg: "database connections are an objective, and no database is named",
		Hint: "name the Cloud SQL instance and the connections it takes in the catalog",
	}
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}
