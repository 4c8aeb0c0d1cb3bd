package prometheus

import (
	"context"
	"fmt"
	"strings"
	"time"

	"slipway/internal/deploy"
)

// series is one that a reading needs, for Check.
type series struct {
	metric   string // "" if the catalog has no name for it
	of       deploy.MetricName
	selector string
}

// Check looks for series of the last hour: of each metric, of this service, with the labels that are read.
func (m *Metrics) Check(ctx context.Context, ref deploy.ServiceRef, spec deploy.MetricsSpec) error {
	doing := "check the metrics of " + ref.String()
	s, err := m.target(&spec)
	if err != nil {
		return explain(ctx, doing, "", err)
	}
	within, cancel := context.WithTimeout(ctx, m.timeout)
	defer cancel()
	var problems []error
	for _, x := range needed(ref, &spec) {
		problem, err := s.missing(within, x)
		if err != nil {
			return explain(ctx, doing, s.host, err) // it is about the server, and the others would say the same
		}
		if problem != nil {
			problems = append(problems, problem)
		}
	}
	return together(doing, problems)
}

// needed are the series that a reading needs.
func needed(ref deploy.ServiceRef, spec *deploy.MetricsSpec) []series {
	p, wanted := spec.Prometheus, wantsOf(spec)
	of := func(metric string, labels ...string) string {
		matchers := []string{p.Service + "=" + quote(ref.Name)}
		for _, l := range append(labels, p.Revision) {
			matchers = append(matchers, l+`!=""`)
		}
		return metric + "{" + strings.Join(matchers, ",") + "}"
	}
	// How far the source has come is read from the requests, whatever the objectives.
	all := []series{{p.Requests, deploy.ErrorRate, of(p.Requests, p.Code)}}
	if wanted.latency {
		name := p.Latency
		if name != "" {
			name += "_bucket"
		}
		all = append(all, series{name, deploy.LatencyP99, of(name, bucketLabel)})
	}
	if wanted.cpu {
		all = append(all, series{p.CPU, deploy.CPU, of(p.CPU)})
	}
	if wanted.memory {
		all = append(all, series{p.Memory, deploy.Memory, of(p.Memory)})
	}
	if wanted.connections {
		all = append(all, series{p.Database, deploy.Connections, ofDatabase(p.Database, spec.Database)})
	}
	return all
}

// missing says why a series is not there: because there is no metric of that name, or none with these labels. err is
// for when that cannot be found out.
func (s *server) missing(ctx context.Context, x series) (problem, err error) {
	if x.metric == "" {
		return &deploy.Error{
			Code: deploy.Invalid, Msg: fmt.Sprintf("%s is an objective, and the catalog does not say which metric of Prometheus it is", x.of),
			Hint: "name the metric in the catalog, or leave the objective out",
		}, nil
	}
	v, err := s.vector(ctx, exists(x.selector), time.Time{})
	if err != nil || len(v) > 0 {
		return nil, err
	}
	v, err = s.vector(ctx, exists(x.metric), time.Time{})
	if err != nil {
		return nil, err
	}
	if len(v) > 0 {
		return &deploy.Error{
			Code: deploy.NotFound, Msg: "Prometheus has " + x.metric + ", and in the last hour none like " + x.selector,
			Hint: "correct the names of labels in the catalog, or see whether the service is scraped",
		}, nil
	}
	return &deploy.Error{
		Code: deploy.NotFound, Msg: "Prometheus has had no metric " + x.metric + " in the last hour",
		Hint: "correct the name of the metric in the catalog, or see whether the service is scraped",
	}, nil
}

// together makes one error of several, with the code of the first.
func together(doing string, problems []error) error {
	if len(problems) == 0 {
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
