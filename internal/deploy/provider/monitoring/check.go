package monitoring

import (
	"context"
	"strings"
	"time"

	monitoring "cloud.google.com/go/monitoring/apiv3/v2"
	"cloud.google.com/go/monitoring/apiv3/v2/monitoringpb"
	"google.golang.org/genproto/googleapis/api/metric"

	"slipway/internal/deploy"
	"slipway/internal/deploy/provider/google"
)

// sampled is how long ago a database has been reported last, at most: each minute, if it runs.
const sampled = time.Hour

// Check asks for the descriptor of each metric that a reading would ask for, and whether the database has been
// reported lately. Whether the service has been is not asked: a new one has not.
func (m *Metrics) Check(ctx context.Context, s deploy.ServiceRef, spec deploy.MetricsSpec) error {
	doing := "check the metrics of " + s.String()
	within, cancel := context.WithTimeout(ctx, m.timeout)
	defer cancel()
	var problems []error
	wanted := wantsOf(&spec)
	for _, name := range wanted.metrics() {
		_, err := google.Read(within, m.connection, func(ctx context.Context, c *monitoring.MetricClient) (*metric.MetricDescriptor, error) {
			return c.GetMetricDescriptor(ctx, &monitoringpb.GetMetricDescriptorRequest{
				Name: "projects/" + s.Project + "/metricDescriptors/" + name,
			})
		})
		if err == nil {
			continue
		}
		err = explain(ctx, doing, name, err)
		if deploy.CodeOf(err) != deploy.NotFound {
			return err // it is about the source, and the others would say the same
		}
		problems = append(problems, err)
	}
	if wanted.connections {
		err := named(doing, spec.Database)
		if err == nil {
			err = explain(ctx, doing, sqlConnections, m.checkDatabase(within, s, spec.Database))
		}
		if err != nil {
			problems = append(problems, err)
		}
	}
	return together(doing, problems)
}

// metrics are those that a reading asks for.
func (w wants) metrics() []string {
	all := []string{instanceCount}
	for _, m := range []struct {
		wanted bool
		name   string
	}{
		{w.requests, requestCount}, {w.latency, requestLatencies}, {w.cpu, cpuUtilizations},
		{w.memory, memoryUtilizations}, {w.connections, sqlConnections},
	} {
		if m.wanted {
			all = append(all, m.name)
		}
	}
	return all
}

// checkDatabase looks for a sample of the last hour.
func (m *Metrics) checkDatabase(ctx context.Context, s deploy.ServiceRef, d *deploy.DatabaseMetrics) error {
	now := m.now()
	req := window{from: now.Add(-sampled), to: now}.points(s.Project, ofDatabase(sqlConnections, s.Project, d.Instance))
	req.View = monitoringpb.ListTimeSeriesRequest_HEADERS
	got, err := m.list(ctx, req)
	if err != nil || len(got) > 0 {
		return err
	}
	return &deploy.Error{
		Code: deploy.NotFound,
		Msg:  "Cloud Monitoring has no connections of the database " + d.Instance + " in " + s.Project + " from the last hour",
		Hint: "correct the instance in the catalog (its name only, as `gcloud sql instances list` shows it), or start it",
	}
}

// together makes one error of several, with the code of the first.
func together(doing string, problems []error) error {
	if len(problems) < 2 {
		for _, err := range problems {
			return err
		}
		return nil
	}
	var msgs, hints []string
	for _, err := range problems {
		msgs = append(msgs, deploy.Message(err))
		if hint := deploy.Hint(err); hint != "" && !strings.Contains(strings.Join(hints, "; "), hint) {
			hints = append(hints, hint)
		}
	}
	return &deploy.Error{
		Code: deploy.CodeOf(problems[0]), Op: doing,
		Msg: strings.Join(msgs, "; "), Hint: strings.Join(hints, "; "),
		Err: problems[0],
	}
}
