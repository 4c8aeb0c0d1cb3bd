package cloudwatch

import (
	"cmp"
	"context"

	"slipway/internal/deploy"
)

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

// Read asks what the objectives need, all in one call if that takes it. Healthy targets are always asked about: they tell
// whether anything is reported at all. The revisions' places are asked for each time.
func (c *CloudWatch) Read(ctx context.Context, q deploy.MetricsQuery) (deploy.Reading, error) {
	doing := "read the metrics of " + q.Service.String()
	wanted := wantsOf(&q.Spec)
	if err := sensible(doing, &q, wanted); err != nil {
		return deploy.Reading{}, err
	}
	within, cancel := context.WithTimeout(ctx, c.opts.Timeout)
	defer cancel()
	places, region, err := c.placesOf(within, &q)
	if err != nil {
		return deploy.Reading{}, c.explain(ctx, ofMetrics, doing, err)
	}
	w := window{q.From, q.To}
	if w.to.Sub(w.from) < c.opts.Period {
		w.from = w.to.Add(-c.opts.Period)
	}
	// Points that were written until now tell whether the source has come past the window: To is Lag ago.
	wide := window{w.from, w.to.Add(q.Spec.Lag)}
	if begin := w.to.Add(-lookback); begin.Before(wide.from) {
		wide.from = begin
	}
	a := c.prepare(&q, wanted, places)
	if err = c.answer(within, region, a.questions.list, wide); err == nil {
		var reading deploy.Reading
		if reading, err = a.reading(&q, w); err == nil {
			return reading, nil
		}
	}
	if err = c.explain(ctx, ofMetrics, doing, err); deploy.CodeOf(err) == deploy.Forbidden {
		c.forget(region)
	}
	return deploy.Reading{}, err
}

// placesOf asks where the revisions are. One that is not there any more has no place, and is left out.
func (c *CloudWatch) placesOf(ctx context.Context, q *deploy.MetricsQuery) (all map[deploy.RevisionName]Place, region string, err error) {
	all, region = map[deploy.RevisionName]Place{}, q.Service.Region
	for _, r := range q.Revisions {
		p, err := c.places.Place(ctx, q.Service, r)
		if deploy.CodeOf(err) == deploy.NotFound {
			continue
		}
		if err != nil {
			return nil, "", err
		}
		p.Service = cmp.Or(p.Service, q.Service.Name)
		all[r], region = p, cmp.Or(p.Region, region)
	}
	return all, region, nil
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
		Hint: "name the RDS instance and the connections it takes in the catalog",
	}
}
