package prometheus

import (
	"context"
	"math"
	"time"

	"github.com/prometheus/common/model"
	"golang.org/x/sync/errgroup"

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

// answers is what the queries of one reading brought.
type answers struct {
	requests, latency, cpu, memory, connections model.Vector
	newest                                      time.Time
}

// Read asks what the objectives need, all at the same time. What the catalog has no name for is not read.
// Instances are never known.
func (m *Metrics) Read(ctx context.Context, q deploy.MetricsQuery) (deploy.Reading, error) {
	doing := "read the metrics of " + q.Service.String()
	s, err := m.sensible(&q)
	if err != nil {
		return deploy.Reading{}, explain(ctx, doing, "", err)
	}
	within, cancel := context.WithTimeout(ctx, m.timeout)
	defer cancel()
	g, within := errgroup.WithContext(within)
	p, window, wanted := q.Spec.Prometheus, over(q.From, q.To), wantsOf(&q.Spec)
	ask := func(wanted bool, into *model.Vector, query string) {
		if !wanted {
			return
		}
		g.Go(func() (err error) {
			*into, err = s.vector(within, query, q.To)
			return err
		})
	}
	var a answers
	// A level of the moment From is not one of the window.
	after := over(q.From.Add(time.Millisecond), q.To)
	use := func(name string) string {
		return gauge(ofRevisions(name, &q), after, "avg", "max", " by ("+p.Revision+")")
	}
	ask(wanted.requests, &a.requests, increase(ofRevisions(p.Requests, &q), window, p.Revision, p.Code))
	ask(wanted.latency && p.Latency != "", &a.latency, increase(ofRevisions(p.Latency+"_bucket", &q), window, p.Revision, bucketLabel))
	ask(wanted.cpu && p.CPU != "", &a.cpu, use(p.CPU))
	ask(wanted.memory && p.Memory != "", &a.memory, use(p.Memory))
	if wanted.connections && p.Database != "" {
		// Several series of one database, such as one for each state of a connection, are added up. The highest is then
		// the sum of their highest, which is never too low.
		ask(true, &a.connections, gauge(ofDatabase(p.Database, q.Spec.Database), after, "sum", "sum", ""))
	}
	g.Go(func() (err error) {
		a.newest, err = s.newest(within, ofRevisions(p.Requests, &q), q.To.Add(q.Spec.Lag))
		return err
	})
	err = g.Wait()
	var reading deploy.Reading
	if err == nil {
		reading, err = a.reading(&q)
	}
	if err != nil {
		return deploy.Reading{}, explain(ctx, doing, s.host, err)
	}
	return reading, nil
}

// sensible finds the server to ask, and refuses what it could not answer.
func (m *Metrics) sensible(q *deploy.MetricsQuery) (*server, error) {
	switch {
	case len(q.Revisions) == 0:
		return nil, &deploy.Error{Code: deploy.Invalid, Msg: "no revision is asked about"}
	case q.To.Sub(q.From) < 2*time.Millisecond:
		return nil, &deploy.Error{Code: deploy.Invalid, Msg: "the window to read ends before it begins"}
	}
	return m.target(&q.Spec)
}

// target is the server that a spec is about.
func (m *Metrics) target(spec *deploy.MetricsSpec) (*server, error) {
	if err := named(spec.Prometheus); err != nil {
		return nil, err
	}
	d := spec.Database
	if wantsOf(spec).connections && (d == nil || d.Instance == "" || d.Most <= 0) {
		return nil, &deploy.Error{
			Code: deploy.Invalid, Msg: "database connections are an objective, and no database is named",
			Hint: "name the database and the connections it takes in the catalog",
		}
	}
	return m.at(spec.Prometheus.URL)
}

// vector makes an instant query. An answer that Prometheus warns of is not whole.
func (s *server) vector(ctx context.Context, query string, at time.Time) (model.Vector, error) {
	got, warnings, _, err := s.Query(ctx, query, at)
	if err != nil {
		return nil, err
	}
	if len(warnings) > 0 {
		return nil, &deploy.Error{
			Code: deploy.Unavailable, Msg: "Prometheus at " + s.host + " warns that its answer is not whole", Hint: laterHint,
			Err: warned(warnings[0]),
		}
	}
	v, ok := got.(model.Vector)
	if !ok {
		return nil, wrong("a query", "the answer is not a list of series")
	}
	return v, nil
}

// warned is a warning of Prometheus, for the log.
type warned string

func (w warned) Error() string { return string(w) }

// newest is when the newest sample was taken, zero if there is none.
func (s *server) newest(ctx context.Context, series string, at time.Time) (time.Time, error) {
	near, far := newest(series)
	for _, query := range []string{near, far} {
		v, err := s.vector(ctx, query, at)
		if err != nil {
			return time.Time{}, err
		}
		for _, sample := range v {
			seconds, err := number("the newest sample", sample)
			if err != nil {
				return time.Time{}, err
			}
			return time.UnixMilli(int64(math.Round(seconds * 1000))).UTC(), nil
		}
	}
	return time.Time{}, nil
}
